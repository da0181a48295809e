"""RF-DETR: queries on an encoder of image patches with attention in windows (Robinson et al. 2025).

arXiv:2511.09554. As deployed: one group of queries, places of the patches at the network's own size, layers
behind the last that is looked at and the mask of cells at the border of the image left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from planner.workload.graph import Graph
from planner.zoo.attention import (
    Width,
    attend,
    hidden_layer,
    join_heads,
    patches,
    scaled,
    split_heads,
    with_class_token,
)
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.queries.deformable import QueryDecoder, decoder_layer, norm, perceptron

_ENCODER = Width(12, 384, 6)
_EPSILON, _EPSILON_OF_MAPS = 1e-6, 1e-6
_INSIDE, _BLOCKS = 128, 3
"""Channels and blocks of the stage that joins the levels."""
_QUERIES, _CLASSES = 300, 91
_RATE = 10_000.0


@dataclass(frozen=True, slots=True)
class RfdetrLayout:
    """Side of the image and of a patch, windows along a side, layers of the decoder, and layers looked at.

    The encoder's layers look at the whole image where their number is in `levels`, else at a window.
    """

    side: int
    patch: int
    windows: int
    layers: int
    levels: tuple[int, int, int, int] = (3, 6, 9, 12)


NANO, SMALL = RfdetrLayout(384, 16, 2, 2), RfdetrLayout(512, 16, 2, 3)
MEDIUM, LARGE = RfdetrLayout(576, 16, 2, 4), RfdetrLayout(704, 16, 2, 4)
BASE = RfdetrLayout(560, 14, 4, 3, (2, 5, 8, 11))
"""As published in rfdetr's config.py."""


def rfdetr(name: str, layout: RfdetrLayout) -> Graph:
    """Answers centre and size of 300 boxes as shares of the image, and the scores of 91 classes."""
    net = NetworkBuilder(name)
    image = net.input("input", ("batch", 3, layout.side, layout.side))
    x = _joined(net, _levels(net, image, layout))
    size = (net.extent(x, 2), net.extent(x, 3))
    features = net.transpose(net.reshape(x, (0, net.extent(x, 1), -1)), (0, 2, 1))
    return net.finish(*_decoded(net, features, size, layout))


