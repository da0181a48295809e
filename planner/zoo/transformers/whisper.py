"""Whisper: speech to text (Radford et al. 2022, arXiv:2212.04356), its encoder, and its decoder on the first
tokens of a text and on one more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.attention import Width, attend, hidden_layer, join_heads, split_heads
from planner.zoo.builder import NetworkBuilder


@dataclass(frozen=True, slots=True)
class WhisperSize:
    """The encoder; layers of the decoder, which is as wide; frequency bands, and words of the vocabulary."""

    width: Width
    decoder_layers: int
    bands: int = 80
    words: int = 51865


TINY, BASE = WhisperSize(Width(4, 384, 6), 4), WhisperSize(Width(6, 512, 8), 6)
SMALL, MEDIUM = WhisperSize(Width(12, 768, 12), 12), WhisperSize(Width(24, 1024, 16), 24)
_LARGE = Width(32, 1280, 20)
LARGE_V2 = WhisperSize(_LARGE, 32)
LARGE_V3, TURBO = WhisperSize(_LARGE, 32, 128, 51866), WhisperSize(_LARGE, 4, 128, 51866)
FRAMES = 3000
"""Thirty seconds in steps of 10 ms."""
_HEARD, _TOKENS = FRAMES // 2, 448
_MASKED = -10000.0
_EPSILON = 1e-5


def whisper_encoder(name: str, size: WhisperSize) -> Graph:
    """Answers the features of thirty seconds of sound, (batch, 1500, channels)."""
    net, width = NetworkBuilder(name), size.width
    x = net.unsqueeze(net.input("input_features", ("batch", size.bands, FRAMES)), (2,))
    x = net.gelu(net.conv(x, width.channels, (1, 3), padding=(0, 1), bias=True, name="conv1"))
    x = net.gelu(net.conv(x, width.channels, (1, 3), stride=2, padding=(0, 1), bias=True, name="conv2"))
    x = net.transpose(net.squeeze(x, 2), (0, 2, 1))
    x = net.add(x, _waves(net, width.channels), name="places.add")
    for layer in range(width.layers):
        with net.scope(f"layers.{layer}"):
            y = net.layer_norm(x, epsilon=_EPSILON, name="self_attn_layer_norm")
            query, key, value = _projected(net, y, width.heads)
            x = net.add(x, _out(net, attend(net, query, key, value), "self_attn"))
            x = net.add(x, hidden_layer(net, net.layer_norm(x, epsilon=_EPSILON, name="final_layer_norm")))
    return net.finish(net.layer_norm(x, epsilon=_EPSILON, name="layer_norm"))


def whisper_start(name: str, size: WhisperSize, tokens: int) -> Graph:
    """The first `tokens` of a text: scores of all words, and keys and values of both attentions for later."""
    net = NetworkBuilder(name)
    ids = net.input("input_ids", ("batch", tokens), "int64")
    heard = net.input("encoder_hidden_states", ("batch", _HEARD, size.width.channels))
    later = net.above_diagonal(net.expand(net.constant(_MASKED), (tokens, tokens)))

    def of_sound(_: int) -> tuple[str, str]:
        return _keys_and_values(net, heard, size.width.heads, "encoder_attn")

    return _decoded(net, ids, size, range(tokens), of_sound, later=later)


def whisper_step(name: str, size: WhisperSize, cached: int) -> Graph:
    """One more token after `cached` ones: scores of all words, and the keys and values of every layer.

    Keys and values of the sound come from the first run once and are inputs, as those of earlier tokens are.
    """
    net = NetworkBuilder(name)
    ids = net.input("input_ids", ("batch", 1), "int64")

    def pair(layer: int, of: str, tokens: int) -> tuple[str, str]:
        key, value = (_past(net, size.width, layer, of, part, tokens) for part in ("key", "value"))
        return key, value

    return _decoded(
        net, ids, size, [cached], lambda layer: pair(layer, "encoder", _HEARD),
        before=lambda layer: pair(layer, "decoder", cached),
    )  # fmt: skip


Pair = Callable[[int], tuple[str, str]]
"""Keys and values that a layer finds."""


def _decoded(
    net: NetworkBuilder, ids: str, size: WhisperSize, places: Sequence[int], of_sound: Pair, *,
    later: str | None = None, before: Pair | None = None,
) -> Graph:  # fmt: skip
    """The decoder on tokens at these places.

    `later` masks those to come, `before` answers keys and values of earlier ones.
    """
    width = size.width
    table = net.parameter("embed_tokens.weight", (size.words, width.channels))
    learned = net.parameter("embed_positions.weight", (_TOKENS, width.channels))
    place = net.rows(net.constant(places, name="place"), learned, "embed_positions")
    x = net.add(net.rows(ids, table, "embed_tokens"), place, name="places.add")
    kept: list[str] = []
    for layer in range(size.decoder_layers):
        with net.scope(f"layers.{layer}"):
            y = net.layer_norm(x, epsilon=_EPSILON, name="self_attn_layer_norm")
            query, key, value = _projected(net, y, width.heads)
            if before is not None:
                past = before(layer)
                key, value = net.concat((past[0], key), axis=2), net.concat((past[1], value), axis=2)
            x = net.add(x, _out(net, attend(net, query, key, value, added=later), "self_attn"))
            kept += (key, value)
            y = net.layer_norm(x, epsilon=_EPSILON, name="encoder_attn_layer_norm")
            query = split_heads(net, net.linear(y, width.channels, name="encoder_attn.q_proj"), width.heads)
            heard = of_sound(layer)
            kept += () if before is not None else heard
            x = net.add(x, _out(net, attend(net, query, heard[0], heard[1]), "encoder_attn"))
            x = net.add(x, hidden_layer(net, net.layer_norm(x, epsilon=_EPSILON, name="final_layer_norm")))
    x = net.layer_norm(x, epsilon=_EPSILON, name="layer_norm")
    scores = net.matmul(x, net.transpose(table, (1, 0), name="proj_out.weight"), name="proj_out")
    return net.finish(scores, *kept)


def _past(net: NetworkBuilder, width: Width, layer: int, of: str, part: str, tokens: int) -> str:
    """Keys or values that were worked out before, an input."""
    shape = ("batch", width.heads, tokens, width.channels // width.heads)
    return net.input(f"past_key_values.{layer}.{of}.{part}", shape)


def _projected(net: NetworkBuilder, x: str, heads: int) -> tuple[str, str, str]:
    query = split_heads(net, net.linear(x, net.extent(x, -1), name="self_attn.q_proj"), heads)
    return query, *_keys_and_values(net, x, heads, "self_attn")


def _keys_and_values(net: NetworkBuilder, x: str, heads: int, name: str) -> tuple[str, str]:
    """Keys without a bias, values with one."""
    width = net.extent(x, -1)
    key, value = (
        split_heads(net, net.linear(x, width, name=f"{name}.{part}_proj", bias=part != "k"), heads)
        for part in ("k", "v")
    )
    return key, value


def _out(net: NetworkBuilder, context: str, name: str) -> str:
    joined = join_heads(net, context)
    return net.linear(joined, net.extent(joined, -1), name=f"{name}.out_proj")


def _waves(net: NetworkBuilder, channels: int) -> str:
    """Sines and cosines of each place, of wavelengths from 2 pi to 10,000 x 2 pi (fixed, not learned)."""
    with net.scope("embed_positions"):
        places = net.reshape_constant(net.count(_HEARD), (_HEARD, 1), "column")
        step = net.constant(-math.log(10_000.0) / (channels // 2 - 1))
        rates = net.map("Exp", net.mul(net.count(channels // 2, name="channel"), step), name="rates")
        angles = net.mul(places, rates)
        return net.concat((net.map("Sin", angles, name="sin"), net.map("Cos", angles, name="cos")), axis=1)
