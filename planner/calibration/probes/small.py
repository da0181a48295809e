"""Long chains of cheap layers: networks for phones, whose kernels take a few microseconds each.

Their channels are few and often fill no vector block, their maps are small, and there are so many of them
that what one call of a kernel costs counts as much as its arithmetic.
"""

from __future__ import annotations

import math

from planner.calibration.probes.convolutional import (
    Block,
    activate,
    activation,
    gate,
    ghost,
    inverted,
    plain,
    product,
    reparameterised,
    separable,
    shuffle,
)
from planner.calibration.probes.random_choice import Chooser
from planner.zoo.builder import NetworkBuilder

_MOST_MACS = 4e8


def small_chain(net: NetworkBuilder, choose: Chooser) -> str:
    """Stages of a few blocks each on maps from an eighth of the image down, widths by one step throughout."""
    side = choose.of((64, 96, 112, 128, 160, 192, 224), (1, 1, 1, 2, 2, 2, 4))
    x = net.input("image", (1, 3, side, side))
    step = choose.of((8, 4, 2, 1), (5, 4, 2, 3))
    width, act = choose.size(6, 32, step), activation(choose)
    x = activate(net, net.conv(x, width, 3, stride=choose.of((2, 4), (4, 1)), bias=True), act)
    blocks, weights = zip(*_BLOCKS, strict=True)
    kinds = [choose.of(blocks, weights) for _ in range(choose.whole(1, 3))]
    spent, first = 0.0, choose.of((2, 1), (3, 1))
    for _ in range(choose.whole(2, 4)):
        width = min(320, choose.size(1.2 * width, 2.2 * width, step))
        for number in range(choose.whole(1, 5)):
            before = net.extent(x, 1)
            stride = first if number == 0 and net.extent(x, 2) >= 8 else 1
            spent += 6.0 * width * before * net.extent(x, 2) ** 2 / stride**2
            if spent > _MOST_MACS:
                break
            x = choose.of(kinds)(net, choose, x, width, stride)
        first = 2
    if choose.chance(0.5):
        x = activate(net, net.conv(x, choose.size(3, 6) * net.extent(x, 1), 1, bias=True), act)
    pooled = net.global_average_pool(x)
    if choose.chance(0.3):
        pooled = activate(net, net.conv(pooled, choose.size(256, 1280, 64), 1, bias=True), act)
    return net.linear(net.flatten(pooled), choose.of((10, 100, 1000)), "head")


def ghost_bottleneck(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Two ghost layers, a depthwise one between where the map halves, and a shortcut of two layers."""
    source = net.extent(x, 1)
    y = ghost(net, choose, x, 2 * math.ceil(source * choose.of((2, 3, 6)) / 2), 1)
    if stride > 1:
        channels = net.extent(y, 1)
        y = net.conv(y, channels, choose.of((3, 5)), stride=stride, groups=channels, bias=True)
    y = gate(net, choose, y) if choose.chance(0.4) else y
    y = ghost(net, choose, y, width, 1)
    if stride == 1 and source == net.extent(y, 1):
        return net.add(x, y)
    short = net.conv(x, source, 3, stride=stride, groups=source, bias=True)
    return net.add(net.conv(short, net.extent(y, 1), 1, bias=True), y)


def partial_shortcut(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """An inverted block whose first channels alone have a shortcut (Han et al., "Rethinking Channel
    Dimensions", 2020)."""
    source = net.extent(x, 1)
    y = net.silu(net.conv(x, source * choose.of((2, 6)), 1, bias=True))
    y = net.conv(y, net.extent(y, 1), 3, stride=stride, groups=net.extent(y, 1), bias=True)
    y = gate(net, choose, y) if choose.chance(0.5) else y
    y = net.conv(net.relu6(y), max(width, source), 1, bias=True)
    if stride > 1 or net.extent(y, 1) == source:
        return net.add(x, y) if stride == 1 else y
    same = net.add(net.slice(y, 1, 0, source), x)
    return net.concat((same, net.slice(y, 1, source, net.extent(y, 1))), 1)


def shared_depthwise(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Depthwise layers of two sizes on one input, added; then a product over channels with a shortcut."""
    source = net.extent(x, 1)
    large, small = choose.of(((7, 3), (5, 3), (3, 1), (9, 3)))
    y = net.add(
        net.conv(x, source, large, stride=stride, groups=source, bias=True),
        net.conv(x, source, small, stride=stride, groups=source, bias=True),
    )
    inner = activate(net, net.conv(y, source * choose.of((2, 3)), 1, bias=True), choose.of(("relu", "silu")))
    inner = net.conv(inner, width, 1, bias=True)
    return net.add(inner, y) if width == source else inner


_BLOCKS: tuple[tuple[Block, float], ...] = (
    (inverted, 7), (separable, 4), (ghost_bottleneck, 3), (partial_shortcut, 2), (reparameterised, 3),
    (shared_depthwise, 2), (shuffle, 2), (product, 1.5), (plain, 1),
)  # fmt: skip
