"""D-FINE: a detector of queries that refines how its sides are spread (Peng et al. 2024, arXiv:2410.13842).

As deployed: kernels that are parallel in training are one, the last layer alone is scored, and the mask of
cells at the border of the image is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.queries.deformable import (
    QueryDecoder,
    cross_attention,
    feature_maps,
    hidden,
    inverse_sigmoid,
    norm,
    perceptron,
    self_attention,
)
from planner.zoo.detection.queries.hgnet import B0, B2, EXTRA_LARGE, LARGE, HgLayout, hgnet
from planner.zoo.detection.queries.rtdetr import anchors, attention_over_cells, shared_perceptron
from planner.zoo.detection.yolo.blocks import IMAGE, conv

_BINS, _LARGEST, _SCORED = 33, 4, 64
"""Places that a side is spread over; the most likely of them and the channels that score how sure it is."""


@dataclass(frozen=True, slots=True)
class DfineLayout:
    """The backbone; the neck's channels, hidden channels, and channels and convolutions inside its stages."""

    backbone: HgLayout
    channels: int
    hidden: int
    inside: int
    blocks: int
    decoder: QueryDecoder
    levels: int = 3
    curve: float = 4.0
    """How evenly the places of a side are spread."""


def _decoder(layers: int) -> QueryDecoder:
    return QueryDecoder(layers=layers, points=(3, 6, 3), projected=False)


NANO = DfineLayout(
    B0, 128, 512, 21, 2,
    QueryDecoder(channels=128, layers=3, hidden=512, points=(6, 6), projected=False), levels=2,
)  # fmt: skip
SMALL = DfineLayout(B0, 256, 1024, 64, 1, _decoder(3))
MEDIUM = DfineLayout(B2, 256, 1024, 128, 2, _decoder(4))
D_LARGE = DfineLayout(LARGE, 256, 1024, 128, 3, _decoder(6))
D_EXTRA_LARGE = DfineLayout(EXTRA_LARGE, 384, 2048, 192, 3, _decoder(6), curve=8.0)
"""As published in configs/dfine of the authors' code."""


def dfine(name: str, layout: DfineLayout) -> Graph:
    """Answers centre and size of 300 boxes as shares of the image, and scores of 80 classes."""
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    levels = _neck(net, hgnet(net, x, layout.backbone)[-layout.levels :], layout)
    with net.scope("decoder"):
        return net.finish(*_decoded(net, levels, layout))


def _neck(net: NetworkBuilder, levels: Sequence[str], layout: DfineLayout) -> list[str]:
    """Attention at the coarsest level, then from coarse to fine and back."""
    width = layout.channels
    own = [conv(net, x, width, f"input_proj.{level}", activation=None) for level, x in enumerate(levels)]
    found = [attention_over_cells(net, own[-1], layout.hidden)]
    for place in range(len(own) - 2, -1, -1):
        found[0] = conv(net, found[0], width, f"lateral.{place}", activation=None)
        joined = net.concat((net.upsample(found[0], 2), own[place]), axis=1)
        found.insert(0, _stage(net, joined, layout, f"fpn.{place}"))
    for place in range(len(own) - 1):
        with net.scope(f"halve.{place}"):
            x = conv(net, found[place], width, "cv1", activation=None)
            x = conv(net, x, width, "cv2", kernel=3, stride=2, groups=width, activation=None)
        joined = net.concat((x, found[place + 1]), axis=1)
        found[place + 1] = _stage(net, joined, layout, f"pan.{place}")
    return found


def _stage(net: NetworkBuilder, x: str, layout: DfineLayout, name: str) -> str:
    """Two partial blocks in a row, each with a 3x3 convolution, everything joined (RepNCSPELAN4)."""
    width = layout.channels
    with net.scope(name):
        parts = list(net.split(conv(net, x, 2 * width, "cv1"), (width, width), axis=1))
        for part in ("cv2", "cv3"):
            with net.scope(part):
                y = _partial(net, parts[-1], layout)
                parts.append(conv(net, y, layout.inside, "1", kernel=3))
        return conv(net, net.concat(parts, axis=1), width, "cv4")


def _partial(net: NetworkBuilder, x: str, layout: DfineLayout) -> str:
    """3x3 convolutions beside a 1x1, added."""
    y = conv(net, x, layout.inside, "conv1")
    for block in range(layout.blocks):
        y = net.silu(net.conv(y, layout.inside, 3, bias=True, name=f"bottlenecks.{block}"))
    return net.add(y, conv(net, x, layout.inside, "conv2"))


