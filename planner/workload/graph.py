"""A network as plain values: what an ONNX file says, apart from the file.

Nothing here knows protobuf. Weights are shapes and types; only small integer constants (shapes, axes,
indices) keep their values, because shape chains need them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from planner.quick_init import quickly_made
from planner.workload.dtypes import storage_bytes

Dim = int | str
"""A known extent, or the name of a symbolic one."""
Array = NDArray[np.generic]
Value = Array | tuple[Array, ...]
"""What is known of a tensor's content, or of all tensors of a sequence."""

UNKNOWN_RANK: tuple[Dim, ...] = ("...",)
"""The shape of an input whose file does not even say how many dimensions it has."""


@quickly_made
@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Element type (ONNX names in lower case: `float`, `float16`, `int8`, `int64`, ...) and shape.

    A sequence names the tensors that it holds; its own shape is the number of all their elements.
    """

    dtype: str
    shape: tuple[Dim, ...]
    items: tuple[TensorSpec, ...] | None = None

    @property
    def elements(self) -> int:
        """Number of elements, once all extents are known."""
        return math.prod(int(dim) for dim in self.shape)


def sequence_of(dtype: str, items: Iterable[TensorSpec]) -> TensorSpec:
    """The type of a sequence of these tensors."""
    held = tuple(items)
    return TensorSpec(dtype, (sum(item.elements for item in held),), held)


@quickly_made
@dataclass(frozen=True, slots=True)
class Initializer:
    """A weight or constant: its type and shape, and its values where they are few and needed.

    `literal` marks a value written into the graph (a `Constant` node) and not among the weights. `least` is
    the least value of a stack of matrices too large to be kept, where the file has it: it tells a mask.
    """

    spec: TensorSpec
    values: Array | None = None
    literal: bool = False
    least: float | None = None

    @property
    def elements(self) -> int:
        """Number of elements; a weight's extents are always known."""
        return self.spec.elements

    @property
    def size_bytes(self) -> int:
        """Bytes in memory."""
        return storage_bytes(self.spec.dtype, self.elements)


@quickly_made
@dataclass(frozen=True, slots=True)
class Node:
    """One operator: names of its tensors (an absent optional input is an empty string) and attributes."""

    name: str
    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: MappingProxyType({}))
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Inputs, outputs, weights and nodes; nodes are in execution order.

    `declared` are the types that the file notes for tensors between the nodes, `assumptions` what had to be
    assumed to read it.
    """

    name: str
    inputs: Mapping[str, TensorSpec]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    initializers: Mapping[str, Initializer]
    opset: int
    domains: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    declared: Mapping[str, TensorSpec] = field(default_factory=lambda: MappingProxyType({}))
    assumptions: tuple[str, ...] = ()


Attribute = (
    int
    | float
    | str
    | tuple[int, ...]
    | tuple[float, ...]
    | tuple[str, ...]
    | Initializer
    | Graph
    | TensorSpec
)
"""What an operator's attribute may be: a tensor is an `Initializer`, a type a `TensorSpec`."""
