"""VGG: plain stacks of 3x3 convolutions (Simonyan and Zisserman 2015, arXiv:1409.1556, table 1)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_CHANNELS = (64, 128, 256, 512, 512)
_CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions of each stage, by the number of layers (columns A, B, D and E); a stage ends by halving."""


def vgg(name: str, layers: int) -> Graph:
    """VGG at 224x224 without batch norm; most of its weights are in the classifier."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    stages = zip(_CHANNELS, _CONVOLUTIONS[layers], strict=True)
    for stage, (channels, convolutions) in enumerate(stages, start=1):
        with net.scope(f"conv{stage}"):
            for index in range(convolutions):
                x = net.relu(net.conv(x, channels, 3, bias=True, name=str(index + 1)))
            x = net.max_pool(x, 2, stride=2)
    return net.finish(classifier(net, net.flatten(x)))


def classifier(net: NetworkBuilder, x: str) -> str:
    """Two wide fully connected layers and the class scores, as AlexNet has them too."""
    for layer in ("fc6", "fc7"):
        x = net.relu(net.linear(x, 4096, name=layer))
    return net.linear(x, 1000, name="fc8")
