"""Swin: attention inside shifted windows at four resolutions (Liu et al. 2021, arXiv:2103.14030)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.workload.graph import Graph
from planner.zoo.attention import attend, hidden_layer
from planner.zoo.builder import NetworkBuilder

_SIDE, _PATCH, _WINDOW = 224, 4, 7
_HEAD_WIDTH = 32
_MASKED = -100.0


@dataclass(frozen=True, slots=True)
class SwinLayout:
    """Channels of the first resolution and blocks of each."""

    channels: int
    blocks: tuple[int, int, int, int]


TINY = SwinLayout(96, (2, 2, 6, 2))
SMALL = SwinLayout(96, (2, 2, 18, 2))
BASE, LARGE = SwinLayout(128, (2, 2, 18, 2)), SwinLayout(192, (2, 2, 18, 2))


def swin(name: str, layout: SwinLayout) -> Graph:
    """Classes a 224x224 image; every resolution must be whole windows of 7 x 7."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, _SIDE, _SIDE))
    x = net.conv(x, layout.channels, _PATCH, stride=_PATCH, padding=0, bias=True, name="patch_embed.proj")
    x = net.layer_norm(net.transpose(x, (0, 2, 3, 1)), epsilon=1e-5, name="patch_embed.norm")
    for stage, blocks in enumerate(layout.blocks):
        with net.scope(f"layers.{stage}"):
            x = _merged(net, x) if stage else x
            for block in range(blocks):
                with net.scope(f"blocks.{block}"):
                    x = _block(net, x, shifted=block % 2 == 1)
    x = net.layer_norm(x, epsilon=1e-5, name="norm")
    mean = net.reshape(net.reduce("ReduceMean", x, (1, 2)), (0, net.extent(x, 3)))
    return net.finish(net.linear(mean, 1000, name="head.fc"))


def _merged(net: NetworkBuilder, x: str) -> str:
    """Four neighbours joined and reduced to twice the channels."""
    rows, columns, channels = (net.extent(x, axis) for axis in (1, 2, 3))
    if rows % 2 or columns % 2:
        raise ValueError(f"{rows} x {columns} cells cannot be halved")
    with net.scope("downsample"):
        x = net.reshape(x, (0, rows // 2, 2, columns // 2, 2, channels))
        x = net.reshape(net.transpose(x, (0, 1, 3, 4, 2, 5)), (0, rows // 2, columns // 2, 4 * channels))
        return net.linear(net.layer_norm(x, epsilon=1e-5, name="norm"), 2 * channels, "reduction", bias=False)


def _block(net: NetworkBuilder, x: str, *, shifted: bool) -> str:
    rows, columns, channels = (net.extent(x, axis) for axis in (1, 2, 3))
    if rows % _WINDOW or columns % _WINDOW:
        raise ValueError(f"{rows} x {columns} cells are not whole windows of {_WINDOW} x {_WINDOW}")
    # The coarsest resolution is one window: there is nothing to shift.
    moved = shifted and min(rows, columns) > _WINDOW
    y = net.layer_norm(x, epsilon=1e-5, name="norm1")
    y = _rolled(net, y, _WINDOW // 2) if moved else y
    down, across = rows // _WINDOW, columns // _WINDOW
    y = net.reshape(y, (0, down, _WINDOW, across, _WINDOW, channels))
    y = net.reshape(net.transpose(y, (0, 1, 3, 2, 4, 5)), (0, down * across, _WINDOW**2, channels))
    mask = shift_mask(net, rows, columns) if moved else None
    y = _attention(net, y, mask)
    y = net.reshape(y, (0, down, across, _WINDOW, _WINDOW, channels))
    y = net.reshape(net.transpose(y, (0, 1, 3, 2, 4, 5)), (0, rows, columns, channels))
    y = _rolled(net, y, -(_WINDOW // 2)) if moved else y
    x = net.add(x, y)
    return net.add(x, hidden_layer(net, net.layer_norm(x, epsilon=1e-5, name="norm2")))


def _rolled(net: NetworkBuilder, x: str, by: int) -> str:
    """Rows and columns moved up and left, what leaves comes in at the other end."""
    for axis in (1, 2):
        extent = net.extent(x, axis)
        at = by % extent
        x = net.concat((net.slice(x, axis, at, extent), net.slice(x, axis, 0, at)), axis=axis, name="roll")
    return x


def _attention(net: NetworkBuilder, x: str, mask: str | None) -> str:
    """Within each window, with a bias by relative place; shifted windows mask what was not together."""
    windows, tokens, channels = (net.extent(x, axis) for axis in (1, 2, 3))
    heads = channels // _HEAD_WIDTH
    with net.scope("attn"):
        packed = net.reshape(
            net.linear(x, 3 * channels, name="qkv"), (0, windows, tokens, 3, heads, _HEAD_WIDTH)
        )
        parts = net.split(net.transpose(packed, (3, 0, 1, 4, 2, 5)), (1, 1, 1), axis=0)
        query, key, value = (net.squeeze(part, 0) for part in parts)
        added = _place_bias(net, heads)
        added = added if mask is None else net.add(added, mask, name="mask.add")
        context = attend(net, query, key, value, added=added)
        context = net.reshape(net.transpose(context, (0, 1, 3, 2, 4)), (0, windows, tokens, channels))
        return net.linear(context, channels, name="proj")


def _place_bias(net: NetworkBuilder, heads: int) -> str:
    """A number for each head and pair of places in a window, (1, 1, heads, 49, 49)."""
    table = net.parameter("relative_position_bias_table", ((2 * _WINDOW - 1) ** 2, heads))
    found = net.rows(net.relative_rows(_WINDOW, _WINDOW), table, "bias")
    return net.unsqueeze(net.transpose(found, (2, 0, 1)), (0, 1))


def shift_mask(net: NetworkBuilder, rows: int, columns: int) -> str:
    """(1, windows, 1, 49, 49): a large negative number for pairs that only the shift put into one window."""
    down, across, tokens = rows // _WINDOW, columns // _WINDOW, _WINDOW**2
    with net.scope("attn_mask"):
        region = net.add(_bands(net, rows, 3.0, "rows"), _bands(net, columns, 1.0, "columns"), name="region")
        cut = net.reshape_constant(region, (down, _WINDOW, across, _WINDOW), "windows")
        flat = net.reshape_constant(net.transpose(cut, (0, 2, 1, 3)), (1, down * across, 1, tokens), "flat")
        apart = net.combine("Sub", net.unsqueeze(flat, (4,)), net.unsqueeze(flat, (3,)), name="apart")
        return net.mul(net.combine("Min", net.map("Abs", apart, name="abs"), net.constant(1.0), name="min"),
                       net.constant(_MASKED))  # fmt: skip


def _bands(net: NetworkBuilder, extent: int, factor: float, name: str) -> str:
    """0, 1 or 2 along an axis, times a factor: before the last window, in it, brought in by the shift."""
    place = np.arange(extent)
    band = (place >= extent - _WINDOW).astype(np.int64) + (place >= extent - _WINDOW // 2)
    shape = (extent, 1) if name == "rows" else (1, extent)
    numbers = net.to_float(net.constant(band.reshape(shape), name=name))
    return net.mul(numbers, net.constant(factor))
