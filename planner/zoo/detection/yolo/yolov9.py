"""YOLOv9: stages of nested partial blocks (GELAN; Wang et al. 2024, arXiv:2402.13616), as deployed.

Kernels that are parallel in training are one, and branches that only training needs are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import IMAGE, bottleneck, conv
from planner.zoo.detection.yolo.head import Head, detect, plain_class_branch


@dataclass(frozen=True, slots=True)
class V9Layout:
    """Channels of the two layers of the stem, of each stage (out, inside, of its blocks) and of halvings.

    `blocks` are those of each partial block; `split_halving` pools half of the channels by maximum (ADown)
    where the others are all averaged (AConv). The first stage of the smallest is plain (`plain_first`).
    """

    stem: tuple[int, int]
    stages: tuple[tuple[int, int, int], ...]
    halvings: tuple[int, int, int]
    neck: tuple[tuple[int, int, int], ...]
    neck_halvings: tuple[int, int]
    pooled: tuple[int, int]
    blocks: int
    split_halving: bool = False
    plain_first: bool = False


TINY = V9Layout(
    (16, 32), ((32, 32, 16), (64, 64, 32), (96, 96, 48), (128, 128, 64)), (64, 96, 128),
    ((96, 96, 48), (64, 64, 32), (96, 96, 48), (128, 128, 64)), (48, 64), (128, 64), 3, plain_first=True,
)  # fmt: skip
SMALL = V9Layout(
    (32, 64), ((64, 64, 32), (128, 128, 64), (192, 192, 96), (256, 256, 128)), (128, 192, 256),
    ((192, 192, 96), (128, 128, 64), (192, 192, 96), (256, 256, 128)), (96, 128), (256, 128), 3,
    plain_first=True,
)  # fmt: skip
MEDIUM = V9Layout(
    (32, 64), ((128, 128, 64), (240, 240, 120), (360, 360, 180), (480, 480, 240)), (240, 360, 480),
    ((360, 360, 180), (240, 240, 120), (360, 360, 180), (480, 480, 240)), (184, 240), (480, 240), 1,
)  # fmt: skip
COMPACT = V9Layout(
    (64, 128), ((256, 128, 64), (512, 256, 128), (512, 512, 256), (512, 512, 256)), (256, 512, 512),
    ((512, 512, 256), (256, 256, 128), (512, 512, 256), (512, 512, 256)), (256, 512), (512, 256), 1,
    split_halving=True,
)  # fmt: skip
EXTENDED = V9Layout(
    (64, 128), ((256, 128, 64), (512, 256, 128), (1024, 512, 256), (1024, 512, 256)), (256, 512, 1024),
    ((512, 512, 256), (256, 256, 128), (512, 512, 256), (512, 1024, 512)), (256, 512), (512, 256), 2,
    split_halving=True,
)  # fmt: skip
"""As published in yolov9t.yaml, yolov9s.yaml, yolov9m.yaml, yolov9c.yaml and yolov9e.yaml."""


def yolov9(name: str, layout: V9Layout) -> Graph:
    """Answers (batch, 84, 8400): box centre and size in pixels, 80 class scores."""
    net = NetworkBuilder(name)
    levels = _backbone(net, net.input("images", ("batch", 3, IMAGE, IMAGE)), layout)
    coarse = _pooled(net, levels[-1], layout.pooled)
    return net.finish(*_neck(net, layout, (levels[-3], levels[-2], coarse)))


def yolov9_extended(name: str, layout: V9Layout) -> Graph:
    """Two backbones: each level of the second adds what all coarser levels of the first know of it.

    Levels come by a 1x1 convolution for all that need them, enlarged (CBLinear, CBFuse). Answers as `yolov9`.
    """
    net = NetworkBuilder(name)
    image = net.input("images", ("batch", 3, IMAGE, IMAGE))
    with net.scope("first"):
        levels = _backbone(net, image, layout)
    found = [levels[0], *levels[2:]]
    shares: list[list[str]] = [[] for _ in found]
    for level, x in enumerate(found):
        channels = [64 << place for place in range(level + 1)]
        y = net.conv(x, sum(channels), bias=True, name=f"routes.{level}")
        parts = net.split(y, channels, axis=1) if level else (y,)
        for place, part in enumerate(parts):
            shares[place].append(part)

    def joined(x: str, level: int) -> str:
        with net.scope(f"fuse.{level}"):
            rows, columns = net.extent(x, 2), net.extent(x, 3)
            for part in shares[level]:
                known = (net.extent(part, 2), net.extent(part, 3)) == (rows, columns)
                x = net.add(x, part if known else net.resize(part, rows, columns, mode="nearest"))
            return x

    with net.scope("second"):
        levels = _backbone(net, image, layout, joined)
    coarse = _pooled(net, levels[-1], layout.pooled)
    return net.finish(*_neck(net, layout, (levels[-3], levels[-2], coarse)))


def _backbone(
    net: NetworkBuilder, x: str, layout: V9Layout, joined: Callable[[str, int], str] = lambda x, _: x
) -> list[str]:
    """Tensors of the two layers of the stem and of the four stages; `joined` changes what a stage reads."""
    levels = []
    for position, channels in enumerate(layout.stem):
        x = joined(conv(net, x, channels, f"model.{position}", kernel=3, stride=2), position)
        levels.append(x)
    for place, sizes in enumerate(layout.stages):
        if place:
            x = _halved(net, x, layout.halvings[place - 1], f"model.{2 * place + 1}", layout)
            x = joined(x, place + 1)
        with net.scope(f"model.{2 * place + 2}"):
            plain = layout.plain_first and place == 0
            x = _plain_stage(net, x, sizes) if plain else _stage(net, x, sizes, layout.blocks)
        levels.append(x)
    return levels


def _neck(net: NetworkBuilder, layout: V9Layout, levels: tuple[str, str, str]) -> tuple[str, ...]:
    """From coarse to fine and back, and the head."""
    fine, middle, coarse = levels

    def stage(parts: tuple[str, str], place: int, position: int) -> str:
        with net.scope(f"model.{position}"):
            return _stage(net, net.concat(parts, axis=1), layout.neck[place], layout.blocks)

    middle = stage((net.upsample(coarse, 2, "model.10"), middle), 0, 12)
    fine = stage((net.upsample(middle, 2, "model.13"), fine), 1, 15)
    middle = stage((_halved(net, fine, layout.neck_halvings[0], "model.16", layout), middle), 2, 18)
    coarse = stage((_halved(net, middle, layout.neck_halvings[1], "model.19", layout), coarse), 3, 21)
    with net.scope("model.22"):
        return detect(net, (fine, middle, coarse), Head(plain_class_branch))


def _halved(net: NetworkBuilder, x: str, channels: int, name: str, layout: V9Layout) -> str:
    """Averaged over 2x2 neighbours, then a 3x3 convolution of stride two; or half of it a maximum and 1x1."""
    with net.scope(name):
        x = net.average_pool(x, 2, stride=1)
        if not layout.split_halving:
            return conv(net, x, channels, "cv1", kernel=3, stride=2)
        own = net.extent(x, 1) // 2
        left, right = net.split(x, (own, own), axis=1)
        left = conv(net, left, channels // 2, "cv1", kernel=3, stride=2)
        right = conv(net, net.max_pool(right, 3, stride=2, padding=1), channels // 2, "cv2")
        return net.concat((left, right), axis=1)


def _plain_stage(net: NetworkBuilder, x: str, sizes: tuple[int, int, int]) -> str:
    """Two 3x3 convolutions one after the other, everything joined (ELAN1)."""
    channels, inside, narrow = sizes
    parts = list(net.split(conv(net, x, inside, "cv1"), (inside // 2, inside // 2), axis=1))
    for name in ("cv2", "cv3"):
        parts.append(conv(net, parts[-1], narrow, name, kernel=3))
    return conv(net, net.concat(parts, axis=1), channels, "cv4")


def _stage(net: NetworkBuilder, x: str, sizes: tuple[int, int, int], blocks: int) -> str:
    """Two partial blocks in a row, each with a 3x3 convolution, everything joined (RepNCSPELAN4)."""
    channels, inside, narrow = sizes
    parts = list(net.split(conv(net, x, inside, "cv1"), (inside // 2, inside // 2), axis=1))
    for name in ("cv2", "cv3"):
        with net.scope(name):
            y = _partial(net, parts[-1], narrow, blocks)
            parts.append(conv(net, y, narrow, "1", kernel=3))
    return conv(net, net.concat(parts, axis=1), channels, "cv4")


def _partial(net: NetworkBuilder, x: str, channels: int, blocks: int) -> str:
    """Half of the channels pass bottlenecks, half go round them (RepCSP)."""
    with net.scope("0"):
        y = conv(net, x, channels // 2, "cv1")
        for block in range(blocks):
            y = bottleneck(net, y, f"m.{block}", first_kernel=3, shortcut=True)
        side = conv(net, x, channels // 2, "cv2")
        return conv(net, net.concat((y, side), axis=1), channels, "cv3")


def _pooled(net: NetworkBuilder, x: str, sizes: tuple[int, int]) -> str:
    """Three maximum pools in a row, all four tensors joined (SPPELAN)."""
    channels, inside = sizes
    with net.scope("model.9"):
        parts = [conv(net, x, inside, "cv1")]
        for _ in range(3):
            parts.append(net.max_pool(parts[-1], 5, stride=1, padding=2, name="m"))
        return conv(net, net.concat(parts, axis=1), channels, "cv5")
