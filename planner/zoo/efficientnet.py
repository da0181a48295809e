"""EfficientNet-B0: image classification, found by search and scaled (Tan and Le 2019, arXiv:1905.11946)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.inverted_residual import InvertedResidual, SqueezeExcite, conv_bn, inverted_residual

_STAGES = (
    (1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1), (6, 5, 192, 4, 2), (6, 3, 320, 1, 1),
)  # fmt: skip
"""Expansion, kernel, output channels, blocks and first stride of each stage (Tan and Le 2019, table 1)."""


def efficientnet_b0(name: str) -> Graph:
    """EfficientNet-B0 at 224x224; squeeze-and-excite to a quarter of each block's input channels."""
    net = NetworkBuilder(name)
    silu, sigmoid = NetworkBuilder.silu, NetworkBuilder.sigmoid
    x = net.input("input", ("batch", 3, 224, 224))
    x = conv_bn(net, x, 32, 3, "features.0", stride=2, activation=silu)
    for stage, (expansion, kernel, channels, blocks, first_stride) in enumerate(_STAGES, start=1):
        for index, stride in enumerate((first_stride, *(1,) * (blocks - 1))):
            width = net.extent(x, 1)
            squeeze = SqueezeExcite(width // 4, silu, sigmoid)
            block = InvertedResidual(kernel, width * expansion, channels, stride, silu, squeeze)
            with net.scope(f"features.{stage}.{index}"):
                x = inverted_residual(net, x, block)
    x = conv_bn(net, x, 1280, 1, f"features.{len(_STAGES) + 1}", activation=silu)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier.1"))
