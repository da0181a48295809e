"""ShuffleNet: grouped 1x1 convolutions that mix by moving channels (Zhang et al. 2018, arXiv:1707.01083)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import conv_bn
from planner.zoo.mobile.shufflenet import interleave

_GROUPS = 3
_STAGES = ((240, 4), (480, 8), (960, 4))
"""Channels and units of each stage for three groups at width 1 (table 1)."""


def shufflenet_v1(name: str) -> Graph:
    """ShuffleNet 1x with three groups at 224x224."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = conv_bn(net, x, 24, 3, "conv1", stride=2, activation=NetworkBuilder.relu)
    x = net.max_pool(x, 3, stride=2, padding=1)
    for stage, (channels, units) in enumerate(_STAGES, start=2):
        for unit in range(units):
            with net.scope(f"stage{stage}.{unit}"):
                if unit == 0:
                    x = _halving_unit(net, x, channels, first_groups=1 if stage == 2 else _GROUPS)
                else:
                    x = net.relu(net.add(x, _branch(net, x, channels // 4, channels, _GROUPS, 1)))
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="fc"))


def _halving_unit(net: NetworkBuilder, x: str, channels: int, *, first_groups: int) -> str:
    """The pooled input joined with what the branch adds to reach `channels` (figure 2c)."""
    added = channels - net.extent(x, 1)
    side = net.average_pool(x, 3, stride=2, padding=1)
    return net.relu(net.concat((side, _branch(net, x, channels // 4, added, first_groups, 2)), axis=1))


def _branch(net: NetworkBuilder, x: str, narrow: int, channels: int, groups: int, stride: int) -> str:
    """Narrow to a quarter of the unit's channels, shuffle, filter each channel, widen."""
    x = conv_bn(net, x, narrow, 1, "narrow", groups=groups, activation=NetworkBuilder.relu)
    x = interleave(net, x, _GROUPS)
    x = conv_bn(net, x, narrow, 3, "depthwise", stride=stride, groups=narrow)
    return conv_bn(net, x, channels, 1, "widen", groups=_GROUPS)
