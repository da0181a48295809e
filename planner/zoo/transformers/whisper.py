"""Whisper: speech to text (Radford et al. 2022, arXiv:2212.04356), its encoder and a step of its decoder."""

from __future__ import annotations

import math

from planner.workload.graph import Graph
from planner.zoo.attention import Width, attend, hidden_layer, join_heads, split_heads
from planner.zoo.builder import NetworkBuilder

TINY, BASE, SMALL = Width(4, 384, 6), Width(6, 512, 8), Width(12, 768, 12)
MEDIUM = Width(24, 1024, 16)
FRAMES, _BANDS = 3000, 80
"""Thirty seconds in steps of 10 ms, and the frequency bands of each."""
_HEARD, _WORDS, _TOKENS = FRAMES // 2, 51865, 448
_EPSILON = 1e-5


def whisper_encoder(name: str, width: Width) -> Graph:
    """Answers the features of thirty seconds of sound, (batch, 1500, channels)."""
    net = NetworkBuilder(name)
    x = net.unsqueeze(net.input("input_features", ("batch", _BANDS, FRAMES)), (2,))
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


def whisper_step(name: str, width: Width, cached: int) -> Graph:
    """One more token after `cached` ones: scores of all words, and the keys and values of every layer.

    Keys and values of the sound come from the encoder once and are inputs, as those of earlier tokens are.
    """
    net = NetworkBuilder(name)
    words = net.input("input_ids", ("batch", 1), "int64")
    table = net.parameter("embed_tokens.weight", (_WORDS, width.channels))
    places = net.parameter("embed_positions.weight", (_TOKENS, width.channels))
    place = net.rows(net.constant([cached], name="place"), places, "embed_positions")
    x = net.add(net.rows(words, table, "embed_tokens"), place, name="places.add")
    kept: list[str] = []
    for layer in range(width.layers):
        with net.scope(f"layers.{layer}"):
            y = net.layer_norm(x, epsilon=_EPSILON, name="self_attn_layer_norm")
            query, key, value = _projected(net, y, width.heads)
            past = [_past(net, width, layer, "decoder", part, cached) for part in ("key", "value")]
            key, value = net.concat((past[0], key), axis=2), net.concat((past[1], value), axis=2)
            x = net.add(x, _out(net, attend(net, query, key, value), "self_attn"))
            kept += (key, value)
            y = net.layer_norm(x, epsilon=_EPSILON, name="encoder_attn_layer_norm")
            query = split_heads(net, net.linear(y, width.channels, name="encoder_attn.q_proj"), width.heads)
            heard = [_past(net, width, layer, "encoder", part, _HEARD) for part in ("key", "value")]
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
    """Query and value with a bias, key without."""
    width = net.extent(x, -1)
    query, key, value = (
        split_heads(net, net.linear(x, width, name=f"self_attn.{part}_proj", bias=part != "k"), heads)
        for part in ("q", "k", "v")
    )
    return query, key, value


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
