"""EfficientViT of MIT: linear attention at several scales (Cai et al. 2022, arXiv:2205.14756)."""

from __future__ import annotations

from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.attention import Activation, tanh_gelu
from planner.zoo.builder import NetworkBuilder

_SIDE = 224
_WIDENING = 4
_LARGE_WIDENINGS = (16, 4, 24, 6)
"""Of the large networks: of a halving and a block without attention, and of both with it."""


@dataclass(frozen=True, slots=True)
class EfficientVitLayout:
    """Channels and blocks of the stem and of each resolution, channels of a head, and of the classifier."""

    channels: tuple[int, int, int, int, int]
    blocks: tuple[int, int, int, int, int]
    head: int
    classifier: tuple[int, int]


B0 = EfficientVitLayout((8, 16, 32, 64, 128), (1, 2, 2, 2, 2), 16, (1024, 1280))
B1 = EfficientVitLayout((16, 32, 64, 128, 256), (1, 2, 3, 3, 4), 16, (1536, 1600))
B2 = EfficientVitLayout((24, 48, 96, 192, 384), (1, 3, 4, 4, 6), 32, (2304, 2560))
B3 = EfficientVitLayout((32, 64, 128, 256, 512), (1, 4, 6, 6, 9), 32, (2304, 2560))
L1 = EfficientVitLayout((32, 64, 128, 256, 512), (1, 1, 1, 6, 6), 32, (3072, 3200))
L2 = EfficientVitLayout((32, 64, 128, 256, 512), (1, 2, 2, 8, 8), 32, (3072, 3200))
"""Table 1 of the paper; b3, l1 and l2 in the authors' code."""

_swish = NetworkBuilder.hard_swish


def efficientvit(name: str, layout: EfficientVitLayout) -> Graph:
    """Classes a 224x224 image; the two coarsest resolutions have attention."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, _SIDE, _SIDE))
    x = _conv(net, x, layout.channels[0], "stem.in_conv", kernel=3, stride=2, activation=_swish)
    for block in range(layout.blocks[0]):
        with net.scope(f"stem.res{block}"):
            y = _conv(
                net, x, layout.channels[0], "depth", kernel=3, groups=layout.channels[0], activation=_swish
            )
            x = net.add(x, _conv(net, y, layout.channels[0], "point"))
    for stage, (channels, blocks) in enumerate(zip(layout.channels[1:], layout.blocks[1:], strict=True)):
        attends = stage >= 2
        with net.scope(f"stages.{stage}"):
            x = _inverted(net, x, channels, "0", stride=2, plain=attends)
            for block in range(blocks) if attends else range(1, blocks):
                x = _mixed(net, x, layout.head, f"{block + 1}") if attends else net.add(
                    x, _inverted(net, x, channels, str(block), stride=1, plain=False)
                )  # fmt: skip
    return net.finish(_classified(net, x, layout.classifier))


def efficientvit_large(name: str, layout: EfficientVitLayout) -> Graph:
    """The larger line: attention at the coarsest resolution alone, 3x3 convolutions that widen before it."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, _SIDE, _SIDE))
    x = _conv(net, x, layout.channels[0], "stem.in_conv", kernel=3, stride=2, activation=tanh_gelu)
    for block in range(layout.blocks[0]):
        with net.scope(f"stem.res{block}"):
            y = _conv(net, x, layout.channels[0], "conv1", kernel=3, activation=tanh_gelu)
            x = net.add(x, _conv(net, y, layout.channels[0], "conv2", kernel=3))
    for stage, (channels, blocks) in enumerate(zip(layout.channels[1:], layout.blocks[1:], strict=True)):
        attends, plain = stage == 3, stage >= 2
        halving, widening = _LARGE_WIDENINGS[2 * attends : 2 * attends + 2]
        with net.scope(f"stages.{stage}"):
            x = _widened(net, x, channels, "0", stride=2, plain=plain, widening=halving)
            for block in range(1, blocks + 1):
                if attends:
                    with net.scope(f"{block}"):
                        x = net.add(x, _attention(net, x, layout.head))
                        y = _widened(net, x, channels, "local", stride=1, plain=True, widening=widening)
                else:
                    y = _widened(net, x, channels, str(block), stride=1, plain=plain, widening=widening)
                x = net.add(x, y)
    return net.finish(_classified(net, x, layout.classifier, tanh_gelu))


