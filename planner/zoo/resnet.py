"""ResNet: residual networks for image classification (He et al. 2016, arXiv:1512.03385, table 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_STAGE_CHANNELS = (64, 128, 256, 512)
_EXPANSION = 4

Block = Callable[[NetworkBuilder, str, int, int], str]
"""A residual block: network, tensor, channels, stride."""


def resnet50(name: str, *, stride_in_3x3: bool) -> Graph:
    """ResNet-50 at 224x224.

    A stage halves the image in the 3x3 convolution of its first block ("v1.5", as torchvision and MLPerf
    build it) or in the 1x1 before it (the paper). The weights are the same; v1.5 has 6 % more MACs.
    """
    return _resnet(name, (3, 4, 6, 3), partial(_bottleneck, stride_in_3x3=stride_in_3x3))


def resnet18(name: str) -> Graph:
    """ResNet-18 at 224x224."""
    return _resnet(name, (2, 2, 2, 2), _basic)


def _resnet(name: str, blocks: Sequence[int], add_block: Block) -> Graph:
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = net.relu(net.batch_norm(net.conv(x, 64, 7, stride=2, name="conv1"), name="bn1"))
    x = net.max_pool(x, 3, stride=2, padding=1)
    for stage, (channels, count) in enumerate(zip(_STAGE_CHANNELS, blocks, strict=True), start=1):
        for block in range(count):
            stride = 2 if block == 0 and stage > 1 else 1
            with net.scope(f"layer{stage}.{block}"):
                x = add_block(net, x, channels, stride)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="fc"))


def _bottleneck(net: NetworkBuilder, x: str, channels: int, stride: int, *, stride_in_3x3: bool) -> str:
    first, second = (1, stride) if stride_in_3x3 else (stride, 1)
    y = net.relu(net.batch_norm(net.conv(x, channels, stride=first, name="conv1"), name="bn1"))
    y = net.relu(net.batch_norm(net.conv(y, channels, 3, stride=second, name="conv2"), name="bn2"))
    y = net.batch_norm(net.conv(y, channels * _EXPANSION, name="conv3"), name="bn3")
    return net.relu(net.add(y, _shortcut(net, x, channels * _EXPANSION, stride)))


def _basic(net: NetworkBuilder, x: str, channels: int, stride: int) -> str:
    y = net.relu(net.batch_norm(net.conv(x, channels, 3, stride=stride, name="conv1"), name="bn1"))
    y = net.batch_norm(net.conv(y, channels, 3, name="conv2"), name="bn2")
    return net.relu(net.add(y, _shortcut(net, x, channels, stride)))


def _shortcut(net: NetworkBuilder, x: str, channels: int, stride: int) -> str:
    """The block's input, projected where its shape differs from the output's."""
    if stride == 1 and net.extent(x, 1) == channels:
        return x
    with net.scope("downsample"):
        return net.batch_norm(net.conv(x, channels, stride=stride, name="0"), name="1")
