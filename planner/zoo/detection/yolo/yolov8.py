"""YOLOv8: an anchor-free object detector on 640x640 images."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import (
    IMAGE,
    YoloScale,
    backbone,
    bottleneck,
    conv,
    enlarge_and_join,
    halve_and_join,
    neck_stage,
)
from planner.zoo.detection.yolo.head import Head, detect, plain_class_branch


def yolov8(name: str, scale: YoloScale, head: Head | None = None, side: int = IMAGE) -> Graph:
    """Answers (batch, 84, 8400): box centre and size in pixels, 80 class scores; other heads answer more.

    The network ends where exporters end it: boxes decoded, suppression of overlapping boxes left out.
    """
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, side, side))
    x = conv(net, x, scale.channels(64), "model.0", kernel=3, stride=2)
    fine, middle, coarse = backbone(net, x, scale, joined_stage, (3, 6, 6, 3))

    middle = neck_stage(net, enlarge_and_join(net, coarse, middle, 10), scale, joined_stage, 512, "model.12")
    fine = neck_stage(net, enlarge_and_join(net, middle, fine, 13), scale, joined_stage, 256, "model.15")
    middle = neck_stage(net, halve_and_join(net, fine, middle, 16), scale, joined_stage, 512, "model.18")
    coarse = neck_stage(net, halve_and_join(net, middle, coarse, 19), scale, joined_stage, 1024, "model.21")
    with net.scope("model.22"):
        return net.finish(*detect(net, (fine, middle, coarse), head or Head(plain_class_branch)))


def joined_stage(net: NetworkBuilder, x: str, channels: int, blocks: int, *, shortcut: bool) -> str:
    """Half of the channels pass the bottlenecks, and every intermediate tensor is joined at the end (C2f)."""
    half = channels // 2
    parts = list(net.split(conv(net, x, channels, "cv1"), (half, half), axis=1))
    for block in range(blocks):
        parts.append(bottleneck(net, parts[-1], f"m.{block}", first_kernel=3, shortcut=shortcut))
    return conv(net, net.concat(parts, axis=1), channels, "cv2")
