"""EfficientNetV2-B0: early blocks widen and filter in one convolution (Tan and Le 2021, arXiv:2104.00298)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import InvertedResidual, SqueezeExcite, conv_bn, inverted_residual

_FUSED_STAGES = ((1, 16, 1, 1), (4, 32, 2, 2), (4, 48, 2, 2))
"""Expansion, output channels, blocks and first stride (Keras applications, efficientnetv2-b0)."""
_STAGES = ((4, 96, 3, 2), (6, 112, 5, 1), (6, 192, 8, 2))
"""The same of the stages that filter each channel alone and weigh the channels."""
_EPSILON = 1e-3


def efficientnet_v2_b0(name: str) -> Graph:
    """EfficientNetV2-B0 at 224x224."""
    net = NetworkBuilder(name)
    silu, sigmoid = NetworkBuilder.silu, NetworkBuilder.sigmoid
    x = net.input("input", ("batch", 3, 224, 224))
    x = conv_bn(net, x, 32, 3, "stem", stride=2, activation=silu, epsilon=_EPSILON)
    for stage, (expansion, channels, blocks, first_stride) in enumerate(_FUSED_STAGES):
        for index in range(blocks):
            with net.scope(f"blocks.{stage}.{index}"):
                x = _fused(net, x, expansion, channels, first_stride if index == 0 else 1)
    for stage, (expansion, channels, blocks, first_stride) in enumerate(_STAGES, start=len(_FUSED_STAGES)):
        for index in range(blocks):
            width = net.extent(x, 1)
            stride = first_stride if index == 0 else 1
            squeeze = SqueezeExcite(width // 4, silu, sigmoid)
            block = InvertedResidual(3, width * expansion, channels, stride, silu, squeeze)
            with net.scope(f"blocks.{stage}.{index}"):
                x = inverted_residual(net, x, block, epsilon=_EPSILON)
    x = conv_bn(net, x, 1280, 1, "head", activation=silu, epsilon=_EPSILON)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier"))


def _fused(net: NetworkBuilder, x: str, expansion: int, channels: int, stride: int) -> str:
    """One 3x3 convolution that widens, then one 1x1 back; without widening the first alone."""
    silu = NetworkBuilder.silu
    if expansion == 1:
        y = conv_bn(net, x, channels, 3, "conv", stride=stride, activation=silu, epsilon=_EPSILON)
    else:
        width = net.extent(x, 1) * expansion
        y = conv_bn(net, x, width, 3, "expand", stride=stride, activation=silu, epsilon=_EPSILON)
        y = conv_bn(net, y, channels, 1, "project", epsilon=_EPSILON)
    return net.add(x, y) if net.shape(x) == net.shape(y) else y