def _widened(
    net: NetworkBuilder, x: str, channels: int, name: str, *, stride: int, plain: bool, widening: int
) -> str:
    """An inverted block, or before the `plain` ones a widening 3x3 convolution and a projection."""
    if plain:
        return _inverted(
            net, x, channels, name, stride=stride, plain=True, widening=widening, activation=tanh_gelu
        )
    with net.scope(name):
        wide = widening * net.extent(x, 1)
        y = _conv(net, x, wide, "spatial", kernel=3, stride=stride, activation=tanh_gelu)
        return _conv(net, y, channels, "point")


def _conv(
    net: NetworkBuilder, x: str, channels: int, name: str, *, kernel: int = 1, stride: int = 1,
    groups: int = 1, activation: Activation | None = None, plain: bool = False,
) -> str:  # fmt: skip
    """Convolution with batch norm, or with a bias where it is plain, and an activation."""
    with net.scope(name):
        x = net.conv(x, channels, kernel, stride=stride, groups=groups, bias=plain)
        x = x if plain else net.batch_norm(x)
        return x if activation is None else activation(net, x)


def _inverted(
    net: NetworkBuilder, x: str, channels: int, name: str, *, stride: int, plain: bool,
    widening: int = _WIDENING, activation: Activation = _swish,
) -> str:  # fmt: skip
    """Widen, filter each channel alone, project; beside attention the first two have no norm."""
    wide = widening * net.extent(x, 1)
    with net.scope(name):
        y = _conv(net, x, wide, "inverted", activation=activation, plain=plain)
        y = _conv(
            net, y, wide, "depth", kernel=3, stride=stride, groups=wide, activation=activation, plain=plain
        )
        return _conv(net, y, channels, "point")


def _mixed(net: NetworkBuilder, x: str, head: int, name: str) -> str:
    """Attention over all cells, then an inverted block, each added to its input."""
    with net.scope(name):
        x = net.add(x, _attention(net, x, head))
        return net.add(x, _inverted(net, x, net.extent(x, 1), "local", stride=1, plain=True))


def _attention(net: NetworkBuilder, x: str, head: int) -> str:
    """relu(q) (relu(k) v) over the sum of relu(k), in place of a softmax: linear in the cells."""
    channels, rows, columns = (net.extent(x, axis) for axis in (1, 2, 3))
    cells, heads = rows * columns, channels // head
    with net.scope("attn"):
        packed = net.conv(x, 3 * channels, name="qkv")
        with net.scope("aggreg"):
            spread = net.conv(packed, 3 * channels, 5, groups=3 * channels, name="0")
            spread = net.conv(spread, 3 * channels, groups=3 * heads, name="1")
        both = net.reshape(net.concat((packed, spread), axis=1), (0, 2 * heads, 3 * head, cells))
        query, key, value = net.split(net.transpose(both, (0, 1, 3, 2)), (head,) * 3, axis=3)
        query, key = net.relu(query), net.relu(key)
        # A column of ones beside the values sums the keys.
        value = net.pad_with_ones(value)
        found = net.matmul(query, net.matmul(net.transpose(key, (0, 1, 3, 2)), value, name="kv"), name="qkv")
        summed, weight = net.split(found, (head, 1), axis=3)
        mean = net.combine("Div", summed, net.add(weight, net.constant(1e-5)), name="mean")
        mean = net.reshape(net.transpose(mean, (0, 1, 3, 2)), (0, 2 * channels, rows, columns))
        return _conv(net, mean, channels, "proj")


def _classified(net: NetworkBuilder, x: str, widths: tuple[int, int], activation: Activation = _swish) -> str:
    x = _conv(net, x, widths[0], "head.in_conv", activation=activation)
    x = net.linear(net.flatten(net.global_average_pool(x)), widths[1], "head.classifier.0", bias=False)
    x = activation(net, net.layer_norm(x, epsilon=1e-5, name="head.classifier.1"))
    return net.linear(x, 1000, "head.classifier.4")
