"""Detectors on MobileNet as ncnn's benchmark has them: batch norm folded, undecoded numbers of two levels."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.mobile.inverted_residual import conv_bn, inverted_residual
from planner.zoo.mobile.mobilenet import separable, v1_body, v2_blocks

_VOC_CLASSES = 20


def mobilenet_v1_yolo(name: str) -> Graph:
    """MobileNet-YOLO for the 20 classes of Pascal VOC on 416x416: five boxes a cell."""
    net = NetworkBuilder(name, folded=True)
    relu = NetworkBuilder.relu
    middle, x = v1_body(net, net.input("data", ("batch", 3, 416, 416)), 1.0, relu)
    with net.scope("conv17"):
        coarse = separable(net, x, 1024, 1, relu)
    enlarged = net.conv_transpose(coarse, 512, 4, stride=2, padding=1, groups=512, name="upsample")
    with net.scope("conv20"):
        fine = separable(net, net.add(middle, enlarged), 1024, 1, relu)
    return _numbers(net, coarse, fine, boxes=5)


def mobilenet_v2_yolov3(name: str) -> Graph:
    """MobileNetV2-YOLOv3 for the 20 classes of Pascal VOC on 352x352: three boxes a cell."""
    net = NetworkBuilder(name, folded=True)
    relu = NetworkBuilder.relu
    x = net.input("data", ("batch", 3, 352, 352))
    x = conv_bn(net, x, 32, 3, "conv1", stride=2, activation=relu)
    middle = x
    for index, (block, halvings) in enumerate(v2_blocks(1.0, relu)):
        with net.scope(f"block{index}"):
            if block.stride == 2 and halvings == 5:
                middle = x = conv_bn(net, x, block.hidden, 1, "expand", activation=relu)
                x = conv_bn(net, x, block.hidden, 3, "depthwise", stride=2, groups=block.hidden,
                            activation=relu)  # fmt: skip
                x = conv_bn(net, x, block.channels, 1, "project")
            else:
                x = inverted_residual(net, x, block)
    x = conv_bn(net, x, 1280, 1, "conv52", activation=relu)
    width = net.extent(middle, 1)
    with net.scope("yolo1"):
        coarse = separable(net, x, width, 1, relu)
    enlarged = net.conv_transpose(coarse, width, 1, stride=2, groups=width, name="upsample")
    enlarged = net.max_pool(net.pad_image(net.pad_image(enlarged)), 2, stride=1)
    with net.scope("yolo2"):
        side = separable(net, middle, width, 1, relu)
    with net.scope("yolo3"):
        fine = separable(net, net.add(enlarged, side), width, 1, relu)
    return _numbers(net, coarse, fine, boxes=3)


def _numbers(net: NetworkBuilder, coarse: str, fine: str, *, boxes: int) -> Graph:
    width = boxes * (_VOC_CLASSES + 5)
    return net.finish(*(net.conv(x, width, bias=True, name="numbers") for x in (coarse, fine)))
