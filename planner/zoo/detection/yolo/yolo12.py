"""YOLO12: detectors with attention over areas of the image (Tian et al. 2025, arXiv:2502.12524)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import IMAGE, YoloScale, conv, enlarge_and_join
from planner.zoo.detection.yolo.head import Head, detect, separable_class_branch
from planner.zoo.detection.yolo.yolo11 import nested_bottlenecks
from planner.zoo.detection.yolo.yolo11 import stage as mixed_stage

_HEAD_WIDTH = 32
"""Channels of one attention head."""


@dataclass(frozen=True, slots=True)
class V12Layout:
    """The scale, and whether attention stages add their input, learnt how much (the two largest)."""

    scale: YoloScale
    added: bool = False

    @property
    def widening(self) -> float:
        """Channels of the hidden layer behind attention, over its own."""
        return 1.2 if self.added else 2.0


NANO = V12Layout(YoloScale(0.50, 0.25))
SMALL = V12Layout(YoloScale(0.50, 0.50))
MEDIUM = V12Layout(YoloScale(0.50, 1.00, 512))
LARGE = V12Layout(YoloScale(1.00, 1.00, 512), added=True)
EXTRA_LARGE = V12Layout(YoloScale(1.00, 1.50, 512), added=True)
"""As published in yolo12.yaml."""


def yolo12(name: str, layout: V12Layout, head: Head | None = None, side: int = IMAGE) -> Graph:
    """Answers (batch, 84, 8400): box centre and size in pixels, 80 class scores; other heads answer more."""
    net = NetworkBuilder(name)
    scale = layout.scale
    deep = scale.limit < 1024  # the three larger networks nest their bottlenecks everywhere
    x = net.input("images", ("batch", 3, side, side))
    x = conv(net, x, scale.channels(64), "model.0", kernel=3, stride=2)
    levels = []
    for place, (width, channels, areas) in enumerate(
        ((128, 256, 0), (256, 512, 0), (512, 512, 4), (1024, 1024, 1))
    ):
        x = conv(net, x, scale.channels(width), f"model.{2 * place + 1}", kernel=3, stride=2)
        with net.scope(f"model.{2 * place + 2}"):
            if areas:
                x = _attention_stage(net, x, layout, scale.channels(channels), areas)
            else:
                x = mixed_stage(net, x, scale, channels, nested=deep, share=4)
        levels.append(x)
    fine, middle, coarse = levels[1:]

    def neck(x: str, channels: int, position: int) -> str:
        with net.scope(f"model.{position}"):
            return _nested_stage(net, x, scale.channels(channels), scale.blocks(2))

    def halved(x: str, position: int) -> str:
        return conv(net, x, net.extent(x, 1), f"model.{position}", kernel=3, stride=2)

    middle = neck(enlarge_and_join(net, coarse, middle, 9), 512, 11)
    fine = neck(enlarge_and_join(net, middle, fine, 12), 256, 14)
    middle = neck(net.concat((halved(fine, 15), middle), axis=1), 512, 17)
    with net.scope("model.20"):
        joined = net.concat((halved(middle, 18), coarse), axis=1)
        coarse = mixed_stage(net, joined, scale, 1024, nested=True, share=2)
    with net.scope("model.21"):
        return net.finish(*detect(net, (fine, middle, coarse), head or Head(separable_class_branch)))


def _nested_stage(net: NetworkBuilder, x: str, channels: int, blocks: int) -> str:
    """Nested bottlenecks one after the other, everything joined (A2C2f without attention)."""
    parts = [conv(net, x, channels // 2, "cv1")]
    for block in range(blocks):
        with net.scope(f"m.{block}"):
            parts.append(nested_bottlenecks(net, parts[-1]))
    return conv(net, net.concat(parts, axis=1), channels, "cv2")


def _attention_stage(net: NetworkBuilder, x: str, layout: V12Layout, channels: int, areas: int) -> str:
    """Pairs of attention blocks one after the other, everything joined (A2C2f)."""
    parts = [conv(net, x, channels // 2, "cv1")]
    for block in range(layout.scale.blocks(4)):
        y = parts[-1]
        for place in range(2):
            with net.scope(f"m.{block}.{place}"):
                y = net.add(y, _area_attention(net, y, areas))
                wide = conv(net, y, int(channels // 2 * layout.widening), "mlp.0")
                y = net.add(y, conv(net, wide, channels // 2, "mlp.1", activation=None))
        parts.append(y)
    y = conv(net, net.concat(parts, axis=1), channels, "cv2")
    if not layout.added:
        return y
    return net.add(x, net.mul(y, net.reshape(net.parameter("gamma", (channels,)), (1, channels, 1, 1))))


def _area_attention(net: NetworkBuilder, x: str, areas: int) -> str:
    """Every cell looks at the cells of its area, strips of equal size; places come from a 7x7 convolution."""
    width, rows, columns = (net.extent(x, axis) for axis in (1, 2, 3))
    heads, cells = width // _HEAD_WIDTH, rows * columns
    with net.scope("attn"):
        packed = conv(net, x, 3 * width, "qkv", activation=None)
        # (batch, areas, heads, channels of a head, cells of an area); areas are strips of rows.
        packed = net.reshape(packed, (0, heads, 3 * _HEAD_WIDTH, areas, cells // areas))
        packed = net.transpose(packed, (0, 3, 1, 2, 4))
        query, key, value = net.split(packed, (_HEAD_WIDTH,) * 3, axis=3)
        scaled = net.mul(query, net.constant(1 / math.sqrt(_HEAD_WIDTH)))
        scores = net.matmul(net.transpose(scaled, (0, 1, 2, 4, 3)), key, name="scores")
        weights = net.transpose(net.softmax(scores), (0, 1, 2, 4, 3))
        found = net.add(
            _in_place(net, net.matmul(value, weights, name="context"), (width, rows, columns)),
            conv(
                net, _in_place(net, value, (width, rows, columns)), width, "pe", kernel=7, groups=width,
                activation=None,
            ),
        )  # fmt: skip
        return conv(net, found, width, "proj", activation=None)


def _in_place(net: NetworkBuilder, x: str, shape: tuple[int, int, int]) -> str:
    """Areas, heads and channels back to (batch, channels, rows, columns)."""
    return net.reshape(net.transpose(x, (0, 2, 3, 1, 4)), (0, *shape))
