"""ResNet and its relatives: residual networks for image classification (He et al. 2016, arXiv:1512.03385)."""

from __future__ import annotations

from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_STAGE_CHANNELS = (64, 128, 256, 512)
_EXPANSION = 4


@dataclass(frozen=True, slots=True)
class ResNetLayout:
    """What sets the members of the family apart.

    `blocks` of each stage; basic blocks of two 3x3 convolutions, or bottlenecks. In a bottleneck the 3x3
    convolution has `groups` groups of `group_width` channels for every 64 of the stage (Xie et al. 2017,
    arXiv:1611.05431; 128 in one group is the wide network of Zagoruyko and Komodakis 2016,
    arXiv:1605.07146). A stage halves the image in that convolution ("v1.5", as torchvision and MLPerf build
    it) or in the 1x1 before it (the paper); the weights are the same, and v1.5 has 6 % more MACs.
    """

    blocks: tuple[int, int, int, int]
    bottleneck: bool = True
    stride_in_3x3: bool = True
    groups: int = 1
    group_width: int = 64


def resnet(name: str, layout: ResNetLayout) -> Graph:
    """A network of the family at 224x224."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = net.max_pool(stem(net, x), 3, stride=2, padding=1)
    for stage in range(len(_STAGE_CHANNELS)):
        x = residual_stage(net, x, layout, stage, stride=1 if stage == 0 else 2)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="fc"))


def resnet_levels(net: NetworkBuilder, x: str, layout: ResNetLayout) -> tuple[str, str, str]:
    """The features at 1/8, 1/16 and 1/32 of the image."""
    x = net.max_pool(stem(net, x), 3, stride=2, padding=1)
    levels = []
    for stage in range(len(_STAGE_CHANNELS)):
        x = residual_stage(net, x, layout, stage, stride=1 if stage == 0 else 2)
        levels.append(x)
    return levels[1], levels[2], levels[3]


def stem(net: NetworkBuilder, x: str) -> str:
    """The first convolution, at half the resolution; the pooling comes after it."""
    return net.relu(net.batch_norm(net.conv(x, 64, 7, stride=2, name="conv1"), name="bn1"))


def residual_stage(net: NetworkBuilder, x: str, layout: ResNetLayout, stage: int, *, stride: int) -> str:
    """All blocks of one stage, counted from zero; its first block strides."""
    add_block = _bottleneck if layout.bottleneck else _basic
    for block in range(layout.blocks[stage]):
        with net.scope(f"layer{stage + 1}.{block}"):
            x = add_block(net, x, layout, _STAGE_CHANNELS[stage], stride if block == 0 else 1)
    return x


def _bottleneck(net: NetworkBuilder, x: str, layout: ResNetLayout, channels: int, stride: int) -> str:
    first, second = (1, stride) if layout.stride_in_3x3 else (stride, 1)
    width = channels * layout.group_width // 64 * layout.groups
    y = net.relu(net.batch_norm(net.conv(x, width, stride=first, name="conv1"), name="bn1"))
    y = net.conv(y, width, 3, stride=second, groups=layout.groups, name="conv2")
    y = net.relu(net.batch_norm(y, name="bn2"))
    y = net.batch_norm(net.conv(y, channels * _EXPANSION, name="conv3"), name="bn3")
    return net.relu(net.add(y, _shortcut(net, x, channels * _EXPANSION, stride)))


def _basic(net: NetworkBuilder, x: str, _layout: ResNetLayout, channels: int, stride: int) -> str:
    y = net.relu(net.batch_norm(net.conv(x, channels, 3, stride=stride, name="conv1"), name="bn1"))
    y = net.batch_norm(net.conv(y, channels, 3, name="conv2"), name="bn2")
    return net.relu(net.add(y, _shortcut(net, x, channels, stride)))


def _shortcut(net: NetworkBuilder, x: str, channels: int, stride: int) -> str:
    """The block's input, projected where its shape differs from the output's."""
    if stride == 1 and net.extent(x, 1) == channels:
        return x
    with net.scope("downsample"):
        return net.batch_norm(net.conv(x, channels, stride=stride, name="0"), name="1")
