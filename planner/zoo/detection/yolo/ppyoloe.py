"""PP-YOLOE: anchor-free detectors of PaddlePaddle (Xu et al. 2022, arXiv:2203.16250), as deployed.

Kernels that are parallel in training are one.
"""

from __future__ import annotations

from collections.abc import Sequence

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.detection.yolo.blocks import CLASSES, IMAGE, STRIDES, YoloScale, conv
from planner.zoo.detection.yolo.head import cell_centres

SMALL, MEDIUM = YoloScale(0.33, 0.50), YoloScale(0.67, 0.75)
LARGE, EXTRA_LARGE = YoloScale(1.00, 1.00), YoloScale(1.33, 1.25)
_CHANNELS, _BLOCKS = (64, 128, 256, 512, 1024), (3, 6, 6, 3)
_NECK = (768, 384, 192)
_BINS = 17
"""Distances, in cells, over which each side of a box is spread."""


def ppyoloe(name: str, scale: YoloScale) -> Graph:
    """Answers corners of boxes in pixels, (batch, 8400, 4), and class scores, (batch, 80, 8400)."""
    net = NetworkBuilder(name)
    width = [scale.channels(channels) for channels in _CHANNELS]
    x = net.input("image", ("batch", 3, IMAGE, IMAGE))
    x = conv(net, x, width[0] // 2, "stem.0", kernel=3, stride=2)
    x = conv(net, conv(net, x, width[0] // 2, "stem.1", kernel=3), width[0], "stem.2", kernel=3)
    levels = []
    for stage, (channels, count) in enumerate(zip(width[1:], _BLOCKS, strict=True)):
        with net.scope(f"stages.{stage}"):
            x = _stage(net, x, channels, scale.blocks(count))
        levels.append(x)
    return net.finish(*_head(net, _neck(net, levels[1:], scale)))


def _stage(net: NetworkBuilder, x: str, channels: int, blocks: int) -> str:
    """Halved; half of the channels pass the blocks; channels weighed by their means (CSPResStage)."""
    middle = (net.extent(x, 1) + channels) // 2 // 2 * 2
    x = conv(net, x, middle, "conv_down", kernel=3, stride=2)
    side, y = conv(net, x, middle // 2, "conv1"), conv(net, x, middle // 2, "conv2")
    for block in range(blocks):
        y = _block(net, y, f"blocks.{block}", added=True)
    y = net.concat((side, y), axis=1)
    weights = net.conv(net.global_average_pool(y), middle, bias=True, name="attn.fc")
    return conv(net, net.mul(y, net.hard_sigmoid(weights)), channels, "conv3")


def _block(net: NetworkBuilder, x: str, name: str, *, added: bool) -> str:
    channels = net.extent(x, 1)
    with net.scope(name):
        y = conv(net, conv(net, x, channels, "conv1", kernel=3), channels, "conv2", kernel=3)
        return net.add(x, y) if added else y


def _neck(net: NetworkBuilder, levels: Sequence[str], scale: YoloScale) -> list[str]:
    """From coarse to fine and back; answers the coarsest first."""
    blocks, widths = scale.blocks(3), [scale.channels(channels) for channels in _NECK]
    found: list[str] = []
    for place, (level, channels) in enumerate(zip(reversed(levels), widths, strict=True)):
        x = level
        if place:
            lateral = conv(net, found[-1], widths[place - 1] // 2, f"fpn_routes.{place - 1}")
            x = net.concat((net.upsample(lateral, 2), level), axis=1)
        found.append(_partial(net, x, channels, blocks, f"fpn_stages.{place}", pooled=place == 0))
    answers = [found[-1]]
    for place in (1, 0):
        halved = conv(net, answers[0], widths[place + 1], f"pan_routes.{place}", kernel=3, stride=2)
        joined = net.concat((halved, found[place]), axis=1)
        answers.insert(0, _partial(net, joined, widths[place], blocks, f"pan_stages.{place}", pooled=False))
    return answers


def _partial(net: NetworkBuilder, x: str, channels: int, blocks: int, name: str, *, pooled: bool) -> str:
    """Half of the channels pass blocks, in whose middle the coarsest level pools (CSPStage)."""
    with net.scope(name):
        side, y = conv(net, x, channels // 2, "conv1"), conv(net, x, channels // 2, "conv2")
        for block in range(blocks):
            y = _block(net, y, f"convs.{block}", added=False)
            if pooled and block == (blocks - 1) // 2:
                pools = [net.max_pool(y, size, stride=1, padding=size // 2) for size in (5, 9, 13)]
                y = conv(net, net.concat((y, *pools), axis=1), channels // 2, "spp")
        return conv(net, net.concat((side, y), axis=1), channels, "conv3")


def _head(net: NetworkBuilder, levels: Sequence[str]) -> tuple[str, str]:
    """Classes and sides of each cell, both from features weighed by the means of their channels."""
    scores, sides = [], []
    for level, x in enumerate(levels):
        mean, cells = net.global_average_pool(x), net.extent(x, 2) * net.extent(x, 3)
        classes = net.add(_weighed(net, x, mean, f"stem_cls.{level}"), x)
        classes = net.conv(classes, CLASSES, 3, bias=True, name=f"pred_cls.{level}")
        scores.append(net.reshape(net.sigmoid(classes), (0, CLASSES, cells)))
        y = _weighed(net, x, mean, f"stem_reg.{level}")
        y = net.conv(y, 4 * _BINS, 3, bias=True, name=f"pred_reg.{level}")
        sides.append(net.transpose(net.reshape(y, (0, 4, _BINS, cells)), (0, 2, 3, 1)))
    spread = net.softmax(net.concat(sides, axis=2, name="sides"), axis=1)
    # A distance is the mean of the bins, spelt as a 1x1 convolution with the bin numbers.
    distances = net.squeeze(net.conv(spread, 1, name="proj_conv"), 1)
    near, far = net.split(distances, (2, 2), axis=2)
    centres, strides = (net.transpose(part, (0, 2, 1)) for part in cell_centres(net, STRIDES[::-1]))
    low, high = net.combine("Sub", centres, near, name="low"), net.add(centres, far, name="high")
    boxes = net.mul(net.concat((low, high), axis=2), strides, name="boxes")
    return boxes, net.concat(scores, axis=2, name="scores")


def _weighed(net: NetworkBuilder, x: str, mean: str, name: str) -> str:
    """Each channel by a weight from the means of all, then mixed (ESEAttn)."""
    with net.scope(name):
        weight = net.sigmoid(net.conv(mean, net.extent(x, 1), bias=True, name="fc"))
        return conv(net, net.mul(x, weight), net.extent(x, 1), "conv")
