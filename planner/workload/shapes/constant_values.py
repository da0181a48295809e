"""Values of shape arithmetic: operators on small constants, worked out while shapes are resolved.

Any standard operator is worked out by the reference evaluator of the onnx package
(`planner/workload/file/reference.py`). The most frequent ones have a rule here, which takes a fifth of that
time; a test compares each with the evaluator.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.workload.file.numpy_types import name_of_numpy, numpy_type
from planner.workload.file.onnx_rules import RuleError
from planner.workload.file.reference import evaluate
from planner.workload.graph import Array, Initializer, Node, TensorSpec, Value, sequence_of

LARGEST = 1024
"""Elements up to which a value is carried along."""


def fold(
    node: Node, values: Sequence[Value | None], outputs: Sequence[TensorSpec | None], opset: int
) -> tuple[Value | None, ...]:
    """Output values of a node whose inputs are all known, of the given types; none without a rule."""
    size = sum(spec.elements for spec in outputs if spec is not None)
    # Shapes are small; a folded weight would fill memory and tell nothing of shapes.
    if size > LARGEST or node.domain:
        return ()
    rule = RULES.get(node.op_type)
    results: tuple[Value, ...] = _by_rule(rule, node, values) if rule is not None else ()
    if not results:
        results = evaluate(node, values, opset, size + sum(_size(value) for value in values))
    return tuple(_typed(result, spec) for result, spec in zip(results, outputs, strict=False))


def exact(
    node: Node, values: Sequence[Value | None], opset: int
) -> tuple[tuple[Value, ...], tuple[TensorSpec, ...]]:
    """Outputs of a node whose shapes depend on values that are known, and their types; else none.

    Only for operators that give no more elements than they take, as nothing says the size before.
    """
    if node.domain or node.op_type not in _KEEPS_AT_MOST:
        return (), ()
    results = evaluate(node, values, opset, sum(_size(value) for value in values))
    specs = [_spec_of(result) for result in results]
    if len(results) < len(node.outputs) or any(spec is None or spec.elements > LARGEST for spec in specs):
        return (), ()
    return results, tuple(spec for spec in specs if spec is not None)


_KEEPS_AT_MOST = frozenset(
    {"NonZero", "Compress", "Unique", "NonMaxSuppression", "SequenceAt", "SequenceErase"}
)


def _size(value: Value | None) -> int:
    if isinstance(value, tuple):
        return sum(item.size for item in value)
    return value.size if value is not None else 0


def _spec_of(value: Value) -> TensorSpec | None:
    if isinstance(value, tuple):
        items = [_spec_of(item) for item in value]
        held = [item for item in items if item is not None]
        return sequence_of(held[0].dtype, held) if held and len(held) == len(items) else None
    dtype = name_of_numpy(value.dtype)
    return TensorSpec(dtype, value.shape) if dtype is not None else None


def _typed(result: Value, spec: TensorSpec | None) -> Value | None:
    """The value in the type and shape that were inferred; None where it has another shape."""
    if spec is None:
        return None
    if isinstance(result, tuple):
        fits = spec.items is not None and [item.shape for item in result] == [s.shape for s in spec.items]
        return result if fits else None
    dtype = numpy_type(spec.dtype)
    if dtype is None or result.shape != spec.shape or spec.items is not None:
        return None
    with np.errstate(all="ignore"):
        return result.astype(dtype, copy=False)


def _by_rule(
    rule: Callable[[Node, Sequence[Any]], Any], node: Node, values: Sequence[Value | None]
) -> tuple[Array, ...]:
    if any(value is None for value in values):
        return ()  # an optional input left out is the evaluator's
    try:
        with np.errstate(all="ignore"):
            return (np.asarray(rule(node, values)),)
    except (ArithmeticError, LookupError, TypeError, ValueError, RuleError):
        return ()  # a damaged file: the value stays unknown


def value_by_shape(
    node: Node,
    inputs: Sequence[TensorSpec | None],
    outputs: Sequence[TensorSpec | None],
    opset: int,
) -> tuple[Value | None, ...]:
    """The value of an operator that reads the shape of its input alone, such as `EyeLike`."""
    first = inputs[0] if inputs else None
    if node.op_type not in BY_SHAPE or node.domain or first is None or first.elements > LARGEST:
        return ()
    extents = tuple(int(dim) for dim in first.shape)
    return fold(node, [np.zeros(extents, numpy_type(first.dtype) or np.float32)], outputs, opset)


BY_SHAPE = frozenset({"EyeLike"})
"""Operators whose value their input's shape says."""


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


