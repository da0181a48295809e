"""YOLO-NAS: detectors found by a search, of kernels that quantise well (super-gradients 3.7), as deployed.

Kernels that are parallel in training are one, without batch norm of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo import blocks
from planner.zoo.detection.yolo.blocks import CLASSES, IMAGE
from planner.zoo.detection.yolo.head import cell_centres

_BINS = 17
"""Distances, in cells, over which each side of a box is spread."""
_STEM, _STAGES, _STAGE_BLOCKS = 48, (96, 192, 384, 768), (2, 3, 5, 2)
_NECK = (192, 96, 192, 384)


@dataclass(frozen=True, slots=True)
class NasLayout:
    """Channels inside the stages of the backbone and whether they join all blocks; blocks of the neck."""

    inside: tuple[int, int, int, int]
    joins: tuple[bool, bool, bool, bool]
    up: tuple[tuple[int, int], tuple[int, int]]
    down: tuple[tuple[int, int], tuple[int, int]]
    head: float
    """Share of the head's channels."""


SMALL = NasLayout((32, 64, 96, 192), (False,) * 4, ((2, 64), (2, 48)), ((2, 64), (2, 64)), 0.5)
MEDIUM = NasLayout(
    (64, 128, 256, 384), (True, True, True, False), ((2, 192), (3, 64)), ((2, 192), (3, 256)), 0.75
)
LARGE = NasLayout((96, 128, 256, 512), (True,) * 4, ((4, 128), (4, 128)), ((4, 128), (4, 256)), 1.0)


def yolonas(name: str, layout: NasLayout) -> Graph:
    """Answers corners of boxes in pixels, (batch, 8400, 4), and class scores, (batch, 80, 8400)."""
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    x = _merged(net, x, _STEM, "stem", stride=2)
    levels = []
    for stage, channels in enumerate(_STAGES):
        with net.scope(f"stage{stage + 1}"):
            x = _merged(net, x, channels, "downsample", stride=2)
            inside, joins = layout.inside[stage], layout.joins[stage]
            x = _partial(net, x, channels, _STAGE_BLOCKS[stage], inside, joins=joins)
        levels.append(x)
    coarsest = _pooled(net, x)
    with net.scope("neck1"):
        middle_side, x = _up(net, (coarsest, levels[2], levels[1]), _NECK[0], layout.up[0])
    with net.scope("neck2"):
        fine_side, fine = _up(net, (x, levels[1], levels[0]), _NECK[1], layout.up[1])
    with net.scope("neck3"):
        middle = _down(net, fine, fine_side, _NECK[2], layout.down[0])
    with net.scope("neck4"):
        coarse = _down(net, middle, middle_side, _NECK[3], layout.down[1])
    return net.finish(*_head(net, (fine, middle, coarse), layout.head))


def _conv(net: NetworkBuilder, x: str, channels: int, name: str, *, kernel: int = 1, stride: int = 1) -> str:
    return blocks.conv(net, x, channels, name, kernel=kernel, stride=stride, activation=NetworkBuilder.relu)


def _merged(net: NetworkBuilder, x: str, channels: int, name: str, *, stride: int = 1) -> str:
    """One 3x3 convolution with a bias, in which all parallel ones are."""
    return net.relu(net.conv(x, channels, 3, stride=stride, bias=True, name=name))


def _partial(
    net: NetworkBuilder, x: str, channels: int, count: int, inside: int, *, joins: bool = False,
    plain: bool = False,
) -> str:  # fmt: skip
    """Half passes bottlenecks, half goes round them; every intermediate tensor is joined where asked."""
    parts = [_conv(net, x, inside, "conv1")]
    for block in range(count):
        with net.scope(f"bottlenecks.{block}"):
            y = parts[-1]
            for layer in ("cv1", "cv2"):
                y = _conv(net, y, inside, layer, kernel=3) if plain else _merged(net, y, inside, layer)
            # The input is weighed by one learned number.
            weight = net.parameter("alpha", (1,))
            parts.append(net.add(net.mul(parts[-1], weight, name="alpha.mul"), y))
    kept = parts if joins else parts[-1:]
    return _conv(net, net.concat((*kept, _conv(net, x, inside, "conv2")), axis=1), channels, "conv3")


def _pooled(net: NetworkBuilder, x: str) -> str:
    channels = net.extent(x, 1)
    with net.scope("context"):
        y = _conv(net, x, channels // 2, "cv1")
        pools = [net.max_pool(y, size, stride=1, padding=size // 2) for size in (5, 9, 13)]
        return _conv(net, net.concat((y, *pools), axis=1), channels, "cv2")


def _up(
    net: NetworkBuilder, levels: tuple[str, str, str], channels: int, size: tuple[int, int]
) -> tuple[str, str]:
    """A coarser level enlarged, beside its neighbour and the halved finer one; before and after."""
    coarse, same, finer = levels
    side = _conv(net, coarse, channels, "conv")
    enlarged = net.conv_transpose(side, channels, 2, stride=2, bias=True, name="upsample")
    same = _conv(net, same, channels, "reduce_skip1")
    halved = _conv(
        net, _conv(net, finer, channels, "reduce_skip2"), channels, "downsample", kernel=3, stride=2
    )
    joined = _conv(net, net.concat((enlarged, same, halved), axis=1), channels, "reduce_after_concat")
    return side, _partial(net, joined, channels, size[0], size[1])


def _down(net: NetworkBuilder, x: str, side: str, channels: int, size: tuple[int, int]) -> str:
    halved = _conv(net, x, channels // 2, "conv", kernel=3, stride=2)
    return _partial(net, net.concat((halved, side), axis=1), channels, size[0], size[1], plain=True)


def _head(net: NetworkBuilder, levels: tuple[str, str, str], share: float) -> tuple[str, str]:
    scores, sides = [], []
    for level, x in enumerate(levels):
        width, cells = math.ceil(int((128 << level) * share) / 8) * 8, net.extent(x, 2) * net.extent(x, 3)
        with net.scope(f"head{level + 1}"):
            x_ = _conv(net, x, width, "stem")
            classes = net.conv(_conv(net, x_, width, "cls", kernel=3), CLASSES, bias=True, name="cls_pred")
            scores.append(net.reshape(net.sigmoid(classes), (0, CLASSES, cells)))
            side = net.conv(_conv(net, x_, width, "reg", kernel=3), 4 * _BINS, bias=True, name="reg_pred")
            sides.append(net.transpose(net.reshape(side, (0, 4, _BINS, cells)), (0, 2, 3, 1)))
    spread = net.softmax(net.concat(sides, axis=2, name="sides"), axis=1)
    bins = net.reshape_constant(net.count(_BINS, name="bins"), (1, _BINS, 1, 1), "bins.shape")
    distances = net.squeeze(net.reduce("ReduceSum", net.mul(spread, bins), (1,), name="mean"), 1)
    near, far = net.split(distances, (2, 2), axis=2)
    centres, strides = (net.transpose(part, (0, 2, 1)) for part in cell_centres(net))
    low, high = net.combine("Sub", centres, near, name="low"), net.add(centres, far, name="high")
    boxes = net.mul(net.concat((low, high), axis=2), strides, name="boxes")
    return boxes, net.concat(scores, axis=2, name="scores")
