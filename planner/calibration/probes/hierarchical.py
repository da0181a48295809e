"""Transformers in stages: maps that halve, tokens that turn into maps and back, attention made cheap.

Kinds of attention and of what lies around it, as papers draw them: shifted windows (Liu et al. 2021), keys
and values from a shrunken map (Wang et al. 2021), sums over keys first (Shen et al. 2018), attention written
in convolutions (Graham et al. 2021), means in place of attention (Yu et al. 2021).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from planner.calibration.probes.random_choice import Chooser
from planner.zoo.builder import NetworkBuilder

Mixer = Callable[[NetworkBuilder, Chooser, str, int], str]
"""(builder, chooser, map, heads) -> a map of the same size."""


def staged_transformer(net: NetworkBuilder, choose: Chooser) -> str:
    """Two or three stages, each of one or two layers of one kind of attention."""
    side, heads = choose.of((14, 16, 20, 24, 28, 32, 40, 56)), choose.of((1, 2, 3, 4))
    size = choose.of((8, 12, 16, 24, 32), (1, 1, 2, 2, 4))
    patch = choose.of((4, 2))
    if side > 28:  # as in networks, whose first stage is narrow
        heads, size = min(heads, 2), min(size, 24)
    image = net.input("image", (1, 3, side * patch, side * patch))
    if choose.chance(0.15):
        near = side * patch + choose.of((-16, 16, 32))
        image = net.resize(net.resize(image, near, near, mode="cubic"), side * patch, side * patch)
    width = max(8, heads * size)
    if choose.chance(0.5):
        x = net.conv(image, width, patch, stride=patch, padding=0, bias=True)
    else:
        x = net.conv(image, width, patch * 2 - 1, stride=patch, bias=True)
    mixers, feeds = [choose.of(_MIXERS) for _ in range(2)], [choose.of(_FEEDS) for _ in range(2)]
    for stage in range(choose.whole(2, 3)):
        for _ in range(choose.whole(1, 2)):
            x = net.add(x, choose.of(mixers)(net, choose, _normalised(net, choose, x), heads))
            x = net.add(x, choose.of(feeds)(net, choose, x))
        side = net.extent(x, 2)
        if stage == 2 or side < 14 or side % 2:
            break
        heads *= 2
        x = _halved(net, choose, x, heads * size)
    pooled = net.flatten(net.global_average_pool(x))
    return net.linear(pooled, choose.of((10, 1000)), "head")


def tokens_of(net: NetworkBuilder, x: str) -> str:
    """A map as rows of tokens."""
    batch, width, rows, columns = (net.extent(x, axis) for axis in range(4))
    return net.transpose(net.reshape(x, (batch, width, rows * columns)), (0, 2, 1))


def map_of(net: NetworkBuilder, x: str, rows: int, columns: int) -> str:
    """Rows of tokens as a map."""
    batch, width = net.extent(x, 0), net.extent(x, 2)
    return net.reshape(net.transpose(x, (0, 2, 1)), (batch, width, rows, columns))


def _normalised(net: NetworkBuilder, choose: Chooser, x: str) -> str:
    kind = choose.of(("layer", "batch", "group", "none"), (4, 2, 2, 1))
    if kind == "layer":
        return map_of(net, net.layer_norm(tokens_of(net, x)), net.extent(x, 2), net.extent(x, 3))
    if kind == "batch":
        return net.batch_norm(x)
    return one_group(net, x) if kind == "group" else x


def one_group(net: NetworkBuilder, x: str) -> str:
    """Normalisation over all channels at once, as exporters spell it."""
    batch, width, rows, columns = (net.extent(x, axis) for axis in range(4))
    flat = net.instance_norm(net.reshape(x, (batch, 1, width * rows * columns)))
    y = net.mul(net.reshape(flat, (batch, width, rows, columns)), net.parameter("scale", (width, 1, 1)))
    return net.add(y, net.parameter("shift", (width, 1, 1)))


def _halved(net: NetworkBuilder, choose: Chooser, x: str, width: int) -> str:
    kind = choose.of(("conv", "merge", "pool"), (3, 2, 1))
    if kind == "conv":
        return net.conv(x, width, choose.of((2, 3)), stride=2, padding=None, bias=True) if (
            choose.chance(0.5)
        ) else net.conv(x, width, 2, stride=2, padding=0, bias=True)  # fmt: skip
    if kind == "pool":
        return net.conv(net.max_pool(x, 2, stride=2), width, 1, bias=True)
    batch, source, rows, columns = (net.extent(x, axis) for axis in range(4))
    y = net.reshape(tokens_of(net, x), (batch, rows // 2, 2, columns // 2, 2, source))
    y = net.reshape(net.transpose(y, (0, 1, 3, 4, 2, 5)), (batch, rows * columns // 4, 4 * source))
    y = net.linear(net.layer_norm(y), width, "merge", bias=False)
    return map_of(net, y, rows // 2, columns // 2)


def _heads(net: NetworkBuilder, x: str, parts: int, heads: int) -> list[str]:
    """Tokens of several projections side by side -> (batch, heads, tokens, size) of each."""
    batch, count, width = (net.extent(x, axis) for axis in range(3))
    size = width // parts // heads
    moved = net.transpose(net.reshape(x, (batch, count, parts, heads, size)), (2, 0, 3, 1, 4))
    return [net.squeeze(part, 0, name="part") for part in net.split(moved, (1,) * parts, 0)]


def _attended(net: NetworkBuilder, choose: Chooser, query: str, key: str, value: str) -> str:
    """(batch, heads, tokens, size) by keys and values of another number of tokens -> rows of tokens."""
    query = net.mul(query, net.constant(1 / math.sqrt(net.extent(query, -1))))
    scores = net.matmul(query, net.transpose(key, (0, 1, 3, 2)))
    if choose.chance(0.3):
        each = [net.extent(scores, axis) for axis in range(1, 4)]
        scores = net.add(scores, net.parameter("bias", (1, *each)))
    elif choose.chance(0.3):
        scores = _by_distance(net, choose, query, scores)
    y = net.transpose(net.matmul(net.softmax(scores), value), (0, 2, 1, 3))
    batch, count, heads, size = (net.extent(y, axis) for axis in range(4))
    return net.reshape(y, (batch, count, heads * size))


def _by_distance(net: NetworkBuilder, choose: Chooser, query: str, scores: str) -> str:
    """Scores with a term for distances along rows and columns that depends on the query (Li et al. 2021)."""
    batch, heads, places, keys = (net.extent(scores, axis) for axis in range(4))
    side, own, size = math.isqrt(places), math.isqrt(keys), net.extent(query, -1)
    if side**2 != places or own**2 != keys:
        return scores
    by_place = net.reshape(query, (batch, heads, side, side, size))
    parts = [
        net.einsum(f"bnhwc,{axis}kc->bnhwk", by_place, net.parameter(f"far_{axis}", (side, own, size)))
        for axis in "hw"
    ]
    if choose.chance(0.4) and batch * heads * places * keys < _MOST_WRITTEN:
        inner = net.slice(net.slice(scores, 2, 1, places), 3, 1, keys)
        grid = np.stack(tuple(np.indices((batch, heads, places - 1, keys - 1))), -1)
        written = grid + np.array((0, 0, 1, 1))
        scores = net.write_places(scores, written, net.mul(inner, net.constant(0.5)))
    y = net.reshape(scores, (batch, heads, side, side, own, own))
    y = net.add(net.add(y, net.unsqueeze(parts[0], (5,))), net.unsqueeze(parts[1], (4,)))
    return net.reshape(y, (batch, heads, places, keys))


_MOST_WRITTEN = 300_000


def _rolled(net: NetworkBuilder, x: str, by: int) -> str:
    """Rows and columns moved round, as shifted windows have them."""
    for axis in (1, 2):
        extent = net.extent(x, axis)
        by_axis = by % extent
        cut = (net.slice(x, axis, by_axis, extent), net.slice(x, axis, 0, by_axis))
        x = net.concat(cut, axis)
    return x


def shifted_windows(net: NetworkBuilder, choose: Chooser, x: str, heads: int) -> str:
    """Attention inside squares of a map that is perhaps moved before and moved back after."""
    batch, width, side, _ = (net.extent(x, axis) for axis in range(4))
    window = choose.of([size for size in (4, 7, 8, 10) if side % size == 0] or [side])
    count, shift = side // window, window // 2 if choose.chance(0.5) and side > window else 0
    y = net.reshape(tokens_of(net, x), (batch, side, side, width))
    y = _rolled(net, y, shift) if shift else y
    y = net.reshape(y, (batch, count, window, count, window, width))
    y = net.transpose(y, (0, 1, 3, 2, 4, 5))
    y = net.reshape(y, (batch * count**2, window**2, width))
    y = _attended(net, choose, *_heads(net, net.linear(y, 3 * width, "qkv"), 3, heads))
    y = net.reshape(net.linear(y, width, "out"), (batch, count, count, window, window, width))
    y = net.reshape(net.transpose(y, (0, 1, 3, 2, 4, 5)), (batch, side, side, width))
    y = _rolled(net, y, -shift) if shift else y
    return map_of(net, net.reshape(y, (batch, side**2, width)), side, side)


def shrunken_keys(net: NetworkBuilder, choose: Chooser, x: str, heads: int) -> str:
    """Keys and values from a map that a strided convolution or a pool has shrunk."""
    width, side = net.extent(x, 1), net.extent(x, 2)
    ratio = choose.of([size for size in (1, 2, 4, 8) if side % size == 0 and 3 <= side // size <= 28])
    small = x
    if ratio > 1 and choose.chance(0.6):
        small = net.conv(x, width, ratio, stride=ratio, padding=0, bias=True)
    elif ratio > 1:
        small = net.conv(x, width, 3, stride=ratio, groups=width, bias=True)
    context = net.layer_norm(tokens_of(net, small))
    (query,) = _heads(net, net.linear(tokens_of(net, x), width, "query"), 1, heads)
    key, value = _heads(net, net.linear(context, 2 * width, "keys"), 2, heads)
    return map_of(net, net.linear(_attended(net, choose, query, key, value), width, "out"), side, side)


def keys_first(net: NetworkBuilder, choose: Chooser, x: str, heads: int) -> str:
    """Keys times values first, a matrix of one head's size, then queries: linear in the tokens."""
    width, side = net.extent(x, 1), net.extent(x, 2)
    query, key, value = _heads(net, net.linear(tokens_of(net, x), 3 * width, "qkv"), 3, heads)
    if choose.chance(0.5):
        key = net.softmax(key, axis=2)
    else:
        query, key = net.relu(query), net.relu(key)
    context = net.matmul(net.transpose(key, (0, 1, 3, 2)), value)
    y = net.matmul(query, context)
    if choose.chance(0.4):
        total = net.reduce("ReduceSum", y, (choose.of((2, 3)),))
        y = net.combine("Div", y, net.add(total, net.constant(1.0)), name="share")
    y = net.transpose(y, (0, 2, 1, 3))
    y = net.reshape(y, (net.extent(x, 0), side**2, width))
    return map_of(net, net.linear(y, width, "out"), side, side)


