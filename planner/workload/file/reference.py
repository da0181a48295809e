"""Values of standard operators, worked out one node at a time by the reference evaluator of the onnx package.

It knows every standard operator in every operator set, optional inputs and all element types. Nodes reach it
with few elements only (`planner/workload/shapes/constant_values.py` sees to that), so that what bounds the
time are the operators left out here: those whose work does not follow from the sizes of their tensors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from planner.workload.graph import Array, Attribute, Node, Value

_UNBOUNDED = re.compile(
    "(QLinear)?Conv(Transpose|Integer)?|DeformConv|Col2Im|.*Pool|MaxUnpool|RoiAlign|.*RoiPool|GridSample"
    "|Einsum|Attention|FlexAttention|RNN|GRU|LSTM|If|Loop|Scan|SequenceMap|DFT|STFT|MelWeightMatrix"
    "|Random.*|Multinomial|Bernoulli|ImageDecoder|String.*|Regex.*|TfIdfVectorizer|.*Loss|Constant"
)
"""Operators that are never evaluated: steps and windows that attributes set, text, randomness, subgraphs."""

_SLOW = {"Resize": 64, "Upsample": 64, "NonMaxSuppression": 128, "AffineGrid": 256, "Hardmax": 256}
"""Operators that the evaluator walks element by element in Python -> elements up to which it is asked."""

_BROADCASTS_TO_FIRST = 7
"""Before this operator set the second operand was stretched to the first, which the evaluator does not do."""


def evaluate(node: Node, inputs: Sequence[Value | None], opset: int, elements: int) -> tuple[Value, ...]:
    """Values of all outputs of a standard operator; none where it has no rule or its inputs do not fit.

    `inputs` are None where an optional input is absent. `elements` is what the node reads and writes at most.
    """
    if node.domain or _UNBOUNDED.fullmatch(node.op_type) or elements > _SLOW.get(node.op_type, elements):
        return ()
    if opset < _BROADCASTS_TO_FIRST and node.attributes.keys() & {"axis", "broadcast"} and len(inputs) == 2:
        return ()
    if node.op_type == "Dropout" and any(value is not None for value in inputs[2:]):
        return ()  # of training, where it is random
    try:
        with np.errstate(all="ignore"):
            results = _runner(node, opset)(*(_given(value) for value in inputs))
    except Exception:  # noqa: BLE001 - whatever the evaluator raises on a damaged file: the value stays unknown
        return ()
    values = [_value(result) for result in results]
    known = tuple(value for value in values if value is not None)
    return known if len(known) == len(values) else ()


def _runner(node: Node, opset: int) -> Callable[..., tuple[Any, ...]]:
    """The evaluator's method for a node; nodes of one kind share it."""
    given, written = tuple(map(bool, node.inputs)), tuple(map(bool, node.outputs))
    attributes = tuple(node.attributes.items())
    try:
        return _remembered(node.op_type, opset, attributes, given, written)
    except TypeError:  # an attribute with a tensor cannot be looked up
        return _remembered.__wrapped__(node.op_type, opset, attributes, given, written)


@lru_cache(maxsize=1024)
def _remembered(
    op_type: str,
    opset: int,
    attributes: tuple[tuple[str, Attribute], ...],
    given: tuple[bool, ...],
    written: tuple[bool, ...],
) -> Callable[..., tuple[Any, ...]]:
    from onnx.reference import ReferenceEvaluator
    from onnx.reference.ops import load_op

    from planner.workload.file.to_proto import node_to_proto

    inputs = tuple(f"i{place}" if there else "" for place, there in enumerate(given))
    outputs = tuple(f"o{place}" if there else "" for place, there in enumerate(written))
    proto = node_to_proto(Node("node", op_type, inputs, outputs, dict(attributes)))
    kind = load_op("", op_type, opset, node=proto, input_types=[], evaluator_cls=ReferenceEvaluator)
    run: Callable[..., tuple[Any, ...]] = kind(
        proto, {"log": _silent, "opsets": {"": opset}, "verbose": 0, "new_ops": None}
    ).run
    return run


def _silent(*_anything: object) -> None:
    """Takes the evaluator's log."""


def _given(value: Value | None) -> Array | list[Array] | None:
    return list(value) if isinstance(value, tuple) else value


def _value(result: object) -> Value | None:
    """An array, or a sequence of arrays as a tuple; None for anything else."""
    if isinstance(result, list):
        return tuple(result) if all(isinstance(item, np.ndarray) for item in result) else None
    return result if isinstance(result, np.ndarray) else None
