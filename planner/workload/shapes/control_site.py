"""What a rule for a node with subgraphs gets and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import Graph, Node, TensorSpec, Value
from planner.workload.output_rules.site import OutputTypes
from planner.workload.shapes.canonical import hoist_constants

if TYPE_CHECKING:
    from planner.workload.shapes.scope import Resolved


class RoundBudget:
    """How many nodes may still be visited to follow loops round by round, over the whole network.

    A visit takes some 40 us, so that a file, however its loops are nested, costs a bounded time.
    """

    def __init__(self, visits: int = 100_000) -> None:
        self._left = visits

    def take(self, visits: int) -> bool:
        """Whether so many visits were left; they are taken then."""
        if visits > self._left:
            return False
        self._left -= visits
        return True


@dataclass(frozen=True, slots=True)
class Body:
    """A resolved subgraph and how many times it runs; of the branches of an `If` only one does."""

    resolved: Resolved
    repeats: int


@dataclass(frozen=True, slots=True)
class Controlled:
    """What a node with subgraphs runs and gives; `values` are those of its outputs that are known."""

    bodies: tuple[Body, ...]
    outputs: OutputTypes
    values: tuple[Value | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlSite:
    """A node with subgraphs, what is known of its inputs, and how to resolve a subgraph in its place.

    `rounds` is how often the user says that it runs; `budget` bounds the rounds that are followed one by one
    in the whole network.
    """

    node: Node
    inputs: tuple[TensorSpec | None, ...]
    values: tuple[Value | None, ...]
    resolve: Callable[[Graph, Mapping[str, TensorSpec], Mapping[str, Value]], Resolved]
    opset: int
    rounds: int | None
    budget: RoundBudget

    def body(self, attribute: str) -> Graph:
        """A subgraph that must be there."""
        graph = self.node.attributes.get(attribute)
        if not isinstance(graph, Graph):
            raise RuleError(f"subgraph {attribute} of {self.node.op_type} is missing")
        return hoist_constants(graph)

    def whole(self, position: int) -> int | None:
        """The value of a scalar input, where it is there and known."""
        value = self.values[position] if position < len(self.values) else None
        return (
            int(value.ravel()[0])
            if value is not None and not isinstance(value, tuple) and value.size
            else None
        )

    def has(self, position: int) -> bool:
        """Whether an optional input is there."""
        return position < len(self.inputs) and self.inputs[position] is not None


def body_outputs(body: Graph, resolved: Resolved) -> tuple[TensorSpec, ...]:
    """Types that a resolved subgraph gives; `RuleError` with the first reason where a node of it failed."""
    if resolved.failures:
        name, reason = next(iter(resolved.failures.items()))
        raise RuleError(f"its subgraph's node {name!r}: {reason}")
    return tuple(resolved.tensors[name] for name in body.outputs)
