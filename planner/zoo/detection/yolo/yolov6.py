"""YOLOv6 3.0, nano and small: detectors of Meituan (Li et al. 2023, arXiv:2301.05586), as deployed.

Kernels that are parallel in training are one, without batch norm of its own.
"""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo import blocks
from planner.zoo.detection.yolo.blocks import CLASSES, IMAGE, YoloScale
from planner.zoo.detection.yolo.head import decode
from planner.zoo.mobile.inverted_residual import Activation

NANO, SMALL = YoloScale(0.33, 0.25), YoloScale(0.33, 0.50)
_BACKBONE = ((64, 1), (128, 6), (256, 12), (512, 18), (1024, 6))
_NECK_BLOCKS = 12


def yolov6(name: str, scale: YoloScale) -> Graph:
    """Answers (batch, 84, 8400): box centre and size in pixels, 80 class scores."""
    net = NetworkBuilder(name)
    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    levels = []
    for stage, (channels, count) in enumerate(_BACKBONE):
        with net.scope(f"ERBlock_{stage + 1}"):
            x = _merged(net, x, scale.channels(channels), "0", stride=2)
            x = _blocks(net, x, scale.channels(channels), scale.blocks(count)) if stage else x
        levels.append(x)
    return net.finish(_head(net, _neck(net, [*levels[1:4], _pooled(net, x)], scale)))


def _merged(net: NetworkBuilder, x: str, channels: int, name: str, *, stride: int = 1) -> str:
    """One 3x3 convolution with a bias, in which all parallel ones are (RepVGG)."""
    return net.relu(net.conv(x, channels, 3, stride=stride, bias=True, name=name))


def _blocks(net: NetworkBuilder, x: str, channels: int, count: int) -> str:
    for block in range(count):
        x = _merged(net, x, channels, f"block.{block}")
    return x


def _conv(
    net: NetworkBuilder, x: str, channels: int, name: str, *, kernel: int = 1, stride: int = 1,
    activation: Activation = NetworkBuilder.relu,
) -> str:  # fmt: skip
    return blocks.conv(net, x, channels, name, kernel=kernel, stride=stride, activation=activation)


def _pooled(net: NetworkBuilder, x: str) -> str:
    """Three maximum pools in a row between convolutions, and one convolution beside them (SimCSPSPPF)."""
    channels = net.extent(x, 1)
    half = channels // 2
    with net.scope("sppf"):
        y = _conv(net, _conv(net, _conv(net, x, half, "cv1"), half, "cv3", kernel=3), half, "cv4")
        parts = [y]
        for _ in range(3):
            parts.append(net.max_pool(parts[-1], 5, stride=1, padding=2))
        y = _conv(net, net.concat(parts, axis=1), half, "cv5")
        y = _conv(net, y, half, "cv6", kernel=3)
        return _conv(net, net.concat((_conv(net, x, half, "cv2"), y), axis=1), channels, "cv7")


def _neck(net: NetworkBuilder, levels: list[str], scale: YoloScale) -> tuple[str, str, str]:
    """From coarse to fine, each level joined with its neighbour and the halved finer one, and back."""
    quarter, eighth, sixteenth, coarse = levels
    count = scale.blocks(_NECK_BLOCKS)

    def stage(x: str, channels: int, name: str) -> str:
        with net.scope(name):
            return _blocks(net, x, scale.channels(channels), count)

    coarse_side = _conv(net, coarse, scale.channels(256), "reduce0")
    middle = stage(_fused(net, (coarse_side, sixteenth, eighth), scale.channels(256), "fuse0"), 256, "p4")
    middle_side = _conv(net, middle, scale.channels(128), "reduce1")
    fine = stage(_fused(net, (middle_side, eighth, quarter), scale.channels(128), "fuse1"), 128, "p3")
    halved = _conv(net, fine, scale.channels(128), "down2", kernel=3, stride=2)
    middle = stage(net.concat((halved, middle_side), axis=1), 256, "n3")
    halved = _conv(net, middle, scale.channels(256), "down1", kernel=3, stride=2)
    return fine, middle, stage(net.concat((halved, coarse_side), axis=1), 512, "n4")


def _fused(net: NetworkBuilder, levels: tuple[str, str, str], channels: int, name: str) -> str:
    """A coarser level enlarged, its own, and a finer one halved, joined and mixed (BiFusion)."""
    coarse, own, finer = levels
    with net.scope(name):
        enlarged = net.conv_transpose(coarse, channels, 2, stride=2, bias=True, name="upsample")
        halved = _conv(net, _conv(net, finer, channels, "cv2"), channels, "downsample", kernel=3, stride=2)
        joined = net.concat((enlarged, _conv(net, own, channels, "cv1"), halved), axis=1)
        return _conv(net, joined, channels, "cv3")


def _head(net: NetworkBuilder, levels: tuple[str, str, str]) -> str:
    """Sides of boxes without bins, and classes, at each level; decoded over all cells at once."""
    silu = NetworkBuilder.silu
    flat = []
    for level, x in enumerate(levels):
        width = net.extent(x, 1)
        with net.scope(f"head.{level}"):
            y = _conv(net, x, width, "stem", activation=silu)
            classes = _conv(net, y, width, "cls", kernel=3, activation=silu)
            sides = _conv(net, y, width, "reg", kernel=3, activation=silu)
            joined = net.concat(
                (
                    net.conv(sides, 4, bias=True, name="reg_pred"),
                    net.conv(classes, CLASSES, bias=True, name="cls_pred"),
                ),
                axis=1,
            )
        flat.append(net.reshape(joined, (0, 4 + CLASSES, -1)))
    sides, classes = net.split(net.concat(flat, axis=2, name="levels"), (4, CLASSES), axis=1)
    return net.concat((decode(net, sides, bins=1), net.sigmoid(classes)), axis=1, name="boxes")
