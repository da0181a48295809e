"""Llama: decoders of text, one token after the other (Touvron et al. 2023, arXiv:2302.13971).

Spelt in primitives as exporters write them: root-mean-square normalisation (Zhang and Sennrich 2019,
arXiv:1910.07467), rotary positions (Su et al. 2021, arXiv:2104.09864), gated hidden layers (Shazeer 2020,
arXiv:2002.05202), and keys and values of fewer heads than queries (Ainslie et al. 2023, arXiv:2305.13245).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_MASKED = -10000.0
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class LlamaDecoder:
    """Dimensions of a decoder; with `tied` the table of words is the last layer's weight too."""

    layers: int
    hidden: int
    heads: int
    key_heads: int
    feed_forward: int
    vocabulary: int
    tied: bool = False
    rotation_base: float = 10000.0

    @property
    def head_width(self) -> int:
        """Channels of one head."""
        return self.hidden // self.heads


LLAMA_7B = LlamaDecoder(32, 4096, 32, 32, 11008, 32000)
LLAMA_3_1_8B = LlamaDecoder(32, 4096, 32, 8, 14336, 128256, rotation_base=500000.0)
LLAMA_3_2_1B = LlamaDecoder(16, 2048, 32, 8, 8192, 128256, tied=True, rotation_base=500000.0)

LlamaLayer = Callable[[NetworkBuilder, str, int, str], str]
"""A fully connected layer without bias: network, tensor, features, name."""


def llama(name: str, size: LlamaDecoder, *, tokens: int, cached: int = 0, packed: bool = False) -> Graph:
    """Answers the scores of the next word after each token, and the keys and values of every layer.

    `tokens` are read at once (a prompt), after `cached` ones whose keys and values are inputs; one token
    after a full cache is a decoding step. With `packed` the layers' weights have four bits in blocks of 32;
    the table of words stays whole.
    """
    net = NetworkBuilder(name)
    layer = _packed if packed else _plain
    words = net.input("input_ids", ("batch", tokens), "int64")
    table = net.parameter("model.embed_tokens.weight", (size.vocabulary, size.hidden))
    x = net.rows(words, table, name="model.embed_tokens")
    rotation = _rotation(net, size, tokens, cached)
    mask = _mask(net, tokens) if tokens > 1 else None
    kept: list[str] = []
    for index in range(size.layers):
        with net.scope(f"model.layers.{index}"):
            past = _past(net, size, index, cached) if cached else None
            y, key, value = _attention(net, _norm(net, x, "input_norm"), size, layer, rotation, mask, past)
            x = net.add(x, y)
            x = net.add(x, _feed_forward(net, _norm(net, x, "post_norm"), size, layer))
        kept += (key, value)
    x = _norm(net, x, "model.norm")
    return net.finish(_scores(net, x, size, layer, table), *kept)


def _plain(net: NetworkBuilder, x: str, features: int, name: str) -> str:
    return net.linear(x, features, name, bias=False)


def _packed(net: NetworkBuilder, x: str, features: int, name: str) -> str:
    return net.packed_linear(x, features, name)


def _norm(net: NetworkBuilder, x: str, name: str) -> str:
    """x / sqrt(mean of x^2 + epsilon), times a learned weight."""
    with net.scope(name):
        power = net.mean(net.combine("Pow", x, net.constant(2.0), name="square"))
        root = net.map("Sqrt", net.add(power, net.constant(_EPSILON)), name="root")
        weight = net.parameter("weight", (net.extent(x, -1),))
        return net.mul(net.combine("Div", x, root, name="div"), weight)