def _levels(net: NetworkBuilder, image: str, layout: RfdetrLayout) -> list[str]:
    """The encoder's features after some of its layers, as maps."""
    windows, channels = layout.windows, _ENCODER.channels
    rows, columns = (side // layout.patch for side in net.sides)
    if rows % windows or columns % windows:
        raise ValueError(f"{rows} x {columns} patches are not whole windows, {windows} along a side")
    x = with_class_token(net, patches(net, image, channels, layout.patch), image)
    places = net.parameter("position_embeddings", (1, net.extent(x, 1), channels))
    x = _windowed(net, net.add(x, places, name="position.add"), (rows, columns), windows)
    weights = (net.parameter("norm.weight", (channels,)), net.parameter("norm.bias", (channels,)))
    found = []
    for layer in range(layout.levels[-1]):
        with net.scope(f"layers.{layer}"):
            x = _layer(net, x, windows, everywhere=layer in layout.levels)
        if layer + 1 in layout.levels:
            y = net.shared_layer_norm(x, weights, epsilon=_EPSILON, name=f"norm.{layer}")
            found.append(_as_map(net, y, (rows, columns), windows))
    return found


def _windowed(net: NetworkBuilder, x: str, cells: tuple[int, int], windows: int) -> str:
    """Patches of each window beside the batch, each with a copy of the class token."""
    (rows, columns), channels = cells, net.extent(x, 2)
    first, rest = net.split(x, (1, rows * columns), axis=1)
    rest = net.reshape(rest, (0, windows, rows // windows, windows, columns // windows, channels))
    rest = net.reshape(net.transpose(rest, (0, 1, 3, 2, 4, 5)), (0, windows**2, -1, channels))
    copies = net.repeat(net.unsqueeze(first, (1,)), 1, windows**2)
    return net.into_batch(net.concat((copies, rest), axis=2))


def _as_map(net: NetworkBuilder, x: str, cells: tuple[int, int], windows: int) -> str:
    """The way back, without class tokens: (batch, channels, rows, columns)."""
    (rows, columns), channels = cells, net.extent(x, 2)
    x = net.out_of_batch(net.slice(x, 1, 1, net.extent(x, 1)), windows**2)
    x = net.reshape(x, (0, windows, windows, rows // windows, columns // windows, channels))
    x = net.reshape(net.transpose(x, (0, 1, 3, 2, 4, 5)), (0, rows, columns, channels))
    return net.transpose(x, (0, 3, 1, 2))


def _layer(net: NetworkBuilder, x: str, windows: int, *, everywhere: bool) -> str:
    """Attention in a window or everywhere and a hidden layer, each scaled by channel and added."""
    tokens, channels = net.extent(x, 1), net.extent(x, 2)
    y = x
    if everywhere:
        y = net.reshape(net.out_of_batch(x, windows**2), (0, windows**2 * tokens, channels))
    y = net.layer_norm(y, epsilon=_EPSILON, name="norm1")
    query, key, value = (
        split_heads(net, net.linear(y, channels, name=f"attention.{part}"), _ENCODER.heads)
        for part in ("q_proj", "k_proj", "v_proj")
    )
    y = net.linear(join_heads(net, attend(net, query, key, value)), channels, name="attention.o_proj")
    if everywhere:
        y = net.into_batch(net.reshape(y, (0, windows**2, tokens, channels)))
    x = net.add(x, scaled(net, y, "layer_scale1"))
    y = hidden_layer(net, net.layer_norm(x, epsilon=_EPSILON, name="norm2"))
    return net.add(x, scaled(net, y, "layer_scale2"))


def _norm_of_map(net: NetworkBuilder, x: str, name: str) -> str:
    """Layer normalisation over the channels of each cell."""
    y = net.layer_norm(net.transpose(x, (0, 2, 3, 1)), epsilon=_EPSILON_OF_MAPS, name=name)
    return net.transpose(y, (0, 3, 1, 2))


def _conv(net: NetworkBuilder, x: str, channels: int, name: str, kernel: int = 1) -> str:
    with net.scope(name):
        return net.silu(_norm_of_map(net, net.conv(x, channels, kernel), "norm"))


def _joined(net: NetworkBuilder, levels: list[str]) -> str:
    """All levels at one resolution: split, a few 3x3 convolutions, everything joined (C2f)."""
    with net.scope("projector"):
        y = _conv(net, net.concat(levels, axis=1), 2 * _INSIDE, "conv1")
        parts = list(net.split(y, (_INSIDE, _INSIDE), axis=1))
        for block in range(_BLOCKS):
            y = _conv(net, parts[-1], _INSIDE, f"bottlenecks.{block}.conv1", 3)
            parts.append(_conv(net, y, _INSIDE, f"bottlenecks.{block}.conv2", 3))
        x = _conv(net, net.concat(parts, axis=1), 2 * _INSIDE, "conv2")
        return _norm_of_map(net, x, "layer_norm")


def _decoded(
    net: NetworkBuilder, features: str, size: tuple[int, int], layout: RfdetrLayout
) -> tuple[str, str]:
    """Boxes of the best cells, moved by what is learned of each query, then refined once at the end."""
    width, cells = net.extent(features, 2), net.extent(features, 1)
    queries = min(_QUERIES, cells)
    decoder = QueryDecoder(
        width, layout.layers, queries, heads=16, hidden=2048, points=(2,), classes=_CLASSES
    )
    encoded = norm(net, net.linear(features, width, name="enc_output"), "enc_output_norm")
    scores = net.linear(encoded, _CLASSES, name="enc_out_class_embed")
    moved = perceptron(net, encoded, (width, width, 4), "enc_out_bbox_embed")
    proposed = _moved(net, _cells(net, size), moved)
    best = net.top_places(net.reduce("ReduceMax", scores, (2,), name="best"), queries)
    learned = net.parameter("reference_point_embed", (_QUERIES, 4))
    boxes = _moved(net, net.gather_places(proposed, best), _first(net, learned, queries))
    places = perceptron(net, _waves(net, boxes, width // 2), (width, width), "ref_point_head")
    known = _first(net, net.parameter("query_feat", (_QUERIES, width)), queries)
    x = net.repeat_for_batch(net.unsqueeze(known, (0,)), features)
    for layer in range(layout.layers):
        with net.scope(f"decoder.{layer}"):
            x = decoder_layer(net, x, places, boxes, [size], features, decoder)
    x = norm(net, x, "decoder.layernorm")
    refined = _moved(net, boxes, perceptron(net, x, (width, width, 4), "bbox_embed"))
    return refined, net.linear(x, _CLASSES, name="class_embed")


def _first(net: NetworkBuilder, table: str, count: int) -> str:
    return table if net.extent(table, 0) == count else net.slice(table, 0, 0, count)


def _moved(net: NetworkBuilder, boxes: str, by: str) -> str:
    """Centres by shares of the size, sizes by the exponential."""
    with net.scope("refine"):
        centre, size = net.split(boxes, (2, 2), axis=len(net.shape(boxes)) - 1)
        shift, growth = net.split(by, (2, 2), axis=len(net.shape(by)) - 1)
        moved = net.add(net.mul(shift, size), centre)
        return net.concat((moved, net.mul(net.map("Exp", growth, name="exp"), size)), axis=2)


def _cells(net: NetworkBuilder, size: tuple[int, int]) -> str:
    """Centre and size of each cell's box as shares of the image, (1, cells, 4); constants alone."""
    rows, columns = size
    with net.scope("proposals"):
        numbers = []
        for extent, shape in ((columns, (1, columns, 1)), (rows, (rows, 1, 1))):
            centre = net.add(net.count(extent), net.constant(0.5))
            share = net.reshape_constant(net.mul(centre, net.constant(1.0 / extent)), shape, "share")
            numbers.append(net.expand(share, (rows, columns, 1)))
        side = net.expand(net.constant(np.full((1, 1, 1), 0.05, np.float32)), (rows, columns, 2))
        cells = net.concat((*numbers, side), axis=2)
        return net.reshape_constant(cells, (1, rows * columns, 4), "flat")


def _waves(net: NetworkBuilder, boxes: str, width: int) -> str:
    """Sines and cosines of the four numbers of each box, (batch, queries, 4 x width)."""
    queries = net.extent(boxes, 1)
    with net.scope("waves"):
        step = net.constant(-math.log(_RATE) * 2 / width)
        rates = net.map("Exp", net.mul(net.count(width // 2, name="rate"), step), name="exp")
        turns = net.mul(net.unsqueeze(boxes, (3,)), net.constant(2 * math.pi))
        angles = net.mul(turns, rates)
        both = net.concat((net.map("Sin", angles, name="sin"), net.map("Cos", angles, name="cos")), axis=3)
        return net.reshape(both, (0, queries, 4 * width))
