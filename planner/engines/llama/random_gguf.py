"""A GGUF file of a decoder with random weights, as llama.cpp loads it.

Keys and names of tensors are those of llama.cpp (`src/llama-arch.cpp`); without words, for token numbers are
all that is read. Types of matrices follow the recipe of the format, see `planner.language.formats`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from planner.engines.llama.random_blocks import RANDOM_TYPES, random_blocks
from planner.engines.session import EngineError
from planner.errors import OutputError
from planner.language.formats.ggml_types import BlockType
from planner.language.formats.gguf_recipes import GGUF_FORMATS, table_types, type_of
from planner.language.sizes.decoder import Decoder, Matrix, MatrixKind

if TYPE_CHECKING:
    import gguf

Architecture = Literal["llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3"]
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)

_NAMES: dict[MatrixKind, str] = {
    "query": "attn_q", "key": "attn_k", "value": "attn_v", "output": "attn_output",
    "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}  # fmt: skip
_ONE_MATRIX = {"phi3": {"query": "attn_qkv", "up": "ffn_up"}}
"""Architectures that keep several matrices as one: its name, beside the first of them."""
_INSIDE = {"phi3": frozenset({"key", "value", "gate"})}
_ALIGNED = 32


@dataclass(frozen=True, slots=True)
class RandomModel:
    """What is to be written: the format is one of `GGUF_FORMATS`."""

    architecture: Architecture
    decoder: Decoder
    format: str

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.bytes for tensor in self.tensors())

    def tensors(self) -> Iterator[_Tensor]:
        """All tensors in the order of the file."""
        own, form = self.decoder, self.format
        last, table = table_types(own, form)
        yield _Tensor("token_embd.weight", own.vocabulary, own.hidden, table)
        if not own.tied:
            yield _Tensor("output.weight", own.vocabulary, own.hidden, last)
        yield _vector("output_norm.weight", own.hidden)
        for layer in range(own.layers):
            for matrix in _matrices(self, layer):
                name = _ONE_MATRIX.get(self.architecture, {}).get(matrix.kind, _NAMES[matrix.kind])
                kind = type_of(own, matrix, layer, form)
                yield _Tensor(f"blk.{layer}.{name}.weight", matrix.rows, matrix.columns, kind)
            for name, width in _vectors(self):
                yield _vector(f"blk.{layer}.{name}", width)


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    rows: int
    columns: int
    kind: BlockType

    @property
    def extents(self) -> tuple[int, ...]:
        return (self.columns, self.rows) if self.rows > 1 else (self.columns,)

    @property
    def bytes(self) -> int:
        return self.kind.size_bytes(self.rows * self.columns)


def _vector(name: str, width: int) -> _Tensor:
    return _Tensor(name, 1, width, BlockType("f32", 1, 4))


def _matrices(model: RandomModel, layer: int) -> Iterator[Matrix]:
    own, inside = model.decoder, _INSIDE.get(model.architecture, frozenset[str]())
    for matrix in own.matrices(layer):
        if matrix.kind in inside:
            continue
        rows = matrix.rows
        if inside and matrix.kind == "query":
            rows += 2 * own.key_heads * own.head_width
        elif inside and matrix.kind == "up":
            rows *= 2
        yield Matrix(matrix.kind, rows, matrix.columns)


def _vectors(model: RandomModel) -> Iterator[tuple[str, int]]:
    own = model.decoder
    yield "attn_norm.weight", own.hidden
    yield "ffn_norm.weight", own.hidden
    if own.norms == 4:
        yield "post_attention_norm.weight", own.hidden
        yield "post_ffw_norm.weight", own.hidden
    if own.head_norm:
        yield "attn_q_norm.weight", own.head_width
        yield "attn_k_norm.weight", own.head_width
    if own.biases.query:
        yield "attn_q.bias", own.heads * own.head_width
        yield "attn_k.bias", own.key_heads * own.head_width
        yield "attn_v.bias", own.key_heads * own.head_width


def architecture_of(decoder: Decoder, name: str = "") -> Architecture:
    """The architecture that a decoder can be written as; `EngineError` where it takes a file of its own."""
    own = decoder
    unlike = [
        what
        for what, there in (
            ("experts", own.experts is not None),
            ("latent attention", own.latent is not None),
            ("an encoder in front", own.cross is not None),
            ("layers without a gate", not own.gated),
            ("shared caches of layers", own.cached_layers not in (None, own.layers)),
        )
        if there
    ]
    if unlike:
        raise EngineError(
            f"{name or own.name}: expected a decoder of plain layers ({', '.join(ARCHITECTURES)}), got one "
            f"with {', '.join(unlike)}; give its GGUF file"
        )
    if own.norms == 4:
        return "gemma3" if own.head_norm else "gemma2"
    if own.head_norm:
        return "qwen3"
    return "qwen2" if own.biases.query else "llama"


def write_gguf(model: RandomModel, path: Path) -> None:
    """Write the file; `EngineError` for a format that is not known to be written here."""
    import gguf

    unknown = sorted({tensor.kind.name for tensor in model.tensors()} - set(RANDOM_TYPES))
    if model.format not in GGUF_FORMATS or unknown:
        raise EngineError(f"expected a format in blocks of {', '.join(RANDOM_TYPES)}, got {model.format}")
    writer = gguf.GGUFWriter(path, model.architecture)
    _add_keys(writer, model)
    for tensor in model.tensors():
        row_bytes = tensor.bytes // tensor.rows
        extents = (tensor.rows, row_bytes) if tensor.rows > 1 else (row_bytes,)
        number = gguf.GGMLQuantizationType[tensor.kind.name.upper()]
        writer.add_tensor_info(tensor.name, extents, np.dtype(np.uint8), tensor.bytes, raw_dtype=number)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in model.tensors():
            writer.write_tensor_data(random_blocks(tensor.kind.name, tensor.bytes))
    except OSError as error:
        raise OutputError(f"{path}: expected room for a file, got: {error.strerror or error}") from None
    finally:
        writer.close()


def _add_keys(writer: gguf.GGUFWriter, model: RandomModel) -> None:
    own = model.decoder
    writer.add_name(own.name)
    writer.add_context_length(own.context)
    writer.add_embedding_length(own.hidden)
    writer.add_block_count(own.layers)
    writer.add_feed_forward_length(own.feed_forward)
    writer.add_head_count(own.heads)
    writer.add_head_count_kv(own.key_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(own.head_width)
    writer.add_key_length(own.head_width)
    writer.add_value_length(own.head_width)
    writer.add_vocab_size(own.vocabulary)
    writer.add_tokenizer_model("no_vocab")
    if model.architecture in ("gemma2", "gemma3"):
        writer.add_sliding_window(own.window or own.context)