def _decoded(net: NetworkBuilder, levels: Sequence[str], layout: DfineLayout) -> tuple[str, str]:
    """The best cells become queries; each layer adds to how the sides of its boxes are spread."""
    decoder = layout.decoder
    width = decoder.channels
    if layout.channels != width:
        levels = [conv(net, x, width, f"input_proj.{level}", activation=None)
                  for level, x in enumerate(levels)]  # fmt: skip
    sizes = [(net.extent(x, 2), net.extent(x, 3)) for x in levels]
    tokens = [net.transpose(net.reshape(x, (0, width, -1)), (0, 2, 1)) for x in levels]
    features = net.concat(tokens, axis=1, name="features")
    decoder = replace(decoder, queries=min(decoder.queries, net.extent(features, 1)))
    encoded = norm(net, net.linear(features, width, name="enc_output.0"), "enc_output.1")
    scores = net.linear(encoded, decoder.classes, name="enc_score_head")
    best = net.top_places(net.reduce("ReduceMax", scores, (2,), name="best"), decoder.queries)
    x = net.gather_places(encoded, best)
    starts = net.repeat_for_batch(anchors(net, sizes, finest=3 - layout.levels), features)
    moved = perceptron(net, x, (width, width, 4), "enc_bbox_head")
    boxes = net.sigmoid(net.add(moved, net.gather_places(starts, best)))
    return _refined(net, x, boxes, feature_maps(net, features, sizes, decoder.heads), replace(
        layout, decoder=decoder))  # fmt: skip


def _refined(
    net: NetworkBuilder, x: str, boxes: str, maps: Sequence[str], layout: DfineLayout
) -> tuple[str, str]:
    decoder = layout.decoder
    width = decoder.channels
    place_layers = shared_perceptron(net, (4, 2 * width, width))
    weights = net.parameter("project", (_BINS, 1))
    first, spread, before = "", "", ""
    for layer in range(decoder.layers):
        with net.scope(f"layers.{layer}"):
            places = net.limited(place_layers(boxes), -10.0, 10.0)
            x = _layer(net, x, places, boxes, maps, decoder)
            if not layer:
                moved = perceptron(net, x, (width, width, 4), "pre_bbox_head")
                first = net.sigmoid(net.add(moved, inverse_sigmoid(net, boxes)))
            source = net.add(x, before) if before else x
            added = perceptron(net, source, (width, width, 4 * _BINS), "bbox_head")
            spread = net.add(added, spread) if spread else added
            boxes = _box(net, first, spread, weights, layout.curve)
            before = x
    scores = net.linear(x, decoder.classes, name="score_head")
    return boxes, net.sigmoid(net.add(scores, _sureness(net, spread)))


def _layer(
    net: NetworkBuilder, x: str, places: str, boxes: str, maps: Sequence[str], decoder: QueryDecoder
) -> str:
    """As in RT-DETR, with a gate between what a query knew and what it found."""
    y = self_attention(net, x, net.add(x, places), decoder.own_heads, "self_attn")
    x = norm(net, net.add(x, y), "norm1")
    y = cross_attention(net, net.add(x, places), boxes, maps, decoder)
    both = net.linear(net.concat((x, y), axis=2), 2 * decoder.channels, name="gateway.gate")
    own, found = net.split(net.sigmoid(both), (decoder.channels,) * 2, axis=2, name="gate")
    x = norm(net, net.add(net.mul(own, x), net.mul(found, y)), "gateway.norm")
    x = net.limited(net.add(x, hidden(net, x, decoder)), -65504.0, 65504.0)
    return norm(net, x, "norm3")


def _box(net: NetworkBuilder, first: str, spread: str, weights: str, curve: float) -> str:
    """Centre and size: each side moves from the first box by the mean of its places under softmax.

    `weights` are the places, dense around zero and far at both ends (W(n), section 4.1).
    """
    queries = net.extent(spread, 1)
    with net.scope("integral"):
        likely = net.softmax(net.reshape(spread, (0, queries, 4, _BINS)))
        distances = net.reshape(net.matmul(likely, weights), (0, queries, 4))
        near, far = net.split(net.add(distances, net.constant(0.5 * curve)), (2, 2), axis=2)
        centre, size = net.split(first, (2, 2), axis=2)
        unit = net.mul(size, net.constant(1.0 / curve))
        low = net.combine("Sub", centre, net.mul(near, unit), name="low")
        high = net.add(centre, net.mul(far, unit), name="high")
        middle = net.mul(net.add(low, high), net.constant(0.5))
        return net.concat((middle, net.combine("Sub", high, low, name="size")), axis=2)


def _sureness(net: NetworkBuilder, spread: str) -> str:
    """What the likeliest places of each side and their mean say of a box, added to its scores (LQE)."""
    queries = net.extent(spread, 1)
    with net.scope("lqe"):
        likely = net.softmax(net.reshape(spread, (0, queries, 4, _BINS)))
        most = net.largest(likely, _LARGEST)
        both = net.concat((most, net.mean(most)), axis=3)
        known = net.reshape(both, (0, queries, 4 * (_LARGEST + 1)))
        return perceptron(net, known, (_SCORED, 1), "reg_conf")