def _rotation(net: NetworkBuilder, size: LlamaDecoder, tokens: int, cached: int) -> tuple[str, str]:
    """Cosine and sine of each token's angles, (tokens, head width); constants alone."""
    half = np.arange(0, size.head_width, 2, dtype=np.float32)
    rates = (size.rotation_base ** (-half / size.head_width)).astype(np.float32)[None]
    with net.scope("rotary"):
        places = net.to_float(net.constant(np.arange(cached, cached + tokens, dtype=np.int64)[:, None]))
        angles = net.mul(places, net.constant(rates, name="rates"))
        angles = net.concat((angles, angles), axis=1)
        return net.map("Cos", angles, name="cos"), net.map("Sin", angles, name="sin")


def _mask(net: NetworkBuilder, tokens: int) -> str:
    """A large negative number wherever a token would look at a later one."""
    with net.scope("mask"):
        return net.above_diagonal(net.expand(net.constant(_MASKED), (tokens, tokens)))


def _past(net: NetworkBuilder, size: LlamaDecoder, index: int, cached: int) -> tuple[str, str]:
    shape = ("batch", size.key_heads, cached, size.head_width)
    key, value = (net.input(f"past_key_values.{index}.{part}", shape) for part in ("key", "value"))
    return key, value


def _attention(
    net: NetworkBuilder, x: str, size: LlamaDecoder, layer: LlamaLayer, rotation: tuple[str, str],
    mask: str | None, past: tuple[str, str] | None,
) -> tuple[str, str, str]:  # fmt: skip
    """The sublayer's result, and the keys and values to keep."""
    width = size.head_width
    with net.scope("self_attn"):

        def heads(part: str, count: int) -> str:
            y = layer(net, x, count * width, part)
            return net.transpose(net.reshape(y, (0, 0, count, width)), (0, 2, 1, 3))

        query = _rotate(net, heads("q_proj", size.heads), rotation)
        key = _rotate(net, heads("k_proj", size.key_heads), rotation)
        value = heads("v_proj", size.key_heads)
        if past is not None:
            key, value = net.concat((past[0], key), axis=2), net.concat((past[1], value), axis=2)
        shared = size.heads // size.key_heads
        turned = net.transpose(_for_queries(net, key, shared), (0, 1, 3, 2))
        scores = net.mul(net.matmul(query, turned, name="scores"), net.constant(1 / math.sqrt(width)))
        scores = scores if mask is None else net.add(scores, mask)
        context = net.matmul(net.softmax(scores), _for_queries(net, value, shared), name="context")
        joined = net.reshape(net.transpose(context, (0, 2, 1, 3)), (0, 0, size.hidden))
        return layer(net, joined, size.hidden, "o_proj"), key, value


def _rotate(net: NetworkBuilder, x: str, rotation: tuple[str, str]) -> str:
    """x cos + (-second half, first half) sin."""
    half = net.extent(x, -1) // 2
    first, second = net.split(x, (half, half), axis=3)
    crossed = net.concat((net.map("Neg", second, name="neg"), first), axis=3)
    return net.add(net.mul(x, rotation[0]), net.mul(crossed, rotation[1]))


def _for_queries(net: NetworkBuilder, x: str, shared: int) -> str:
    """Each head of keys or values repeated for the query heads that share it."""
    if shared == 1:
        return x
    heads, tokens, width = (net.extent(x, axis) for axis in (1, 2, 3))
    repeated = net.repeat(net.unsqueeze(x, (2,)), 2, shared)
    return net.reshape(repeated, (0, heads * shared, tokens, width))


def _feed_forward(net: NetworkBuilder, x: str, size: LlamaDecoder, layer: LlamaLayer) -> str:
    with net.scope("mlp"):
        gate = net.silu(layer(net, x, size.feed_forward, "gate_proj"))
        return layer(
            net, net.mul(gate, layer(net, x, size.feed_forward, "up_proj")), size.hidden, "down_proj"
        )


def _scores(net: NetworkBuilder, x: str, size: LlamaDecoder, layer: LlamaLayer, table: str) -> str:
    if not size.tied:
        return layer(net, x, size.vocabulary, "lm_head")
    return net.matmul(x, net.transpose(table, (1, 0), name="lm_head.weight"), name="lm_head")
