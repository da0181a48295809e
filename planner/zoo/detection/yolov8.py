"""YOLOv8: an anchor-free object detector on 640x640 images."""

from __future__ import annotations

import math
from collections.abc import Callable

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo_blocks import (
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

_BINS = 16
"""Distances, in cells, over which the head spreads each side of a box (Li et al. 2020, arXiv:2006.04388)."""


def yolov8(name: str, scale: YoloScale) -> Graph:
    """Answers (batch, 84, 8400): box centre and size in pixels, 80 class scores.

    The network ends where exporters end it: boxes decoded, suppression of overlapping boxes left out.
    """
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    x = conv(net, x, scale.channels(64), "model.0", kernel=3, stride=2)
    fine, middle, coarse = backbone(net, x, scale, joined_stage, (3, 6, 6, 3))

    middle = neck_stage(net, enlarge_and_join(net, coarse, middle, 10), scale, joined_stage, 512, "model.12")
    fine = neck_stage(net, enlarge_and_join(net, middle, fine, 13), scale, joined_stage, 256, "model.15")
    middle = neck_stage(net, halve_and_join(net, fine, middle, 16), scale, joined_stage, 512, "model.18")
    coarse = neck_stage(net, halve_and_join(net, middle, coarse, 19), scale, joined_stage, 1024, "model.21")
    with net.scope("model.22"):
        return net.finish(detect(net, (fine, middle, coarse), _class_branch))


def joined_stage(net: NetworkBuilder, x: str, channels: int, blocks: int, *, shortcut: bool) -> str:
    """Half of the channels pass the bottlenecks, and every intermediate tensor is joined at the end (C2f)."""
    half = channels // 2
    parts = list(net.split(conv(net, x, channels, "cv1"), (half, half), axis=1))
    for block in range(blocks):
        parts.append(bottleneck(net, parts[-1], f"m.{block}", first_kernel=3, shortcut=shortcut))
    return conv(net, net.concat(parts, axis=1), channels, "cv2")


ClassBranch = Callable[[NetworkBuilder, str, int], str]
"""Two layers of a given width before the class scores: network, tensor, width."""


def detect(net: NetworkBuilder, levels: tuple[str, str, str], class_branch: ClassBranch) -> str:
    """A branch for box sides and one for classes at each level; decoded over all cells at once."""
    flat = []
    for level in range(len(levels)):
        joined = net.concat(branches(net, levels, level, class_branch), axis=1)
        flat.append(net.reshape(joined, (0, 4 * _BINS + CLASSES, -1)))
    joined = net.concat(flat, axis=2, name="levels")
    sides, classes = net.split(joined, (4 * _BINS, CLASSES), axis=1)
    return net.concat((decode(net, sides), net.sigmoid(classes)), axis=1, name="boxes")


def branches(
    net: NetworkBuilder, levels: tuple[str, str, str], level: int, class_branch: ClassBranch
) -> tuple[str, str]:
    """Box sides, each spread over bins, and class scores of one level, before either is decoded."""
    finest, x = net.extent(levels[0], 1), levels[level]
    side_width = max(16, finest // 4, 4 * _BINS)
    class_width = max(finest, min(CLASSES, 100))
    with net.scope(f"cv2.{level}"):
        y = conv(net, conv(net, x, side_width, "0", kernel=3), side_width, "1", kernel=3)
        sides = net.conv(y, 4 * _BINS, bias=True, name="2")
    with net.scope(f"cv3.{level}"):
        classes = net.conv(class_branch(net, x, class_width), CLASSES, bias=True, name="2")
    return sides, classes


def _class_branch(net: NetworkBuilder, x: str, width: int) -> str:
    return conv(net, conv(net, x, width, "0", kernel=3), width, "1", kernel=3)


def decode(net: NetworkBuilder, sides: str) -> str:
    """Boxes in pixels, (batch, 4, 8400), from the spread of each side's distance to the cell's centre.

    A distance is the mean of the bins under softmax, spelt as a 1x1 convolution with the bin numbers.
    """
    cells = net.extent(sides, 2)
    with net.scope("dfl"):
        spread = net.transpose(net.reshape(sides, (0, 4, _BINS, cells)), (0, 2, 1, 3))
        distances = net.reshape(net.conv(net.softmax(spread, axis=1), 1), (0, 4, cells), name="distances")
    near, far = net.split(distances, (2, 2), axis=1, name="corners")
    centres, strides = _cell_centres(net)
    low, high = net.combine("Sub", centres, near, name="low"), net.add(centres, far, name="high")
    middle = net.combine("Div", net.add(low, high), net.constant(2.0), name="middle")
    boxes = net.concat((middle, net.combine("Sub", high, low, name="size")), axis=1)
    return net.mul(boxes, strides)


def _cell_centres(net: NetworkBuilder) -> tuple[str, str]:
    """Centres in cells, (1, 2, 8400), and strides in pixels, (1, 1, 8400), of the cells of all levels."""
    grids, strides = [], []
    for level, stride in enumerate(STRIDES):
        cells = math.prod(side // stride for side in net.sides)
        with net.scope(f"grid.{level}"):
            numbers = [net.reshape(number, (1, 1, cells)) for number in cell_numbers(net, stride)]
            grids.append(net.concat(numbers, axis=1))
            strides.append(net.expand(net.constant(float(stride)), (1, 1, cells), name="stride"))
    centres = net.add(net.concat(grids, axis=2, name="grid"), net.constant(0.5), name="centres")
    return centres, net.concat(strides, axis=2, name="strides")
