"""Inception v3: image classification by factorised convolutions (Szegedy et al. 2016, arXiv:1512.00567)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import Extents, NetworkBuilder

_ROW, _COLUMN = (1, 7), (7, 1)
_BATCH_NORM_EPSILON = 1e-3


def inception_v3(name: str, side: int) -> Graph:
    """Inception v3 on square images, without the auxiliary classifier, which is used in training only."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, side, side))
    x = _conv(net, x, 32, 3, stride=2, padding=0)
    x = _conv(net, _conv(net, x, 32, 3, padding=0), 64, 3)
    x = net.max_pool(x, 3, stride=2)
    x = _conv(net, _conv(net, x, 80), 192, 3, padding=0)
    x = net.max_pool(x, 3, stride=2)
    for pooled in (32, 64, 64):
        x = _at_35(net, x, pooled)
    x = _to_17(net, x)
    for width in (128, 160, 160, 192):
        x = _at_17(net, x, width)
    x = _to_8(net, x)
    for _ in range(2):
        x = _at_8(net, x)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 1000, name="fc"))


def _conv(
    net: NetworkBuilder, x: str, channels: int, kernel: Extents = 1, *, stride: int = 1,
    padding: int | None = None,
) -> str:  # fmt: skip
    x = net.conv(x, channels, kernel, stride=stride, padding=padding)
    return net.relu(net.batch_norm(x, epsilon=_BATCH_NORM_EPSILON))


def _chain(net: NetworkBuilder, x: str, *layers: tuple[int, Extents]) -> str:
    for channels, kernel in layers:
        x = _conv(net, x, channels, kernel)
    return x


def _pooled(net: NetworkBuilder, x: str, channels: int) -> str:
    return _conv(net, net.average_pool(x, 3, stride=1, padding=1), channels)


def _at_35(net: NetworkBuilder, x: str, pooled: int) -> str:
    """5x5 as it is, 3x3 twice (figure 5)."""
    branches = (
        _conv(net, x, 64),
        _chain(net, x, (48, 1), (64, 5)),
        _chain(net, x, (64, 1), (96, 3), (96, 3)),
        _pooled(net, x, pooled),
    )
    return net.concat(branches, axis=1)


def _to_17(net: NetworkBuilder, x: str) -> str:
    """Half the resolution by convolutions and by pooling side by side (figure 10)."""
    branches = (
        _conv(net, x, 384, 3, stride=2, padding=0),
        _conv(net, _chain(net, x, (64, 1), (96, 3)), 96, 3, stride=2, padding=0),
        net.max_pool(x, 3, stride=2),
    )
    return net.concat(branches, axis=1)


def _at_17(net: NetworkBuilder, x: str, width: int) -> str:
    """7x7 as a row and a column of seven (figure 6)."""
    branches = (
        _conv(net, x, 192),
        _chain(net, x, (width, 1), (width, _ROW), (192, _COLUMN)),
        _chain(net, x, (width, 1), (width, _COLUMN), (width, _ROW), (width, _COLUMN), (192, _ROW)),
        _pooled(net, x, 192),
    )
    return net.concat(branches, axis=1)


def _to_8(net: NetworkBuilder, x: str) -> str:
    branches = (
        _conv(net, _conv(net, x, 192), 320, 3, stride=2, padding=0),
        _conv(net, _chain(net, x, (192, 1), (192, _ROW), (192, _COLUMN)), 192, 3, stride=2, padding=0),
        net.max_pool(x, 3, stride=2),
    )
    return net.concat(branches, axis=1)


def _at_8(net: NetworkBuilder, x: str) -> str:
    """3x3 as a row beside a column (figure 7)."""
    middle, deep = _conv(net, x, 384), _chain(net, x, (448, 1), (384, 3))
    branches = [_conv(net, x, 320)]
    for branch in (middle, deep):
        branches += [_conv(net, branch, 384, (1, 3)), _conv(net, branch, 384, (3, 1))]
    return net.concat([*branches, _pooled(net, x, 192)], axis=1)
