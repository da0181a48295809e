"""Shapes through `If`, `Loop` and `Scan`: their subgraphs resolved, and how often each runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import Array, Graph, Node, TensorSpec, sequence_of
from planner.workload.output_rules.sequences import LONGEST
from planner.workload.output_rules.site import OutputTypes

if TYPE_CHECKING:
    from planner.workload.shapes.scope import Resolved

_FIRST_SCAN = 8
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
    opset: int

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


def _branch(site: ControlSite) -> tuple[tuple[Body, ...], OutputTypes]:
    condition = site.values[0]
    names = ["then_branch", "else_branch"]
    if condition is not None:
        names = [names[0] if bool(np.ravel(condition)[0]) else names[1]]
    graphs = [site.body(name) for name in names]
    bodies = tuple(Body(site.resolve(graph, {}), 1) for graph in graphs)
    answers = [_outputs(graph, body.resolved) for graph, body in zip(graphs, bodies, strict=True)]
    # Shapes behind an undecided branch are those of the larger one, so that nothing is counted too small.
    largest = max(answers, key=lambda specs: sum(spec.elements for spec in specs))
    if condition is not None:
        return bodies, OutputTypes(largest)
    return bodies, OutputTypes(largest, "the costlier branch is taken, as the condition depends on data")


def _loop(site: ControlSite) -> tuple[tuple[Body, ...], OutputTypes]:
    body = site.body("body")
    limit = site.values[0]
    trips = int(np.ravel(limit)[0]) if limit is not None else None
    bound = None
    if trips is None or trips > _LONGEST:
        # One round is what can be said for certain; the note keeps it from passing as the whole.
        trips, bound = 1, "runs once, as its trip count depends on data"
    trips = max(0, trips)
    carried = site.inputs[2:]
    specs = [TensorSpec("int64", ()), TensorSpec("bool", ()), *carried]
    inputs = {name: spec for name, spec in zip(body.inputs, specs, strict=False) if spec is not None}
    resolved = site.resolve(body, inputs)
    outputs = _outputs(body, resolved)[1:]
    finals = [_after(given, found, trips) for given, found in zip(carried, outputs, strict=False)]
    if any(final is None for final in finals):
        growing = "carried shapes stay as in its first round"
        bound = f"{bound}; {growing}" if bound else growing
    results = tuple(final or found for final, found in zip(finals, outputs, strict=False))
    scanned = (replace(spec, shape=(trips, *spec.shape)) for spec in outputs[len(carried) :])
    return (Body(resolved, trips),), OutputTypes((*results, *scanned), bound)


def _after(given: TensorSpec | None, found: TensorSpec, trips: int) -> TensorSpec | None:
    """A carried value after all rounds: as it was, or a sequence that grew in each; None where it changes."""
    if given == found:
        return found
    if given is None or given.items is None or found.items is None:
        return None
    added = found.items[len(given.items) :]
    if found.items[: len(given.items)] != given.items or trips * len(added) > LONGEST:
        return None
    return sequence_of(found.dtype, (*given.items, *(added * trips)))


def _scan(site: ControlSite) -> tuple[tuple[Body, ...], OutputTypes]:
    """`Scan`; in its first form (operator set 8) every input leads with a batch and a length comes first."""
    body = site.body("body")
    count = site.node.attributes.get("num_scan_inputs")
    batched = site.opset == _FIRST_SCAN
    given = site.inputs[1:] if batched else site.inputs
    if not isinstance(count, int) or not 0 < count <= len(given) or None in given:
        raise RuleError("its scanned inputs are unknown")
    present = [spec for spec in given if spec is not None]
    batch = present[-1].shape[:1] if batched else ()
    lead = len(batch)
    states, scanned = present[:-count], present[-count:]
    trips, slices = 1, []
    for spec, axis in zip(scanned, _int_list(site.node, "scan_input_axes", count), strict=True):
        # Axes may be negative and do not count the leading batch of the first form.
        place = axis % (len(spec.shape) - lead) + lead
        trips = int(spec.shape[place])
        slices.append(replace(spec, shape=(*spec.shape[lead:place], *spec.shape[place + 1 :])))
    specs = [*(replace(spec, shape=spec.shape[lead:]) for spec in states), *slices]
    resolved = site.resolve(body, dict(zip(body.inputs, specs, strict=False)))
    outputs = _outputs(body, resolved)
    results = [replace(spec, shape=(*batch, *spec.shape)) for spec in outputs[: len(states)]]
    stacked = outputs[len(states) :]
    for spec, axis in zip(stacked, _int_list(site.node, "scan_output_axes", len(stacked)), strict=True):
        place = axis % (len(spec.shape) + 1)
        results.append(replace(spec, shape=(*batch, *spec.shape[:place], trips, *spec.shape[place:])))
    rounds = trips * (int(batch[0]) if batch else 1)
    return (Body(resolved, rounds),), OutputTypes(tuple(results))


def _map(site: ControlSite) -> tuple[tuple[Body, ...], OutputTypes]:
    """`SequenceMap`: the subgraph once for each tensor of the first sequence."""
    body = site.body("body")
    first = site.inputs[0]
    if first is None or first.items is None:
        raise RuleError("its first input is no sequence")
    bodies, held = [], []
    for place in range(len(first.items)):
        specs = [spec.items[place] if spec and spec.items is not None else spec for spec in site.inputs]
        inputs = {name: spec for name, spec in zip(body.inputs, specs, strict=False) if spec is not None}
        resolved = site.resolve(body, inputs)
        bodies.append(Body(resolved, 1))
        held.append(_outputs(body, resolved))
    columns = zip(*held, strict=True)
    outputs = tuple(sequence_of(column[0].dtype, column) for column in columns)
    return tuple(bodies), OutputTypes(outputs or (sequence_of(first.dtype, ()),) * len(site.node.outputs))


def _modified_attention(site: ControlSite) -> tuple[tuple[Body, ...], OutputTypes]:
    """`FlexAttention`: subgraphs that change the scores and the probabilities, each run once."""
    query, key, value = site.inputs[:3]
    if query is None or key is None or value is None:
        raise RuleError("its query, key or value is missing")
    scores = TensorSpec(query.dtype, (*query.shape[:3], key.shape[2]))
    bodies = []
    for name in ("score_mod", "prob_mod"):
        graph = site.node.attributes.get(name)
        if isinstance(graph, Graph):
            bodies.append(Body(site.resolve(graph, dict.fromkeys(graph.inputs, scores)), 1))
            _outputs(graph, bodies[-1].resolved)
    return tuple(bodies), OutputTypes((replace(query, shape=(*query.shape[:3], value.shape[-1])),))


def _int_list(node: Node, name: str, length: int) -> list[int]:
    values = node.attributes.get(name)
    if not isinstance(values, tuple):
        return [0] * length
    return [value for value in values if isinstance(value, int)]


BODY_RULES: Mapping[tuple[str, str], Callable[[ControlSite], tuple[tuple[Body, ...], OutputTypes]]] = {
    ("", "If"): _branch,
    ("", "Loop"): _loop,
    ("", "Scan"): _scan,
    ("", "SequenceMap"): _map,
    ("ai.onnx.preview", "FlexAttention"): _modified_attention,
}
"""Operator -> rule that resolves its subgraphs and tells its outputs."""
