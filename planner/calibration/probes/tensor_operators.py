"""Probes of everything between the products: element by element, reductions, norms and rearrangement."""

from __future__ import annotations

from collections.abc import Callable

from planner.calibration.probes.random_choice import Chooser
from planner.zoo.builder import NetworkBuilder

TensorOperator = Callable[[NetworkBuilder, str, str], str]
"""(builder, map, another map) -> a map of (batch, channels, height, width)."""

_ALONE = (
    "Exp", "Sqrt", "Abs", "Tanh", "Erf", "Softplus", "Neg", "HardSwish", "Sigmoid", "Relu", "Log", "Elu",
    "Reciprocal", "Floor", "Softsign",
)  # fmt: skip
_PAIRS = ("Add", "Mul", "Sub", "Div", "Max", "Min")
_REDUCTIONS = ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2", "ReduceMin")


def tensor_chain(net: NetworkBuilder, choose: Chooser) -> str:
    """A chain of tensor operators, at sizes from a cache line past all caches."""
    side = choose.size(7, 160)
    channels = choose.channels(4, min(512.0, max(8.0, 4e6 / side**2)))
    x = net.input("map", (1, channels, side, side))
    y = x
    for _ in range(choose.whole(6, 12)):
        y = _operator(net, choose, y, x)
    return y


def movement_chain(net: NetworkBuilder, choose: Chooser) -> str:
    """A chain of cuts, joins and transpositions, whose cost depends on which axes they touch."""
    side = choose.size(7, 80)
    x = net.input("map", (1, choose.channels(4, min(512.0, max(8.0, 1.5e6 / side**2))), side, side))
    y = x
    for _ in range(choose.whole(6, 12)):
        y = choose.of(_MOVING)(net, y, x)
    return y


def _operator(net: NetworkBuilder, choose: Chooser, y: str, x: str) -> str:
    family = choose.of(("alone", "pair", "constant", "reduced", "other"), (5, 2, 3, 3, 8))
    if family == "alone":
        kind = choose.of(_ALONE)
        return net.map(kind, y, name=kind.lower())
    if family == "pair":
        other = x if net.shape(x) == net.shape(y) else net.relu(y)
        return net.combine(choose.of(_PAIRS), y, other, name="pair")
    if family == "constant":
        return _with_constant(net, choose, y)
    if family == "reduced":
        return _reduced(net, choose, y)
    return choose.of(_OTHERS)(net, y, x)


def _with_constant(net: NetworkBuilder, choose: Chooser, y: str) -> str:
    """A product, sum or quotient with a number, with a weight of each channel or of each position."""
    channels, side = net.extent(y, 1), net.extent(y, 2)
    constant = choose.of((
        net.constant(1.5),
        net.parameter("scale", (1, channels, 1, 1)),
        net.parameter("places", (1, 1, side, net.extent(y, 3))),
    ))  # fmt: skip
    return net.combine(
        choose.of(("Mul", "Add", "Div", "Sub", "Pow"), (4, 4, 2, 1, 1)), y, constant, name="by"
    )


def _reduced(net: NetworkBuilder, choose: Chooser, y: str) -> str:
    """A reduction over positions, channels or rows, and its result spread over the map again."""
    axes = choose.of(((2, 3), (1,), (3,)))
    found = net.reduce(choose.of(_REDUCTIONS), y, axes)
    if choose.chance(0.3):
        return net.add(y, net.expand(found, tuple(net.extent(y, axis) for axis in range(4))))
    return net.combine(choose.of(("Sub", "Mul", "Div", "Add")), y, found, name="spread")


def _normalised(net: NetworkBuilder, y: str, _: str) -> str:
    return net.transpose(net.layer_norm(net.transpose(y, (0, 2, 3, 1))), (0, 3, 1, 2))


def _transposed(net: NetworkBuilder, y: str, _: str) -> str:
    return net.transpose(net.transpose(y, (0, 2, 3, 1)), (0, 3, 1, 2))


def _transposed_back(net: NetworkBuilder, y: str, _: str) -> str:
    return net.transpose(net.transpose(y, (0, 1, 3, 2)), (0, 1, 3, 2))


_SCATTERED = ((0, 3, 1, 4, 2), (0, 1, 4, 3, 2), (0, 2, 4, 1, 3), (0, 4, 2, 1, 3))


