"""YOLO11: an anchor-free object detector on 640x640 images with attention at the coarsest level."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

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
from planner.zoo.detection.yolo.head import Head, branches, detect, separable_class_branch

NANO = YoloScale(depth=0.50, width=0.25)
SMALL = YoloScale(depth=0.50, width=0.50)
MEDIUM = YoloScale(depth=0.50, width=1.00, limit=512)
LARGE = YoloScale(depth=1.00, width=1.00, limit=512)
EXTRA_LARGE = YoloScale(depth=1.00, width=1.50, limit=512)
"""Scales of YOLO11, as published in yolo11.yaml."""

_HEAD_WIDTH = 64
"""Channels of one attention head."""


def yolo11(name: str, scale: YoloScale, head: Head | None = None, side: int = IMAGE) -> Graph:
    """Answers (batch, 84, 8400): box centre and size in pixels, 80 class scores; other heads answer more.

    The network ends where exporters end it: boxes decoded, suppression of overlapping boxes left out.
    """
    net = NetworkBuilder(name)
    levels = _levels(net, scale, attention_stage, side)
    with net.scope("model.23"):
        return net.finish(*detect(net, levels, head or Head(separable_class_branch)))


def yolo11_dla(name: str) -> Graph:
    """YOLO11n as a DLA runs all of it (IntelligentSystemsLabUTV/yolo11_dla, docs/MODEL_PATCH.md).

    Attention over cells gives way to a softmax over channels between two 1x1 convolutions. Answers the raw
    sides and classes of each level, (batch, 144, cells, cells); decoding is left to the host.
    """
    net = NetworkBuilder(name)
    levels = _levels(net, NANO, _channel_mixing_stage, IMAGE)
    with net.scope("model.23"):
        pairs = [branches(net, levels, level, Head(separable_class_branch)) for level in range(len(levels))]
        return net.finish(*(net.concat(pair, axis=1) for pair in pairs))


class _Mixing(Protocol):
    """What mixes the coarsest level: network, tensor, blocks and name."""

    def __call__(self, net: NetworkBuilder, x: str, blocks: int, name: str) -> str: ...


def _levels(net: NetworkBuilder, scale: YoloScale, mixing: _Mixing, side: int) -> tuple[str, str, str]:
    """Backbone and neck: the tensors at 1/8, 1/16 and 1/32 of the image."""
    deep = nests_everywhere(scale)
    fine, middle, x = backbone(net, scale, side)
    coarse = mixing(net, pyramid_pooling(net, x, "model.9"), scale.blocks(2), "model.10")

    def neck(x: str, channels: int, position: int, *, nested: bool) -> str:
        with net.scope(f"model.{position}"):
            return stage(net, x, scale, channels, nested=nested or deep, share=2)

    middle = neck(enlarge_and_join(net, coarse, middle, 11), 512, 13, nested=False)
    fine = neck(enlarge_and_join(net, middle, fine, 14), 256, 16, nested=False)
    middle = neck(halve_and_join(net, fine, middle, 17), 512, 19, nested=False)
    coarse = neck(halve_and_join(net, middle, coarse, 20), 1024, 22, nested=True)
    return fine, middle, coarse


def nests_everywhere(scale: YoloScale) -> bool:
    """The three larger networks nest their bottlenecks in every stage."""
    return scale.limit < 1024


def backbone(net: NetworkBuilder, scale: YoloScale, side: int) -> tuple[str, str, str]:
    """The tensors at 1/8, 1/16 and 1/32 of the image, before the pooling."""
    x = net.input("images", ("batch", 3, side, side))
    x = conv(net, x, scale.channels(64), "model.0", kernel=3, stride=2)
    levels = []
    layout = ((128, 256, False, 4), (256, 512, False, 4), (512, 512, True, 2), (1024, 1024, True, 2))
    for position, (width, channels, nested, share) in enumerate(layout):
        x = conv(net, x, scale.channels(width), f"model.{2 * position + 1}", kernel=3, stride=2)
        with net.scope(f"model.{2 * position + 2}"):
            x = stage(net, x, scale, channels, nested=nested or nests_everywhere(scale), share=share)
        levels.append(x)
    return levels[1], levels[2], x


def stage(net: NetworkBuilder, x: str, scale: YoloScale, count: int, *, nested: bool, share: int) -> str:
    """1/`share` of the channels pass the blocks, all intermediate tensors are joined (C3k2)."""
    channels = scale.channels(count)
    width = channels // share
    parts = list(net.split(conv(net, x, 2 * width, "cv1"), (width, width), axis=1))
    for block in range(scale.blocks(2)):
        if nested:
            with net.scope(f"m.{block}"):
                parts.append(nested_bottlenecks(net, parts[-1]))
        else:
            parts.append(bottleneck(net, parts[-1], f"m.{block}", first_kernel=3, shortcut=True, narrowing=2))
    return conv(net, net.concat(parts, axis=1), channels, "cv2")


def nested_bottlenecks(net: NetworkBuilder, x: str) -> str:
    """Two 3x3 bottlenecks on half of the channels, the other half passing by (C3k)."""
    channels = net.extent(x, 1)
    y = conv(net, x, channels // 2, "cv1")
    for block in range(2):
        y = bottleneck(net, y, f"m.{block}", first_kernel=3, shortcut=True)
    side = conv(net, x, channels // 2, "cv2")
    return conv(net, net.concat((y, side), axis=1), channels, "cv3")


def attention_stage(net: NetworkBuilder, x: str, blocks: int, name: str) -> str:
    """Half of the channels pass attention and a hidden layer, each added to its input (C2PSA, PSA)."""
    return _mixing_stage(net, x, blocks, name, _attention)


def _channel_mixing_stage(net: NetworkBuilder, x: str, blocks: int, name: str) -> str:
    """As `attention_stage`, with a softmax over channels in place of one over cells (C2DLA)."""
    return _mixing_stage(net, x, blocks, name, _channel_mixing)


def _mixing_stage(
    net: NetworkBuilder, x: str, blocks: int, name: str, mixing: Callable[[NetworkBuilder, str], str]
) -> str:
    channels = net.extent(x, 1)
    width = channels // 2
    with net.scope(name):
        passing, y = net.split(conv(net, x, channels, "cv1"), (width, width), axis=1)
        for block in range(blocks):
            with net.scope(f"m.{block}"):
                y = _mixed(net, y, mixing)
        return conv(net, net.concat((passing, y), axis=1), channels, "cv2")


def attention_block(net: NetworkBuilder, x: str) -> str:
    """Attention over all cells and a hidden layer, each added to its input (PSABlock)."""
    return _mixed(net, x, _attention)


def _mixed(net: NetworkBuilder, x: str, mixing: Callable[[NetworkBuilder, str], str]) -> str:
    width = net.extent(x, 1)
    x = net.add(x, mixing(net, x))
    wide = conv(net, x, 2 * width, "ffn.0")
    return net.add(x, conv(net, wide, width, "ffn.1", activation=None))


def _attention(net: NetworkBuilder, x: str) -> str:
    """Every cell looks at every cell; keys are half as wide as values, places come from a 3x3 convolution."""
    width, cells = net.extent(x, 1), net.extent(x, 2) * net.extent(x, 3)
    shape = (0, width, net.extent(x, 2), net.extent(x, 3))
    heads = max(width // _HEAD_WIDTH, 1)
    key_width = width // heads // 2
    with net.scope("attn"):
        packed = conv(net, x, width + 2 * heads * key_width, "qkv", activation=None)
        packed = net.reshape(packed, (0, heads, 2 * key_width + width // heads, cells))
        query, key, value = net.split(packed, (key_width, key_width, width // heads), axis=2)
        scores = net.matmul(net.transpose(query, (0, 1, 3, 2)), key, name="scores")
        weights = net.softmax(net.mul(scores, net.constant(1 / math.sqrt(key_width))))
        context = net.matmul(value, net.transpose(weights, (0, 1, 3, 2)), name="context")
        places = conv(
            net, net.reshape(value, shape, name="v"), width, "pe", kernel=3, groups=width, activation=None
        )
        return conv(net, net.add(net.reshape(context, shape), places), width, "proj", activation=None)


def _channel_mixing(net: NetworkBuilder, x: str) -> str:
    """A quarter of the channels under softmax, mixed back; places come from a 3x3 convolution."""
    width = net.extent(x, 1)
    with net.scope("attn"):
        key = conv(net, x, max(width // 4, 8), "proj_k", activation=None)
        value = conv(net, x, width, "proj_v", activation=None)
        mixed = net.conv(net.softmax(key, axis=1), width, name="proj_attn")
        places = conv(net, value, width, "pe", kernel=3, groups=width, activation=None)
        return conv(net, net.add(mixed, places), width, "proj_out", activation=None)
