"""YOLO26: detectors without suppression and without spread distances, as published in yolo26.yaml."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import (
    IMAGE,
    YoloScale,
    bottleneck,
    conv,
    enlarge_and_join,
    halve_and_join,
    pyramid_pooling,
)
from planner.zoo.detection.yolo.head import Head, detect, separable_class_branch
from planner.zoo.detection.yolo.yolo11 import attention_block, attention_stage, backbone, stage


def yolo26(name: str, scale: YoloScale, head: Head | None = None, side: int = IMAGE) -> Graph:
    """Answers (batch, 84, 8400): corners of boxes in pixels, 80 class scores of the one-to-one head.

    The head that is used in training only and the choice of the 300 best boxes are left out.
    """
    net = NetworkBuilder(name)
    fine, middle, x = backbone(net, scale, side)
    pooled = net.add(pyramid_pooling(net, x, "model.9"), x, name="model.9.add")
    coarse = attention_stage(net, pooled, scale.blocks(2), "model.10")

    def neck(x: str, channels: int, position: int) -> str:
        with net.scope(f"model.{position}"):
            return stage(net, x, scale, channels, nested=True, share=2)

    middle = neck(enlarge_and_join(net, coarse, middle, 11), 512, 13)
    fine = neck(enlarge_and_join(net, middle, fine, 14), 256, 16)
    middle = neck(halve_and_join(net, fine, middle, 17), 512, 19)
    with net.scope("model.22"):
        coarse = _attention_mix(net, halve_and_join(net, middle, coarse, 20), scale.channels(1024))
    with net.scope("model.23"):
        chosen = head or Head(separable_class_branch, bins=1, corners=True)
        return net.finish(*detect(net, (fine, middle, coarse), chosen))


def _attention_mix(net: NetworkBuilder, x: str, channels: int) -> str:
    """A bottleneck and an attention block on half of the channels, all joined (C3k2 with attention)."""
    half = channels // 2
    parts = list(net.split(conv(net, x, channels, "cv1"), (half, half), axis=1))
    y = bottleneck(net, parts[-1], "m.0.0", first_kernel=3, shortcut=True, narrowing=2)
    with net.scope("m.0.1"):
        parts.append(attention_block(net, y))
    return conv(net, net.concat(parts, axis=1), channels, "cv2")
