"""Networks that class every pixel: DeepLabV3+ on MobileNet V2, and U-Net."""

from __future__ import annotations

from dataclasses import replace

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import conv_bn, inverted_residual
from planner.zoo.mobile.mobilenet import v2_blocks

_DEEPLAB_SIDE = 513
_VOC_CLASSES = 21


def deeplabv3plus_mobilenet(name: str) -> Graph:
    """DeepLabV3+ on 513x513 (Chen et al. 2018, arXiv:1802.02611) in the layout of
    jfzhang95/pytorch-deeplab-xception: output stride 16, 21 classes of Pascal VOC."""
    net = NetworkBuilder(name)
    relu, relu6 = NetworkBuilder.relu, NetworkBuilder.relu6
    x = net.input("image", ("batch", 3, _DEEPLAB_SIDE, _DEEPLAB_SIDE))
    x = conv_bn(net, x, 32, 3, "stem", stride=2, activation=relu6)
    low = x
    for index, (published, halvings) in enumerate(v2_blocks(1.0)):
        block = published
        if halvings == 5:
            block = replace(published, stride=1, dilation=1 if published.stride == 2 else 2)
        with net.scope(f"features.{index}"):
            x = inverted_residual(net, x, block)
        low = x if halvings == 2 else low
    parts = [conv_bn(net, x, 256, 1, "aspp1", activation=relu)]
    parts += [
        conv_bn(net, x, 256, 3, f"aspp{dilation}", dilation=dilation, activation=relu)
        for dilation in (6, 12, 18)
    ]
    whole = conv_bn(net, net.global_average_pool(x), 256, 1, "pool", activation=relu)
    parts.append(net.resize(whole, net.extent(x, 2), net.extent(x, 3)))
    x = conv_bn(net, net.concat(parts, axis=1), 256, 1, "project", activation=relu)
    low = conv_bn(net, low, 48, 1, "low", activation=relu)
    x = net.concat((net.resize(x, net.extent(low, 2), net.extent(low, 3)), low), axis=1)
    for layer in range(2):
        x = conv_bn(net, x, 256, 3, f"last{layer}", activation=relu)
    x = net.conv(x, _VOC_CLASSES, bias=True, name="classes")
    return net.finish(net.resize(x, *net.sides))


def unet(name: str, side: int) -> Graph:
    """U-Net on square images (Ronneberger et al. 2015, arXiv:1505.04597) in the layout of
    milesial/Pytorch-UNet: padded convolutions with batch norm, transposed convolutions, two classes."""
    net = NetworkBuilder(name)
    x = net.input("image", ("batch", 3, side, side))
    levels = []
    for level, channels in enumerate((64, 128, 256, 512, 1024)):
        x = net.max_pool(x, 2, stride=2) if level else x
        x = _twice(net, x, channels, f"down{level}")
        levels.append(x)
    for level, skipped in enumerate(reversed(levels[:-1])):
        channels = net.extent(skipped, 1)
        x = net.conv_transpose(x, channels, 2, stride=2, bias=True, name=f"up{level}")
        x = _twice(net, net.concat((skipped, x), axis=1), channels, f"join{level}")
    return net.finish(net.conv(x, 2, bias=True, name="classes"))


def _twice(net: NetworkBuilder, x: str, channels: int, name: str) -> str:
    with net.scope(name):
        for layer in range(2):
            x = conv_bn(net, x, channels, 3, str(layer), activation=NetworkBuilder.relu)
    return x