def convolved_attention(net: NetworkBuilder, choose: Chooser, x: str, heads: int) -> str:
    """Queries, keys and values by 1x1 convolutions; products over tokens of maps."""
    batch, width, side = net.extent(x, 0), net.extent(x, 1), net.extent(x, 2)
    size = max(4, width // heads // choose.of((1, 2)))
    joined = net.conv(x, heads * (2 * size + width // heads), 1, bias=True)
    if choose.chance(0.5):
        joined = net.conv(joined, net.extent(joined, 1), choose.of((3, 5)), groups=net.extent(joined, 1))
    flat = net.reshape(joined, (batch, heads, 2 * size + width // heads, side**2))
    query, key, value = net.split(flat, (size, size, width // heads), 2)
    scores = net.matmul(net.transpose(query, (0, 1, 3, 2)), key)
    scores = net.softmax(net.mul(scores, net.constant(1 / math.sqrt(size))))
    y = net.matmul(value, net.transpose(scores, (0, 1, 3, 2)))
    y = net.reshape(y, (batch, heads * (width // heads), side, side))
    return net.conv(choose.of((net.relu, net.hard_swish))(y), width, 1, bias=True)


def scaled_tokens(net: NetworkBuilder, choose: Chooser, x: str, heads: int) -> str:
    """Attention whose projections are matrix products with batch normalisation, tokens one below another."""
    width, side = net.extent(x, 1), net.extent(x, 2)
    tokens = tokens_of(net, x)

    def projected(y: str, features: int, name: str) -> str:
        count = net.extent(y, 1)
        flat = net.reshape(net.linear(y, features, name, bias=False), (net.extent(y, 0) * count, features))
        return net.reshape(net.batch_norm(flat), (net.extent(y, 0), count, features))

    query, key, value = _heads(net, projected(tokens, 3 * width, "qkv"), 3, heads)
    y = net.hard_swish(_attended(net, choose, query, key, value))
    return map_of(net, projected(y, width, "out"), side, side)


def averaged(net: NetworkBuilder, choose: Chooser, x: str, heads: int) -> str:  # noqa: ARG001 - a mixer
    """The mean of the neighbours less the place itself, or a depthwise layer, in place of attention."""
    if choose.chance(0.5):
        return net.combine("Sub", net.average_pool(x, 3, stride=1, padding=1), x, name="less")
    width = net.extent(x, 1)
    return net.conv(x, width, choose.of((3, 7)), groups=width, bias=True)


def token_feed(net: NetworkBuilder, choose: Chooser, x: str) -> str:
    """Normalised tokens through two products."""
    width, rows = net.extent(x, 1), net.extent(x, 2)
    y = net.linear(net.layer_norm(tokens_of(net, x)), width * choose.of((2, 4)), "up")
    y = net.linear(choose.of((net.gelu, net.gelu, net.relu))(y), width, "down")
    return map_of(net, y, rows, rows)


def token_feed_with_places(net: NetworkBuilder, choose: Chooser, x: str) -> str:
    """Two products over tokens with a depthwise layer over the map between."""
    width, rows = net.extent(x, 1), net.extent(x, 2)
    inner = width * choose.of((2, 4))
    y = map_of(net, net.linear(net.layer_norm(tokens_of(net, x)), inner, "up"), rows, rows)
    y = tokens_of(net, net.conv(y, inner, 3, groups=inner, bias=True))
    return map_of(net, net.linear(net.gelu(y), width, "down"), rows, rows)


def map_feed(net: NetworkBuilder, choose: Chooser, x: str) -> str:
    """Two 1x1 convolutions, perhaps with a depthwise one between, and a weight a channel."""
    width = net.extent(x, 1)
    inner = width * choose.of((2, 4))
    act = choose.of((net.gelu, net.relu, net.hard_swish, net.silu))
    y = act(net.conv(_normalised(net, choose, x), inner, 1, bias=True))
    if choose.chance(0.4):
        y = act(net.conv(y, inner, 3, groups=inner, bias=True))
    y = net.conv(y, width, 1, bias=True)
    return net.mul(y, net.parameter("scale", (width, 1, 1))) if choose.chance(0.4) else y


_MIXERS: tuple[Mixer, ...] = (
    shifted_windows, shifted_windows, shrunken_keys, shrunken_keys, keys_first, convolved_attention,
    scaled_tokens, averaged,
)  # fmt: skip
_FEEDS = (token_feed, token_feed_with_places, map_feed)
