"""PP-OCR, versions 4 and 5: finds lines of text and reads them (Cui et al. 2025, arXiv:2507.05595).

As deployed: kernels that are parallel in training are one. The mobile networks are on PP-LCNetV3 with a
learned factor and shift behind each convolution, the server's on PP-HGNetV2.
"""

from __future__ import annotations

from collections.abc import Sequence

from planner.workload.graph import Graph
from planner.zoo.attention import Activation, hidden_layer, packed_attention
from planner.zoo.builder import Extents, NetworkBuilder
from planner.zoo.detection.queries.hgnet import LARGE, hgnet_levels
from planner.zoo.detection.yolo.blocks import conv
from planner.zoo.mobile.inverted_residual import round_channels

_SIDE = 640
_LINE = (48, 320)
"""Height and width of a line of text in pixels."""
_STAGES = (
    ((3, 32, False),),
    ((3, 64, False), (3, 64, False)),
    ((3, 128, False), (3, 128, False)),
    ((3, 256, False), *((5, 256, False),) * 4),
    ((5, 512, True), (5, 512, True), (5, 512, False), (5, 512, False)),
)
"""PP-LCNetV3: kernel, channels and gate of each block, stage by stage."""
_FINDING = ((1,), (2, 1), (2, 1), (2, 1, 1, 1, 1), (2, 1, 1, 1))
_READING: tuple[tuple[Extents, ...], ...] = (
    (1,), (1, 1), ((2, 1), 1), ((1, 2), 1, 1, 1, 1), ((2, 1), 1, (2, 1), 1),
)  # fmt: skip
"""Strides of each block; a reader halves the height more often than the width."""
_LEVELS = (16, 24, 56, 480)
_MOBILE_NECK, _SERVER_NECK = 96, 256
_TOKEN, _HEADS = 120, 8


