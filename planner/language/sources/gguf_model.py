"""A language model from the header of a GGUF file: sizes from its keys, bytes from its table of tensors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from planner.errors import InputError, Problem
from planner.language.sizes.decoder import Biases, Decoder, Experts, Latent
from planner.language.sizes.model import LanguageModel, StoredWeights
from planner.language.sources.gguf_header import GgufHeader, Value, read_header
from planner.language.sources.sense import require_sense

_FILE_TYPES = {
    0: "f32", 1: "f16", 2: "q4_0", 3: "q4_1", 7: "q8_0", 8: "q5_0", 9: "q5_1", 10: "q2_k", 11: "q3_k_s",
    12: "q3_k_m", 13: "q3_k_l", 14: "q4_k_s", 15: "q4_k_m", 16: "q5_k_s", 17: "q5_k_m", 18: "q6_k",
    25: "iq4_nl", 30: "iq4_xs", 32: "bf16", 38: "mxfp4",
}  # fmt: skip
"""`general.file_type` (llama.cpp, enum llama_ftype) -> name of the format."""

_EXPERT = re.compile(r"_exps\.")
_TABLE, _LAST = "token_embd.weight", "output.weight"


def read_gguf(path: Path) -> LanguageModel:
    """A model; `InputError` where the header lacks what counting needs."""
    header = read_header(path)
    sizes = _Sizes(header, path)
    decoder = sizes.decoder()
    require_sense(decoder, str(path))
    parts = int(_number(header.values, "split.count", 1))
    notes = () if parts <= 1 else (f"one of {parts} files: bytes are those of this file alone",)
    return LanguageModel(
        decoder.name, decoder, stored=_stored(header, decoder), source=str(path), notes=notes
    )


def _number(values: Mapping[str, Value], name: str, default: float) -> float:
    value = values.get(name)
    return value if isinstance(value, int | float) else default


def _stored(header: GgufHeader, decoder: Decoder) -> StoredWeights:
    """Bytes of all tensors, and of those that one token reads."""
    total = sum(tensor.bytes for tensor in header.tensors)
    read = 0.0
    share = decoder.experts.active / decoder.experts.count if decoder.experts else 1.0
    for tensor in header.tensors:
        if tensor.name == _TABLE and not decoder.tied:
            # One row of the table; a shared table is read whole as the last layer.
            read += tensor.bytes / decoder.vocabulary
        else:
            read += tensor.bytes * (share if _EXPERT.search(tensor.name) else 1.0)
    return StoredWeights(_format(header), total, round(read), header.file_bytes)


def _format(header: GgufHeader) -> str:
    """Name of the file's format; of one without a known number its most usual type of matrix."""
    number = header.values.get("general.file_type")
    if isinstance(number, int) and number in _FILE_TYPES:
        return _FILE_TYPES[number]
    counted = Counter[str]()
    for tensor in header.tensors:
        if len(tensor.extents) > 1:
            counted[tensor.kind.name] += tensor.bytes
    return counted.most_common(1)[0][0] if counted else "f32"


