"""YOLOv6 3.0: detectors of Meituan (Li et al. 2023, arXiv:2301.05586), as deployed.

Kernels that are parallel in training are one, without batch norm of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo import blocks
from planner.zoo.detection.yolo.blocks import CLASSES, IMAGE, YoloScale
from planner.zoo.detection.yolo.head import decode
from planner.zoo.mobile.inverted_residual import Activation

_BACKBONE = ((64, 1), (128, 6), (256, 12), (512, 18), (1024, 6))
_NECK_BLOCKS = 12


@dataclass(frozen=True, slots=True)
class V6Layout:
    """The scale; of the larger networks the share of a stage's channels that pass its pairs of convolutions.

    The smaller ones have plain rows of convolutions in place of partial stages. `silu` is the activation of
    the backbone and of the stages in the largest; a side of a box is spread over `bins` distances.
    """

    scale: YoloScale
    share: float = 0.0
    silu: bool = False
    bins: int = 1

    @property
    def activation(self) -> Activation:
        """Behind 3x3 convolutions."""
        return NetworkBuilder.silu if self.silu else NetworkBuilder.relu


NANO, SMALL = V6Layout(YoloScale(0.33, 0.25)), V6Layout(YoloScale(0.33, 0.50))
MEDIUM = V6Layout(YoloScale(0.60, 0.75), share=2 / 3, bins=17)
LARGE = V6Layout(YoloScale(1.00, 1.00), share=1 / 2, silu=True, bins=17)
"""As published in configs/yolov6n.py, yolov6s.py, yolov6m.py and yolov6l.py."""


def yolov6(name: str, layout: V6Layout) -> Graph:
    """Answers (batch, 84, 8400): box centre and size in pixels, 80 class scores."""
    net = NetworkBuilder(name)
    scale = layout.scale
    x = net.input("images", ("batch", 3, IMAGE, IMAGE))
    levels = []
    for stage, (channels, count) in enumerate(_BACKBONE):
        with net.scope(f"ERBlock_{stage + 1}"):
            x = _merged(net, x, scale.channels(channels), "0", layout, stride=2)
            x = _stage(net, x, scale.channels(channels), scale.blocks(count), layout) if stage else x
        levels.append(x)
    coarse = _pooled_plainly(net, x, layout) if layout.share else _pooled(net, x)
    return net.finish(_head(net, _neck(net, [*levels[1:4], coarse], layout), layout))


def _merged(
    net: NetworkBuilder, x: str, channels: int, name: str, layout: V6Layout, *, stride: int = 1
) -> str:
    """One 3x3 convolution with a bias, in which all parallel ones are (RepVGG); a plain one before SiLU."""
    if layout.silu:
        return _conv(net, x, channels, name, kernel=3, stride=stride, activation=layout.activation)
    return net.relu(net.conv(x, channels, 3, stride=stride, bias=True, name=name))


def _stage(net: NetworkBuilder, x: str, channels: int, count: int, layout: V6Layout) -> str:
    """A row of convolutions, or a partial stage of pairs that are added to their input (BepC3)."""
    if not layout.share:
        for block in range(count):
            x = _merged(net, x, channels, f"block.{block}", layout)
        return x
    width = int(channels * layout.share)
    y = _conv(net, x, width, "cv1", activation=layout.activation)
    for pair in range(count // 2):
        with net.scope(f"m.{pair}"):
            z = _merged(net, _merged(net, y, width, "conv1", layout), width, "conv2", layout)
            y = net.add(z, net.mul(y, net.parameter("alpha", (1,))))
    side = _conv(net, x, width, "cv2", activation=layout.activation)
    return _conv(net, net.concat((y, side), axis=1), channels, "cv3", activation=layout.activation)


def _pooled_plainly(net: NetworkBuilder, x: str, layout: V6Layout) -> str:
    """Three maximum pools in a row, all four tensors joined (SimSPPF)."""
    channels = net.extent(x, 1)
    with net.scope("sppf"):
        parts = [_conv(net, x, channels // 2, "cv1", activation=layout.activation)]
        for _ in range(3):
            parts.append(net.max_pool(parts[-1], 5, stride=1, padding=2))
        return _conv(net, net.concat(parts, axis=1), channels, "cv2", activation=layout.activation)


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


def _neck(net: NetworkBuilder, levels: list[str], layout: V6Layout) -> tuple[str, str, str]:
    """From coarse to fine, each level joined with its neighbour and the halved finer one, and back."""
    quarter, eighth, sixteenth, coarse = levels
    scale = layout.scale
    count = scale.blocks(_NECK_BLOCKS)

    def stage(x: str, channels: int, name: str) -> str:
        with net.scope(name):
            return _stage(net, x, scale.channels(channels), count, layout)

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


def _head(net: NetworkBuilder, levels: tuple[str, str, str], layout: V6Layout) -> str:
    """Sides of boxes and classes at each level; decoded over all cells at once."""
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
                    net.conv(sides, 4 * layout.bins, bias=True, name="reg_pred"),
                    net.conv(classes, CLASSES, bias=True, name="cls_pred"),
                ),
                axis=1,
            )
        flat.append(net.reshape(joined, (0, 4 * layout.bins + CLASSES, -1)))
    joined = net.concat(flat, axis=2, name="levels")
    sides, classes = net.split(joined, (4 * layout.bins, CLASSES), axis=1)
    return net.concat((decode(net, sides, bins=layout.bins), net.sigmoid(classes)), axis=1, name="boxes")
