"""Values of shape arithmetic: operators on small constants, worked out while shapes are resolved.

The operators that exporters use for shapes are here in numpy; values of others stay unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import Array, Initializer, Node, TensorSpec

LARGEST = 1024
"""Elements up to which a value is carried along."""

_NUMPY_TYPES: Mapping[str, type[np.generic]] = {
    "float": np.float32, "double": np.float64, "float16": np.float16, "bool": np.bool_,
    "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "uint16": np.uint16,
    "int32": np.int32, "uint32": np.uint32, "int64": np.int64, "uint64": np.uint64,
}  # fmt: skip


def fold(
    node: Node, values: Sequence[Array | None], outputs: Sequence[TensorSpec | None]
) -> tuple[Array, ...]:
    """Output values of a node whose inputs are all known, of the given types; none without a rule."""
    rule = _RULES.get(node.op_type) if not node.domain else None
    dtypes = [_NUMPY_TYPES.get(spec.dtype) if spec is not None else None for spec in outputs]
    if rule is None or not dtypes or any(value is None for value in values) or None in dtypes:
        return ()
    return _cast(_evaluated(rule, node, values), dtypes)


def exact(node: Node, values: Sequence[Array | None]) -> tuple[Array, ...]:
    """Output values of a node whose shapes depend on values that are known; none without a rule."""
    rule = _SIZED_BY_VALUES.get(node.op_type) if not node.domain else None
    if rule is None or any(value is None for value in values[:1]):
        return ()
    return _evaluated(rule, node, values)


def _cast(results: tuple[Array, ...], dtypes: Sequence[type[np.generic] | None]) -> tuple[Array, ...]:
    with np.errstate(all="ignore"):
        return tuple(result.astype(dtype) for result, dtype in zip(results, dtypes, strict=False))


def _evaluated(
    rule: Callable[[Node, Sequence[Any]], Any], node: Node, values: Sequence[Array | None]
) -> tuple[Array, ...]:
    try:
        with np.errstate(all="ignore"):
            result = rule(node, values)
    except (ArithmeticError, LookupError, TypeError, ValueError, RuleError):
        return ()  # a damaged file: the value stays unknown
    return tuple(result) if isinstance(result, list) else (np.asarray(result),)


def shape_value(node: Node, shape: Sequence[int]) -> Array:
    """What `Shape` or `Size` answers for a tensor of this shape."""
    if node.op_type == "Size":
        return np.asarray(np.prod(shape, dtype=np.int64))
    start = int(_number(node, "start", 0))
    end = int(_number(node, "end", len(shape)))
    return np.asarray(tuple(shape)[start:end], dtype=np.int64)


def _number(node: Node, name: str, default: float) -> float:
    value = node.attributes.get(name, default)
    if not isinstance(value, int | float):
        raise RuleError(f"attribute {name} of {node.op_type} is not a number")
    return value


def _axes(node: Node, values: Sequence[Any]) -> tuple[int, ...] | None:
    if len(values) > 1:
        return tuple(int(axis) for axis in np.ravel(values[1]))
    return tuple(_list(node, "axes")) or None


def _unsqueeze(node: Node, values: Sequence[Any]) -> Array:
    axes = _axes(node, values) or ()
    rank = values[0].ndim + len(axes)
    result = values[0]
    for axis in sorted(axis % rank for axis in axes):
        result = np.expand_dims(result, axis)
    return np.asarray(result)


def _slice(node: Node, values: Sequence[Any]) -> Array:
    data: Array = values[0]
    if len(values) > 1:
        starts, ends = values[1], values[2]
        axes = values[3] if len(values) > 3 else range(len(starts))
        steps = values[4] if len(values) > 4 else [1] * len(starts)
    else:
        starts, ends = _list(node, "starts"), _list(node, "ends")
        axes, steps = _list(node, "axes") or range(len(starts)), [1] * len(starts)
    cut = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        # Exporters write a very negative end for "down to the first element", which Python spells as no end.
        stop = None if step < 0 and end <= -(2**31) else int(end)
        cut[int(axis)] = slice(int(start), stop, int(step))
    return np.asarray(data[tuple(cut)])


def _list(node: Node, name: str) -> list[int]:
    values = node.attributes.get(name)
    return [int(value) for value in values] if isinstance(values, tuple) else []


def _divide(_node: Node, values: Sequence[Any]) -> NDArray[Any]:
    quotient: NDArray[Any] = np.true_divide(values[0], values[1])
    whole = np.issubdtype(values[0].dtype, np.integer)
    # ONNX divides integers towards zero, NumPy's floor division downwards.
    return np.asarray(np.trunc(quotient)) if whole else quotient


def _constant_of_shape(node: Node, values: Sequence[Any]) -> Array:
    fill = node.attributes.get("value")
    number = fill.values.ravel()[0] if isinstance(fill, Initializer) and fill.values is not None else 0.0
    return np.full(tuple(int(extent) for extent in values[0]), number)


def _reduce(function: Callable[..., Any]) -> Callable[[Node, Sequence[Any]], Any]:
    def rule(node: Node, values: Sequence[Any]) -> Any:  # noqa: ANN401 - numpy scalars and arrays
        axes = _axes(node, values)
        if axes is None and _number(node, "noop_with_empty_axes", 0):
            return values[0]
        return function(values[0], axis=axes, keepdims=bool(_number(node, "keepdims", 1)))

    return rule


def _split(node: Node, values: Sequence[Any]) -> list[Array]:
    axis = int(_number(node, "axis", 0))
    sizes = [int(size) for size in values[1]] if len(values) > 1 else _list(node, "split")
    if not sizes:
        return list(np.array_split(values[0], len(node.outputs), axis=axis))
    return list(np.split(values[0], np.cumsum(sizes)[:-1], axis=axis))


def _reshape(node: Node, values: Sequence[Any]) -> Array:
    wanted = [int(extent) for extent in values[1]] if len(values) > 1 else _list(node, "shape")
    copied = [
        values[0].shape[axis] if not extent and not _number(node, "allowzero", 0) else extent
        for axis, extent in enumerate(wanted)
    ]
    return np.asarray(values[0].reshape(copied))


def _scatter(_node: Node, values: Sequence[Any]) -> Array:
    data: Array = values[0].copy()
    data[tuple(np.moveaxis(values[1], -1, 0))] = values[2]
    return data


def _extreme(function: Callable[..., Any]) -> Callable[[Node, Sequence[Any]], Any]:
    def rule(node: Node, values: Sequence[Any]) -> Any:  # noqa: ANN401 - numpy scalars and arrays
        axis = int(_number(node, "axis", 0))
        return function(values[0], axis=axis, keepdims=bool(_number(node, "keepdims", 1)))

    return rule


def _tile(_node: Node, values: Sequence[Any]) -> Array:
    return np.asarray(np.tile(values[0], tuple(int(times) for times in values[1])))


_RULES: Mapping[str, Callable[[Node, Sequence[Any]], Any]] = {
    "Identity": lambda _node, v: v[0],
    "Cast": lambda _node, v: v[0],
    "Add": lambda _node, v: v[0] + v[1],
    "Sub": lambda _node, v: v[0] - v[1],
    "Mul": lambda _node, v: v[0] * v[1],
    "Div": _divide,
    "Neg": lambda _node, v: -v[0],
    "Floor": lambda _node, v: np.floor(v[0]),
    "Ceil": lambda _node, v: np.ceil(v[0]),
    "Sqrt": lambda _node, v: np.sqrt(v[0]),
    "Equal": lambda _node, v: v[0] == v[1],
    "Greater": lambda _node, v: v[0] > v[1],
    "Less": lambda _node, v: v[0] < v[1],
    "Not": lambda _node, v: ~v[0],
    "And": lambda _node, v: v[0] & v[1],
    "Where": lambda _node, v: np.where(v[0], v[1], v[2]),
    "Gather": lambda node, v: np.take(v[0], v[1].astype(np.int64), axis=int(_number(node, "axis", 0))),
    "Concat": lambda node, v: np.concatenate(v, axis=int(_number(node, "axis", 0))),
    "Unsqueeze": _unsqueeze,
    "Squeeze": lambda node, v: np.squeeze(v[0], axis=_axes(node, v)),
    "Slice": _slice,
    "Range": lambda _node, v: np.arange(v[0].item(), v[1].item(), v[2].item()),
    "ConstantOfShape": _constant_of_shape,
    "Mod": lambda _node, v: np.mod(v[0], v[1]),
    "Pow": lambda _node, v: np.power(v[0].astype(np.float64), v[1]),
    "Min": lambda _node, v: np.minimum.reduce(v),
    "Max": lambda _node, v: np.maximum.reduce(v),
    "Abs": lambda _node, v: np.abs(v[0]),
    "Sign": lambda _node, v: np.sign(v[0]),
    "Round": lambda _node, v: np.round(v[0]),
    "Exp": lambda _node, v: np.exp(v[0]),
    "Log": lambda _node, v: np.log(v[0]),
    "Or": lambda _node, v: v[0] | v[1],
    "GreaterOrEqual": lambda _node, v: v[0] >= v[1],
    "LessOrEqual": lambda _node, v: v[0] <= v[1],
    "CastLike": lambda _node, v: v[0],
    "Transpose": lambda node, v: np.transpose(v[0], _list(node, "perm") or None),
    "Reshape": _reshape,
    "Split": _split,
    "Tile": _tile,
    "ScatterND": _scatter,
    "ReduceProd": _reduce(np.prod),
    "ReduceSum": _reduce(np.sum),
    "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
    "ArgMax": _extreme(np.argmax),
    "ArgMin": _extreme(np.argmin),
    "CumSum": lambda _node, v: np.cumsum(v[0], axis=int(v[1])),
    "Expand": lambda _node, v: v[0] * np.ones(tuple(int(extent) for extent in v[1]), v[0].dtype),
}


def _compress(node: Node, values: Sequence[Any]) -> Array:
    axis = node.attributes.get("axis")
    return np.asarray(np.compress(values[1], values[0], axis=axis if isinstance(axis, int) else None))


_SIZED_BY_VALUES: Mapping[str, Callable[[Node, Sequence[Any]], Any]] = {
    "NonZero": lambda _node, v: np.asarray(np.nonzero(v[0]), dtype=np.int64),
    "Compress": _compress,
}
