"""YOLOv5 (releases 6 and 7): an anchor-based object detector on 640x640 images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import (
    CLASSES,
    IMAGE,
    STRIDES,
    YoloScale,
    backbone,
    bottleneck,
    cell_numbers,
    conv,
    enlarge_and_join,
    halve_and_join,
    neck_stage,
)

_BOXES = 3
"""Reference boxes of a cell."""
Anchors = tuple[tuple[tuple[int, int], ...], ...]
"""Width and height in pixels of the reference boxes at each level, the finest first."""

_ANCHORS: Anchors = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
"""Width and height in pixels of the reference boxes at each stride, as published with the weights."""


def yolov5(name: str, scale: YoloScale) -> Graph:
    """Answers (batch, 25200, 85): box centre and size in pixels, objectness, 80 class scores.

    The network ends where exporters end it: boxes decoded, suppression of overlapping boxes left out.
    """
    net = NetworkBuilder(name)
    levels = _levels(net, scale, IMAGE)
    with net.scope("model.24"):
        return net.finish(detect(net, levels))


def yolov5_trimmed(name: str, scale: YoloScale, side: int) -> Graph:
    """The raw numbers of each level, (batch, 255, cells, cells), for a square image of `side` pixels."""
    net = NetworkBuilder(name)
    levels = _levels(net, scale, side)
    with net.scope("model.24"):
        return net.finish(*(_numbers(net, x, level) for level, x in enumerate(levels)))


def _levels(net: NetworkBuilder, scale: YoloScale, side: int) -> tuple[str, str, str]:
    """Backbone and neck: the tensors at 1/8, 1/16 and 1/32 of the image."""
    x = net.input("images", ("batch", 3, side, side))
    x = conv(net, x, scale.channels(64), "model.0", kernel=6, stride=2, padding=2)
    fine, middle, coarse = backbone(net, x, scale, cross_stage, (3, 6, 9, 3))

    coarse = conv(net, coarse, scale.channels(512), "model.10")
    middle = neck_stage(net, enlarge_and_join(net, coarse, middle, 11), scale, cross_stage, 512, "model.13")
    middle = conv(net, middle, scale.channels(256), "model.14")
    fine = neck_stage(net, enlarge_and_join(net, middle, fine, 15), scale, cross_stage, 256, "model.17")
    middle = neck_stage(net, halve_and_join(net, fine, middle, 18), scale, cross_stage, 512, "model.20")
    coarse = neck_stage(net, halve_and_join(net, middle, coarse, 21), scale, cross_stage, 1024, "model.23")
    return fine, middle, coarse


def cross_stage(net: NetworkBuilder, x: str, channels: int, blocks: int, *, shortcut: bool) -> str:
    """Half of the channels pass the bottlenecks, half go round them (C3)."""
    y = conv(net, x, channels // 2, "cv1")
    for block in range(blocks):
        y = bottleneck(net, y, f"m.{block}", first_kernel=1, shortcut=shortcut)
    side = conv(net, x, channels // 2, "cv2")
    return conv(net, net.concat((y, side), axis=1), channels, "cv3")


def detect(net: NetworkBuilder, levels: Sequence[str], anchors: Anchors = _ANCHORS) -> str:
    """The head on the levels of features, finest first: one row per reference box."""
    boxes = [_detect_level(net, x, level, anchors[level]) for level, x in enumerate(levels)]
    return net.concat(boxes, axis=1, name="boxes")


def _detect_level(net: NetworkBuilder, x: str, level: int, boxes: tuple[tuple[int, int], ...]) -> str:
    """One 1x1 convolution, and the decoding of its numbers into boxes in pixels.

    With s the sigmoid: centre = (2 s + cell - 1/2) * stride, size = (2 s)^2 * anchor.
    """
    stride, anchors = STRIDES[0] << level, np.array(boxes, dtype=np.float32)
    (rows, columns), values = (side // stride for side in net.sides), CLASSES + 5
    x = _numbers(net, x, level)
    with net.scope(f"decode.{level}"):
        x = net.reshape(x, (0, len(anchors), values, rows, columns))
        x = net.sigmoid(net.transpose(x, (0, 1, 3, 4, 2)))
        centre, size, scores = net.split(x, (2, 2, CLASSES + 1), axis=4)
        two = net.constant(2.0)
        numbers = [net.unsqueeze(number, (0, 1, 4)) for number in cell_numbers(net, stride)]
        offset = net.combine(
            "Sub", net.concat(numbers, axis=4, name="grid"), net.constant(0.5), name="offset"
        )
        centre = net.mul(net.add(net.mul(centre, two), offset), net.constant(float(stride)))
        size = net.combine("Pow", net.mul(size, two), two, name="pow")
        size = net.mul(size, net.constant(anchors.reshape(1, -1, 1, 1, 2), name="anchors"))
        return net.reshape(net.concat((centre, size, scores), axis=4), (0, -1, values), name="flat")


def _numbers(net: NetworkBuilder, x: str, level: int) -> str:
    """Box, objectness and class scores of every reference box of a level, not decoded."""
    return net.conv(x, _BOXES * (CLASSES + 5), bias=True, name=f"m.{level}")
