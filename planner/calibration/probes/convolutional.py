"""Blocks of convolutional networks as their papers draw them, with random widths.

A block takes (batch, channels, height, width) and answers such a tensor; the name of its function says which
design it represents. All of them are in the public literature: residual and bottleneck (He et al. 2015),
inverted residual with squeeze-and-excitation (Sandler et al. 2018, Howard et al. 2019), dense (Huang et al.
2016), branches (Szegedy et al. 2014), shuffle (Ma et al. 2018), ghost (Han et al. 2019), cross-stage
(Wang et al. 2019), large kernels with layer normalisation (Liu et al. 2022), dilated pyramids (Chen et al.
2017).
"""

from __future__ import annotations

from collections.abc import Callable

from planner.calibration.probes.random_choice import Chooser
from planner.zoo.builder import NetworkBuilder

Block = Callable[[NetworkBuilder, Chooser, str, int, int], str]
"""(builder, chooser, input, output channels, stride) -> output."""

ACTIVATIONS = ("relu", "relu6", "silu", "hard_swish", "leaky_relu", "sigmoid", "none")


def activate(net: NetworkBuilder, x: str, kind: str) -> str:
    """The tensor through an activation by name; `none` leaves it."""
    if kind == "none":
        return x
    activation: Callable[[str], str] = getattr(net, kind)
    return activation(x)


def activation(choose: Chooser) -> str:
    """An activation as often as networks use it."""
    return choose.of(("relu", "silu", "relu6", "hard_swish", "leaky_relu"), (8, 4, 3, 2, 1))


def _conv(
    net: NetworkBuilder,
    x: str,
    channels: int,
    kernel: int = 1,
    act: str = "none",
    *,
    stride: int = 1,
    groups: int = 1,
    dilation: int = 1,
    padding: int | None = None,
) -> str:
    return activate(
        net,
        net.conv(
            x, channels, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=True
        ),
        act,
    )


