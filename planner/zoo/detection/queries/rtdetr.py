"""RT-DETR: detectors without suppression in real time (Zhao et al. 2023, arXiv:2304.08069), as deployed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.queries.deformable import (
    QueryDecoder,
    decoder_layer,
    inverse_sigmoid,
    norm,
    perceptron,
    self_attention,
)
from planner.zoo.detection.queries.hgnet import HgLayout, hgnet
from planner.zoo.detection.yolo.blocks import IMAGE, conv
from planner.zoo.image.resnet import ResNetLayout, resnet_levels

_HEADS = 8
Levels = tuple[str, str, str]


def rtdetr_hgnet(name: str, layout: HgLayout, channels: int) -> Graph:
    """On PP-HGNetV2. Answers corners and sizes of 300 boxes as shares of the image, and their classes."""
    return _rtdetr(name, lambda net, x: hgnet(net, x, layout), channels)


def rtdetr_resnet(name: str, layout: ResNetLayout) -> Graph:
    """On a ResNet."""
    return _rtdetr(name, lambda net, x: resnet_levels(net, x, layout), 256)


def _rtdetr(name: str, backbone: Callable[[NetworkBuilder, str], Levels], channels: int) -> Graph:
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    levels = _neck(net, backbone(net, x), channels)
    decoder = QueryDecoder()
    with net.scope("decoder"):
        return net.finish(*_decoded(net, levels, decoder))


def _neck(net: NetworkBuilder, levels: Levels, channels: int) -> Levels:
    """Attention at the coarsest level, then from coarse to fine and back."""
    fine, middle, coarse = (
        conv(net, x, channels, f"input_proj.{level}", activation=None) for level, x in enumerate(levels)
    )
    mixed = attention_over_cells(net, coarse, 1024 if channels == 256 else 2048)
    coarse = conv(net, mixed, channels, "lateral.0")
    middle = _fused(net, net.concat((net.upsample(coarse, 2), middle), axis=1), channels, "fpn.0")
    middle = conv(net, middle, channels, "lateral.1")
    fine = _fused(net, net.concat((net.upsample(middle, 2), fine), axis=1), channels, "fpn.1")
    halved = conv(net, fine, channels, "halve.0", kernel=3, stride=2)
    middle = _fused(net, net.concat((halved, middle), axis=1), channels, "pan.0")
    halved = conv(net, middle, channels, "halve.1", kernel=3, stride=2)
    coarse = _fused(net, net.concat((halved, coarse), axis=1), channels, "pan.1")
    return fine, middle, coarse


def _fused(net: NetworkBuilder, x: str, channels: int, name: str) -> str:
    """Three 3x3 convolutions beside a 1x1, added (RepC3; parallel kernels are one)."""
    with net.scope(name):
        y = conv(net, x, channels, "cv1")
        for layer in range(3):
            y = conv(net, y, channels, f"m.{layer}", kernel=3)
        return net.add(y, conv(net, x, channels, "cv2"))


def attention_over_cells(net: NetworkBuilder, x: str, hidden: int) -> str:
    """One encoder layer over the cells of the coarsest level (AIFI)."""
    channels, rows, columns = (net.extent(x, axis) for axis in (1, 2, 3))
    with net.scope("aifi"):
        tokens = net.transpose(net.reshape(x, (0, channels, rows * columns)), (0, 2, 1))
        y = self_attention(net, tokens, net.add(tokens, waves(net, rows, columns, channels)), _HEADS, "ma")
        tokens = norm(net, net.add(tokens, y), "norm1")
        wide = net.gelu(net.linear(tokens, hidden, name="fc1"))
        tokens = norm(net, net.add(tokens, net.linear(wide, channels, name="fc2")), "norm2")
        return net.reshape(net.transpose(tokens, (0, 2, 1)), (0, channels, rows, columns))


def waves(net: NetworkBuilder, rows: int, columns: int, channels: int) -> str:
    """Sines and cosines of row and column, (1, cells, channels); constants alone."""
    quarter = channels // 4
    with net.scope("places"):
        rates = net.mul(net.count(quarter, name="rate"), net.constant(-math.log(10_000.0) / quarter))
        rates = net.map("Exp", rates, name="exp")
        parts = []
        for extent, shape in ((rows, (rows, 1, quarter)), (columns, (1, columns, quarter))):
            angles = net.mul(net.reshape_constant(net.count(extent), (extent, 1), "column"), rates)
            for wave in ("Sin", "Cos"):
                turned = net.reshape_constant(net.map(wave, angles, name=wave.lower()), shape, "place")
                parts.append(net.expand(turned, (rows, columns, quarter)))
        return net.reshape_constant(net.concat(parts, axis=2), (1, rows * columns, channels), "flat")


def _decoded(net: NetworkBuilder, levels: Sequence[str], decoder: QueryDecoder) -> tuple[str, str]:
    """The best cells become queries, refined layer by layer; answers boxes and class scores."""
    sizes = [(net.extent(x, 2), net.extent(x, 3)) for x in levels]
    tokens = []
    for level, x in enumerate(levels):
        y = conv(net, x, decoder.channels, f"input_proj.{level}", activation=None)
        tokens.append(net.transpose(net.reshape(y, (0, decoder.channels, -1)), (0, 2, 1)))
    features = net.concat(tokens, axis=1, name="features")
    cells = net.extent(features, 1)
    chosen = replace(decoder, queries=min(decoder.queries, cells))
    encoded = norm(net, net.linear(features, decoder.channels, name="enc_output.0"), "enc_output.1")
    scores = net.linear(encoded, decoder.classes, name="enc_score_head")
    best = net.top_places(net.reduce("ReduceMax", scores, (2,), name="best"), chosen.queries)
    x = net.gather_places(encoded, best)
    starts = net.gather_places(net.repeat_for_batch(anchors(net, sizes), features), best)
    boxes = perceptron(net, x, (decoder.channels, decoder.channels, 4), "enc_bbox_head")
    boxes = net.sigmoid(net.add(boxes, starts))
    place_layers = shared_perceptron(net, (4, 2 * decoder.channels, decoder.channels))
    for layer in range(decoder.layers):
        with net.scope(f"layers.{layer}"):
            places = place_layers(boxes)
            x = decoder_layer(net, x, places, boxes, sizes, features, chosen)
            moved = perceptron(net, x, (decoder.channels, decoder.channels, 4), "bbox_head")
            boxes = net.sigmoid(net.add(moved, inverse_sigmoid(net, boxes)))
    return boxes, net.sigmoid(net.linear(x, decoder.classes, name="score_head"))


def shared_perceptron(net: NetworkBuilder, widths: Sequence[int]) -> Callable[[str], str]:
    """Two layers whose weights every decoder layer uses: the place of a box as channels."""
    weights = [
        (
            net.parameter(f"query_pos_head.{layer}.weight", (own, to)),
            net.parameter(f"query_pos_head.{layer}.bias", (to,)),
        )
        for layer, (own, to) in enumerate(itertools.pairwise(widths))
    ]

    def apply(x: str) -> str:
        for layer, (weight, bias) in enumerate(weights):
            x = net.relu(x) if layer else x
            x = net.add(net.matmul(x, weight, name=f"query_pos.{layer}"), bias)
        return x

    return apply


def anchors(net: NetworkBuilder, sizes: Sequence[tuple[int, int]], finest: int = 0) -> str:
    """Centre and size of each cell's box before it is moved, as logits, (1, cells, 4); constants alone."""
    parts = []
    for level, (rows, columns) in enumerate(sizes):
        with net.scope(f"anchors.{level}"):
            numbers = []
            for extent, shape in ((columns, (1, columns, 1)), (rows, (rows, 1, 1))):
                centre = net.add(net.count(extent), net.constant(0.5))
                share = net.mul(centre, net.constant(1.0 / extent))
                spread = net.expand(net.reshape_constant(share, shape, "share"), (rows, columns, 1))
                numbers.append(spread)
            side = net.expand(
                net.constant(np.full((1, 1, 1), 0.05 * 2 ** (level + finest), np.float32)), (rows, columns, 2)
            )
            cells = net.concat((*numbers, side), axis=2)
            parts.append(net.reshape_constant(inverse_sigmoid(net, cells), (1, rows * columns, 4), "flat"))
    return net.concat(parts, axis=1, name="anchors")
