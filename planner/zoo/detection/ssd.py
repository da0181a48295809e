"""SSD: boxes and classes straight from feature maps of several sizes (Liu et al. 2016, arXiv:1512.02325)."""

from __future__ import annotations

from collections.abc import Sequence

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.image.resnet import ResNetLayout, residual_stage, stem
from planner.zoo.mobile.inverted_residual import conv_bn
from planner.zoo.mobile.mobilenet import v1_body
from planner.zoo.mobile.squeezenet import fire

_COCO_WITH_GAPS = 91
"""Classes of COCO by their numbers, which have gaps, and background: as TensorFlow's models count them."""


def ssd_mobilenet_v1(name: str) -> Graph:
    """SSD-MobileNet V1 on 300x300 of the TensorFlow object detection models, as MLPerf uses it.

    Answers box offsets and class scores of 1917 boxes; decoding and suppression are left out.
    """
    net = NetworkBuilder(name)
    relu6 = NetworkBuilder.relu6
    middle, x = v1_body(net, net.input("image", ("batch", 3, 300, 300)), 1.0)
    levels = [middle, x]
    for index, channels in enumerate((512, 256, 256, 128)):
        with net.scope(f"extra{index}"):
            x = conv_bn(net, x, channels // 2, 1, "1x1", activation=relu6)
            x = conv_bn(net, x, channels, 3, "3x3", stride=2, activation=relu6)
        levels.append(x)
    return _boxes(net, levels, (3, 6, 6, 6, 6, 6), _COCO_WITH_GAPS, kernel=1)


def ssd_resnet34(name: str) -> Graph:
    """SSD-ResNet34 on 1200x1200, as MLPerf uses it (mlcommons/inference, ssd_r34.py).

    Answers box offsets and class scores (81 classes) of 15130 boxes; decoding and suppression are left out.
    """
    net = NetworkBuilder(name)
    layout = ResNetLayout((3, 4, 6, 3), bottleneck=False)
    x = net.max_pool(stem(net, net.input("image", ("batch", 3, 1200, 1200))), 3, stride=2, padding=1)
    for stage, stride in enumerate((1, 2, 1)):
        x = residual_stage(net, x, layout, stage, stride=stride)
    levels = [x]
    for index, (narrow, channels, stride, padding) in enumerate(
        ((256, 512, 2, 1), (256, 512, 2, 1), (128, 256, 2, 1), (128, 256, 2, 0), (128, 256, 1, 0))
    ):
        with net.scope(f"additional_blocks.{index}"):
            x = net.relu(net.conv(x, narrow, bias=True, name="0"))
            x = net.relu(net.conv(x, channels, 3, stride=stride, padding=padding, bias=True, name="2"))
        levels.append(x)
    return _boxes(net, levels, (4, 6, 6, 6, 4, 4), 81, kernel=3, stride=3)


def squeezenet_ssd(name: str) -> Graph:
    """SqueezeNet-SSD on 300x300 for the 20 classes of Pascal VOC, as ncnn's benchmark has it.

    Answers box offsets and class scores of 8030 boxes; decoding and suppression are left out.
    """
    net = NetworkBuilder(name)
    x = net.input("data", ("batch", 3, 300, 300))
    x = net.relu(net.conv(x, 64, 3, stride=2, padding=0, bias=True, name="conv1"))
    levels, number = [], 2
    for widths in ((16, 16), (32, 32), (48, 48, 64, 64), (96,), (96,)):
        x = net.max_pool(x, 3, stride=2, partial=True)
        for squeezed in widths:
            with net.scope(f"fire{number}"):
                x = fire(net, x, squeezed, 4 * squeezed)
            number += 1
        levels.append(x)
    levels = [net.batch_norm(levels[1], name="fire5.bn"), *levels[2:]]
    for index, channels in enumerate((256, 128), start=12):
        x = net.relu(net.conv(x, channels // 2, bias=True, name=f"conv{index}_1"))
        x = net.relu(net.conv(x, channels, 3, stride=2, bias=True, name=f"conv{index}_2"))
        levels.append(x)
    return _boxes(net, levels, (4, 6, 6, 6, 6, 4), 21, kernel=3)


def _boxes(
    net: NetworkBuilder, levels: Sequence[str], per_cell: Sequence[int], classes: int, *, kernel: int,
    stride: int = 1,
) -> Graph:  # fmt: skip
    """A convolution for offsets and one for scores at each level, all boxes in one row each."""
    offsets: list[str] = []
    scores: list[str] = []
    for level, (x, count) in enumerate(zip(levels, per_cell, strict=True)):
        for found, part, width in ((offsets, "loc", 4), (scores, "conf", classes)):
            y = net.conv(x, count * width, kernel, stride=stride, bias=True, name=f"{part}.{level}")
            cells = net.extent(y, 2) * net.extent(y, 3)
            found.append(net.reshape(net.transpose(y, (0, 2, 3, 1)), (0, cells * count, width)))
    boxes = net.concat(offsets, axis=1, name="offsets")
    return net.finish(boxes, net.softmax(net.concat(scores, axis=1, name="scores"), axis=-1))