def _divide(node: Node, values: Sequence[Any]) -> NDArray[Any]:
    if node.attributes or not _of_whole_type(values):
        raise RuleError("operands of the first operator sets")
    if not np.issubdtype(values[0].dtype, np.integer):
        return np.asarray(np.true_divide(values[0], values[1]))
    # ONNX divides integers towards zero, NumPy's floor division downwards.
    quotient = values[0] // values[1]
    inexact = quotient * values[1] != values[0]
    return np.asarray(quotient + (inexact & ((values[0] < 0) != (values[1] < 0))))


def _constant_of_shape(node: Node, values: Sequence[Any]) -> Array:
    fill = node.attributes.get("value")
    number = fill.values.ravel()[0] if isinstance(fill, Initializer) and fill.values is not None else 0.0
    return np.full(tuple(int(extent) for extent in values[0]), number)


def _reshape(node: Node, values: Sequence[Any]) -> Array:
    wanted = [int(extent) for extent in values[1]] if len(values) > 1 else _list(node, "shape")
    copied = [
        values[0].shape[axis] if not extent and not _number(node, "allowzero", 0) else extent
        for axis, extent in enumerate(wanted)
    ]
    return np.asarray(values[0].reshape(copied))


def _of_whole_type(values: Sequence[Any]) -> bool:
    return all(value.dtype == values[0].dtype for value in values)


def _arithmetic(function: Callable[[Any, Any], Any]) -> Callable[[Node, Sequence[Any]], Any]:
    """A rule for operands of one type, broadcast as since operator set 7."""

    def rule(node: Node, values: Sequence[Any]) -> Any:  # noqa: ANN401 - numpy scalars and arrays
        if node.attributes or not _of_whole_type(values):
            raise RuleError("operands of the first operator sets")
        return functools.reduce(function, values)

    return rule


RULES: Mapping[str, Callable[[Node, Sequence[Any]], Any]] = {
    "Identity": lambda _node, v: v[0],
    "Cast": lambda _node, v: v[0],
    "Add": _arithmetic(np.add),
    "Sub": _arithmetic(np.subtract),
    "Mul": _arithmetic(np.multiply),
    "Div": _divide,
    "Min": _arithmetic(np.minimum),
    "Max": _arithmetic(np.maximum),
    "Floor": lambda _node, v: np.floor(v[0]),
    "Ceil": lambda _node, v: np.ceil(v[0]),
    "Sqrt": lambda _node, v: np.sqrt(v[0]),
    "Equal": _arithmetic(np.equal),
    "Where": lambda _node, v: np.where(v[0], v[1], v[2]),
    "Gather": lambda node, v: np.take(v[0], v[1].astype(np.int64), axis=int(_number(node, "axis", 0))),
    "Concat": lambda node, v: np.concatenate(v, axis=int(_number(node, "axis", 1))),
    "Unsqueeze": _unsqueeze,
    "Squeeze": lambda node, v: np.squeeze(v[0], axis=_axes(node, v)),
    "Slice": _slice,
    "ConstantOfShape": _constant_of_shape,
    "Transpose": lambda node, v: np.transpose(v[0], _list(node, "perm") or None),
    "Reshape": _reshape,
    "Range": lambda _node, v: np.arange(v[0].item(), v[1].item(), v[2].item()),
    "Expand": lambda _node, v: np.broadcast_to(
        v[0], np.broadcast_shapes(v[0].shape, tuple(int(extent) for extent in v[1]))
    ),
}
"""Rules of the operators that exporters write in every shape chain."""
