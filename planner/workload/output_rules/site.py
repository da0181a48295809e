"""What a rule for output types gets and gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from planner.quick_init import quickly_made
from planner.workload.file.onnx_rules import Opsets, RuleError
from planner.workload.graph import Array, Node, TensorSpec

Shape = tuple[int, ...]
Specs = tuple[TensorSpec | None, ...]


@quickly_made
@dataclass(frozen=True, slots=True)
class NodeContext:
    """A node with the types and (where known) values of its inputs, and types the file notes for tensors."""

    node: Node
    inputs: tuple[TensorSpec | None, ...]
    values: tuple[Array | None, ...]
    opsets: Opsets
    declared: Mapping[str, TensorSpec] = field(default_factory=lambda: MappingProxyType({}))

    def has(self, position: int) -> bool:
        """Whether an optional input is there."""
        return position < len(self.inputs) and self.inputs[position] is not None

    def spec(self, position: int) -> TensorSpec:
        """Type of an input that must be there."""
        found = self.inputs[position] if position < len(self.inputs) else None
        if found is None:
            raise RuleError(f"input {position} of {self.node.op_type} is missing")
        return found

    def shape(self, position: int) -> Shape:
        """Extents of an input that must be there."""
        return self.spec(position).shape  # type: ignore[return-value] # all extents are known by now

    def items(self, position: int) -> tuple[TensorSpec, ...]:
        """Tensors of a sequence that must be there."""
        held = self.spec(position).items
        if held is None:
            raise RuleError(f"input {position} of {self.node.op_type} is no sequence")
        return held

    def whole(self, position: int) -> int | None:
        """The value of a scalar integer input, where it is known."""
        value = self.value(position)
        return int(np.ravel(value)[0]) if value is not None and value.size else None

    def value(self, position: int) -> Array | None:
        """The value of an input, where it is known."""
        return self.values[position] if position < len(self.values) else None

    def number(self, name: str, default: int) -> int:
        """An integer attribute."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, int):
            raise RuleError(f"attribute {name} of {self.node.op_type} is not an integer")
        return value

    def integers(self, name: str) -> tuple[int, ...] | None:
        """An integer list attribute, or None."""
        value = self.node.attributes.get(name)
        if not isinstance(value, tuple):
            return None
        return tuple(item for item in value if isinstance(item, int))

    def text(self, name: str, default: str = "") -> str:
        """A text attribute."""
        value = self.node.attributes.get(name, default)
        return value if isinstance(value, str) else default


@quickly_made
@dataclass(frozen=True, slots=True)
class OutputTypes:
    """Types of the outputs, and the bound or other assumption that was taken to tell them."""

    outputs: Specs
    bound: str | None = None


OutputRule = Callable[[NodeContext], "OutputTypes"]

NOT_COVERED = OutputTypes(())
"""A rule's answer for a form of its operator that it leaves to the standard's own."""


def same(site: NodeContext) -> OutputTypes:
    """Every output like input 0."""
    spec = site.spec(0)
    return OutputTypes((spec,) * len(site.node.outputs))


def one(dtype: str, shape: tuple[int, ...]) -> OutputTypes:
    """A single output."""
    return OutputTypes((TensorSpec(dtype, shape),))


def broadcast(*shapes: Shape) -> Shape:
    """The shape that multidirectional broadcasting gives (ONNX, Broadcasting.md)."""
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    rank = max(map(len, shapes))
    extents = []
    for axis in range(-rank, 0):
        found = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(found) > 1:
            raise RuleError(f"shapes {' and '.join(str(list(shape)) for shape in shapes)} do not broadcast")
        extents.append(found.pop() if found else 1)
    return tuple(extents)


def axis_of(axis: int, rank: int) -> int:
    """A possibly negative axis as one that counts from the front."""
    if not -rank <= axis < rank:
        raise RuleError(f"axis {axis} of a tensor of rank {rank}")
    return axis % rank


def elements_of(shape: Shape) -> int:
    """Number of elements."""
    return math.prod(shape)


def axes_of(site: NodeContext) -> tuple[int, ...] | None:
    """Axes given as an attribute or, since operator set 13 or 18, as an input; None where none are given.

    Raises `LookupError` where they are an input of unknown value.
    """
    if not site.has(1):
        return site.integers("axes")
    value = site.value(1)
    if value is None:
        raise LookupError
    return tuple(int(axis) for axis in np.ravel(value))
