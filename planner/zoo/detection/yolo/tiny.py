"""The tiny detectors of the Darknet line: YOLOv3-tiny, YOLOv4-tiny and YOLOv7-tiny, with leaky ReLU."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import CLASSES, IMAGE, conv
from planner.zoo.detection.yolo.yolov5 import detect

_DARKNET_SIDE = 416
_PER_CELL = 3 * (CLASSES + 5)
"""Numbers for each cell: three boxes of four sides, objectness and class scores."""


def yolov3_tiny(name: str) -> Graph:
    """YOLOv3-tiny on 416x416 (yolov3-tiny.cfg of Darknet); answers the undecoded numbers of two levels."""
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, _DARKNET_SIDE, _DARKNET_SIDE))
    middle = x
    for index, channels in enumerate((16, 32, 64, 128, 256)):
        middle = _leaky(net, x, channels, f"conv{index}", kernel=3)
        x = net.max_pool(middle, 2, stride=2)
    x = _leaky(net, x, 512, "conv5", kernel=3)
    x = net.max_pool_same(x, 2)
    x = _leaky(net, _leaky(net, x, 1024, "conv6", kernel=3), 256, "conv7")
    return _two_levels(net, x, middle)


def yolov4_tiny(name: str) -> Graph:
    """YOLOv4-tiny on 416x416 (yolov4-tiny.cfg of Darknet; Wang et al. 2021, arXiv:2011.08036); answers the
    undecoded numbers of two levels."""
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, _DARKNET_SIDE, _DARKNET_SIDE))
    x = _leaky(net, x, 32, "conv0", kernel=3, stride=2)
    x = _leaky(net, x, 64, "conv1", kernel=3, stride=2)
    middle = x
    for channels in (64, 128, 256):
        with net.scope(f"stage{channels}"):
            x, middle = _partial_stage(net, x, channels)
        x = net.max_pool(x, 2, stride=2)
    x = _leaky(net, x, 512, "conv26", kernel=3)
    return _two_levels(net, _leaky(net, x, 256, "conv27"), middle)


def yolov7_tiny(name: str) -> Graph:
    """YOLOv7-tiny on 640x640 (yolov7-tiny.yaml; Wang et al. 2023, arXiv:2207.02696); answers (batch, 25200,
    85), decoded as YOLOv5 does, suppression of overlapping boxes left out."""
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    x = _leaky(net, _leaky(net, x, 32, "0", kernel=3, stride=2), 64, "1", kernel=3, stride=2)
    levels = []
    for width in (32, 64, 128, 256):
        x = _aggregate(net, x, width, f"stage{width}")
        levels.append(x)
        x = net.max_pool(x, 2, stride=2) if width < 256 else x
    coarse = _pyramid_pooling(net, x)
    middle = _join_finer(net, coarse, levels[2], 64)
    fine = _join_finer(net, middle, levels[1], 32)
    middle = _join_coarser(net, fine, middle, 64)
    coarse = _join_coarser(net, middle, coarse, 128)
    heads = [
        _leaky(net, x, 2 * net.extent(x, 1), f"head{level}", kernel=3)
        for level, x in enumerate((fine, middle, coarse))
    ]
    return net.finish(detect(net, (heads[0], heads[1], heads[2])))


def _leaky(net: NetworkBuilder, x: str, channels: int, name: str, *, kernel: int = 1, stride: int = 1) -> str:
    return conv(net, x, channels, name, kernel=kernel, stride=stride, activation=NetworkBuilder.leaky_relu)


def _two_levels(net: NetworkBuilder, x: str, middle: str) -> Graph:
    """The numbers at 1/32 of the image, and at 1/16 from the enlarged features joined with the finer."""
    coarse = net.conv(_leaky(net, x, 512, "coarse", kernel=3), _PER_CELL, bias=True, name="coarse.numbers")
    enlarged = net.upsample(_leaky(net, x, 128, "lateral"), 2)
    y = _leaky(net, net.concat((enlarged, middle), axis=1), 256, "fine", kernel=3)
    return net.finish(coarse, net.conv(y, _PER_CELL, bias=True, name="fine.numbers"))


def _partial_stage(net: NetworkBuilder, x: str, channels: int) -> tuple[str, str]:
    """Half of the channels pass two convolutions; answers all joined, and what the finer level takes."""
    half = channels // 2
    whole = _leaky(net, x, channels, "0", kernel=3)
    first = _leaky(net, net.slice(whole, 1, half, channels), half, "1", kernel=3)
    second = _leaky(net, first, half, "2", kernel=3)
    mixed = _leaky(net, net.concat((second, first), axis=1), channels, "3")
    return net.concat((whole, mixed), axis=1), mixed


def _aggregate(net: NetworkBuilder, x: str, width: int, name: str) -> str:
    """Two 1x1 and two 3x3 convolutions, all four joined (ELAN)."""
    with net.scope(name):
        parts = [_leaky(net, x, width, "0"), _leaky(net, x, width, "1")]
        parts.append(_leaky(net, parts[-1], width, "2", kernel=3))
        parts.append(_leaky(net, parts[-1], width, "3", kernel=3))
        return _leaky(net, net.concat(parts[::-1], axis=1), 2 * width, "4")


def _pyramid_pooling(net: NetworkBuilder, x: str) -> str:
    with net.scope("spp"):
        side, y = _leaky(net, x, 256, "0"), _leaky(net, x, 256, "1")
        pooled = [net.max_pool(y, size, stride=1, padding=size // 2) for size in (5, 9, 13)]
        y = _leaky(net, net.concat([*pooled[::-1], y], axis=1), 256, "2")
        return _leaky(net, net.concat((y, side), axis=1), 256, "3")


def _join_finer(net: NetworkBuilder, x: str, finer: str, width: int) -> str:
    enlarged = net.upsample(_leaky(net, x, 2 * width, f"up{width}.0"), 2)
    side = _leaky(net, finer, 2 * width, f"up{width}.1")
    return _aggregate(net, net.concat((side, enlarged), axis=1), width, f"up{width}")


def _join_coarser(net: NetworkBuilder, x: str, coarser: str, width: int) -> str:
    halved = _leaky(net, x, 2 * width, f"down{width}.0", kernel=3, stride=2)
    return _aggregate(net, net.concat((halved, coarser), axis=1), width, f"down{width}")
