"""What a token costs a processor, by the types of blocks that its weights are in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from planner.language.formats.ggml_types import BY_NAME
from planner.language.formats.gguf_recipes import table_types, type_of
from planner.language.sizes.decoder import Decoder
from planner.language.sources.gguf_header import GgufHeader

_MATRIX, _MATRICES = 2, 7
_ATTENTION = ("query", "key", "value", "output")
_NODES, _NODES_OF_NORM, _NODES_OF_HEADS, _NODES_OF_BIASES = 16, 1, 2, 3
"""Small kernels of a layer: products, rotation, sums, copies into the cache, the gate; and of what some
architectures have beside them."""


@dataclass(frozen=True, slots=True)
class TokenWork:
    """Numbers of the weights that a token goes through, by type, and what else it needs of each layer."""

    layer_numbers: Mapping[str, float]
    """Type -> numbers of the matrices of all layers together; of experts the active ones."""
    prompt_numbers: Mapping[str, float]
    """The same without the feed-forward part of the last layer: llama.cpp drops all tokens but the last
    before it, as nobody reads what the others would give."""
    last_type: str
    last_numbers: float
    layers: int
    layer_nodes: int
    layer_elements: float
    """Numbers that small kernels pass through in a layer."""
    heads: int
    head_macs: float
    """Multiply-accumulates of one head with one cached token."""
    cache_bytes: float
    """Of one cached token in one layer, in 16 bits."""
    window: int
    windowed_layers: int

    @property
    def types(self) -> frozenset[str]:
        """Types of blocks that a step reads."""
        return frozenset({*self.layer_numbers, self.last_type})

    @property
    def main_type(self) -> str:
        """The type of most numbers of the layers."""
        return max(self.layer_numbers, key=lambda kind: self.layer_numbers[kind])

    @property
    def step_bytes(self) -> float:
        """Bytes of weights that a step reads."""
        layers = sum(BY_NAME[kind].bits * count / 8 for kind, count in self.layer_numbers.items())
        return layers + BY_NAME[self.last_type].bits * self.last_numbers / 8

    def attended(self, context: float, most: float = float("inf")) -> float:
        """Cached tokens that a step attends to, summed over the layers; of each layer at most so many."""
        full, short = min(context, most), min(context, most, self.window or context)
        return (self.layers - self.windowed_layers) * full + self.windowed_layers * short


def work_by_recipe(decoder: Decoder, form: str) -> TokenWork:
    """Work of a decoder whose matrices have the types that llama.cpp's recipe of the format gives."""
    numbers, prompt = Counter[str](), Counter[str]()
    for layer in range(decoder.layers):
        for matrix in decoder.matrices(layer):
            kind, count = (
                type_of(decoder, matrix, layer, form).name,
                matrix.rows * matrix.columns * matrix.read,
            )
            numbers[kind] += count
            if layer < decoder.layers - 1 or matrix.kind in _ATTENTION:
                prompt[kind] += count
    return _work(decoder, (numbers, prompt), table_types(decoder, form)[0].name)


def work_of_file(decoder: Decoder, header: GgufHeader) -> TokenWork:
    """Work of a file by its table of tensors."""
    return work_of_tensors(decoder, ((item.name, item.extents, item.kind.name) for item in header.tensors))


def work_of_tensors(decoder: Decoder, tensors: Iterable[tuple[str, tuple[int, ...], str]]) -> TokenWork:
    """Work by names, extents and types of tensors, as llama.cpp names them."""
    numbers, prompt = Counter[str](), Counter[str]()
    last, table, matrices = "", "", 0
    experts = decoder.experts
    for name, extents, kind in tensors:
        if len(extents) < _MATRIX:
            continue
        if name == "output.weight":
            last = kind
        elif name == "token_embd.weight":
            table = kind
        elif name.startswith("blk."):
            count = math.prod(extents)
            if experts is not None and "_exps." in name:
                count = count * experts.active // experts.count
            numbers[kind] += count
            matrices += name.startswith("blk.0.")
            if not name.startswith(f"blk.{decoder.layers - 1}.ffn_"):
                prompt[kind] += count
    work = _work(decoder, (numbers, prompt), last or table)
    # Phi 3 has its queries, keys and values in one matrix, and its gate beside the other.
    return replace(work, layer_nodes=work.layer_nodes + min(0, matrices - _MATRICES))


def _work(
    decoder: Decoder, numbers: tuple[Mapping[str, float], Mapping[str, float]], last_type: str
) -> TokenWork:
    own = decoder
    nodes = _NODES + _NODES_OF_NORM * (own.norms - 2) + _NODES_OF_HEADS * own.head_norm
    attention = own.head_width * (2 * own.heads + 2 * own.key_heads)
    wide = own.feed_forward if own.experts is None else own.experts.feed_forward * own.experts.active
    return TokenWork(
        layer_numbers=dict(numbers[0]),
        prompt_numbers=dict(numbers[1]),
        last_type=last_type,
        last_numbers=own.embedding_parameters,
        layers=own.layers,
        layer_nodes=nodes + _NODES_OF_BIASES * own.biases.query,
        layer_elements=(2 + own.norms) * own.hidden + attention + 3 * wide,
        heads=own.heads,
        head_macs=own.pair_macs / own.layers / own.heads,
        cache_bytes=2.0 * own.cache_row,
        window=own.window,
        windowed_layers=own.windowed_layers,
    )
