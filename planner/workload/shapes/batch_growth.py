"""A network exported for batch 1 at a larger one: constants that hold the batch, rewritten or repeated."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

import numpy as np

from planner.workload.graph import Node, TensorSpec, Value
from planner.workload.shapes.rebatch import rebatch

_TARGETS = {"Reshape": 1}
"""Operator -> its input that holds a target shape."""


def wider_target(
    node: Node,
    tensors: Mapping[str, TensorSpec],
    values: Mapping[str, Value],
    literal: Container[str],
    fixed: Container[str],
    factor: int,
) -> list[int] | None:
    """The constant target shape of a node for `factor` times the batch; None where its own one does."""
    position = _TARGETS.get(node.op_type)
    if position is None or len(node.inputs) <= position or node.inputs[position] not in literal:
        return None
    target = values.get(node.inputs[position])
    # A constant does not grow with the batch.
    if target is None or isinstance(target, tuple) or node.inputs[0] in fixed:
        return None
    shape = tuple(int(dim) for dim in tensors[node.inputs[0]].shape)
    return rebatch([int(extent) for extent in np.ravel(target)], shape, factor)


def with_target(node: Node, name: str) -> Node:
    """The node with another tensor as its target shape."""
    position = _TARGETS[node.op_type]
    return replace(node, inputs=(*node.inputs[:position], name, *node.inputs[position + 1 :]))


def repeated(
    node: Node, inputs: Sequence[TensorSpec | None], fixed: Container[str], factor: int
) -> tuple[tuple[TensorSpec | None, ...], list[str]]:
    """Constant operands of a `Concat` (a class token) repeated along the batch of the others, and notes."""
    batch = {
        spec.shape[:1] for name, spec in zip(node.inputs, inputs, strict=True) if spec and name not in fixed
    }
    if node.attributes.get("axis") == 0 or batch != {(factor,)}:
        return tuple(inputs), []
    widened, notes = list(inputs), []
    for position, (name, spec) in enumerate(zip(node.inputs, inputs, strict=True)):
        if spec is not None and name in fixed and spec.shape[:1] == (1,):
            widened[position] = replace(spec, shape=(factor, *spec.shape[1:]))
            notes.append(f"{node.name}: constant {name!r} repeated along the batch")
    return tuple(widened), notes
