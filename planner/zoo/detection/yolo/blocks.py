"""What YOLOv5, YOLOv8 and later ones share: scaling, the basic convolution, the backbone, pyramid pooling.

The layouts are those of the models' published configuration files; the layer numbers in the names are
the positions there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from planner.zoo.builder import Extents, NetworkBuilder
from planner.zoo.mobile.inverted_residual import Activation

IMAGE = 640
"""Side of the square input image in pixels."""
CLASSES = 80
"""Classes of the COCO data set."""
STRIDES = (8, 16, 32)
"""Pixels of the image per cell at the three levels at which objects are looked for."""

_BATCH_NORM_EPSILON = 1e-3


class Stage(Protocol):
    """What differs most between the releases: how the bottlenecks of one resolution are put together."""

    def __call__(self, net: NetworkBuilder, x: str, channels: int, blocks: int, *, shortcut: bool) -> str:
        """Adds the stage and answers its tensor of `channels`; `shortcut` makes the bottlenecks residual."""


@dataclass(frozen=True, slots=True)
class YoloScale:
    """Share of the largest layout's blocks (`depth`) and channels (`width`), which count up to `limit`."""

    depth: float
    width: float
    limit: int = 1024

    def blocks(self, count: int) -> int:
        """Blocks of a stage that has `count` at full depth."""
        return max(round(count * self.depth), 1)

    def channels(self, count: int) -> int:
        """Channels, a multiple of eight, of a layer that has `count` at full width."""
        return math.ceil(min(count, self.limit) * self.width / 8) * 8


NANO = YoloScale(depth=0.33, width=0.25)
SMALL = YoloScale(depth=0.33, width=0.50)
MEDIUM = YoloScale(depth=0.67, width=0.75)
LARGE = YoloScale(depth=1.00, width=1.00)
EXTRA_LARGE = YoloScale(depth=1.33, width=1.25)


def conv(
    net: NetworkBuilder, x: str, channels: int, name: str, *, kernel: int = 1, stride: Extents = 1,
    padding: int | None = None, groups: int = 1, activation: Activation | None = NetworkBuilder.silu,
) -> str:  # fmt: skip
    """Convolution, batch norm and, unless it is left out, SiLU or another activation."""
    with net.scope(name):
        x = net.conv(x, channels, kernel, stride=stride, padding=padding, groups=groups)
        x = net.batch_norm(x, epsilon=_BATCH_NORM_EPSILON)
        return x if activation is None else activation(net, x)


def bottleneck(
    net: NetworkBuilder, x: str, name: str, *, first_kernel: int, shortcut: bool, narrowing: int = 1
) -> str:
    """Two convolutions, the second 3x3 and back to the input's width; with `shortcut` added to the input."""
    channels = net.extent(x, 1)
    with net.scope(name):
        y = conv(net, x, channels // narrowing, "cv1", kernel=first_kernel)
        y = conv(net, y, channels, "cv2", kernel=3)
        return net.add(x, y) if shortcut else y


def backbone(
    net: NetworkBuilder, x: str, scale: YoloScale, stage: Stage, blocks: tuple[int, int, int, int]
) -> tuple[str, str, str]:
    """Layers 1 to 9 on the stem's output: four halvings, each followed by a stage, then pyramid pooling.

    Answers the tensors at 1/8, 1/16 and 1/32 of the image.
    """
    levels = []
    for position, (channels, count) in enumerate(zip((128, 256, 512, 1024), blocks, strict=True)):
        width = scale.channels(channels)
        x = conv(net, x, width, f"model.{2 * position + 1}", kernel=3, stride=2)
        with net.scope(f"model.{2 * position + 2}"):
            x = stage(net, x, width, scale.blocks(count), shortcut=True)
        levels.append(x)
    return levels[1], levels[2], pyramid_pooling(net, x, "model.9")


def neck_stage(net: NetworkBuilder, x: str, scale: YoloScale, stage: Stage, channels: int, name: str) -> str:
    """A stage of three blocks without shortcuts, as all those after the backbone are."""
    with net.scope(name):
        return stage(net, x, scale.channels(channels), scale.blocks(3), shortcut=False)


def enlarge_and_join(net: NetworkBuilder, x: str, finer: str, position: int) -> str:
    """Layers `position` and the next: twice the resolution, then joined with the finer level."""
    return net.concat((net.upsample(x, 2, f"model.{position}"), finer), axis=1, name=f"model.{position + 1}")


def halve_and_join(net: NetworkBuilder, x: str, coarser: str, position: int) -> str:
    """Layers `position` and the next: half the resolution, then joined with the coarser level."""
    x = conv(net, x, net.extent(x, 1), f"model.{position}", kernel=3, stride=2)
    return net.concat((x, coarser), axis=1, name=f"model.{position + 1}")


def cell_numbers(net: NetworkBuilder, stride: int) -> tuple[str, str]:
    """Column and row of every cell of the level with this stride, each (rows, columns); constants alone."""
    rows, columns = (side // stride for side in net.sides)
    across = net.to_float(net.constant(range(columns), name="cells"))
    down = across if rows == columns else net.to_float(net.constant(range(rows), name="cells"))
    wide = net.expand(across, (rows, columns), name="columns")
    return wide, net.expand(net.unsqueeze(down, (1,)), (rows, columns), name="rows")


def pyramid_pooling(net: NetworkBuilder, x: str, name: str) -> str:
    """Three maximum pools in a row, all four tensors joined (SPPF)."""
    channels = net.extent(x, 1)
    with net.scope(name):
        pooled = [conv(net, x, channels // 2, "cv1")]
        for _ in range(3):
            pooled.append(net.max_pool(pooled[-1], 5, stride=1, padding=2, name="m"))
        return conv(net, net.concat(pooled, axis=1), channels, "cv2")
