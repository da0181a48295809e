"""The block that MobileNetV2, MobileNetV3 and EfficientNet are made of, and their rounding of widths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planner.zoo.builder import NetworkBuilder

Activation = Callable[[NetworkBuilder, str], str]
"""A builder's activation method, such as `NetworkBuilder.relu6`."""


@dataclass(frozen=True, slots=True)
class SqueezeExcite:
    """Weighs each channel by a small network over the channel means (Hu et al. 2018, arXiv:1709.01507)."""

    channels: int
    activation: Activation
    gate: Activation


@dataclass(frozen=True, slots=True)
class InvertedResidual:
    """Widen to `hidden` channels, filter each alone, project to `channels` (Sandler et al. 2018, fig. 4)."""

    kernel: int
    hidden: int
    channels: int
    stride: int
    activation: Activation
    squeeze_excite: SqueezeExcite | None = None
    dilation: int = 1


def round_channels(channels: float, divisor: int = 8) -> int:
    """Nearest multiple of the divisor, raised by one step where that loses more than a tenth.

    The rule of the MobileNet authors' reference implementation.
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def inverted_residual(
    net: NetworkBuilder, x: str, block: InvertedResidual, *, epsilon: float = 1e-5, always_widen: bool = False
) -> str:
    """Adds the block; its input is added to the result where the shapes agree.

    The first convolution is left out where it would not widen, unless `always_widen`.
    """
    y, position = x, 0
    if always_widen or block.hidden != net.extent(x, 1):
        y = conv_bn(net, y, block.hidden, 1, "0", activation=block.activation, epsilon=epsilon)
        position = 1
    y = conv_bn(
        net, y, block.hidden, block.kernel, str(position),
        stride=block.stride, dilation=block.dilation, groups=block.hidden, activation=block.activation,
        epsilon=epsilon,
    )  # fmt: skip
    if block.squeeze_excite is not None:
        position += 1
        with net.scope(str(position)):
            y = squeeze_excite(net, y, block.squeeze_excite)
    y = conv_bn(net, y, block.channels, 1, str(position + 1), epsilon=epsilon)
    return net.add(x, y) if net.shape(x) == net.shape(y) else y


def conv_bn(
    net: NetworkBuilder, x: str, channels: int, kernel: int, name: str, *,
    stride: int = 1, dilation: int = 1, groups: int = 1, activation: Activation | None = None,
    epsilon: float = 1e-5,
) -> str:  # fmt: skip
    """Convolution, batch norm (folded into a bias where the network is) and, where given, an activation."""
    with net.scope(name):
        x = net.conv(
            x, channels, kernel, stride=stride, dilation=dilation, groups=groups, bias=net.folded, name="0"
        )
        if not net.folded:
            x = net.batch_norm(x, epsilon=epsilon, name="1")
        return x if activation is None else activation(net, x)


def squeeze_excite(net: NetworkBuilder, x: str, block: SqueezeExcite) -> str:
    """Each channel times its weight, from the means of all channels."""
    y = net.conv(net.global_average_pool(x), block.channels, bias=True, name="fc1")
    y = net.conv(block.activation(net, y), net.extent(x, 1), bias=True, name="fc2")
    return net.mul(block.gate(net, y), x)
