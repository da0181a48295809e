"""MnasNet and ProxylessNAS: stacks of inverted residuals whose kernels and widths were found by search."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import (
    Activation,
    InvertedResidual,
    conv_bn,
    inverted_residual,
    round_channels,
)

Stage = tuple[int, int, tuple[tuple[int, int], ...]]
"""Output channels, stride of the first block, then kernel and expansion of each block."""

_MNASNET_B1: tuple[Stage, ...] = (
    (24, 2, ((3, 3),) * 3), (40, 2, ((5, 3),) * 3), (80, 2, ((5, 6),) * 3),
    (96, 1, ((3, 6),) * 2), (192, 2, ((5, 6),) * 4), (320, 1, ((3, 6),)),
)  # fmt: skip
"""Tan et al. 2019, arXiv:1807.11626, the variant without squeeze-and-excite (figure 7 has A1, with it)."""

_PROXYLESS_MOBILE: tuple[Stage, ...] = (
    (32, 2, ((5, 3), (3, 3))), (40, 2, ((7, 3), (3, 3), (5, 3), (5, 3))),
    (80, 2, ((7, 6), (5, 3), (5, 3), (5, 3))), (96, 1, ((5, 6), (5, 3), (5, 3), (5, 3))),
    (192, 2, ((7, 6), (7, 6), (7, 3), (7, 3))), (320, 1, ((7, 6),)),
)  # fmt: skip
"""Cai, Zhu and Han 2019, arXiv:1812.00332, figure 5, the network found for phones."""


def mnasnet_b1(name: str, width: float) -> Graph:
    """MnasNet-B1 at 224x224 as torchvision has it: ReLU, all but the last layer scaled by `width`."""
    return _network(name, _MNASNET_B1, width, NetworkBuilder.relu)


def proxyless_mobile(name: str) -> Graph:
    """ProxylessNAS for phones at 224x224; ReLU6."""
    return _network(name, _PROXYLESS_MOBILE, 1.0, NetworkBuilder.relu6)


def _network(name: str, stages: tuple[Stage, ...], width: float, activation: Activation) -> Graph:
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    first = round_channels(32 * width)
    x = conv_bn(net, x, first, 3, "stem", stride=2, activation=activation)
    with net.scope("separable"):
        x = conv_bn(net, x, first, 3, "depthwise", groups=first, activation=activation)
        x = conv_bn(net, x, round_channels(16 * width), 1, "pointwise")
    for stage, (channels, first_stride, blocks) in enumerate(stages):
        for index, (kernel, expansion) in enumerate(blocks):
            stride = first_stride if index == 0 else 1
            hidden = net.extent(x, 1) * expansion
            block = InvertedResidual(kernel, hidden, round_channels(channels * width), stride, activation)
            with net.scope(f"blocks.{stage}.{index}"):
                x = inverted_residual(net, x, block)
    x = conv_bn(net, x, 1280, 1, "head", activation=activation)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier"))
