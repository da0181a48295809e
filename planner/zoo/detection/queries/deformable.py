"""A decoder of queries that look at a few places of the features (Zhu et al. 2020, arXiv:2010.04159)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.zoo.attention import attend, join_heads, split_heads
from planner.zoo.builder import NetworkBuilder

_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class QueryDecoder:
    """Queries, channels, heads, layers, channels of the hidden layer, and places looked at on each level."""

    channels: int = 256
    layers: int = 6
    queries: int = 300
    heads: int = 8
    hidden: int = 1024
    points: int = 4
    classes: int = 80


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
    y = self_attention(net, x, net.add(x, places), decoder.heads, "self_attn")
    x = norm(net, net.add(x, y), "norm1")
    y = _cross_attention(net, net.add(x, places), boxes, levels, features, decoder)
    x = norm(net, net.add(x, y), "norm2")
    wide = net.relu(net.linear(x, decoder.hidden, name="linear1"))
    return norm(net, net.add(x, net.linear(wide, decoder.channels, name="linear2")), "norm3")


def _cross_attention(
    net: NetworkBuilder, query: str, boxes: str, levels: Sequence[tuple[int, int]], features: str,
    decoder: QueryDecoder,
) -> str:  # fmt: skip
    """A weighted mean of the features at places that the query chooses, as shares of its box."""
    heads, width, points = decoder.heads, decoder.channels // decoder.heads, decoder.points
    queries, all_points = decoder.queries, points * len(levels)
    with net.scope("cross_attn"):
        values = net.linear(features, decoder.channels, name="value_proj")
        offsets = net.linear(query, heads * all_points * 2, name="sampling_offsets")
        offsets = net.reshape(offsets, (0, queries, heads, all_points, 2))
        weights = net.linear(query, heads * all_points, name="attention_weights")
        weights = net.softmax(net.reshape(weights, (0, queries, heads, all_points)))
        centres, sizes = net.split(net.unsqueeze(boxes, (2, 3)), (2, 2), axis=4, name="box")
        moved = net.mul(net.mul(offsets, net.constant(0.5 / points)), sizes)
        # GridSample has places from -1 to 1.
        places = net.combine(
            "Sub", net.mul(net.add(centres, moved), net.constant(2.0)), net.constant(1.0), name="grid"
        )
        found = _sampled(net, values, net.transpose(places, (0, 2, 1, 3, 4)), levels, decoder)
        weights = net.unsqueeze(net.transpose(weights, (0, 2, 1, 3)), (2,))
        summed = net.reduce("ReduceSum", net.mul(found, weights), (4,), name="sum")
        joined = net.reshape(net.squeeze(summed, 4), (0, heads * width, queries))
        return net.linear(net.transpose(joined, (0, 2, 1)), decoder.channels, name="output_proj")


def _sampled(
    net: NetworkBuilder, values: str, places: str, levels: Sequence[tuple[int, int]], decoder: QueryDecoder
) -> str:
    """Features at places, (batch, heads, channels of a head, queries, places of all levels)."""
    heads, width = decoder.heads, decoder.channels // decoder.heads
    per_level = net.split(values, [rows * columns for rows, columns in levels], axis=1, name="level")
    grids = net.split(places, (decoder.points,) * len(levels), axis=3, name="grids")
    found = []
    for (rows, columns), level, grid in zip(levels, per_level, grids, strict=True):
        map_ = net.reshape(net.transpose(level, (0, 2, 1)), (0, heads, width, rows, columns))
        sampled = net.grid_sample(net.into_batch(map_), net.into_batch(grid))
        found.append(net.out_of_batch(sampled, heads))
    return net.concat(found, axis=4, name="sampled")


def inverse_sigmoid(net: NetworkBuilder, x: str) -> str:
    """log(x / (1 - x)), away from zero and one."""
    with net.scope("logit"):
        low = net.constant(1e-5)
        kept = net.combine("Max", x, low, name="max")
        rest = net.combine("Max", net.combine("Sub", net.constant(1.0), x, name="rest"), low, name="max")
        return net.map("Log", net.combine("Div", kept, rest, name="div"), name="log")
