"""Values of shape arithmetic: operators on small constants, worked out while shapes are resolved.

The operators that exporters use for shapes are here in numpy; the rest goes to onnx's reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.onnx_rules import Array, Opsets, RuleError, evaluate

LARGEST = 1024
"""Elements up to which a value is carried along."""

_NUMPY_TYPES: Mapping[str, type[np.generic]] = {
    "float": np.float32, "double": np.float64, "float16": np.float16, "bool": np.bool_,
    "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "uint16": np.uint16,
    "int32": np.int32, "uint32": np.uint32, "int64": np.int64, "uint64": np.uint64,
}  # fmt: skip


def fold(
    node: Node, values: Sequence[Array | None], output: TensorSpec | None, opsets: Opsets
) -> tuple[Array, ...] | None:
    """Output values of a node whose inputs are all known; None where they cannot be told."""
    rule = _RULES.get(node.op_type) if node.domain == "" else None
    if rule is None or any(value is None for value in values):
        return evaluate(node, values, opsets) if node.domain == "" else None
    dtype = _NUMPY_TYPES.get(output.dtype) if output is not None else None
    if dtype is None:
        return None
    try:
        with np.errstate(all="ignore"):
            return (np.asarray(rule(node, values)).astype(dtype),)
    except (ArithmeticError, LookupError, TypeError, ValueError, RuleError):
        # a damaged file: the value stays unknown
        return None


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
        stop = None if step < 0 and end <= -(2**31) else int(end)
        cut[int(axis)] = slice(int(start), stop, int(step))
    return np.asarray(data[tuple(cut)])


def _list(node: Node, name: str) -> list[int]:
    values = node.attributes.get(name)
    return [int(value) for value in values] if isinstance(values, tuple) else []


def _divide(_node: Node, values: Sequence[Any]) -> NDArray[Any]:
    quotient: NDArray[Any] = np.true_divide(values[0], values[1])
    whole = np.issubdtype(values[0].dtype, np.integer)
    return np.asarray(np.trunc(quotient)) if whole else quotient


def _constant_of_shape(node: Node, values: Sequence[Any]) -> Array:
    fill = node.attributes.get("value")
    number = fill.values.ravel()[0] if isinstance(fill, Initializer) and fill.values is not None else 0.0
    return np.full(tuple(int(extent) for extent in values[0]), number)


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
    "Expand": lambda _node, v: v[0] * np.ones(tuple(int(extent) for extent in v[1]), v[0].dtype),
}
