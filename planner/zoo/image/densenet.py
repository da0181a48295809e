"""DenseNet: every layer reads all layers before it (Huang et al. 2017, arXiv:1608.06993)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_GROWTH = 32
_BOTTLENECK = 4 * _GROWTH
_BLOCKS = (6, 12, 24, 16)
"""Layers of each dense block of DenseNet-121 (table 1)."""


def densenet121(name: str) -> Graph:
    """DenseNet-121 at 224x224: normalisation and ReLU come before each convolution."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = net.relu(net.batch_norm(net.conv(x, 64, 7, stride=2, name="conv0"), name="norm0"))
    x = net.max_pool(x, 3, stride=2, padding=1)
    for block, layers in enumerate(_BLOCKS, start=1):
        for layer in range(layers):
            with net.scope(f"denseblock{block}.denselayer{layer + 1}"):
                y = _ahead(net, x, _BOTTLENECK, 1, "1")
                x = net.concat((x, _ahead(net, y, _GROWTH, 3, "2")), axis=1)
        if block < len(_BLOCKS):
            with net.scope(f"transition{block}"):
                x = _ahead(net, x, net.extent(x, 1) // 2, 1, "")
                x = net.average_pool(x, 2, stride=2)
    x = net.relu(net.batch_norm(x, name="norm5"))
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="classifier"))


def _ahead(net: NetworkBuilder, x: str, channels: int, kernel: int, number: str) -> str:
    """Batch norm, ReLU, convolution."""
    x = net.relu(net.batch_norm(x, name=f"norm{number}"))
    return net.conv(x, channels, kernel, name=f"conv{number}")
