"""A decoder of queries that look at a few places of the features (Zhu et al. 2020, arXiv:2010.04159)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.zoo.attention import attend, join_heads, split_heads
from planner.zoo.builder import NetworkBuilder

_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class QueryDecoder:
    """Queries, channels, heads, layers, channels of the hidden layer, and places looked at on each level.

    Queries look at each other with `own_heads`, and at the features with `heads`. `projected`: features pass
    a layer before they are looked at, and what was found another.
    """

    channels: int = 256
    layers: int = 6
    queries: int = 300
    heads: int = 8
    hidden: int = 1024
    points: tuple[int, ...] = (4, 4, 4)
    classes: int = 80
    projected: bool = True
    own_heads: int = 8


def norm(net: NetworkBuilder, x: str, name: str) -> str:
    """Layer normalisation over the channels."""
    return net.layer_norm(x, epsilon=_EPSILON, name=name)


def perceptron(net: NetworkBuilder, x: str, widths: Sequence[int], name: str) -> str:
    """Fully connected layers with a rectifier between them."""
    for layer, width in enumerate(widths):
        x = net.relu(x) if layer else x
        x = net.linear(x, width, name=f"{name}.layers.{layer}")
    return x


def self_attention(net: NetworkBuilder, x: str, placed: str, heads: int, name: str) -> str:
    """Every token looks at every token; query and key know where they are."""
    width = net.extent(x, -1)
    with net.scope(name):
        query, key, value = (
            split_heads(net, net.linear(source, width, name=part), heads)
            for source, part in ((placed, "q"), (placed, "k"), (x, "v"))
        )
        return net.linear(join_heads(net, attend(net, query, key, value)), width, name="out_proj")


def decoder_layer(
    net: NetworkBuilder, x: str, places: str, boxes: str, levels: Sequence[tuple[int, int]], features: str,
    decoder: QueryDecoder,
) -> str:  # fmt: skip
    """Queries look at each other, at places around their boxes, and pass a hidden layer."""
    y = self_attention(net, x, net.add(x, places), decoder.own_heads, "self_attn")
    x = norm(net, net.add(x, y), "norm1")
    with net.scope("cross_attn"):
        values = net.linear(features, decoder.channels, name="value_proj")
        maps = feature_maps(net, values, levels, decoder.heads)
    y = cross_attention(net, net.add(x, places), boxes, maps, decoder)
    x = norm(net, net.add(x, y), "norm2")
    return norm(net, net.add(x, hidden(net, x, decoder)), "norm3")


def hidden(net: NetworkBuilder, x: str, decoder: QueryDecoder) -> str:
    """Widened, a rectifier, and back."""
    wide = net.relu(net.linear(x, decoder.hidden, name="linear1"))
    return net.linear(wide, decoder.channels, name="linear2")


def cross_attention(
    net: NetworkBuilder, query: str, boxes: str, maps: Sequence[str], decoder: QueryDecoder
) -> str:
    """A weighted mean of the features at places that the query chooses, as shares of its box."""
    heads, width = decoder.heads, decoder.channels // decoder.heads
    queries, all_points = decoder.queries, sum(decoder.points)
    with net.scope("cross_attn"):
        offsets = net.linear(query, heads * all_points * 2, name="sampling_offsets")
        offsets = net.reshape(offsets, (0, queries, heads, all_points, 2))
        weights = net.linear(query, heads * all_points, name="attention_weights")
        weights = net.softmax(net.reshape(weights, (0, queries, heads, all_points)))
        centres, sizes = net.split(net.unsqueeze(boxes, (2, 3)), (2, 2), axis=4, name="box")
        shares = np.concatenate([np.full(count, 0.5 / count, np.float32) for count in decoder.points])
        moved = net.mul(net.mul(offsets, net.constant(shares[:, None], name="share")), sizes)
        # GridSample has places from -1 to 1.
        places = net.combine(
            "Sub", net.mul(net.add(centres, moved), net.constant(2.0)), net.constant(1.0), name="grid"
        )
        found = _sampled(net, maps, net.transpose(places, (0, 2, 1, 3, 4)), decoder)
        weights = net.unsqueeze(net.transpose(weights, (0, 2, 1, 3)), (2,))
        summed = net.reduce("ReduceSum", net.mul(found, weights), (4,), name="sum")
        joined = net.reshape(net.squeeze(summed, 4), (0, heads * width, queries))
        joined = net.transpose(joined, (0, 2, 1))
        return net.linear(joined, decoder.channels, name="output_proj") if decoder.projected else joined


def feature_maps(
    net: NetworkBuilder, values: str, levels: Sequence[tuple[int, int]], heads: int
) -> tuple[str, ...]:
    """The features of each level as maps of each head, heads beside the batch."""
    width = net.extent(values, 2) // heads
    per_level = net.split(values, [rows * columns for rows, columns in levels], axis=1, name="level")
    return tuple(
        net.into_batch(net.reshape(net.transpose(level, (0, 2, 1)), (0, heads, width, rows, columns)))
        for (rows, columns), level in zip(levels, per_level, strict=True)
    )


def _sampled(net: NetworkBuilder, maps: Sequence[str], places: str, decoder: QueryDecoder) -> str:
    """Features at places, (batch, heads, channels of a head, queries, places of all levels)."""
    grids = net.split(places, decoder.points, axis=3, name="grids")
    found = [
        net.out_of_batch(net.grid_sample(map_, net.into_batch(grid)), decoder.heads)
        for map_, grid in zip(maps, grids, strict=True)
    ]
    return net.concat(found, axis=4, name="sampled")


def inverse_sigmoid(net: NetworkBuilder, x: str) -> str:
    """log(x / (1 - x)), away from zero and one."""
    with net.scope("logit"):
        low = net.constant(1e-5)
        kept = net.combine("Max", x, low, name="max")
        rest = net.combine("Max", net.combine("Sub", net.constant(1.0), x, name="rest"), low, name="max")
        return net.map("Log", net.combine("Div", kept, rest, name="div"), name="log")
