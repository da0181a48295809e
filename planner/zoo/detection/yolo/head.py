"""The head of YOLOv8 and later ones: boxes and classes at each level, and what a task wants beside."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import CLASSES, STRIDES, cell_numbers, conv

ClassBranch = Callable[[NetworkBuilder, str, int], str]
"""Two layers of a given width before the class scores: network, tensor, width."""

Levels = tuple[str, str, str]
"""The features at 1/8, 1/16 and 1/32 of the image."""

_MASKS, _MASK_CHANNELS = 32, 256
"""Prototypes of masks, and the channels from which they are made at full width."""
_POINTS = (17, 3)
"""Key points of a person in COCO: place and visibility of each."""


def plain_class_branch(net: NetworkBuilder, x: str, width: int) -> str:
    """Two 3x3 convolutions, as in YOLOv8 and YOLOv9."""
    return conv(net, conv(net, x, width, "0", kernel=3), width, "1", kernel=3)


def separable_class_branch(net: NetworkBuilder, x: str, width: int) -> str:
    """Twice: each channel filtered alone, then mixed; as in YOLOv10 and later ones."""
    for layer in range(2):
        depth = net.extent(x, 1)
        x = conv(net, x, depth, f"{layer}.0", kernel=3, groups=depth)
        x = conv(net, x, width, f"{layer}.1")
    return x


@dataclass(frozen=True, slots=True)
class Head:
    """What is found in each cell.

    Each side of a box is spread over `bins` distances, in cells (Li et al. 2020, arXiv:2006.04388); with one
    bin it is the distance itself. `corners` answers boxes as two corners and not as centre and size.
    """

    class_branch: ClassBranch
    classes: int = CLASSES
    bins: int = 16
    corners: bool = False
    task: Literal["boxes", "masks", "pose", "turned"] = "boxes"
    width: float = 1.0
    """Share of the largest layout's channels, by which prototypes of masks are scaled."""
    later: bool = False
    """As in YOLO26: angles and key points as they are, and prototypes from all levels."""

    @property
    def more(self) -> int:
        """Numbers for each cell beside boxes and classes."""
        return {"boxes": 0, "masks": _MASKS, "pose": math.prod(_POINTS), "turned": 1}[self.task]


def detect(net: NetworkBuilder, levels: Levels, head: Head) -> tuple[str, ...]:
    """Decoded over all cells at once, (batch, 4 + classes + more, cells); prototypes of masks behind it."""
    flat = []
    for level in range(len(levels)):
        joined = net.concat(branches(net, levels, level, head), axis=1)
        flat.append(net.reshape(joined, (0, 4 * head.bins + head.classes, -1)))
    joined = net.concat(flat, axis=2, name="levels")
    sides, classes = net.split(joined, (4 * head.bins, head.classes), axis=1)
    more = _more(net, levels, head) if head.more else ""
    if head.task == "turned":
        more = more if head.later else _angle(net, more)
        parts = [_decode_turned(net, sides, more, head.bins), net.sigmoid(classes), more]
    else:
        parts = [decode(net, sides, bins=head.bins, corners=head.corners), net.sigmoid(classes)]
        parts += [_key_points(net, more, later=head.later) if head.task == "pose" else more] if more else []
    boxes = net.concat(parts, axis=1, name="boxes")
    if head.task != "masks":
        return (boxes,)
    with net.scope("proto"):
        x = _fused_levels(net, levels, _channels(head.width)) if head.later else levels[0]
        return boxes, _prototypes(net, x, _channels(head.width))


