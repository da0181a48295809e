"""Dimensions of a decoder of text, and its parameters by what they are.

Formulas of the transformer (Vaswani et al. 2017, arXiv:1706.03762) with gated layers (Shazeer 2020,
arXiv:2002.05202), shared key heads (Ainslie et al. 2023, arXiv:2305.13245), latent attention (DeepSeek-AI
2024, arXiv:2405.04434) and experts (Shazeer et al. 2017, arXiv:1701.06538). They hold for decoders whose
layers are alike but for windows and for the experts; recurrent and state-space layers have no cache of this
kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MatrixKind = Literal["query", "key", "value", "output", "gate", "up", "down", "router", "expert", "cross"]


@dataclass(frozen=True, slots=True)
class Latent:
    """Attention through a latent vector: what is cached is one vector and one rotated key for all heads."""

    key_value_rank: int
    query_rank: int
    plain_width: int
    """Width of a head's key without rotation."""
    rotated_width: int
    value_width: int


@dataclass(frozen=True, slots=True)
class Experts:
    """Layers of many small networks, of which a token runs through a few."""

    count: int
    active: int
    feed_forward: int
    shared_feed_forward: int = 0
    dense_layers: int = 0
    """Leading layers without experts."""
    biased: bool = False


@dataclass(frozen=True, slots=True)
class Cross:
    """Attention on what an encoder made: its keys and values are computed once for each input."""

    tokens: int


