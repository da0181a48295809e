"""YOLOv7: stages that join many convolutions (ELAN; Wang et al. 2023, arXiv:2207.02696), as deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import IMAGE, conv
from planner.zoo.detection.yolo.yolov5 import Anchors, detect

Wide = tuple[int, int]
"""Channels of the convolutions that a stage joins, and of its answer."""
_LARGE_IMAGE = 1280
_ANCHORS: Anchors = (
    ((12, 16), (19, 36), (40, 28)),
    ((36, 75), (76, 55), (72, 146)),
    ((142, 110), (192, 243), (459, 401)),
)
_ANCHORS_OF_FOUR: Anchors = (
    ((19, 27), (44, 40), (38, 94)),
    ((96, 68), (86, 152), (180, 137)),
    ((140, 301), (303, 264), (238, 542)),
    ((436, 615), (739, 380), (925, 792)),
)
"""Width and height in pixels of the reference boxes at each stride, as published with the weights."""


@dataclass(frozen=True, slots=True)
class V7Layout:
    """Stem, stages of the backbone, channels of the pooling, and stages to finer and coarser levels.

    A stage has `pairs` of 3x3 convolutions and joins every second; in the neck all, with half of the
    channels, where `neck_joins_all`. `twice` runs two stages side by side and adds them. Networks of four
    levels (`halving` other than `pooled`) read 1280x1280 pixels with blocks of 2x2 as channels.
    """

    stem: tuple[int, ...]
    stages: tuple[Wide, ...]
    pooled: int
    finer: tuple[Wide, ...]
    coarser: tuple[Wide, ...]
    pairs: int = 2
    halving: Literal["pooled", "plain", "wide"] = "pooled"
    neck_joins_all: bool = True
    twice: bool = False


PLAIN = V7Layout(
    (32, 64, 64, 128), ((64, 256), (128, 512), (256, 1024), (256, 1024)), 512,
    ((256, 256), (128, 128)), ((256, 256), (512, 512)),
)  # fmt: skip
X = V7Layout(
    (40, 80, 80, 160), ((64, 320), (128, 640), (256, 1280), (256, 1280)), 640,
    ((256, 320), (128, 160)), ((256, 320), (512, 640)), pairs=3, neck_joins_all=False,
)  # fmt: skip
W6 = V7Layout(
    (64,), ((64, 128), (128, 256), (256, 512), (384, 768), (512, 1024)), 512,
    ((384, 384), (256, 256), (128, 128)), ((256, 256), (384, 384), (512, 512)), halving="plain",
)  # fmt: skip
_E6 = ((64, 160), (128, 320), (256, 640), (384, 960), (512, 1280))
_E6_FINER, _E6_COARSER = ((384, 480), (256, 320), (128, 160)), ((256, 320), (384, 480), (512, 640))
E6 = V7Layout((80,), _E6, 640, _E6_FINER, _E6_COARSER, pairs=3, halving="wide")
E6E = V7Layout((80,), _E6, 640, _E6_FINER, _E6_COARSER, pairs=3, halving="wide", twice=True)
D6 = V7Layout(
    (96,), ((64, 192), (128, 384), (256, 768), (384, 1152), (512, 1536)), 768,
    ((384, 576), (256, 384), (128, 192)), ((256, 384), (384, 576), (512, 768)), pairs=4, halving="wide",
)  # fmt: skip
"""As published in cfg/deploy of the authors' code."""