class _Sizes:
    """Reads the keys of one architecture and compares them with the tensors."""

    def __init__(self, header: GgufHeader, path: Path) -> None:
        self._values = header.values
        self._tensors = {tensor.name: tensor for tensor in header.tensors}
        self._path = path
        self._problems: list[Problem] = []
        arch = header.values.get("general.architecture")
        if not isinstance(arch, str):
            raise InputError(str(path), [Problem("general.architecture", "a name", "none")])
        self._arch = arch

    def _count(self, name: str, default: int | None = None) -> int:
        value = self._values.get(f"{self._arch}.{name}")
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        if default is not None:
            return default
        got = "nothing" if value is None else repr(value)
        self._problems.append(Problem(f"{self._arch}.{name}", "a whole number above zero", got))
        return 1

    def decoder(self) -> Decoder:
        """The dimensions; refuses keys that are missing and tensors that contradict them."""
        layers, hidden = self._count("block_count"), self._count("embedding_length")
        heads = self._count("attention.head_count")
        key_heads = self._count("attention.head_count_kv", heads)
        width = self._count("attention.key_length", hidden // max(1, heads))
        table = self._tensors.get(_TABLE)
        if table is None:
            self._problems.append(Problem(_TABLE, "a table of words", "no such tensor"))
        present = {int(m[1]) for name in self._tensors if (m := re.match(r"blk\.(\d+)\.", name))}
        split = _number(self._values, "split.count", 1) > 1
        if not split and (len(present) != layers or max(present, default=-1) + 1 != layers):
            self._problems.append(
                Problem("tensors", f"those of {layers} layers", f"those of {len(present)} layers")
            )
        if table is not None and table.extents[0] != hidden:
            got = f"rows of {table.extents[0]} numbers"
            self._problems.append(Problem(_TABLE, f"rows of {hidden} numbers, the embedding length", got))
        if self._problems:
            raise InputError(str(self._path), self._problems)
        window, windowed = self._window(layers)
        return Decoder(
            name=str(self._values.get("general.name") or self._path.stem),
            layers=layers,
            hidden=hidden,
            heads=heads,
            key_heads=key_heads,
            head_width=width,
            feed_forward=self._count(
                "feed_forward_length", self._count("expert_feed_forward_length", hidden)
            ),
            vocabulary=table.extents[-1] if table is not None else 1,
            tied=_LAST not in self._tensors,
            context=self._count("context_length", 4096),
            gated=self._gated(),
            biases=self._biases(),
            norms=2 + self._has("post_attention_norm") + self._has("post_ffw_norm"),
            head_norm=self._has("attn_q_norm"),
            latent=self._latent(),
            experts=self._experts(),
            head_scalars=int(self._has("attn_sinks", "")),
            window=window,
            windowed_layers=windowed,
        )

    def _has(self, part: str, kind: str = ".weight") -> bool:
        return any(name.startswith("blk.") and name.endswith(f".{part}{kind}") for name in self._tensors)

    def _gated(self) -> bool:
        if self._has("ffn_gate") or self._has("ffn_gate_exps") or not self._has("ffn_up"):
            return True
        # Phi 3 keeps the gate and the matrix beside it as one of twice the rows.
        up = next(tensor for name, tensor in self._tensors.items() if name.endswith(".ffn_up.weight"))
        return up.extents[-1] == 2 * self._count("feed_forward_length", 1)

    def _biases(self) -> Biases:
        return Biases(
            query=self._has("attn_q", ".bias"),
            key=self._has("attn_k", ".bias"),
            value=self._has("attn_v", ".bias"),
            output=self._has("attn_output", ".bias"),
            feed_forward=self._has("ffn_up", ".bias"),
            norm=self._has("attn_norm", ".bias"),
        )

    def _window(self, layers: int) -> tuple[int, int]:
        window = self._count("attention.sliding_window", 0)
        if not window:
            return 0, 0
        every = {"gemma2": 2, "gpt-oss": 2, "gemma3": 6}.get(self._arch)
        return window, layers - layers // every if every else layers

    def _latent(self) -> Latent | None:
        rank = self._count("attention.kv_lora_rank", 0)
        if not rank:
            return None
        rotated = self._count("rope.dimension_count", 64)
        width = self._count("attention.key_length_mla", self._count("attention.key_length", 192))
        value = self._count("attention.value_length_mla", self._count("attention.value_length", 128))
        return Latent(rank, self._count("attention.q_lora_rank", 0), width - rotated, rotated, value)

    def _experts(self) -> Experts | None:
        count = self._count("expert_count", 0)
        if not count:
            return None
        inner = self._count("expert_feed_forward_length", self._count("feed_forward_length", 1))
        return Experts(
            count=count,
            active=min(count, self._count("expert_used_count", 1)),
            feed_forward=inner,
            shared_feed_forward=self._count("expert_shared_count", 0) * inner,
            dense_layers=self._count("leading_dense_block_count", 0),
            biased=self._has("ffn_up_exps", ".bias"),
        )