def plain(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """One or two dense convolutions."""
    act = activation(choose)
    x = _conv(net, x, width, choose.of((3, 1, 5, 7), (8, 3, 1, 0.5)), act, stride=stride)
    return _conv(net, x, width, choose.of((3, 1)), act) if choose.chance(0.5) else x


def residual(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Two convolutions and a shortcut."""
    act = activation(choose)
    y = _conv(net, x, width, 3, act, stride=stride)
    y = _conv(net, y, width, 3)
    same = stride == 1 and net.extent(x, 1) == width
    short = x if same else _conv(net, x, width, 1, stride=stride)
    return activate(net, net.add(y, short), act)


def bottleneck(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """1x1, 3x3 (perhaps grouped or gated), 1x1 and a shortcut."""
    act = activation(choose)
    group_width = choose.of((8, 16, 24, 32, 4, 48, 64), (2, 4, 2, 3, 2, 1, 1))
    groups = choose.of((1, 2, 4, 0), (4, 2, 1, 5))
    inner = max(8, width // choose.of((4, 2, 1), (4, 2, 2)))
    if groups == 0:
        inner = max(group_width, inner // group_width * group_width)
        groups = inner // group_width
    whole = groups * (16 if groups > 1 and choose.chance(0.6) else 1)
    inner = max(whole, inner - inner % whole) if groups in (2, 4) else inner - inner % groups
    y = _conv(net, x, inner, 1, act)
    y = _conv(net, y, inner, 3, act, stride=stride, groups=groups)
    if choose.chance(0.2):
        y = gate(net, choose, y)
    y = _conv(net, y, width, 1)
    same = stride == 1 and net.extent(x, 1) == width
    short = x if same else _conv(net, x, width, 1, stride=stride)
    return activate(net, net.add(y, short), act)


def grouped(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Grouped 1x1 convolutions around a depthwise one, channels interleaved between (Zhang et al. 2017)."""
    groups = choose.of((2, 3, 4, 8))
    width = max(groups * 4, width // groups * groups)
    if net.extent(x, 1) != width or stride > 1:
        x = _conv(net, x, width, choose.of((1, 3)), "relu", stride=stride)
    inner = max(groups * 2, width // choose.of((1, 2, 4)) // groups * groups)
    y = _conv(net, x, inner, 1, "relu", groups=groups)
    height, across = net.extent(y, 2), net.extent(y, 3)
    paired = net.reshape(y, (0, groups, inner // groups, height, across))
    y = net.reshape(net.transpose(paired, (0, 2, 1, 3, 4)), (0, inner, height, across))
    y = _conv(net, y, inner, 3, groups=inner if choose.chance(0.6) else groups)
    return net.relu(net.add(x, _conv(net, y, width, 1, groups=groups)))


def inverted(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Expansion, depthwise convolution (perhaps gated), projection."""
    act = activation(choose)
    source = net.extent(x, 1)
    factor = choose.of((1, 2, 3, 4, 6), (2, 1, 2, 3, 4))
    y = x if factor == 1 else _conv(net, x, source * factor, 1, act)
    kernel = choose.of((3, 5, 7), (6, 3, 1))
    y = _conv(net, y, net.extent(y, 1), kernel, act, stride=stride, groups=net.extent(y, 1))
    if choose.chance(0.4):
        y = gate(net, choose, y)
    y = _conv(net, y, width, 1)
    return net.add(x, y) if stride == 1 and source == width else y


def separable(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Depthwise, then pointwise, each perhaps with an activation."""
    act = activation(choose)
    kernel, inner = choose.of((3, 5), (4, 1)), choose.of((act, "none"))
    ahead = None
    if stride > 1 and choose.chance(0.4):  # zeros on two sides alone, as TensorFlow pads
        x, ahead = net.pad_end(x, (0, 0, kernel - 2, kernel - 2)), 0
    y = _conv(net, x, net.extent(x, 1), kernel, inner, stride=stride, groups=net.extent(x, 1), padding=ahead)
    return _conv(net, y, width, 1, act)


def gate(net: NetworkBuilder, choose: Chooser, x: str) -> str:
    """Squeeze-and-excitation: a weight a channel from the mean over the map."""
    channels = net.extent(x, 1)
    inner = max(4, channels // choose.of((4, 8, 16)))
    squeezed = net.global_average_pool(x)
    if choose.chance(0.25):
        flat = net.relu(net.linear(net.flatten(squeezed), inner, "fc1"))
        weight = net.sigmoid(net.linear(flat, channels, "fc2"))
        return net.mul(x, net.unsqueeze(weight, (2, 3)))
    y = _conv(net, squeezed, inner, 1, choose.of(("relu", "silu")))
    return net.mul(x, _conv(net, y, channels, 1, choose.of(("sigmoid", "hard_sigmoid"))))


def dense(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Each layer reads all before it; normalisation comes before the convolution."""
    if stride > 1:
        x = net.average_pool(_conv(net, net.relu(net.batch_norm(x)), width, 1), 2, stride=2)
    growth = choose.channels(12, 48)
    for _ in range(choose.whole(1, 3)):
        y = net.relu(net.batch_norm(x)) if choose.chance(0.7) else x
        y = _conv(net, y, growth * 4, 1, "relu") if choose.chance(0.6) else y
        x = net.concat((x, _conv(net, y, growth, 3)), 1)
    return x


def branches(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Parallel convolutions of several sizes and a pooled branch, joined along channels."""
    act = activation(choose)
    share = max(8, width // 4)
    parts = [_conv(net, x, share, choose.of((1, 3)), act, stride=stride)]
    y = _conv(net, x, max(4, share // choose.of((1, 2))), 1, act)
    if choose.chance(0.3) and stride == 1:
        size = choose.of((3, 7))
        y = activate(net, net.conv(y, share, (1, size), bias=True), act)
        parts.append(activate(net, net.conv(y, share, (size, 1), bias=True), act))
    else:
        parts.append(_conv(net, y, share, choose.of((3, 5), (3, 1)), act, stride=stride))
    pool = choose.of(("max", "average"))
    pooled = (
        net.max_pool(x, 3, stride=stride, padding=1)
        if pool == "max"
        else net.average_pool(x, 3, stride=stride, padding=1)
    )
    parts.append(_conv(net, pooled, share, 1, act))
    return net.concat(parts, 1)


def shuffle(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Half of the channels through a depthwise branch, then an interleaving of channels."""
    width += width % 2
    half = width // 2
    kernel = choose.of((3, 5), (4, 1))
    if stride > 1 or net.extent(x, 1) != width:
        source = net.extent(x, 1)
        left = _conv(net, x, source, kernel, stride=stride, groups=source)
        left = _conv(net, left, half, 1, "relu")
        right = x
    else:
        left, right = net.split(x, (half, half), 1) if choose.chance(0.5) else (
            net.slice(x, 1, 0, half), net.slice(x, 1, half, width),
        )  # fmt: skip
    y = _conv(net, right, half, 1, "relu")
    y = _conv(net, y, half, kernel, stride=stride, groups=half)
    joined = net.concat((left, _conv(net, y, half, 1, "relu")), 1)
    height, across = net.extent(joined, 2), net.extent(joined, 3)
    paired = net.reshape(joined, (0, 2, half, height, across))
    return net.reshape(net.transpose(paired, (0, 2, 1, 3, 4)), (0, width, height, across))


def ghost(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Half of the maps by a convolution, the other half from them by a cheap depthwise one."""
    half = max(4, width // 2)
    act = choose.of(("relu", "none"))
    y = _conv(net, x, half, 1, act)
    y = net.concat((y, _conv(net, y, half, 3, act, groups=half)), 1)
    if stride > 1:
        channels = net.extent(y, 1)
        y = _conv(net, y, channels, 3, stride=stride, groups=channels)
    return gate(net, choose, y) if choose.chance(0.2) else y


def cross_stage(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Two paths of 1x1 convolutions, one of them deep, joined and mixed."""
    act = choose.of(("silu", "leaky_relu", "relu"), (4, 1, 1))
    if stride > 1:
        x = _conv(net, x, width, 3, act, stride=2)
    half = max(4, width // 2)
    if choose.chance(0.5):
        y, other = _conv(net, x, half, 1, act), _conv(net, x, half, 1, act)
        parts = [other]
    else:
        joined = _conv(net, x, 2 * half, 1, act)
        other, y = net.split(joined, (half, half), 1)
        parts = [other, y]
    for _ in range(choose.whole(1, 2)):
        inner = _conv(net, _conv(net, y, half, choose.of((1, 3)), act), half, 3, act)
        y = net.add(y, inner) if choose.chance(0.7) else inner
        parts.append(y)
    return _conv(net, net.concat(parts, 1), width, 1, act)


def large_kernel(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """A wide depthwise convolution, then a two-layer product over channels with layer normalisation."""
    if stride > 1 or net.extent(x, 1) != width:
        x = _conv(net, x, width, choose.of((2, 3)) if stride > 1 else 1, stride=stride, padding=0)
    y = _conv(net, x, width, choose.of((5, 7, 9), (1, 4, 1)), groups=width)
    inner = width * choose.of((2, 4))
    if choose.chance(0.3):
        y = _conv(net, _conv(net, y, inner, 1), width, 1)
        return net.add(x, y)
    y = net.layer_norm(net.transpose(y, (0, 2, 3, 1)))
    y = net.linear(net.gelu(net.linear(y, inner, "up")), width, "down")
    scale = net.parameter("scale", (width,))
    return net.add(x, net.transpose(net.mul(y, scale), (0, 3, 1, 2)))


def pyramid(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Dilated convolutions side by side, or pools of one map after another, joined and mixed."""
    share = max(8, width // 4)
    if stride > 1:
        x = _conv(net, x, width, 3, "relu", stride=2)
    y = _conv(net, x, share, 1, "relu")
    parts = [y]
    if choose.chance(0.5):
        for rate in (2, choose.of((4, 6, 12)), choose.of((3, 8, 18))):
            parts.append(_conv(net, x, share, 3, "relu", dilation=rate))
    else:
        for _ in range(3):
            y = net.max_pool(y, 5, stride=1, padding=2)
            parts.append(y)
    return _conv(net, net.concat(parts, 1), width, 1, "relu")


def reparameterised(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Parallel branches of one input that are added: 3x3, 1x1 and perhaps a scaled shortcut."""
    source = net.extent(x, 1)
    deep = choose.chance(0.5)
    groups = source if deep else 1
    target = source if deep else width
    y = _conv(net, x, target, 3, stride=stride, groups=groups)
    y = net.add(y, _conv(net, x, target, 1, stride=stride, groups=groups))
    if stride == 1 and source == target:
        y = net.add(y, net.batch_norm(x))
    y = net.relu(y)
    return _conv(net, y, width, 1, "relu") if deep else y


def channel_mlp(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Products over channels as convolutions, an activation between, weights of channels behind."""
    if stride > 1 or net.extent(x, 1) != width:
        x = _conv(net, x, width, choose.of((2, 3)) if stride > 1 else 1, stride=stride)
    act = choose.of((net.gelu, net.relu, net.silu), (4, 1, 1))
    y = _conv(net, act(_conv(net, x, width * choose.of((2, 4)))), width)
    if choose.chance(0.5):
        y = net.mul(y, net.parameter("scale", (1, width, 1, 1)))
    return net.add(x, y)


def product(net: NetworkBuilder, choose: Chooser, x: str, width: int, stride: int) -> str:
    """Two convolutions of one input, multiplied (Ma et al., "Rewrite the Stars", 2024)."""
    y = _conv(net, x, width, choose.of((3, 7)), stride=stride)
    inner = width * choose.of((2, 4))
    left, right = (_conv(net, y, inner, act=act) for act in (choose.of(("relu6", "sigmoid", "silu")), "none"))
    y = net.mul(left, right) if choose.chance(0.8) else net.combine("Sub", left, right, name="less")
    return _conv(net, y, width)


BLOCKS: tuple[tuple[Block, float], ...] = (
    (plain, 3), (residual, 3), (bottleneck, 5), (grouped, 2), (inverted, 7), (separable, 4), (dense, 2),
    (branches, 2), (shuffle, 2.5), (ghost, 2.5), (cross_stage, 3), (large_kernel, 2), (pyramid, 1.5),
    (reparameterised, 1.5), (channel_mlp, 2.5), (product, 1.5),
)  # fmt: skip
"""Blocks with how often a random network draws each."""
