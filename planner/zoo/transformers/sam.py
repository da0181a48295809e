"""The image encoder of Segment Anything (Kirillov et al. 2023, arXiv:2304.02643).

A plain encoder of patches with attention inside windows of 14 x 14 and, in four layers, over the whole image
(Li et al. 2022, arXiv:2203.16527); scores have a bias by relative row and column that depends on the query.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.workload.graph import Graph
from planner.zoo.attention import Width, hidden_layer
from planner.zoo.builder import NetworkBuilder

_SIDE, _PATCH, _WINDOW, _NECK = 1024, 16, 14, 256
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class SamLayout:
    """The encoder, and the layers that look at the whole image."""

    width: Width
    everywhere: tuple[int, int, int, int]


BASE = SamLayout(Width(12, 768, 12), (2, 5, 8, 11))
LARGE = SamLayout(Width(24, 1024, 16), (5, 11, 17, 23))
HUGE = SamLayout(Width(32, 1280, 16), (7, 15, 23, 31))


def sam_encoder(name: str, layout: SamLayout) -> Graph:
    """Answers the features of a 1024x1024 image, (batch, 256, 64, 64)."""
    net = NetworkBuilder(name)
    channels = layout.width.channels
    x = net.input("image", ("batch", 3, _SIDE, _SIDE))
    x = net.conv(x, channels, _PATCH, stride=_PATCH, padding=0, bias=True, name="patch_embed.proj")
    x = net.transpose(x, (0, 2, 3, 1))
    rows, columns = net.extent(x, 1), net.extent(x, 2)
    x = net.add(x, net.parameter("pos_embed", (1, rows, columns, channels)), name="pos_embed.add")
    for layer in range(layout.width.layers):
        with net.scope(f"blocks.{layer}"):
            x = _block(net, x, layout.width.heads, everywhere=layer in layout.everywhere)
    x = net.transpose(x, (0, 3, 1, 2))
    x = _norm(net, net.conv(x, _NECK, name="neck.0"), "neck.1")
    return net.finish(_norm(net, net.conv(x, _NECK, 3, name="neck.2"), "neck.3"))


def _norm(net: NetworkBuilder, x: str, name: str) -> str:
    """Layer normalisation over the channels of each cell."""
    y = net.layer_norm(net.transpose(x, (0, 2, 3, 1)), epsilon=_EPSILON, name=name)
    return net.transpose(y, (0, 3, 1, 2))


def _block(net: NetworkBuilder, x: str, heads: int, *, everywhere: bool) -> str:
    y = net.layer_norm(x, epsilon=_EPSILON, name="norm1")
    y = _attention(net, y, heads) if everywhere else _in_windows(net, y, heads)
    x = net.add(x, y)
    return net.add(x, hidden_layer(net, net.layer_norm(x, epsilon=_EPSILON, name="norm2")))


def _in_windows(net: NetworkBuilder, x: str, heads: int) -> str:
    """Attention inside each window; zeros fill the windows at the edge."""
    rows, columns, channels = (net.extent(x, axis) for axis in (1, 2, 3))
    down, across = -(-rows // _WINDOW), -(-columns // _WINDOW)
    x = net.pad_end(x, (0, down * _WINDOW - rows, across * _WINDOW - columns, 0))
    x = net.reshape(x, (0, down, _WINDOW, across, _WINDOW, channels))
    # Windows beside the batch: (batch, windows, rows, columns, channels).
    x = net.reshape(net.transpose(x, (0, 1, 3, 2, 4, 5)), (0, down * across, _WINDOW, _WINDOW, channels))
    x = _attention(net, x, heads)
    x = net.reshape(x, (0, down, across, _WINDOW, _WINDOW, channels))
    x = net.reshape(net.transpose(x, (0, 1, 3, 2, 4, 5)), (0, down * _WINDOW, across * _WINDOW, channels))
    return net.slice(net.slice(x, 1, 0, rows), 2, 0, columns)


def _attention(net: NetworkBuilder, x: str, heads: int) -> str:
    """Over (batch, [windows,] rows, columns, channels); windows go with the heads, so ranks are alike."""
    windowed = len(net.shape(x)) == 5
    windows = net.extent(x, 1) if windowed else 1
    rows, columns, channels = (net.extent(x, axis) for axis in (-3, -2, -1))
    tokens, width = rows * columns, channels // heads
    with net.scope("attn"):
        packed = net.linear(x, 3 * channels, name="qkv")
        packed = net.reshape(packed, (0, windows, tokens, 3, heads, width))
        parts = net.split(net.transpose(packed, (3, 0, 1, 4, 2, 5)), (1, 1, 1), axis=0)
        query, key, value = (
            net.reshape(net.squeeze(part, 0), (0, windows * heads, tokens, width)) for part in parts
        )
        scale = net.constant(width**-0.5)
        scores = net.matmul(net.mul(query, scale), net.transpose(key, (0, 1, 3, 2)), name="scores")
        scores = net.add(scores, _place_bias(net, query, rows, columns), name="rel_pos.add")
        context = net.matmul(net.softmax(scores), value, name="context")
        context = net.reshape(context, (0, windows, heads, tokens, width))
        joined = net.reshape(net.transpose(context, (0, 1, 3, 2, 4)), (0, windows, rows, columns, channels))
        joined = joined if windowed else net.squeeze(joined, 1)
        return net.linear(joined, channels, name="proj")


def _place_bias(net: NetworkBuilder, query: str, rows: int, columns: int) -> str:
    """The query times a learned vector of each relative row, and of each relative column, added."""
    groups, width = net.extent(query, 1), net.extent(query, 3)
    cells = net.reshape(query, (0, groups, rows, columns, width))
    down = net.matmul(cells, _relative(net, "rel_pos_h", rows, width), name="rel_h")
    turned = net.transpose(cells, (0, 1, 3, 2, 4))
    across = net.transpose(net.matmul(turned, _relative(net, "rel_pos_w", columns, width), name="rel_w"),
                           (0, 1, 3, 2, 4))  # fmt: skip
    both = net.add(net.unsqueeze(down, (5,)), net.unsqueeze(across, (4,)), name="rel")
    return net.reshape(both, (0, groups, rows * columns, rows * columns))


def _relative(net: NetworkBuilder, name: str, extent: int, width: int) -> str:
    """(1, 1, places of the query, channels, places of the key) of the table of relative places."""
    table = net.parameter(name, (2 * extent - 1, width))
    place = np.arange(extent, dtype=np.int64)
    own = net.constant(place[:, None] + extent - 1, name=f"{name}.own")
    index = net.combine("Sub", own, net.constant(place[None], name=f"{name}.other"), name=f"{name}.index")
    found = net.rows(index, table, f"{name}.rows")
    return net.unsqueeze(net.transpose(found, (0, 2, 1)), (0, 1))