def mobile_finder(name: str) -> Graph:
    """Answers for each pixel how likely it is inside of a line, (batch, 1, 640, 640)."""
    net, width = NetworkBuilder(name), 0.75
    found = _lcnet(net, net.input("x", ("batch", 3, _SIDE, _SIDE)), width, _FINDING)[1:]
    levels = [
        net.conv(x, int(channels * width), bias=True, name=f"layer_list.{level}")
        for level, (x, channels) in enumerate(zip(found, _LEVELS, strict=True))
    ]
    own = [_gated_conv(net, x, _MOBILE_NECK, 1, f"ins_conv.{level}") for level, x in enumerate(levels)]
    own = _from_coarse(net, own)
    fine = [_gated_conv(net, x, _MOBILE_NECK // 4, 3, f"inp_conv.{level}") for level, x in enumerate(own)]
    return net.finish(net.sigmoid(_probable(net, _at_finest(net, fine))[0]))


def server_finder(name: str) -> Graph:
    """Answers as `mobile_finder`; wide kernels in the neck, and a second look at what was found."""
    net = NetworkBuilder(name)
    found = hgnet_levels(net, net.input("x", ("batch", 3, _SIDE, _SIDE)), LARGE)
    quarter = _SERVER_NECK // 4
    own = [net.conv(x, _SERVER_NECK, name=f"ins_conv.{level}") for level, x in enumerate(found)]
    own = _from_coarse(net, own)
    down = [net.conv(x, quarter, 9, name=f"inp_conv.{level}") for level, x in enumerate(own)]
    for level in range(1, len(down)):
        halved = net.conv(down[level - 1], quarter, 3, stride=2, name=f"pan_head_conv.{level - 1}")
        down[level] = net.add(down[level], halved)
    lateral = [net.conv(x, quarter, 9, name=f"pan_lat_conv.{level}") for level, x in enumerate(down)]
    mixed = [_crossed(net, x, f"incl{level + 1}") for level, x in enumerate(lateral)]
    probable, features = _probable(net, _at_finest(net, mixed))
    first = net.sigmoid(probable)
    with net.scope("cbn_layer"):
        joined = net.concat((first, net.upsample(features, 2)), axis=1)
        y = conv(net, joined, quarter, "last_3", kernel=3, activation=NetworkBuilder.relu)
        second = net.sigmoid(net.conv(y, 1, bias=True, name="last_1"))
    return net.finish(net.mul(net.add(first, second), net.constant(0.5)))


def mobile_reader(name: str, characters: int) -> Graph:
    """Answers the characters of a line at 40 places of it, (batch, 40, characters)."""
    net = NetworkBuilder(name)
    x = _lcnet(net, net.input("x", ("batch", 3, *_LINE)), 0.95, _READING)[-1]
    return net.finish(_read(net, x, characters))


def server_reader(name: str, characters: int) -> Graph:
    """Answers as `mobile_reader`."""
    net = NetworkBuilder(name)
    image = net.input("x", ("batch", 3, *_LINE))
    x = hgnet_levels(net, image, LARGE, ((2, 1), (1, 2), (2, 1), (2, 1)), stem=1)[-1]
    return net.finish(_read(net, x, characters))


# -- PP-LCNetV3 --------------------------------------------------------------------------------------


def _lcnet(net: NetworkBuilder, x: str, width: float, strides: Sequence[Sequence[Extents]]) -> list[str]:
    """The results of all stages."""
    x = conv(net, x, round_channels(16 * width, 16), "conv1", kernel=3, stride=2, activation=None)
    levels = []
    for number, (stage, steps) in enumerate(zip(_STAGES, strides, strict=True)):
        for block, ((kernel, channels, gated), stride) in enumerate(zip(stage, steps, strict=True)):
            with net.scope(f"blocks{number + 2}.{block}"):
                own = net.extent(x, 1)
                x = _scaled_conv(net, x, own, "dw_conv", kernel=kernel, stride=stride, groups=own)
                x = net.mul(x, _gate(net, x, "se")) if gated else x
                x = _scaled_conv(net, x, round_channels(channels * width, 16), "pw_conv")
        levels.append(x)
    return levels


def _scaled_conv(
    net: NetworkBuilder, x: str, channels: int, name: str, *, kernel: int = 1, stride: Extents = 1,
    groups: int = 1,
) -> str:  # fmt: skip
    """A convolution, learned factor and shift; hard swish and again both, but not at half of the sides."""
    with net.scope(name):
        x = net.conv(x, channels, kernel, stride=stride, groups=groups, bias=True)
        x = _shifted(net, x, "lab")
        return x if stride == 2 else _shifted(net, net.hard_swish(x), "act.lab")


def _shifted(net: NetworkBuilder, x: str, name: str) -> str:
    factor, shift = net.parameter(f"{name}.scale", (1,)), net.parameter(f"{name}.bias", (1,))
    return net.add(net.mul(x, factor, name=f"{name}.mul"), shift, name=f"{name}.add")


def _gate(net: NetworkBuilder, x: str, name: str) -> str:
    """How much of each channel, from its mean."""
    width = net.extent(x, 1)
    with net.scope(name):
        y = net.relu(net.conv(net.global_average_pool(x), width // 4, bias=True, name="conv1"))
        return net.hard_sigmoid(net.conv(y, width, bias=True, name="conv2"))


# -- necks and heads of the finders ------------------------------------------------------------------


def _gated_conv(net: NetworkBuilder, x: str, channels: int, kernel: int, name: str) -> str:
    """A convolution, and the same gated added to it."""
    with net.scope(name):
        x = net.conv(x, channels, kernel, name="in_conv")
        return net.add(x, net.mul(x, _gate(net, x, "se_block")))


def _from_coarse(net: NetworkBuilder, levels: Sequence[str]) -> list[str]:
    """Each coarser level enlarged and added to the next finer one."""
    found = [levels[-1]]
    for own in levels[-2::-1]:
        found.insert(0, net.add(own, net.upsample(found[0], 2)))
    return found


def _at_finest(net: NetworkBuilder, levels: Sequence[str]) -> str:
    """All levels at the finest resolution, the coarsest first."""
    enlarged = [net.upsample(x, 1 << level) if level else x for level, x in enumerate(levels)]
    return net.concat(enlarged[::-1], axis=1)


def _probable(net: NetworkBuilder, x: str) -> tuple[str, str]:
    """Likelihoods before the sigmoid at the size of the image, and the features they come from."""
    width = net.extent(x, 1) // 4
    with net.scope("binarize"):
        x = conv(net, x, width, "conv1", kernel=3, activation=NetworkBuilder.relu)
        x = net.conv_transpose(x, width, 2, stride=2, bias=True, name="conv2")
        x = net.relu(net.batch_norm(x, name="conv_bn2"))
        return net.conv_transpose(x, 1, 2, stride=2, bias=True, name="conv3"), x


def _crossed(net: NetworkBuilder, x: str, name: str) -> str:
    """Square, upright and flat kernels of shrinking reach, added up (IntraCL)."""
    channels = net.extent(x, 1)
    width = channels // 2
    with net.scope(name):
        y = net.conv(x, width, bias=True, name="conv1x1_reduce_channel")
        for size in (7, 5, 3):
            parts = [
                net.conv(y, width, kernel, bias=True, name=f"{kind}_layer_{size}")
                for kind, kernel in (("c", (size, size)), ("v", (size, 1)), ("q", (1, size)))
            ]
            y = net.add(net.add(parts[0], parts[1]), parts[2])
        y = net.conv(y, channels, bias=True, name="conv1x1_return_channel")
        return net.add(x, net.relu(net.batch_norm(y)))


# -- heads of the readers ----------------------------------------------------------------------------


def _read(net: NetworkBuilder, x: str, characters: int) -> str:
    """Two layers of attention along the line, and the characters at each place (SVTR, CTC)."""
    silu: Activation = NetworkBuilder.silu
    x = net.average_pool(x, (3, 2), stride=(3, 2))
    channels, rows, columns = (net.extent(x, axis) for axis in (1, 2, 3))
    with net.scope("ctc_encoder"):
        y = _conv_along(net, x, channels // 8, "conv1")
        y = conv(net, y, _TOKEN, "conv2")
        y = net.transpose(net.reshape(y, (0, _TOKEN, rows * columns)), (0, 2, 1))
        for block in range(2):
            with net.scope(f"svtr_block.{block}"):
                y = net.add(y, packed_attention(net, net.layer_norm(y, epsilon=1e-5, name="norm1"), _HEADS))
                y = net.add(
                    y, hidden_layer(net, net.layer_norm(y, epsilon=1e-5, name="norm2"), silu, widening=2.0)
                )
        y = net.transpose(net.layer_norm(y, epsilon=1e-6, name="norm"), (0, 2, 1))
        y = conv(net, net.reshape(y, (0, _TOKEN, rows, columns)), channels, "conv3")
        y = _conv_along(net, net.concat((x, y), axis=1), channels // 8, "conv4")
        y = conv(net, y, _TOKEN, "conv1x1")
        y = net.transpose(net.reshape(y, (0, _TOKEN, rows * columns)), (0, 2, 1))
    return net.softmax(net.linear(y, characters, name="ctc_head.fc"))


def _conv_along(net: NetworkBuilder, x: str, channels: int, name: str) -> str:
    """Three places of the line at once."""
    with net.scope(name):
        return net.silu(net.batch_norm(net.conv(x, channels, (1, 3), padding=(0, 1))))
