"""YOLOv10: detectors whose one-to-one head needs no suppression (Wang et al. 2024, arXiv:2405.14458)."""

from __future__ import annotations

from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import IMAGE, YoloScale, conv, enlarge_and_join, pyramid_pooling
from planner.zoo.detection.yolo.head import Head, detect, separable_class_branch
from planner.zoo.detection.yolo.yolo11 import attention_stage
from planner.zoo.detection.yolo.yolov8 import joined_stage


@dataclass(frozen=True, slots=True)
class V10Layout:
    """The scale, the positions of stages with inverted blocks, and whether these filter 7x7 or 3x3."""

    scale: YoloScale
    inverted: frozenset[int]
    large_kernel: bool = False


NANO = V10Layout(YoloScale(0.33, 0.25), frozenset({22}), large_kernel=True)
SMALL = V10Layout(YoloScale(0.33, 0.50), frozenset({8, 22}), large_kernel=True)
MEDIUM = V10Layout(YoloScale(0.67, 0.75, 768), frozenset({8, 19, 22}))
BALANCED = V10Layout(YoloScale(0.67, 1.00, 512), frozenset({8, 13, 19, 22}))
LARGE = V10Layout(YoloScale(1.00, 1.00, 512), frozenset({8, 13, 19, 22}))
EXTRA_LARGE = V10Layout(YoloScale(1.00, 1.25, 512), frozenset({6, 8, 13, 19, 22}))
"""As published in yolov10n.yaml to yolov10x.yaml."""


def yolov10(name: str, layout: V10Layout) -> Graph:
    """Answers (batch, 84, 8400), as the one-to-one head gives them.

    The head that is used in training only and the choice of the 300 best boxes are left out; the 3x3 and 7x7
    kernels that are parallel in training are one, as deployed.
    """
    net = NetworkBuilder(name)
    scale = layout.scale

    def stage(x: str, channels: int, count: int, position: int, *, shortcut: bool) -> str:
        make = joined_stage if position not in layout.inverted else _inverted(layout)
        with net.scope(f"model.{position}"):
            return make(net, x, scale.channels(channels), scale.blocks(count), shortcut=shortcut)

    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    x = conv(net, x, scale.channels(64), "model.0", kernel=3, stride=2)
    levels = []
    for place, (channels, count) in enumerate(((128, 3), (256, 6), (512, 6), (1024, 3))):
        halve = conv if place < 2 else _separable_halving
        x = halve(net, x, scale.channels(channels), f"model.{2 * place + 1}", kernel=3, stride=2)
        x = stage(x, channels, count, 2 * place + 2, shortcut=True)
        levels.append(x)
    fine, middle = levels[1], levels[2]
    coarse = attention_stage(net, pyramid_pooling(net, x, "model.9"), 1, "model.10")
    middle = stage(enlarge_and_join(net, coarse, middle, 11), 512, 3, 13, shortcut=13 in layout.inverted)
    fine = stage(enlarge_and_join(net, middle, fine, 14), 256, 3, 16, shortcut=False)
    halved = conv(net, fine, scale.channels(256), "model.17", kernel=3, stride=2)
    joined = net.concat((halved, middle), axis=1, name="model.18")
    middle = stage(joined, 512, 3, 19, shortcut=19 in layout.inverted)
    halved = _separable_halving(net, middle, scale.channels(512), "model.20", kernel=3, stride=2)
    coarse = stage(net.concat((halved, coarse), axis=1, name="model.21"), 1024, 3, 22, shortcut=True)
    with net.scope("model.23"):
        return net.finish(*detect(net, (fine, middle, coarse), Head(separable_class_branch)))


def _separable_halving(
    net: NetworkBuilder, x: str, channels: int, name: str, *, kernel: int, stride: int
) -> str:
    """Mixed first, then each channel filtered alone at half the resolution (SCDown)."""
    with net.scope(name):
        x = conv(net, x, channels, "cv1")
        return conv(net, x, channels, "cv2", kernel=kernel, stride=stride, groups=channels, activation=None)


@dataclass(frozen=True, slots=True)
class _InvertedStage:
    """As `joined_stage`, with blocks that filter each of twice as many channels alone (C2fCIB)."""

    kernel: int

    def __call__(self, net: NetworkBuilder, x: str, channels: int, blocks: int, *, shortcut: bool) -> str:
        half = channels // 2
        parts = list(net.split(conv(net, x, channels, "cv1"), (half, half), axis=1))
        for block in range(blocks):
            with net.scope(f"m.{block}.cv1"):
                y = conv(net, parts[-1], half, "0", kernel=3, groups=half)
                y = conv(net, y, channels, "1")
                y = conv(net, y, channels, "2", kernel=self.kernel, groups=channels)
                y = conv(net, y, half, "3")
                y = conv(net, y, half, "4", kernel=3, groups=half)
            parts.append(net.add(parts[-1], y) if shortcut else y)
        return conv(net, net.concat(parts, axis=1), channels, "cv2")


def _inverted(layout: V10Layout) -> _InvertedStage:
    return _InvertedStage(7 if layout.large_kernel else 3)