def _scattered(net: NetworkBuilder, y: str, _: str) -> str:
    """Values that change position one by one, as windows cut from an image and their neighbourhoods do."""
    batch, channels, rows, columns = (net.extent(y, axis) for axis in range(4))
    parts = next(parts for parts in (8, 6, 5, 4, 3, 2, 1) if rows % parts == 0)
    order = _SCATTERED[(channels + rows) % len(_SCATTERED)]
    moved = net.transpose(net.reshape(y, (batch, channels, parts, rows // parts, columns)), order)
    return net.reshape(moved, (batch, channels, rows, columns))


def _mirrored(net: NetworkBuilder, y: str, _: str) -> str:
    """First and last axis swapped, under a reshape: an engine cannot cancel it against the next."""
    shape = tuple(net.extent(y, axis) for axis in range(4))
    return net.reshape(net.transpose(y, (0, 3, 2, 1)), shape)


def _windows(net: NetworkBuilder, y: str, _: str) -> str:
    """A map cut into windows whose values lie apart, as an attention within blocks asks for."""
    batch, channels, rows, columns = (net.extent(y, axis) for axis in range(4))
    if rows % 2 or columns % 2:
        return net.relu(y)
    cut = net.reshape(y, (batch, channels, 2, rows // 2, 2, columns // 2))
    return net.reshape(net.transpose(cut, (0, 1, 3, 5, 2, 4)), (batch, channels, rows, columns))


def _first_channels(net: NetworkBuilder, y: str, _: str) -> str:
    """Channels cut from the front of a longer map, one run of memory an image."""
    kept = net.extent(y, 1)
    return net.slice(net.concat((y, net.relu(y)), 1), 1, 0, kept) if kept <= 256 else net.relu(y)


def _parts_of_rows(net: NetworkBuilder, y: str, _: str) -> str:
    """Every row cut in two, and joined the other way round."""
    columns = net.extent(y, 3)
    left, right = net.split(y, (columns // 2, columns - columns // 2), 3)
    return net.concat((right, left), 3)


def _padded(net: NetworkBuilder, y: str, _: str) -> str:
    return net.slice(net.pad_channels(y, 4), 1, 0, net.extent(y, 1))


def _halves(net: NetworkBuilder, y: str, _: str) -> str:
    side = net.extent(y, 2)
    return net.concat((net.slice(y, 2, 0, side // 2), net.slice(y, 2, side // 2, side)), 2)


def _joined(net: NetworkBuilder, y: str, x: str) -> str:
    fits = net.extent(y, 1) < 200 and net.shape(x)[2:] == net.shape(y)[2:]
    return net.concat((y, x), 1) if fits else net.relu(y)


def _split(net: NetworkBuilder, y: str, _: str) -> str:
    channels = net.extent(y, 1)
    return net.concat(net.split(y, (channels // 2, channels - channels // 2), 1), 1)


def _blocks(net: NetworkBuilder, y: str, _: str) -> str:
    rows, columns = net.extent(y, 2), net.extent(y, 3)
    if rows % 2 or columns % 2 or rows <= 8:
        return net.relu(y)
    return net.resize(net.space_to_depth(y, 2), rows, columns)


def _cubic(net: NetworkBuilder, y: str, _: str) -> str:
    rows, columns = net.extent(y, 2), net.extent(y, 3)
    small = net.extent(y, 1) * rows * columns < 6e5
    return net.resize(y, 2 * rows, 2 * columns, mode="cubic") if small else net.relu(y)


_MOVING: tuple[TensorOperator, ...] = (
    _transposed, _transposed_back, _padded, _halves, _joined, _split, _blocks, _scattered, _mirrored,
    _windows, _first_channels, _parts_of_rows,
)  # fmt: skip

_OTHERS: tuple[TensorOperator, ...] = (
    *_MOVING, _normalised, _cubic,
    lambda net, y, _: net.softmax(y),
    lambda net, y, _: net.softmax(y, axis=1),
    lambda net, y, _: net.batch_norm(y),
    lambda net, y, _: net.instance_norm(y),
    lambda net, y, _: net.leaky_relu(y),
    lambda net, y, _: net.relu6(y),
    lambda net, y, _: net.gelu(y),
    lambda net, y, _: net.local_response_norm(y),
    lambda net, y, _: net.max_pool(y, 3, stride=1, padding=1),
    lambda net, y, _: net.average_pool(y, 3, stride=1, padding=1),
)  # fmt: skip
