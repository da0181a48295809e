"""YOLOv7: stages that join many convolutions (ELAN; Wang et al. 2023, arXiv:2207.02696), as deployed."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import IMAGE, conv
from planner.zoo.detection.yolo.yolov5 import detect


def yolov7(name: str) -> Graph:
    """Answers (batch, 25200, 85), decoded as YOLOv5 does, suppression of overlapping boxes left out.

    Kernels that are parallel in training are one, and what is learned beside the head's weights is in them.
    """
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    for layer, (channels, stride) in enumerate(((32, 1), (64, 2), (64, 1), (128, 2))):
        x = conv(net, x, channels, f"stem.{layer}", kernel=3, stride=stride)
    levels = []
    for stage, (width, channels) in enumerate(((64, 256), (128, 512), (256, 1024), (256, 1024))):
        with net.scope(f"stage{stage}"):
            x = _halved(net, x, net.extent(x, 1) // 2) if stage else x
            x = _joined(net, x, width, channels)
        levels.append(x)
    coarse = _pooled(net, x, 512)
    middle = _finer(net, coarse, levels[2], 256)
    fine = _finer(net, middle, levels[1], 128)
    middle_ = _coarser(net, fine, middle, 128)
    coarse_ = _coarser(net, middle_, coarse, 256)
    heads = [
        conv(net, level, 2 * net.extent(level, 1), f"rep.{place}", kernel=3)
        for place, level in enumerate((fine, middle_, coarse_))
    ]
    return net.finish(detect(net, (heads[0], heads[1], heads[2])))


def _joined(net: NetworkBuilder, x: str, width: int, channels: int) -> str:
    """Two 1x1 and four 3x3 convolutions; every second one and both beginnings are joined (ELAN)."""
    side, y = conv(net, x, width, "0"), conv(net, x, width, "1")
    parts = [side, y]
    for pair in range(2):
        for place in range(2):
            y = conv(net, y, width, f"{2 + 2 * pair + place}", kernel=3)
        parts.append(y)
    return conv(net, net.concat(parts[::-1], axis=1), channels, "6")


def _widely_joined(net: NetworkBuilder, x: str, channels: int) -> str:
    """As `_joined` with half the channels in four 3x3 convolutions, all of which are joined (ELAN-H)."""
    parts = [conv(net, x, channels, "0"), conv(net, x, channels, "1")]
    for layer in range(4):
        parts.append(conv(net, parts[-1], channels // 2, str(layer + 2), kernel=3))
    return conv(net, net.concat(parts[::-1], axis=1), channels, "6")


def _halved(net: NetworkBuilder, x: str, channels: int) -> str:
    """A maximum with a 1x1 convolution beside a 3x3 one of stride two, joined (MP)."""
    with net.scope("halve"):
        first = conv(net, net.max_pool(x, 2, stride=2), channels, "0")
        second = conv(net, conv(net, x, channels, "1"), channels, "2", kernel=3, stride=2)
        return net.concat((second, first), axis=1)


def _pooled(net: NetworkBuilder, x: str, channels: int) -> str:
    """Three pools of growing reach between convolutions, and one convolution beside them (SPPCSPC)."""
    with net.scope("sppcspc"):
        y = conv(net, conv(net, conv(net, x, channels, "cv1"), channels, "cv3", kernel=3), channels, "cv4")
        pools = [net.max_pool(y, size, stride=1, padding=size // 2) for size in (5, 9, 13)]
        y = conv(net, net.concat((y, *pools), axis=1), channels, "cv5")
        y = conv(net, y, channels, "cv6", kernel=3)
        return conv(net, net.concat((y, conv(net, x, channels, "cv2")), axis=1), channels, "cv7")


def _finer(net: NetworkBuilder, x: str, finer: str, channels: int) -> str:
    with net.scope(f"up{channels}"):
        enlarged = net.upsample(conv(net, x, channels, "lateral"), 2)
        joined = net.concat((conv(net, finer, channels, "route"), enlarged), axis=1)
        return _widely_joined(net, joined, channels)


def _coarser(net: NetworkBuilder, x: str, coarser: str, channels: int) -> str:
    with net.scope(f"down{channels}"):
        joined = net.concat((_halved(net, x, channels), coarser), axis=1)
        return _widely_joined(net, joined, 2 * channels)
