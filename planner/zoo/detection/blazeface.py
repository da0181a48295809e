"""BlazeFace: face detection for phones (Bazarevsky et al. 2019, arXiv:1907.05047)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import conv_bn

_BLOCKS = (
    (24, 1), (28, 1), (32, 2), (36, 1), (42, 1), (48, 2), (56, 1), (64, 1), (72, 1), (80, 1), (88, 1),
    (96, 2), (96, 1), (96, 1), (96, 1), (96, 1),
)  # fmt: skip
"""Output channels and stride of each block."""


def blazeface(name: str) -> Graph:
    """The feature extractor on 128x128 as ncnn's benchmark has it: batch norm folded, without the heads
    that give boxes and scores."""
    net = NetworkBuilder(name, folded=True)
    x = conv_bn(net, net.input("data", ("batch", 3, 128, 128)), 24, 5, "stem", stride=2,
                activation=NetworkBuilder.relu)  # fmt: skip
    for index, (channels, stride) in enumerate(_BLOCKS):
        with net.scope(f"block{index}"):
            depth = net.extent(x, 1)
            y = conv_bn(net, x, depth, 3, "depthwise", stride=stride, groups=depth)
            y = conv_bn(net, y, channels, 1, "pointwise")
            side = net.max_pool(x, 2, stride=2) if stride == 2 else x
            side = net.pad_channels(side, channels - depth) if channels > depth else side
            x = net.relu(net.add(y, side))
    return net.finish(x)