@dataclass(frozen=True, slots=True)
class Biases:
    """Which products add a trained vector."""

    query: bool = False
    key: bool = False
    value: bool = False
    output: bool = False
    feed_forward: bool = False
    norm: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """A weight matrix of one layer, or as many alike as there are experts."""

    kind: MatrixKind
    rows: int
    columns: int
    """Length of a row: the inputs of the product."""
    copies: int = 1
    read: int = 1
    """How many of the copies one token reads."""

    @property
    def parameters(self) -> int:
        """Numbers in all copies."""
        return self.rows * self.columns * self.copies


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder of text; widths in numbers, not bytes."""

    name: str
    layers: int
    hidden: int
    heads: int
    key_heads: int
    head_width: int
    feed_forward: int
    vocabulary: int
    tied: bool
    context: int
    gated: bool = True
    biases: Biases = Biases()
    norms: int = 2
    """Normalisations of the hidden vector in a layer."""
    head_norm: bool = False
    """Whether queries and keys are normalised head by head."""
    window: int = 0
    windowed_layers: int = 0
    """Layers that attend to the last `window` tokens alone."""
    cached_layers: int | None = None
    """Layers with keys and values of their own, where others share them; None: all."""
    latent: Latent | None = None
    experts: Experts | None = None
    cross: Cross | None = None
    positions: int = 0
    """Learnt vectors, one for each position."""
    head_scalars: int = 0
    """Trained numbers of each head, such as sinks."""

    def matrices(self, layer: int) -> Iterator[Matrix]:
        """The weight matrices of one layer."""
        yield from self._attention()
        if self.cross is not None:
            for _ in range(4):
                yield Matrix("cross", self.hidden, self.hidden)
        experts = self.experts
        if experts is None or layer < experts.dense_layers:
            yield from self._feed_forward(self.feed_forward)
            return
        yield Matrix("router", experts.count, self.hidden)
        layers = 3 if self.gated else 2
        for _ in range(layers - 1):
            yield Matrix("expert", experts.feed_forward, self.hidden, experts.count, experts.active)
        yield Matrix("expert", self.hidden, experts.feed_forward, experts.count, experts.active)
        if experts.shared_feed_forward:
            yield from self._feed_forward(experts.shared_feed_forward)

    def _attention(self) -> Iterator[Matrix]:
        latent = self.latent
        if latent is None:
            yield Matrix("query", self.heads * self.head_width, self.hidden)
            yield Matrix("key", self.key_heads * self.head_width, self.hidden)
            yield Matrix("value", self.key_heads * self.head_width, self.hidden)
            yield Matrix("output", self.hidden, self.heads * self.head_width)
            return
        # Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1): keys and values share a
        # vector of low rank, beside a rotated key that all heads have in common.
        width = latent.plain_width + latent.rotated_width
        if latent.query_rank:
            yield Matrix("query", latent.query_rank, self.hidden)
            yield Matrix("query", self.heads * width, latent.query_rank)
        else:
            yield Matrix("query", self.heads * width, self.hidden)
        yield Matrix("key", latent.key_value_rank + latent.rotated_width, self.hidden)
        yield Matrix("value", self.heads * (latent.plain_width + latent.value_width), latent.key_value_rank)
        yield Matrix("output", self.hidden, self.heads * latent.value_width)

    def _feed_forward(self, width: int) -> Iterator[Matrix]:
        if self.gated:
            yield Matrix("gate", width, self.hidden)
        yield Matrix("up", width, self.hidden)
        yield Matrix("down", self.hidden, width)

    @property
    def embedding_parameters(self) -> int:
        """The table of words, of which a token reads one row."""
        return self.vocabulary * self.hidden

    @property
    def vector_parameters(self) -> int:
        """Normalisations, biases and positions: kept in floats by every format."""
        per_norm = self.hidden * (1 + self.biases.norm)
        layer = per_norm * (self.norms + (1 if self.cross else 0)) + self._layer_biases()
        if self.head_norm:
            layer += 2 * self.head_width
        if self.latent is not None:
            layer += self.latent.key_value_rank + self.latent.query_rank
        layer += self.head_scalars * self.heads
        return self.layers * layer + per_norm + self.positions * self.hidden + self._expert_biases()

    def _layer_biases(self) -> int:
        own = self.biases
        keys = self.key_heads * self.head_width
        attention = own.query * self.heads * self.head_width + (own.key + own.value) * keys
        attention += own.output * self.hidden
        if self.cross is not None:
            attention += (own.query + own.key + own.value + own.output) * self.hidden
        wide = self.feed_forward * (2 if self.gated else 1) + self.hidden
        return attention + own.feed_forward * wide

    def _expert_biases(self) -> int:
        experts = self.experts
        if experts is None or not experts.biased:
            return 0
        one = experts.feed_forward * (2 if self.gated else 1) + self.hidden
        # And one for each expert in the router.
        return (self.layers - experts.dense_layers) * experts.count * (one + 1)

    @property
    def matrix_parameters(self) -> int:
        """Weight matrices of all layers."""
        return sum(matrix.parameters for layer in range(self.layers) for matrix in self.matrices(layer))

    @property
    def parameters(self) -> int:
        """Trained numbers; with `tied` the table of words is the last layer's weight too and counts once."""
        tables = self.embedding_parameters * (1 if self.tied else 2)
        return self.matrix_parameters + self.vector_parameters + tables

    @property
    def step_macs(self) -> int:
        """Multiply-accumulates of one token with weights, the last layer among them."""
        inner = sum(
            matrix.rows * matrix.columns * matrix.read
            for layer in range(self.layers)
            for matrix in self.matrices(layer)
        )
        return inner + self.embedding_parameters

    @property
    def pair_macs(self) -> int:
        """Multiply-accumulates of one token with one cached token, over all layers."""
        if self.latent is not None:
            # Queries are taken into the latent space, so that scores and sums are over the latent vector.
            width = 2 * self.latent.key_value_rank + self.latent.rotated_width
            return self.layers * self.heads * width
        return self.layers * self.heads * 2 * self.head_width

    @property
    def cache_row(self) -> int:
        """Numbers that one token adds to the cache of one layer."""
        if self.latent is not None:
            return self.latent.key_value_rank + self.latent.rotated_width
        return 2 * self.key_heads * self.head_width

    def cached_numbers(self, tokens: int) -> int:
        """Numbers in the cache after so many tokens: windows hold their last tokens alone."""
        layers = self.layers if self.cached_layers is None else self.cached_layers
        windowed = min(self.windowed_layers, layers)
        held = (layers - windowed) * tokens + windowed * min(tokens, self.window)
        return held * self.cache_row + self.crossed_numbers

    @property
    def crossed_numbers(self) -> int:
        """Numbers of the keys and values of an encoder's output."""
        if self.cross is None:
            return 0
        return self.layers * self.cross.tokens * 2 * self.hidden
