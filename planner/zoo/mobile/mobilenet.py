"""MobileNet V1, V2 and V3: image classification with depthwise convolutions, at several widths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

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

_V1_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1),
)  # fmt: skip
"""Output channels and stride of each depthwise-separable block (Howard et al. 2017, table 1)."""

_V2_STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip
"""Expansion, output channels, blocks and first stride of each stage (Sandler et al. 2018, table 2)."""

_V3_BLOCKS = {
    "large": (
        "3 16 16 - RE 1", "3 64 24 - RE 2", "3 72 24 - RE 1",
        "5 72 40 SE RE 2", "5 120 40 SE RE 1", "5 120 40 SE RE 1",
        "3 240 80 - HS 2", "3 200 80 - HS 1", "3 184 80 - HS 1", "3 184 80 - HS 1",
        "3 480 112 SE HS 1", "3 672 112 SE HS 1",
        "5 672 160 SE HS 2", "5 960 160 SE HS 1", "5 960 160 SE HS 1",
    ),
    "small": (
        "3 16 16 SE RE 2", "3 72 24 - RE 2", "3 88 24 - RE 1",
        "5 96 40 SE HS 2", "5 240 40 SE HS 1", "5 240 40 SE HS 1",
        "5 120 48 SE HS 1", "5 144 48 SE HS 1",
        "5 288 96 SE HS 2", "5 576 96 SE HS 1", "5 576 96 SE HS 1",
    ),
}  # fmt: skip
"""Kernel, hidden and output channels, squeeze-and-excite, activation, stride of each block.

Howard et al. 2019, tables 1 and 2; RE is ReLU, HS is hard swish.
"""

_V3_CLASSIFIER_WIDTH = {"large": 1280, "small": 1024}
_V3_EPSILON = 1e-3


def mobilenet_v1(name: str, width: float) -> Graph:
    """MobileNet V1 (Howard et al. 2017, arXiv:1704.04861) at 224x224, every layer scaled by `width`."""
    net = NetworkBuilder(name)
    x = v1_body(net, net.input("input", ("batch", 3, 224, 224)), width)[-1]
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier"))


def v1_body(
    net: NetworkBuilder, x: str, width: float, activation: Activation = NetworkBuilder.relu6
) -> tuple[str, str]:
    """All layers before the mean; answers the tensors at 1/16 (after block 11) and 1/32 of the image."""
    x = conv_bn(net, x, int(32 * width), 3, "features.0", stride=2, activation=activation)
    middle = x
    for index, (channels, stride) in enumerate(_V1_BLOCKS, start=1):
        with net.scope(f"features.{index}"):
            x = separable(net, x, int(channels * width), stride, activation)
        if index == 11:
            middle = x
    return middle, x


def separable(net: NetworkBuilder, x: str, channels: int, stride: int, activation: Activation) -> str:
    """Each channel filtered alone, then mixed by a 1x1 convolution."""
    depth = net.extent(x, 1)
    x = conv_bn(net, x, depth, 3, "depthwise", stride=stride, groups=depth, activation=activation)
    return conv_bn(net, x, channels, 1, "pointwise", activation=activation)


def mobilenet_v2(name: str, width: float) -> Graph:
    """MobileNet V2 (Sandler et al. 2018, arXiv:1801.04381) at 224x224.

    `width` scales every layer but the last convolution, which never falls below 1280 channels.
    """
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    relu6 = NetworkBuilder.relu6
    x = conv_bn(net, x, round_channels(32 * width), 3, "features.0", stride=2, activation=relu6)
    index = 0
    for index, (block, _) in enumerate(v2_blocks(width), start=1):
        with net.scope(f"features.{index}"):
            x = inverted_residual(net, x, block)
    last = round_channels(1280 * max(1.0, width))
    x = conv_bn(net, x, last, 1, f"features.{index + 1}", activation=relu6)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier.1"))


def v2_blocks(
    width: float, activation: Activation = NetworkBuilder.relu6
) -> Iterator[tuple[InvertedResidual, int]]:
    """The blocks in order, each with the number of halvings of the image before and in it."""
    channels_in, halvings = round_channels(32 * width), 1
    for expansion, channels, blocks, first_stride in _V2_STAGES:
        for stride in (first_stride, *(1,) * (blocks - 1)):
            halvings += stride - 1
            hidden, channels_in = channels_in * expansion, round_channels(channels * width)
            yield InvertedResidual(3, hidden, channels_in, stride, activation), halvings


def mobilenet_v3(name: str, variant: Literal["large", "small"], *, minimalistic: bool = False) -> Graph:
    """MobileNet V3 (Howard et al. 2019, arXiv:1905.02244) at 224x224, torchvision layout, width 1.

    The minimalistic form, for integer hardware, has 3x3 kernels, ReLU and no squeeze-and-excite (TensorFlow
    research/slim).
    """
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    swish = NetworkBuilder.relu if minimalistic else NetworkBuilder.hard_swish
    x = conv_bn(net, x, 16, 3, "features.0", stride=2, activation=swish, epsilon=_V3_EPSILON)
    rows = _V3_BLOCKS[variant]
    for index, row in enumerate(rows, start=1):
        with net.scope(f"features.{index}"):
            block = _v3_block(row)
            if minimalistic:
                block = replace(block, kernel=3, activation=NetworkBuilder.relu, squeeze_excite=None)
            x = inverted_residual(net, x, block, epsilon=_V3_EPSILON)
    last = 6 * net.extent(x, 1)
    x = conv_bn(net, x, last, 1, f"features.{len(rows) + 1}", activation=swish, epsilon=_V3_EPSILON)
    x = net.flatten(net.global_average_pool(x))
    x = swish(net, net.linear(x, _V3_CLASSIFIER_WIDTH[variant], name="classifier.0"))
    return net.finish(net.linear(x, 1000, name="classifier.3"))


def _v3_block(row: str) -> InvertedResidual:
    kernel, hidden, channels, squeeze, nonlinearity, stride = row.split()
    return InvertedResidual(
        kernel=int(kernel),
        hidden=int(hidden),
        channels=int(channels),
        stride=int(stride),
        activation=NetworkBuilder.relu if nonlinearity == "RE" else NetworkBuilder.hard_swish,
        squeeze_excite=_v3_squeeze_excite(int(hidden)) if squeeze == "SE" else None,
    )


def _v3_squeeze_excite(hidden: int) -> SqueezeExcite:
    return SqueezeExcite(round_channels(hidden // 4), NetworkBuilder.relu, NetworkBuilder.hard_sigmoid)
