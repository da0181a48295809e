"""RegNet: classification from a designed space of networks (Radosavovic et al. 2020, arXiv:2003.13678)."""

from __future__ import annotations

from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import SqueezeExcite, conv_bn, squeeze_excite


@dataclass(frozen=True, slots=True)
class RegNetLayout:
    """Blocks and channels of each stage, channels of a group, and whether channels are weighed (RegNetY)."""

    blocks: tuple[int, int, int, int]
    channels: tuple[int, int, int, int]
    group_width: int
    weighs_channels: bool = False


X_800MF = RegNetLayout((1, 3, 7, 5), (64, 128, 288, 672), group_width=16)
X_1600MF = RegNetLayout((2, 4, 10, 2), (72, 168, 408, 912), group_width=24)
X_3200MF = RegNetLayout((2, 6, 15, 2), (96, 192, 432, 1008), group_width=48)
Y_400MF = RegNetLayout((1, 3, 6, 6), (48, 104, 208, 440), group_width=8, weighs_channels=True)
Y_200MF = RegNetLayout((1, 1, 4, 7), (24, 56, 152, 368), group_width=8, weighs_channels=True)
Y_600MF = RegNetLayout((1, 3, 7, 4), (48, 112, 256, 608), group_width=16, weighs_channels=True)
Y_800MF = RegNetLayout((1, 3, 8, 2), (64, 144, 320, 784), group_width=16, weighs_channels=True)
Y_1600MF = RegNetLayout((2, 6, 17, 2), (48, 120, 336, 888), group_width=24, weighs_channels=True)
"""Tables 8 and 9 of the paper; 800 MF as torchvision rounds its widths."""


def regnet(name: str, layout: RegNetLayout) -> Graph:
    """A RegNet at 224x224; the first block of every stage halves the image."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = conv_bn(net, x, 32, 3, "stem", stride=2, activation=NetworkBuilder.relu)
    for stage, (blocks, channels) in enumerate(zip(layout.blocks, layout.channels, strict=True), start=1):
        for block in range(blocks):
            with net.scope(f"block{stage}.{block}"):
                x = _block(net, x, channels, layout, stride=2 if block == 0 else 1)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="fc"))


def _block(net: NetworkBuilder, x: str, channels: int, layout: RegNetLayout, *, stride: int) -> str:
    """A bottleneck without narrowing: 1x1, grouped 3x3, 1x1, and the input added."""
    relu = NetworkBuilder.relu
    y = conv_bn(net, x, channels, 1, "a", activation=relu)
    groups = channels // layout.group_width
    y = conv_bn(net, y, channels, 3, "b", stride=stride, groups=groups, activation=relu)
    if layout.weighs_channels:
        with net.scope("se"):
            y = squeeze_excite(
                net, y, SqueezeExcite(round(net.extent(x, 1) / 4), relu, NetworkBuilder.sigmoid)
            )
    y = conv_bn(net, y, channels, 1, "c")
    if stride == 2 or net.extent(x, 1) != channels:
        x = conv_bn(net, x, channels, 1, "proj", stride=stride)
    return net.relu(net.add(x, y))
