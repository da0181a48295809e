"""GoogLeNet: image classification by inception modules (Szegedy et al. 2015, arXiv:1409.4842)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_MODULES = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    ((192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64),
     (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128)),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)  # fmt: skip
"""Channels of each module: 1x1; 3x3 reduced, 3x3; 5x5 reduced, 5x5; after pooling (table 1).

A maximum pool separates the groups.
"""


def googlenet(name: str) -> Graph:
    """GoogLeNet at 224x224 as published and as Caffe trained it: no batch norm, no auxiliary classifiers.

    torchvision's network of that name has batch norm and 3x3 convolutions in place of 5x5 (6.6 M weights).
    """
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = net.max_pool(_conv(net, x, 64, 7, "conv1", stride=2), 3, stride=2, partial=True)
    x = _conv(net, _conv(net, net.local_response_norm(x), 64, 1, "conv2.reduce"), 192, 3, "conv2")
    x = net.max_pool(net.local_response_norm(x), 3, stride=2, partial=True)
    for stage, modules in enumerate(_MODULES, start=3):
        for index, widths in enumerate(modules):
            with net.scope(f"inception{stage}{'abcde'[index]}"):
                x = _inception(net, x, widths)
        if stage < 5:
            x = net.max_pool(x, 3, stride=2, partial=True)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier"))


def _inception(net: NetworkBuilder, x: str, widths: tuple[int, ...]) -> str:
    """Four views of the same pixels, joined (figure 2b)."""
    direct, reduced3, wide3, reduced5, wide5, pooled = widths
    branches = (
        _conv(net, x, direct, 1, "1x1"),
        _conv(net, _conv(net, x, reduced3, 1, "3x3.reduce"), wide3, 3, "3x3"),
        _conv(net, _conv(net, x, reduced5, 1, "5x5.reduce"), wide5, 5, "5x5"),
        _conv(net, net.max_pool(x, 3, stride=1, padding=1), pooled, 1, "pool.project"),
    )
    return net.concat(branches, axis=1)


def _conv(net: NetworkBuilder, x: str, channels: int, kernel: int, name: str, *, stride: int = 1) -> str:
    return net.relu(net.conv(x, channels, kernel, stride=stride, bias=True, name=name))
