"""EfficientNet: image classification, found by search and scaled (Tan and Le 2019, arXiv:1905.11946)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import (
    Activation,
    InvertedResidual,
    SqueezeExcite,
    conv_bn,
    inverted_residual,
    round_channels,
)

_STAGES = (
    (1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1), (6, 5, 192, 4, 2), (6, 3, 320, 1, 1),
)  # fmt: skip
"""Expansion, kernel, output channels, blocks and first stride of each stage of B0 (table 1)."""


@dataclass(frozen=True, slots=True)
class EfficientNetScale:
    """Factors on the channels and blocks of B0, and the side of the image in pixels (section 3.3)."""

    width: float
    depth: float
    side: int

    def channels(self, count: int) -> int:
        """Channels, a multiple of eight."""
        return round_channels(count * self.width)

    def blocks(self, count: int) -> int:
        """Blocks, rounded up."""
        return math.ceil(count * self.depth)


def efficientnet(name: str, scale: EfficientNetScale) -> Graph:
    """An EfficientNet; squeeze-and-excite to a quarter of each block's input channels."""
    net = NetworkBuilder(name)
    silu, sigmoid = NetworkBuilder.silu, NetworkBuilder.sigmoid
    x = net.input("input", ("batch", 3, scale.side, scale.side))
    x = conv_bn(net, x, scale.channels(32), 3, "features.0", stride=2, activation=silu)
    for stage, (_, _, channels, blocks, _) in enumerate(_STAGES):
        for index in range(scale.blocks(blocks)):
            squeeze = SqueezeExcite(net.extent(x, 1) // 4, silu, sigmoid)
            block = _block(net, x, stage, index, scale.channels(channels), silu, squeeze)
            with net.scope(f"features.{stage + 1}.{index}"):
                x = inverted_residual(net, x, block)
    x = conv_bn(net, x, scale.channels(1280), 1, f"features.{len(_STAGES) + 1}", activation=silu)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier.1"))


def efficientnet_lite(name: str, scale: EfficientNetScale) -> Graph:
    """An EfficientNet Lite, for integer hardware: ReLU6, no squeeze-and-excite, first and last layers and
    their number of blocks not scaled (TensorFlow TPU models, efficientnet/lite)."""
    net = NetworkBuilder(name)
    relu6 = NetworkBuilder.relu6
    x = net.input("input", ("batch", 3, scale.side, scale.side))
    x = conv_bn(net, x, 32, 3, "stem", stride=2, activation=relu6)
    for stage, (_, _, channels, blocks, _) in enumerate(_STAGES):
        at_an_end = stage in (0, len(_STAGES) - 1)
        for index in range(blocks if at_an_end else scale.blocks(blocks)):
            block = _block(net, x, stage, index, scale.channels(channels), relu6, None)
            with net.scope(f"blocks.{stage}.{index}"):
                x = inverted_residual(net, x, block)
    x = conv_bn(net, x, 1280, 1, "head", activation=relu6)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier"))


def _block(
    net: NetworkBuilder, x: str, stage: int, index: int, channels: int, activation: Activation,
    squeeze: SqueezeExcite | None,
) -> InvertedResidual:  # fmt: skip
    expansion, kernel, _, _, first_stride = _STAGES[stage]
    stride = first_stride if index == 0 else 1
    return InvertedResidual(kernel, net.extent(x, 1) * expansion, channels, stride, activation, squeeze)
