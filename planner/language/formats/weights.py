"""Bytes of a model's weights under a format: of all of them, and of those that one step reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from planner.language.formats.gguf_recipes import GGUF_FORMATS, table_types, type_of
from planner.language.sizes.decoder import Decoder, Matrix
from planner.language.sizes.model import LanguageModel, StoredWeights

_FLOAT_BITS = 16
_GGUF_VECTOR_BITS = 32


@dataclass(frozen=True, slots=True)
class Scheme:
    """Bits of a number, scales among them: of matrices in layers, of the last layer, of the table of words.

    `recipe` names a format of GGUF files in their place, whose bits differ from matrix to matrix. Bits of
    experts alone, where others stay at `matrices`, are in `experts`.
    """

    matrices: float = 16.0
    last: float = 16.0
    table: float = 16.0
    experts: float | None = None
    recipe: str | None = None


@dataclass(frozen=True, slots=True)
class WeightBytes:
    """Bytes of weights by how a step reads them."""

    dense: float
    """Read by every step, whoever asks: layers without experts, the last layer, vectors."""
    expert: float
    """One expert of every layer that has some: steps read as many as their tokens choose."""
    table: float
    """The table of words where it is not the last layer too: a step reads a row of it."""
    encoder: float
    format: str
    exact: bool
    """Whether a file's own bytes."""
    experts: int = 0
    active: int = 0

    @property
    def total(self) -> float:
        """All that has to be in memory."""
        return self.dense + self.expert * self.experts + self.table + self.encoder

    def read_by(self, tokens: float) -> float:
        """Bytes that a step of so many tokens reads: of experts those that at least one token chose.

        With each token choosing `active` of `experts` independently, an expert is idle with the probability
        (1 - active / experts)^tokens. Routers prefer some, so that fewer are read than this.
        """
        if not self.experts:
            return self.dense
        idle: float = (1.0 - self.active / self.experts) ** tokens
        return self.dense + self.expert * self.experts * (1.0 - idle)


def weight_bytes(model: LanguageModel, name: str, scheme: Scheme) -> WeightBytes:
    """Bytes under a format; of the file itself where it has that format."""
    stored = model.stored
    if stored is not None and stored.format == name:
        return _as_stored(model, stored)
    decoder = model.decoder
    gguf = scheme.recipe
    if gguf is not None and gguf not in GGUF_FORMATS:
        raise KeyError(gguf)
    size = _by_recipe(decoder, gguf) if gguf is not None else _by_bits(scheme)
    dense = expert = 0.0
    for layer in range(decoder.layers):
        for matrix in decoder.matrices(layer):
            each = size(matrix, layer)
            if matrix.kind == "expert":
                expert += each / matrix.copies
            else:
                dense += each
    words = decoder.embedding_parameters
    if gguf is not None:
        last, table = (float(kind.size_bytes(words)) for kind in table_types(decoder, gguf))
    else:
        last, table = words * scheme.last / 8, words * scheme.table / 8
    vectors = decoder.vector_parameters * (_GGUF_VECTOR_BITS if gguf is not None else _FLOAT_BITS) / 8
    experts = decoder.experts
    return WeightBytes(
        dense=dense + last + vectors,
        expert=expert,
        # A shared table that is kept a second time in other bits still takes its own memory.
        table=0.0 if decoder.tied and (gguf is not None or scheme.table == scheme.last) else table,
        encoder=(model.encoder.parameters if model.encoder else 0) * _FLOAT_BITS / 8,
        format=name,
        exact=False,
        experts=experts.count if experts else 0,
        active=experts.active if experts else 0,
    )


def _by_recipe(decoder: Decoder, name: str) -> Callable[[Matrix, int], float]:
    return lambda matrix, layer: float(type_of(decoder, matrix, layer, name).size_bytes(matrix.parameters))


def _by_bits(scheme: Scheme) -> Callable[[Matrix, int], float]:
    def size(matrix: Matrix, _layer: int) -> float:
        own = scheme.matrices
        if matrix.kind == "expert" and scheme.experts is not None:
            own = scheme.experts
        bits = float(_FLOAT_BITS) if matrix.kind == "router" else own
        return matrix.parameters * bits / 8

    return size


def _as_stored(model: LanguageModel, stored: StoredWeights) -> WeightBytes:
    """The file's bytes, parted as a step reads them."""
    experts = model.decoder.experts
    encoder = (model.encoder.parameters if model.encoder else 0) * _FLOAT_BITS / 8
    if experts is None:
        table = 0.0 if model.decoder.tied else float(stored.total_bytes - stored.step_bytes)
        return WeightBytes(stored.total_bytes - table, 0.0, table, encoder, stored.format, exact=True)
    # Of two sums, all bytes and those of one token, what experts take follows by their share.
    idle = 1.0 - experts.active / experts.count
    every = min(stored.total_bytes, (stored.total_bytes - stored.step_bytes) / idle if idle else 0.0)
    dense = stored.total_bytes - every
    return WeightBytes(
        dense, every / experts.count, 0.0, encoder, stored.format, exact=True,
        experts=experts.count, active=experts.active,
    )  # fmt: skip


CACHE_BITS: Mapping[str, float] = {
    "fp32": 32.0, "fp16": 16.0, "bf16": 16.0, "fp8": 8.0, "int8": 8.0, "q8_0": 8.5, "q5_1": 6.0, "q5_0": 5.5,
    "q4_1": 5.0, "q4_0": 4.5, "int4": 4.5,
}  # fmt: skip
"""Bits of a cached number, scales among them."""


def cache_bytes(decoder: Decoder, tokens: int, name: str) -> float:
    """Bytes of the keys and values of one session after so many tokens."""
    return decoder.cached_numbers(tokens) * CACHE_BITS[name] / 8
