"""ShuffleNet V2: image classification that mixes channels by moving them (Ma et al. 2018, arXiv:1807.11164).

Groups are replaced by splitting the channels: half of them pass each unit untouched.
"""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import Activation, conv_bn

_UNITS = (4, 8, 4)
_WIDTH_1 = (116, 232, 464)
"""Channels of each stage at width 1 (table 5)."""


def shufflenet_v2(name: str) -> Graph:
    """ShuffleNet V2 of width 1 at 224x224."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = body(net, x, _WIDTH_1, NetworkBuilder.relu)[-1]
    x = conv_bn(net, x, 1024, 1, "conv5", activation=NetworkBuilder.relu)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="fc"))


def body(
    net: NetworkBuilder, x: str, channels: tuple[int, int, int], activation: Activation
) -> tuple[str, str, str]:
    """All layers before the last convolution; answers the tensors at 1/8, 1/16 and 1/32 of the image."""
    x = conv_bn(net, x, 24, 3, "conv1", stride=2, activation=activation)
    x = net.max_pool(x, 3, stride=2, padding=1)
    levels = []
    for stage, (width, units) in enumerate(zip(channels, _UNITS, strict=True), start=2):
        for unit in range(units):
            with net.scope(f"stage{stage}.{unit}"):
                x = _halving_unit(net, x, width, activation) if unit == 0 else _unit(net, x, activation)
        levels.append(x)
    return levels[0], levels[1], levels[2]


def _unit(net: NetworkBuilder, x: str, activation: Activation) -> str:
    """Half of the channels pass by, half are filtered; joined and mixed (figure 3c)."""
    half = net.extent(x, 1) // 2
    passing, filtered = net.split(x, (half, half), axis=1)
    return interleave(net, net.concat((passing, _branch(net, filtered, half, 1, activation)), axis=1), 2)


def _halving_unit(net: NetworkBuilder, x: str, channels: int, activation: Activation) -> str:
    """Both branches are filtered at half the resolution (figure 3d)."""
    width = net.extent(x, 1)
    with net.scope("branch1"):
        side = conv_bn(net, x, width, 3, "depthwise", stride=2, groups=width)
        side = conv_bn(net, side, channels // 2, 1, "pointwise", activation=activation)
    return interleave(net, net.concat((side, _branch(net, x, channels // 2, 2, activation)), axis=1), 2)


def _branch(net: NetworkBuilder, x: str, channels: int, stride: int, activation: Activation) -> str:
    with net.scope("branch2"):
        x = conv_bn(net, x, channels, 1, "first", activation=activation)
        x = conv_bn(net, x, channels, 3, "depthwise", stride=stride, groups=channels)
        return conv_bn(net, x, channels, 1, "last", activation=activation)


def interleave(net: NetworkBuilder, x: str, groups: int) -> str:
    """One channel of each group in turn."""
    channels, height, width = (net.extent(x, axis) for axis in (1, 2, 3))
    with net.scope("shuffle"):
        x = net.transpose(net.reshape(x, (0, groups, channels // groups, height, width)), (0, 2, 1, 3, 4))
        return net.reshape(x, (0, channels, height, width), name="join")
