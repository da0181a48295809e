"""SqueezeNet: image classification with few weights (Iandola et al. 2016, arXiv:1602.07360)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_Stages = tuple[tuple[tuple[int, int], ...], ...]
"""Squeezed and expanded channels of the fire modules; a maximum pool precedes each group."""

_STAGES_1_0: _Stages = (
    ((16, 64), (16, 64), (32, 128)), ((32, 128), (48, 192), (48, 192), (64, 256)), ((64, 256),),
)  # fmt: skip
_STAGES_1_1: _Stages = (
    ((16, 64), (16, 64)), ((32, 128), (32, 128)), ((48, 192), (48, 192), (64, 256), (64, 256)),
)  # fmt: skip
"""The 1.1 release of the authors: smaller first kernel and earlier pooling than the paper's 1.0."""


def squeezenet_v1_0(name: str) -> Graph:
    """SqueezeNet 1.0 at 224x224, as the paper's table 1 has it."""
    return _squeezenet(name, _STAGES_1_0, channels=96, kernel=7)


def squeezenet_v1_1(name: str) -> Graph:
    """SqueezeNet 1.1 at 224x224."""
    return _squeezenet(name, _STAGES_1_1, channels=64, kernel=3)


def _squeezenet(name: str, stages: _Stages, channels: int, kernel: int) -> Graph:
    """The classifier is a 1x1 convolution before the mean; pools count a last window that is cut short."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = net.relu(net.conv(x, channels, kernel, stride=2, padding=0, bias=True, name="conv1"))
    number = 2
    for modules in stages:
        x = net.max_pool(x, 3, stride=2, partial=True)
        for squeezed, expanded in modules:
            with net.scope(f"fire{number}"):
                x = fire(net, x, squeezed, expanded)
            number += 1
    x = net.relu(net.conv(x, 1000, bias=True, name="conv10"))
    return net.finish(net.flatten(net.global_average_pool(x)))


def fire(net: NetworkBuilder, x: str, squeezed: int, expanded: int) -> str:
    """Few channels by a 1x1 convolution, then as many from a 1x1 as from a 3x3, joined."""
    x = net.relu(net.conv(x, squeezed, bias=True, name="squeeze1x1"))
    pixels = net.relu(net.conv(x, expanded, bias=True, name="expand1x1"))
    windows = net.relu(net.conv(x, expanded, 3, bias=True, name="expand3x3"))
    return net.concat((pixels, windows), axis=1)
