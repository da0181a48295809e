"""Random transformers as exporters write them: attention in primitives, plain, windowed or masked."""

from __future__ import annotations

import math

import numpy as np

from planner.calibration.probes.random_choice import Chooser
from planner.zoo.builder import NetworkBuilder

MASKED = -10000.0
"""What exporters add to a score that must not count: its exponential is zero or denormal."""


def image_transformer(net: NetworkBuilder, choose: Chooser) -> str:
    """Patches of an image through encoder layers (Dosovitskiy et al. 2020), perhaps in windows."""
    side = choose.of((8, 12, 14, 16, 20, 24))
    heads = choose.of((2, 3, 4, 6, 8, 12, 16))
    width = heads * choose.of((16, 24, 32, 64), (1, 1, 4, 5))
    deepest = 4 if width < 500 else 2
    patch, batch = choose.of((4, 8, 16)), choose.batch()
    image = net.input("image", (batch, 3, side * patch, side * patch))
    x = net.conv(image, width, patch, stride=patch, padding=0, bias=True)
    if choose.chance(0.35):
        x = net.transpose(net.reshape(x, (batch, width, side * side)), (0, 2, 1))
        window = choose.of([size for size in (4, 7, 8, side // 2) if side % size == 0] or [side])
        for _ in range(choose.whole(1, min(3, deepest))):
            x = _windowed(net, choose, x, side, window, heads)
            x = feed_forward(net, choose, x, choose.of((2, 3, 4)))
    else:
        x = net.transpose(net.reshape(x, (batch, width, side * side)), (0, 2, 1))
        if choose.chance(0.5):
            x = net.concat((net.parameter("token", (batch, 1, width)), x), 1)
        x = net.add(x, net.parameter("position", (1, net.extent(x, 1), width)))
        for _ in range(choose.whole(1, deepest)):
            x = encoder_layer(net, choose, x, heads, before=True)
            x = feed_forward(net, choose, x, choose.of((2, 3, 4)))
    x = net.layer_norm(x)
    return net.linear(net.reshape(net.slice(x, 1, 0, 1), (batch, width)), choose.of((10, 100, 1000)), "head")


def text_transformer(net: NetworkBuilder, choose: Chooser) -> str:
    """Tokens through encoder layers with a mask (Devlin et al. 2018)."""
    tokens = choose.of((16, 32, 64, 96, 128, 192, 256, 384))
    heads = choose.of((2, 4, 8, 12, 16))
    width = heads * choose.of((32, 64), (1, 2))
    ids = net.input("ids", (choose.batch(), tokens), "int64")
    x = net.embedding(ids, choose.of((1000, 8000, 30000)), width, "words")
    x = net.layer_norm(net.add(x, net.parameter("position", (1, tokens, width))))
    mask = _mask(net, choose, (1, 1, tokens, tokens)) if choose.chance(0.6) else None
    ratio = choose.of((2, 4))
    for _ in range(choose.whole(1, 4 if width < 500 else 2)):
        x = encoder_layer(net, choose, x, heads, before=False, mask=mask)
        x = feed_forward(net, choose, x, ratio, before=False)
    return x


def token_mixer(net: NetworkBuilder, choose: Chooser) -> str:
    """Products over tokens and over channels in turn (Tolstikhin et al. 2021)."""
    tokens, width = choose.of((49, 64, 100, 144, 196)), choose.size(64, 512, 32)
    x = net.input("tokens", (choose.batch(), tokens, width))
    for _ in range(choose.whole(1, 3)):
        y = net.transpose(net.layer_norm(x), (0, 2, 1))
        y = net.linear(net.gelu(net.linear(y, choose.size(64, 512, 32), "mix1")), tokens, "mix2")
        x = net.add(x, net.transpose(y, (0, 2, 1)))
        x = feed_forward(net, choose, x, choose.of((2, 4)))
    return x


def encoder_layer(
    net: NetworkBuilder, choose: Chooser, x: str, heads: int, *, before: bool, mask: str | None = None
) -> str:
    """Self-attention with its shortcut; `before` puts the normalisation in front."""
    y = net.layer_norm(x) if before else x
    batch, tokens, width = net.extent(x, 0), net.extent(x, 1), net.extent(x, 2)
    size, back = width // heads, (0, 2, 1, 3)
    if choose.chance(0.5):
        joined = net.reshape(net.linear(y, 3 * width, "qkv"), (batch, tokens, 3, heads, size))
        across = mask is None and choose.chance(0.2)  # attention between channels (El-Nouby et al. 2021)
        moved = net.transpose(joined, (2, 0, 3, 4, 1) if across else (2, 0, 3, 1, 4))
        query, key, value = _parts(net, choose, moved)
        key = net.transpose(key, (0, 1, 3, 2))
        back = (0, 3, 1, 2) if across else back
    else:
        split = (
            net.reshape(net.linear(y, width, name), (batch, tokens, heads, size))
            for name in ("query", "key", "value")
        )
        query, key, value = (
            net.transpose(part, order)
            for part, order in zip(split, ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True)
        )
    y = _attend(net, choose, query, key, value, mask)
    y = net.reshape(net.transpose(y, back), (batch, tokens, width))
    y = net.add(net.linear(y, width, "out"), x)
    return y if before else net.layer_norm(y)


def _parts(net: NetworkBuilder, choose: Chooser, joined: str) -> tuple[str, ...]:
    """Query, key and value of a stack of three: by one split or three slices, as exporters write it."""
    if choose.chance(0.5):
        cut = net.split(joined, (1, 1, 1), 0)
    else:
        cut = tuple(net.slice(joined, 0, part, part + 1) for part in range(3))
    return tuple(net.squeeze(part, 0, name="part") for part in cut)


def feed_forward(net: NetworkBuilder, choose: Chooser, x: str, ratio: int, *, before: bool = True) -> str:
    """Two products with an activation between, and a shortcut."""
    width = net.extent(x, -1)
    y = net.layer_norm(x) if before else x
    y = net.linear(y, ratio * width, "up")
    kind = choose.of(("gelu", "relu", "silu"), (6, 1, 1))
    y = {"gelu": net.gelu, "relu": net.relu, "silu": net.silu}[kind](y)
    y = net.add(net.linear(y, width, "down"), x)
    return y if before else net.layer_norm(y)


def _attend(
    net: NetworkBuilder, choose: Chooser, query: str, turned: str, value: str, mask: str | None
) -> str:
    size = net.extent(query, -1)
    if choose.chance(0.4):
        query = net.mul(query, net.constant(1 / math.sqrt(size)))
        scores = net.matmul(query, turned)
    else:
        scores = net.combine("Div", net.matmul(query, turned), net.constant(math.sqrt(size)), name="scale")
    if mask is not None:
        scores = net.add(scores, mask)
    return net.matmul(net.softmax(scores), value)


def _windowed(net: NetworkBuilder, choose: Chooser, x: str, side: int, window: int, heads: int) -> str:
    """Attention inside square windows, with a bias a place and perhaps a mask (Liu et al. 2021)."""
    batch, width, count = net.extent(x, 0), net.extent(x, 2), side // window
    places, size, windows = window * window, width // heads, batch * count * count
    y = net.reshape(net.layer_norm(x), (batch, count, window, count, window, width))
    y = net.reshape(net.transpose(y, (0, 1, 3, 2, 4, 5)), (windows, places, width))
    joined = net.reshape(net.linear(y, 3 * width, "qkv"), (windows, places, 3, heads, size))
    moved = net.transpose(joined, (2, 0, 3, 1, 4))
    query, key, value = _parts(net, choose, moved)
    query = net.mul(query, net.constant(1 / math.sqrt(size)))
    scores = net.matmul(query, net.transpose(key, (0, 1, 3, 2)))
    scores = net.add(scores, net.parameter("bias", (1, heads, places, places)))
    if choose.chance(0.5):
        mask = _mask(net, choose, (1, count * count, 1, places, places))
        scores = net.reshape(scores, (batch, count * count, heads, places, places))
        scores = net.reshape(net.add(scores, mask), (windows, heads, places, places))
    y = net.matmul(net.softmax(scores), value)
    y = net.reshape(net.transpose(y, (0, 2, 1, 3)), (windows, places, width))
    y = net.linear(y, width, "out")
    y = net.reshape(y, (batch, count, count, window, window, width))
    y = net.reshape(net.transpose(y, (0, 1, 3, 2, 4, 5)), (batch, side * side, width))
    return net.add(x, y)


def _mask(net: NetworkBuilder, choose: Chooser, shape: tuple[int, ...]) -> str:
    """Zeros, and a value far below for what must not be seen: the later tokens, or blocks."""
    value = choose.of((0.0, -100.0, MASKED), (6, 1, 1))
    rows, columns = shape[-2:]
    seen = np.tril(np.ones((rows, columns), dtype=bool))
    mask = np.where(seen, 0.0, value).astype(np.float32)
    return net.constant(np.broadcast_to(mask, shape).copy(), name="mask")