def yolov7(name: str, layout: V7Layout) -> Graph:
    """Answers (batch, boxes, 85), decoded as YOLOv5 does, suppression of overlapping boxes left out.

    25200 boxes at 640x640, and 102000 of four levels at 1280x1280. Kernels that are parallel in training are
    one, and what is learned beside the head's weights is in them.
    """
    net = NetworkBuilder(name)
    four = layout.halving != "pooled"
    side = _LARGE_IMAGE if four else IMAGE
    x = net.input("images", ("batch", 3, side, side))
    x = net.space_to_depth(x, 2) if four else x
    for layer, channels in enumerate(layout.stem):
        x = conv(net, x, channels, f"stem.{layer}", kernel=3, stride=1 + layer % 2)
    levels = []
    for stage, wide in enumerate(layout.stages):
        with net.scope(f"stage{stage}"):
            if four or stage:
                x = _halved(net, x, wide[1] if four else net.extent(x, 1), layout)
            x = _stage(net, x, wide, layout)
        levels.append(x)
    levels = _neck(net, [*levels[1:-1], _pooled(net, x, layout.pooled)], layout)
    heads = [
        conv(net, level, 2 * net.extent(level, 1), f"rep.{place}", kernel=3)
        for place, level in enumerate(levels)
    ]
    return net.finish(detect(net, heads, _ANCHORS_OF_FOUR if four else _ANCHORS))


def _neck(net: NetworkBuilder, levels: Sequence[str], layout: V7Layout) -> list[str]:
    """From coarse to fine and back; levels from fine to coarse."""
    found = [levels[-1]]
    for own, (width, channels) in zip(levels[-2::-1], layout.finer, strict=True):
        with net.scope(f"up{channels}"):
            enlarged = net.upsample(conv(net, found[0], channels, "lateral"), 2)
            joined = net.concat((conv(net, own, channels, "route"), enlarged), axis=1)
            found.insert(0, _stage(net, joined, (width, channels), layout, neck=True))
    for place, (width, channels) in enumerate(layout.coarser):
        with net.scope(f"down{channels}"):
            joined = net.concat((_halved(net, found[place], channels, layout), found[place + 1]), axis=1)
            found[place + 1] = _stage(net, joined, (width, channels), layout, neck=True)
    return found


def _stage(net: NetworkBuilder, x: str, wide: Wide, layout: V7Layout, *, neck: bool = False) -> str:
    """One or two stages on the same tensor, added."""
    joins_all = neck and layout.neck_joins_all
    y = _joined(net, x, wide, layout.pairs, joins_all=joins_all)
    if not layout.twice:
        return y
    with net.scope("second"):
        return net.add(_joined(net, x, wide, layout.pairs, joins_all=joins_all), y)


def _joined(net: NetworkBuilder, x: str, wide: Wide, pairs: int, *, joins_all: bool) -> str:
    """Two 1x1 convolutions and 3x3 ones behind the second, joined: every second (ELAN) or all (ELAN-H)."""
    width, channels = wide
    parts = [conv(net, x, width, "0"), conv(net, x, width, "1")]
    y = parts[-1]
    for layer in range(2 * pairs):
        y = conv(net, y, width // 2 if joins_all else width, f"{2 + layer}", kernel=3)
        if joins_all or layer % 2:
            parts.append(y)
    return conv(net, net.concat(parts[::-1], axis=1), channels, f"{2 + 2 * pairs}")


def _halved(net: NetworkBuilder, x: str, channels: int, layout: V7Layout) -> str:
    """A 3x3 convolution of stride two; or that with half of the channels beside a maximum (MP, DownC)."""
    with net.scope("halve"):
        if layout.halving == "plain":
            return conv(net, x, channels, "2", kernel=3, stride=2)
        half = channels // 2
        inside = half if layout.halving == "pooled" else net.extent(x, 1)
        first = conv(net, net.max_pool(x, 2, stride=2), half, "0")
        second = conv(net, conv(net, x, inside, "1"), half, "2", kernel=3, stride=2)
        return net.concat((second, first), axis=1)


def _pooled(net: NetworkBuilder, x: str, channels: int) -> str:
    """Three pools of growing reach between convolutions, and one convolution beside them (SPPCSPC)."""
    with net.scope("sppcspc"):
        y = conv(net, conv(net, conv(net, x, channels, "cv1"), channels, "cv3", kernel=3), channels, "cv4")
        pools = [net.max_pool(y, size, stride=1, padding=size // 2) for size in (5, 9, 13)]
        y = conv(net, net.concat((y, *pools), axis=1), channels, "cv5")
        y = conv(net, y, channels, "cv6", kernel=3)
        return conv(net, net.concat((y, conv(net, x, channels, "cv2")), axis=1), channels, "cv7")
