"""Operators of one kind with the same attributes and types, worked out once: blocks of networks repeat."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from planner.quick_init import quickly_made
from planner.workload.graph import Array, Node, TensorSpec
from planner.workload.operation import Access, Operator, Tensor
from planner.workload.operators.elementwise import NEUTRAL
from planner.workload.output_rules.standard import BY_TYPES_ALONE

Key = tuple[object, ...]

_BY_VALUES = frozenset({"Pow", *NEUTRAL})
"""Operators whose work depends on what a constant of one element holds."""
_BY_TYPES = BY_TYPES_ALONE | {
    *("Reshape", "Slice", "Squeeze", "Unsqueeze", "Split", "Resize", "Gather", "Pad", "Expand", "Clip"),
    *("ReduceMean", "ReduceSum", "ReduceMax", "QLinearConv", "QLinearMatMul", "Dropout"),
}
"""Operators whose work follows from attributes and types, and from such a constant."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a graph's tensors: types, values, and which do not depend on inputs.

    `counted` are those met so far, `aside` constants that are stored otherwise than they are read: worked
    out, or with several numbers in an element.
    """

    types: Mapping[str, TensorSpec]
    values: Mapping[str, Array]
    fixed: Set[str]
    counted: Mapping[str, Tensor]
    aside: Set[str]


class CountedOnce:
    """What was counted of one graph so far."""

    def __init__(self, graph: Known) -> None:
        self._graph = graph
        self._known: dict[Key, _Counted | tuple[Operator, Node]] = {}

    def key(self, node: Node) -> Key | None:
        """What tells an operator's work: itself, attributes, types, and which inputs are constants.

        Equal attributes and types are mostly one object (`Scope` sees to it). None where values decide, where
        a tensor comes twice, or where a constant is not stored as it is read.
        """
        names, op_type, graph = node.inputs, node.op_type, self._graph
        different = {*names}
        if (
            node.domain
            or op_type not in _BY_TYPES
            or len(different) < len(names)
            or not different <= graph.counted.keys()
            or not graph.aside.isdisjoint(different)
            or "" in node.outputs
        ):
            return None
        constant = [name in graph.fixed for name in names]
        held: list[object] = []
        if op_type in _BY_VALUES and True in constant:
            held = [
                value.item() if (value := graph.values.get(name)) is not None and value.size == 1 else None
                for name, fix in zip(names, constant, strict=True)
                if fix
            ]
        of = [id(graph.types[name]) for name in (*names, *node.outputs)]
        return (op_type, id(node.attributes), *of, *constant, *held)

    def find(self, key: Key, node: Node) -> Operator | None:
        """The operator with this node's tensors, where one of its kind was counted."""
        known = self._known.get(key)
        if known is None:
            return None
        if isinstance(known, tuple):
            known = self._known[key] = _Counted.of(*known)
        return known.named(node)

    def keep(self, key: Key, operator: Operator, node: Node) -> None:
        """Remember what was counted of a node."""
        self._known[key] = (operator, node)


@quickly_made
@dataclass(frozen=True, slots=True)
class _Counted:
    """An operator with the elements that it reads of inputs, by their places, and writes of each output."""

    operator: Operator
    reads: tuple[tuple[int, int], ...]
    weights: tuple[tuple[int, int], ...]
    writes: tuple[int, ...]

    @classmethod
    def of(cls, operator: Operator, node: Node) -> _Counted:
        """What was counted of a node whose inputs are different tensors."""
        places = {name: place for place, name in enumerate(node.inputs)}
        return cls(
            operator,
            tuple([(places[access.tensor], access.elements) for access in operator.reads]),
            tuple([(places[access.tensor], access.elements) for access in operator.weights]),
            tuple([access.elements for access in operator.writes]),
        )

    def named(self, node: Node) -> Operator:
        """The same operator with the tensors of another node."""
        like, names = self.operator, node.inputs
        written = zip(node.outputs, self.writes, strict=True)
        return Operator(
            node.name, like.op_type, like.op_class, like.macs, like.flops,
            tuple([Access(names[place], elements) for place, elements in self.reads]),
            tuple([Access(name, elements) for name, elements in written]),
            tuple([Access(names[place], elements) for place, elements in self.weights]),
            like.input_bytes, like.output_bytes, like.weight_bytes, like.precision,
            like.contraction, like.products,
        )  # fmt: skip
