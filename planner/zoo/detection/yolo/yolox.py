"""YOLOX: an anchor-free detector with separate branches for boxes and classes (Ge et al. 2021)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import CLASSES, IMAGE, YoloScale, conv
from planner.zoo.detection.yolo.yolov5 import cross_stage


def yolox(name: str, scale: YoloScale, side: int = IMAGE) -> Graph:
    """Answers (batch, cells, 85) undecoded, as the authors export it: box, objectness, 80 class scores.

    The first layer packs 2x2 pixels into channels (written as one SpaceToDepth).
    """
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, side, side))
    x = conv(net, net.space_to_depth(x, 2), scale.channels(64), "stem", kernel=3)
    levels = []
    for position, (channels, count) in enumerate(((128, 3), (256, 9), (512, 9), (1024, 3)), start=2):
        with net.scope(f"dark{position}"):
            x = conv(net, x, scale.channels(channels), "0", kernel=3, stride=2)
            last = position == 5
            x = _pyramid_pooling(net, x) if last else x
            x = cross_stage(net, x, net.extent(x, 1), scale.blocks(count), shortcut=not last)
        levels.append(x)
    fine, middle, coarse = _neck(net, (levels[1], levels[2], levels[3]), scale)
    flat = [_head(net, x, scale, level) for level, x in enumerate((fine, middle, coarse))]
    return net.finish(net.transpose(net.concat(flat, axis=2), (0, 2, 1)))


def _pyramid_pooling(net: NetworkBuilder, x: str) -> str:
    """Maximum pools of three sizes side by side (SPP)."""
    channels = net.extent(x, 1)
    x = conv(net, x, channels // 2, "spp.1")
    pooled = [x, *(net.max_pool(x, size, stride=1, padding=size // 2) for size in (5, 9, 13))]
    return conv(net, net.concat(pooled, axis=1), channels, "spp.2")


def _neck(net: NetworkBuilder, levels: tuple[str, str, str], scale: YoloScale) -> tuple[str, str, str]:
    """Down to the finest level and back up, joined with the backbone's tensors."""
    fine, middle, coarse = levels

    def stage(x: str, channels: int, name: str) -> str:
        with net.scope(name):
            return cross_stage(net, x, scale.channels(channels), scale.blocks(3), shortcut=False)

    coarse = conv(net, coarse, scale.channels(512), "lateral_conv0")
    middle = stage(net.concat((net.upsample(coarse, 2), middle), axis=1), 512, "C3_p4")
    middle = conv(net, middle, scale.channels(256), "reduce_conv1")
    fine = stage(net.concat((net.upsample(middle, 2), fine), axis=1), 256, "C3_p3")
    down = conv(net, fine, scale.channels(256), "bu_conv2", kernel=3, stride=2)
    middle = stage(net.concat((down, middle), axis=1), 512, "C3_n3")
    down = conv(net, middle, scale.channels(512), "bu_conv1", kernel=3, stride=2)
    return fine, middle, stage(net.concat((down, coarse), axis=1), 1024, "C3_n4")


def _head(net: NetworkBuilder, x: str, scale: YoloScale, level: int) -> str:
    width = scale.channels(256)
    with net.scope(f"head.{level}"):
        x = conv(net, x, width, "stem")
        classes = conv(net, conv(net, x, width, "cls.0", kernel=3), width, "cls.1", kernel=3)
        boxes = conv(net, conv(net, x, width, "reg.0", kernel=3), width, "reg.1", kernel=3)
        parts = (
            net.conv(boxes, 4, bias=True, name="reg_pred"),
            net.sigmoid(net.conv(boxes, 1, bias=True, name="obj_pred")),
            net.sigmoid(net.conv(classes, CLASSES, bias=True, name="cls_pred")),
        )
        return net.reshape(net.concat(parts, axis=1), (0, CLASSES + 5, -1))
