"""Shapes through `If`, `Loop` and `Scan`: their subgraphs resolved, and how often each runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.workload.graph import Graph, Node, TensorSpec
from planner.workload.onnx_rules import Array, RuleError
from planner.workload.own_rules import Answer

if TYPE_CHECKING:
    from planner.workload.shapes import Resolved

_LONGEST = 10**6  # a trip count beyond this is an exporter's "until the condition fails"


@dataclass(frozen=True, slots=True)
class Body:
    """A resolved subgraph and how many times it runs; of the branches of an `If` only one does."""

    resolved: Resolved
    repeats: int


@dataclass(frozen=True, slots=True)
class ControlSite:
    """A node with subgraphs, what is known of its inputs, and how to resolve a subgraph in its place."""

    node: Node
    inputs: tuple[TensorSpec | None, ...]
    values: tuple[Array | None, ...]
    resolve: Callable[[Graph, Mapping[str, TensorSpec]], Resolved]

    def body(self, attribute: str) -> Graph:
        """A subgraph that must be there."""
        graph = self.node.attributes.get(attribute)
        if not isinstance(graph, Graph):
            raise RuleError(f"subgraph {attribute} of {self.node.op_type} is missing")
        return graph


def _outputs(body: Graph, resolved: Resolved) -> tuple[TensorSpec, ...]:
    if resolved.failures:
        name, reason = next(iter(resolved.failures.items()))
        raise RuleError(f"its subgraph's node {name!r}: {reason}")
    return tuple(resolved.tensors[name] for name in body.outputs)


def _branch(site: ControlSite) -> tuple[tuple[Body, ...], Answer]:
    condition = site.values[0]
    names = ["then_branch", "else_branch"]
    if condition is not None:
        names = [names[0] if bool(np.ravel(condition)[0]) else names[1]]
    graphs = [site.body(name) for name in names]
    bodies = tuple(Body(site.resolve(graph, {}), 1) for graph in graphs)
    answers = [_outputs(graph, body.resolved) for graph, body in zip(graphs, bodies, strict=True)]
    largest = max(answers, key=lambda specs: sum(_elements(spec) for spec in specs))
    if condition is not None:
        return bodies, Answer(largest)
    return bodies, Answer(largest, "the costlier branch is taken, as the condition depends on data")


def _elements(spec: TensorSpec) -> int:
    return math.prod(int(dim) for dim in spec.shape)


def _loop(site: ControlSite) -> tuple[tuple[Body, ...], Answer]:
    body = site.body("body")
    limit = site.values[0]
    trips = int(np.ravel(limit)[0]) if limit is not None else None
    bound = None
    if trips is None or trips > _LONGEST:
        trips, bound = 1, "runs once, as its trip count depends on data"
    carried = site.inputs[2:]
    specs = [TensorSpec("int64", ()), TensorSpec("bool", ()), *carried]
    inputs = {name: spec for name, spec in zip(body.inputs, specs, strict=False) if spec is not None}
    resolved = site.resolve(body, inputs)
    outputs = _outputs(body, resolved)[1:]
    if any(given != found for given, found in zip(carried, outputs, strict=False)):
        growing = "carried shapes stay as in its first round"
        bound = f"{bound}; {growing}" if bound else growing
    scanned = (replace(spec, shape=(trips, *spec.shape)) for spec in outputs[len(carried) :])
    return (Body(resolved, trips),), Answer((*outputs[: len(carried)], *scanned), bound)


def _scan(site: ControlSite) -> tuple[tuple[Body, ...], Answer]:
    body = site.body("body")
    count = site.node.attributes.get("num_scan_inputs")
    if not isinstance(count, int) or any(spec is None for spec in site.inputs[-count:]):
        raise RuleError("its scanned inputs are not told")
    states, scanned = site.inputs[: len(site.inputs) - count], site.inputs[-count:]
    axes = _int_list(site.node, "scan_input_axes", count)
    trips, slices = 1, []
    for spec, axis in zip(scanned, axes, strict=True):
        assert spec is not None  # noqa: S101 - refused above
        place = axis % len(spec.shape)
        trips = int(spec.shape[place])
        slices.append(replace(spec, shape=(*spec.shape[:place], *spec.shape[place + 1 :])))
    specs = [*states, *slices]
    inputs = {name: spec for name, spec in zip(body.inputs, specs, strict=False) if spec is not None}
    resolved = site.resolve(body, inputs)
    outputs = _outputs(body, resolved)
    results = list(outputs[: len(states)])
    stacked = outputs[len(states) :]
    for spec, axis in zip(stacked, _int_list(site.node, "scan_output_axes", len(stacked)), strict=True):
        place = axis % (len(spec.shape) + 1)
        results.append(replace(spec, shape=(*spec.shape[:place], trips, *spec.shape[place:])))
    return (Body(resolved, trips),), Answer(tuple(results))


def _int_list(node: Node, name: str, length: int) -> list[int]:
    values = node.attributes.get(name)
    if not isinstance(values, tuple):
        return [0] * length
    return [value for value in values if isinstance(value, int)]


BODY_RULES: Mapping[str, Callable[[ControlSite], tuple[tuple[Body, ...], Answer]]] = {
    "If": _branch,
    "Loop": _loop,
    "Scan": _scan,
}
"""Operator -> rule that resolves its subgraphs and tells its outputs."""
