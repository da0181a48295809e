"""VGG-16: a plain stack of 3x3 convolutions (Simonyan and Zisserman 2015, arXiv:1409.1556, table 1, D)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and convolutions of each stage; a stage ends by halving the image."""


def vgg16(name: str) -> Graph:
    """VGG-16 at 224x224 without batch norm; nine tenths of its weights stand in the classifier."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    for stage, (channels, convolutions) in enumerate(_STAGES, start=1):
        with net.scope(f"conv{stage}"):
            for index in range(convolutions):
                x = net.relu(net.conv(x, channels, 3, bias=True, name=str(index + 1)))
            x = net.max_pool(x, 2, stride=2)
    x = net.flatten(x)
    for layer in ("fc6", "fc7"):
        x = net.relu(net.linear(x, 4096, name=layer))
    return net.finish(net.linear(x, 1000, name="fc8"))
