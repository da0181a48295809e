"""What a counting rule gets and gives, and the weights of elementary operations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from planner.quick_init import quickly_made
from planner.workload.graph import Node
from planner.workload.operation import Contraction, OpClass

Shape = tuple[int, ...]

DIVISION = 4
ROOT = 4
TRANSCENDENTAL = 8
SIGMOID = 2 + TRANSCENDENTAL + DIVISION  # negate, exp, add, divide
TANH = TRANSCENDENTAL
SOFTPLUS = 2 * TRANSCENDENTAL + 1
REQUANTISE = 5  # multiply by the scale, round, add the zero point, clip twice


class UncountedError(Exception):
    """An operator whose work cannot be counted; the message is the reason."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Call:
    """A node with the shapes around it; `fixed` are the positions of inputs that are constants."""

    node: Node
    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    fixed: frozenset[int] = frozenset()
    values: Mapping[int, NDArray[np.generic]] = field(default_factory=lambda: MappingProxyType({}))
    opset: int = 17

    def has(self, position: int) -> bool:
        """Whether an optional input is there."""
        return position < len(self.inputs) and self.inputs[position] is not None

    def input(self, position: int) -> Shape:
        """Shape of an input that must be there."""
        shape = self.inputs[position] if position < len(self.inputs) else None
        if shape is None:
            raise UncountedError(f"input {position} of {self.node.op_type} is missing")
        return shape

    def output(self, position: int = 0) -> Shape:
        """Shape of an output that must be there."""
        shape = self.outputs[position] if position < len(self.outputs) else None
        if shape is None:
            raise UncountedError(f"output {position} of {self.node.op_type} is missing")
        return shape

    @property
    def read(self) -> int:
        """Elements of input 0."""
        return math.prod(self.input(0))

    @property
    def written(self) -> int:
        """Elements of the first output that is there."""
        return next((math.prod(shape) for shape in self.outputs if shape is not None), 0)

    def integer(self, name: str, default: int) -> int:
        """An integer attribute."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, int):
            raise UncountedError(f"attribute {name} of {self.node.op_type} is not an integer")
        return value

    def number(self, name: str, default: float) -> float:
        """A number attribute."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, int | float):
            raise UncountedError(f"attribute {name} of {self.node.op_type} is not a number")
        return value

    def integers(self, name: str) -> tuple[int, ...] | None:
        """An integer list attribute, or None."""
        value = self.node.attributes.get(name)
        if not isinstance(value, tuple):
            return None
        return tuple(item for item in value if isinstance(item, int))

    def text(self, name: str, default: str) -> str:
        """A text attribute."""
        value = self.node.attributes.get(name, default)
        return value if isinstance(value, str) else default


@quickly_made
@dataclass(frozen=True, slots=True)
class Count:
    """Work of one operator.

    `operations` come on top of 2 x MACs; `reads` and `writes` give the elements moved at those positions
    where they are not the whole tensor. MACs are those of the contraction unless given. `held` are trained
    numbers in the attributes of the node, as the thresholds of a tree do. `products` are the contractions of
    an operator that holds several, in order; it has no `contraction` then.
    """

    op_class: OpClass
    operations: int = 0
    contraction: Contraction | None = None
    extra_macs: int = 0
    reads: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    writes: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    held: int = 0
    products: tuple[Contraction, ...] = ()

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        if self.products:
            return self.extra_macs + sum(product.macs for product in self.products)
        return self.extra_macs + (self.contraction.macs if self.contraction else 0)


CountingRule = Callable[[Call], Count]
