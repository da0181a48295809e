"""PP-HGNetV2: a backbone of joined convolutions, as RT-DETR and D-FINE have it.

Zhao et al. 2023, arXiv:2304.08069; Peng et al. 2024, arXiv:2410.13842.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.zoo.attention import Activation
from planner.zoo.builder import Extents, NetworkBuilder
from planner.zoo.detection.yolo.blocks import conv


@dataclass(frozen=True, slots=True)
class HgStage:
    """Channels inside and out of the blocks of a resolution, their kernel and number, if they are light.

    A block has `layers` convolutions, one after the other, all joined.
    """

    inside: int
    channels: int
    kernel: int
    blocks: int
    light: bool = False
    layers: int = 6


@dataclass(frozen=True, slots=True)
class HgLayout:
    """Channels of the stem inside and out, and the four resolutions.

    `scaled`: behind each rectifier comes one learned factor and one learned shift.
    """

    stem: tuple[int, int]
    stages: tuple[HgStage, HgStage, HgStage, HgStage]
    scaled: bool = False


LARGE = HgLayout((32, 48), (
    HgStage(48, 128, 3, 1), HgStage(96, 512, 3, 1), HgStage(192, 1024, 5, 3, light=True),
    HgStage(384, 2048, 5, 1, light=True),
))  # fmt: skip
EXTRA_LARGE = HgLayout((32, 64), (
    HgStage(64, 128, 3, 1), HgStage(128, 512, 3, 2), HgStage(256, 1024, 5, 5, light=True),
    HgStage(512, 2048, 5, 2, light=True),
))  # fmt: skip
B0 = HgLayout((16, 16), (
    HgStage(16, 64, 3, 1, layers=3), HgStage(32, 256, 3, 1, layers=3),
    HgStage(64, 512, 5, 2, light=True, layers=3), HgStage(128, 1024, 5, 1, light=True, layers=3),
), scaled=True)  # fmt: skip
B2 = HgLayout((24, 32), (
    HgStage(32, 96, 3, 1, layers=4), HgStage(64, 384, 3, 1, layers=4),
    HgStage(128, 768, 5, 3, light=True, layers=4), HgStage(256, 1536, 5, 1, light=True, layers=4),
), scaled=True)  # fmt: skip


SQUARE: tuple[Extents, ...] = (1, 2, 2, 2)
"""Strides of the four resolutions, the stem's 1/4 of the image before them."""


def hgnet(net: NetworkBuilder, x: str, layout: HgLayout) -> tuple[str, str, str]:
    """The features at 1/8, 1/16 and 1/32 of the image."""
    levels = hgnet_levels(net, x, layout)
    return levels[1], levels[2], levels[3]


def hgnet_levels(
    net: NetworkBuilder, x: str, layout: HgLayout, strides: tuple[Extents, ...] = SQUARE, stem: int = 2
) -> list[str]:
    """The features of all four resolutions; `stem` is the stride of the stem's second half."""
    x = _stem(net, x, *layout.stem, _scaled_relu if layout.scaled else NetworkBuilder.relu, stem)
    levels = []
    for index, stage in enumerate(layout.stages):
        with net.scope(f"stages.{index}"):
            if strides[index] != 1:
                width, stride = net.extent(x, 1), strides[index]
                x = conv(net, x, width, "halve", kernel=3, stride=stride, groups=width, activation=None)
            for block in range(stage.blocks):
                with net.scope(f"blocks.{block}"):
                    y = _block(net, x, stage, _scaled_relu if layout.scaled else NetworkBuilder.relu)
                    x = net.add(y, x) if block else y
        levels.append(x)
    return levels


def _scaled_relu(net: NetworkBuilder, x: str) -> str:
    """A rectifier times a learned number, and another added."""
    factor, shift = net.parameter("lab.scale", (1,)), net.parameter("lab.bias", (1,))
    return net.add(net.mul(net.relu(x), factor, name="lab.mul"), shift, name="lab.add")


def _stem(net: NetworkBuilder, x: str, inside: int, channels: int, relu: Activation, stride: int) -> str:
    """A quarter of the sides (half at stride one): two 2x2 convolutions beside a maximum, joined."""
    with net.scope("stem"):
        x = conv(net, x, inside, "stem1", kernel=3, stride=2, activation=relu)
        x = net.pad_image(x)
        y = conv(net, x, inside // 2, "stem2a", kernel=2, padding=0, activation=relu)
        y = conv(net, net.pad_image(y), inside, "stem2b", kernel=2, padding=0, activation=relu)
        joined = net.concat((net.max_pool(x, 2, stride=1), y), axis=1)
        x = conv(net, joined, inside, "stem3", kernel=3, stride=stride, activation=relu)
        return conv(net, x, channels, "stem4", activation=relu)


def _block(net: NetworkBuilder, x: str, stage: HgStage, relu: Activation) -> str:
    parts = [x]
    for layer in range(stage.layers):
        y = parts[-1]
        if stage.light:
            y = conv(net, y, stage.inside, f"m.{layer}.conv1", activation=None)
            parts.append(
                conv(
                    net, y, stage.inside, f"m.{layer}.conv2", kernel=stage.kernel, groups=stage.inside,
                    activation=relu,
                )
            )  # fmt: skip
        else:
            parts.append(conv(net, y, stage.inside, f"m.{layer}", kernel=stage.kernel, activation=relu))
    y = conv(net, net.concat(parts, axis=1), stage.channels // 2, "sc", activation=relu)
    return conv(net, y, stage.channels, "ec", activation=relu)
