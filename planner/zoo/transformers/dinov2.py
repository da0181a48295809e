"""DINOv2's encoders (Oquab et al. 2023, arXiv:2304.07193), and depth from them: Depth Anything V2.

Depth Anything V2: Yang et al. 2024, arXiv:2406.09414, with the head of dense prediction transformers (Ranftl
et al. 2021, arXiv:2103.13413).
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.attention import (
    Width,
    first_token,
    hidden_layer,
    packed_attention,
    patches,
    scaled,
    with_class_token,
)
from planner.zoo.builder import NetworkBuilder

_SIDE, _PATCH = 518, 14
_EPSILON = 1e-6

SMALL, BASE, LARGE = Width(12, 384, 6), Width(12, 768, 12), Width(24, 1024, 16)


@dataclass(frozen=True, slots=True)
class DepthHead:
    """Channels of the four levels taken from the encoder, those after fusion, and after which layers."""

    levels: tuple[int, int, int, int]
    fused: int
    taken: tuple[int, int, int, int]


SMALL_HEAD = DepthHead((48, 96, 192, 384), 64, (2, 5, 8, 11))
BASE_HEAD = DepthHead((96, 192, 384, 768), 128, (2, 5, 8, 11))
LARGE_HEAD = DepthHead((256, 512, 1024, 1024), 256, (4, 11, 17, 23))


def dinov2(name: str, width: Width) -> Graph:
    """Answers the features of the class token of a 518x518 image, (batch, channels)."""
    net = NetworkBuilder(name)
    x = _tokens(net, width)
    for layer in range(width.layers):
        x = _block(net, x, width, layer)
    return net.finish(first_token(net, net.layer_norm(x, epsilon=_EPSILON, name="norm")))


def depth_anything(name: str, width: Width, head: DepthHead) -> Graph:
    """Answers the relative depth of every pixel of a 518x518 image, (batch, 1, 518, 518)."""
    net = NetworkBuilder(name)
    x = _tokens(net, width)
    taken = []
    norm = [net.parameter(f"norm.{part}", (width.channels,)) for part in ("weight", "bias")]
    for layer in range(width.layers):
        x = _block(net, x, width, layer)
        if layer in head.taken:
            taken.append(_normalised(net, x, norm))
    return net.finish(_depth(net, taken, head))


def _tokens(net: NetworkBuilder, width: Width) -> str:
    image = net.input("image", ("batch", 3, _SIDE, _SIDE))
    x = with_class_token(net, patches(net, image, width.channels, _PATCH), image)
    places = net.parameter("pos_embed", (1, net.extent(x, 1), width.channels))
    return net.add(x, places, name="pos_embed.add")


def _block(net: NetworkBuilder, x: str, width: Width, layer: int) -> str:
    """Attention and a hidden layer, each scaled by channel and added to its input."""
    with net.scope(f"blocks.{layer}"):
        y = packed_attention(net, net.layer_norm(x, epsilon=_EPSILON, name="norm1"), width.heads)
        x = net.add(x, scaled(net, y, "ls1.gamma"))
        y = hidden_layer(net, net.layer_norm(x, epsilon=_EPSILON, name="norm2"))
        return net.add(x, scaled(net, y, "ls2.gamma"))


def _normalised(net: NetworkBuilder, x: str, norm: list[str]) -> str:
    """By the one normalisation that all levels share, as an image without the class token."""
    rows, columns = (side // _PATCH for side in net.sides)
    y = net.shared_layer_norm(x, (norm[0], norm[1]), epsilon=_EPSILON, name="norm")
    cells = net.slice(y, 1, 1, net.extent(y, 1))
    return net.reshape(net.transpose(cells, (0, 2, 1)), (0, net.extent(x, 2), rows, columns))


def _depth(net: NetworkBuilder, taken: list[str], head: DepthHead) -> str:
    """Levels at four resolutions, fused from coarse to fine, and two convolutions at the image's size."""
    levels = []
    with net.scope("head"):
        for place, (x, channels) in enumerate(zip(taken, head.levels, strict=True)):
            y = net.conv(x, channels, bias=True, name=f"projects.{place}")
            if place < 2:
                factor = 4 >> place
                y = net.conv_transpose(y, channels, factor, stride=factor, bias=True, name=f"resize.{place}")
            elif place == 3:
                y = net.conv(y, channels, 3, stride=2, padding=1, bias=True, name="resize.3")
            levels.append(net.conv(y, head.fused, 3, name=f"layer{place + 1}_rn"))
        x = ""
        for place in (3, 2, 1, 0):
            finer = levels[place - 1] if place else None
            with net.scope(f"refinenet{place + 1}"):
                x = _refined(net, x, levels[place], finer)
        x = net.conv(x, head.fused // 2, 3, bias=True, name="output_conv1")
        x = net.resize(x, *net.sides)
        x = net.relu(net.conv(x, 32, 3, bias=True, name="output_conv2.0"))
        return net.relu(net.conv(x, 1, bias=True, name="output_conv2.2"))


def _refined(net: NetworkBuilder, coarser: str, x: str, finer: str | None) -> str:
    """The level added to the coarser ones, refined, and enlarged to the size of the finer one."""
    if coarser:
        x = net.add(coarser, _residual(net, x, "resConfUnit1"))
    x = _residual(net, x, "resConfUnit2")
    sides = (
        (2 * net.extent(x, 2), 2 * net.extent(x, 3))
        if finer is None
        else (net.extent(finer, 2), net.extent(finer, 3))
    )
    return net.conv(net.resize(x, *sides), net.extent(x, 1), bias=True, name="out_conv")


def _residual(net: NetworkBuilder, x: str, name: str) -> str:
    with net.scope(name):
        y = net.conv(net.relu(x), net.extent(x, 1), 3, bias=True, name="conv1")
        return net.add(x, net.conv(net.relu(y), net.extent(x, 1), 3, bias=True, name="conv2"))