def branches(net: NetworkBuilder, levels: Levels, level: int, head: Head) -> tuple[str, str]:
    """Box sides, each spread over bins, and class scores of one level, before either is decoded."""
    finest, x = net.extent(levels[0], 1), levels[level]
    side_width = max(16, finest // 4, 4 * head.bins)
    class_width = max(finest, min(head.classes, 100))
    with net.scope(f"cv2.{level}"):
        y = conv(net, conv(net, x, side_width, "0", kernel=3), side_width, "1", kernel=3)
        sides = net.conv(y, 4 * head.bins, bias=True, name="2")
    with net.scope(f"cv3.{level}"):
        classes = net.conv(head.class_branch(net, x, class_width), head.classes, bias=True, name="2")
    return sides, classes


def _more(net: NetworkBuilder, levels: Levels, head: Head) -> str:
    """Further numbers of each cell, (batch, more, cells): coefficients of masks, key points or an angle."""
    spread = 2 * _POINTS[0] if head.later and head.task == "pose" else 0  # of places, learned beside them
    width = max(net.extent(levels[0], 1) // 4, head.more + spread)
    flat = []
    for level, x in enumerate(levels):
        with net.scope(f"cv4.{level}"):
            y = conv(net, conv(net, x, width, "0", kernel=3), width, "1", kernel=3)
            flat.append(net.reshape(net.conv(y, head.more, bias=True, name="2"), (0, head.more, -1)))
    return net.concat(flat, axis=2, name="more")


def decode(net: NetworkBuilder, sides: str, *, bins: int = 16, corners: bool = False) -> str:
    """Boxes in pixels, (batch, 4, cells), from the spread of each side's distance to the cell's centre."""
    near, far = net.split(_distances(net, sides, bins), (2, 2), axis=1, name="corners")
    centres, strides = cell_centres(net)
    low, high = net.combine("Sub", centres, near, name="low"), net.add(centres, far, name="high")
    if corners:
        return net.mul(net.concat((low, high), axis=1), strides)
    middle = net.combine("Div", net.add(low, high), net.constant(2.0), name="middle")
    boxes = net.concat((middle, net.combine("Sub", high, low, name="size")), axis=1)
    return net.mul(boxes, strides)


def _distances(net: NetworkBuilder, sides: str, bins: int) -> str:
    """A distance is the mean of the bins under softmax, spelt as a 1x1 convolution with the bin numbers."""
    if bins == 1:
        return sides
    cells = net.extent(sides, 2)
    with net.scope("dfl"):
        spread = net.transpose(net.reshape(sides, (0, 4, bins, cells)), (0, 2, 1, 3))
        return net.reshape(net.conv(net.softmax(spread, axis=1), 1), (0, 4, cells), name="distances")


def _angle(net: NetworkBuilder, numbers: str) -> str:
    """From -45 to 135 degrees, in radians."""
    shifted = net.combine("Sub", net.sigmoid(numbers), net.constant(0.25), name="shift")
    return net.mul(shifted, net.constant(math.pi), name="angle")


def _decode_turned(net: NetworkBuilder, sides: str, angle: str, bins: int) -> str:
    """Centre, width and height of boxes turned by an angle around their centre."""
    near, far = net.split(_distances(net, sides, bins), (2, 2), axis=1, name="corners")
    centres, strides = cell_centres(net)
    half = net.combine("Div", net.combine("Sub", far, near, name="offset"), net.constant(2.0), name="half")
    x, y = net.split(half, (1, 1), axis=1, name="half")
    cosine, sine = net.map("Cos", angle, name="cos"), net.map("Sin", angle, name="sin")
    across = net.combine("Sub", net.mul(x, cosine), net.mul(y, sine), name="across")
    middle = net.concat((across, net.add(net.mul(x, sine), net.mul(y, cosine))), axis=1)
    boxes = net.concat((net.add(middle, centres), net.add(near, far)), axis=1)
    return net.mul(boxes, strides)


def _key_points(net: NetworkBuilder, numbers: str, *, later: bool) -> str:
    """Places in pixels, twice the number from the cell's corner or the number from its centre; visibility."""
    count, each = _POINTS
    cells = net.extent(numbers, 2)
    places, seen = net.split(net.reshape(numbers, (0, count, each, cells)), (2, each - 2), axis=2)
    centres, strides = cell_centres(net)
    if later:
        places = net.mul(net.add(places, centres), strides)
    else:
        corners = net.combine("Sub", centres, net.constant(0.5), name="cell")
        places = net.mul(net.add(net.mul(places, net.constant(2.0)), corners), strides)
    return net.reshape(net.concat((places, net.sigmoid(seen)), axis=2), (0, count * each, cells))


def _channels(width: float) -> int:
    """Channels from which prototypes are made, in a network of this share of the full width."""
    return math.ceil(_MASK_CHANNELS * width / 8) * 8


def _fused_levels(net: NetworkBuilder, levels: Levels, channels: int) -> str:
    """The coarser levels enlarged and added to the finest, then mixed."""
    x, width = levels[0], net.extent(levels[0], 1)
    for level, coarser in enumerate(levels[1:]):
        refined = conv(net, coarser, width, f"feat_refine.{level}")
        x = net.add(x, net.upsample(refined, 2 << level))
    return conv(net, x, channels, "feat_fuse", kernel=3)


def _prototypes(net: NetworkBuilder, x: str, channels: int) -> str:
    """Masks at 1/4 of the image that an object's coefficients weigh (Bolya et al. 2019, arXiv:1904.02689)."""
    x = conv(net, x, channels, "cv1", kernel=3)
    x = net.conv_transpose(x, channels, 2, stride=2, bias=True, name="upsample")
    return conv(net, conv(net, x, channels, "cv2", kernel=3), _MASKS, "cv3")


def cell_centres(net: NetworkBuilder, strides: Sequence[int] = STRIDES) -> tuple[str, str]:
    """Centres in cells, (1, 2, cells), and strides in pixels, (1, 1, cells), of the cells of all levels."""
    grids, widths = [], []
    for level, stride in enumerate(strides):
        cells = math.prod(side // stride for side in net.sides)
        with net.scope(f"grid.{level}"):
            numbers = [net.reshape(number, (1, 1, cells)) for number in cell_numbers(net, stride)]
            grids.append(net.concat(numbers, axis=1))
            widths.append(net.expand(net.constant(float(stride)), (1, 1, cells), name="stride"))
    centres = net.add(net.concat(grids, axis=2, name="grid"), net.constant(0.5), name="centres")
    return centres, net.concat(widths, axis=2, name="strides")
