"""Shapes through `If`, `Loop` and `Scan`: their subgraphs resolved, and how often each runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import Graph, Node, TensorSpec, Value, sequence_of
from planner.workload.output_rules.site import OutputTypes
from planner.workload.shapes.control_site import Body, Controlled, ControlSite, body_outputs
from planner.workload.shapes.loops import loop

_FIRST_SCAN = 8


def _branch(site: ControlSite) -> Controlled:
    """The branch that a known condition picks, else both: the costlier one counts.

    A branch that cannot be resolved does not lose the other one, which is then counted alone.
    """
    condition = site.whole(0)
    names = ["then_branch", "else_branch"]
    if condition is not None:
        names = [names[0] if condition else names[1]]
    bodies, answers, values, lost = [], [], [], []
    for name in names:
        graph = site.body(name)
        resolved = site.resolve(graph, {}, {})
        try:
            answers.append(body_outputs(graph, resolved))
        except RuleError as error:
            lost.append((name, error))
            continue
        bodies.append(Body(resolved, 1))
        values.append(tuple(resolved.value(output) for output in graph.outputs))
    if not bodies:
        raise lost[0][1]
    if condition is not None:
        return Controlled(tuple(bodies), OutputTypes(answers[0]), values[0])
    if lost:
        name, why = lost[0]
        bound = f"the other branch is taken, as its {name} cannot run here ({why})"
        return Controlled(tuple(bodies), OutputTypes(answers[0], bound), values[0])
    # Shapes behind an undecided branch are those of the larger one, so that nothing is counted too small.
    largest = max(answers, key=lambda specs: sum(spec.elements for spec in specs))
    same = tuple(one if _equal(one, other) else None for one, other in zip(*values, strict=True))
    return Controlled(
        tuple(bodies),
        OutputTypes(largest, "the costlier branch is taken, as the condition depends on data"),
        same,
    )


def _equal(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None or isinstance(one, tuple) or isinstance(other, tuple):
        return False
    return one.dtype == other.dtype and np.array_equal(one, other)


def _scan(site: ControlSite) -> Controlled:
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
    resolved = site.resolve(body, dict(zip(body.inputs, specs, strict=False)), {})
    outputs = body_outputs(body, resolved)
    results = [replace(spec, shape=(*batch, *spec.shape)) for spec in outputs[: len(states)]]
    stacked = outputs[len(states) :]
    for spec, axis in zip(stacked, _int_list(site.node, "scan_output_axes", len(stacked)), strict=True):
        place = axis % (len(spec.shape) + 1)
        results.append(replace(spec, shape=(*batch, *spec.shape[:place], trips, *spec.shape[place:])))
    rounds = trips * (int(batch[0]) if batch else 1)
    return Controlled((Body(resolved, rounds),), OutputTypes(tuple(results)))


def _map(site: ControlSite) -> Controlled:
    """`SequenceMap`: the subgraph once for each tensor of the first sequence."""
    body = site.body("body")
    first = site.inputs[0]
    if first is None or first.items is None:
        raise RuleError("its first input is no sequence")
    bodies, held = [], []
    for place in range(len(first.items)):
        specs = [spec.items[place] if spec and spec.items is not None else spec for spec in site.inputs]
        inputs = {name: spec for name, spec in zip(body.inputs, specs, strict=False) if spec is not None}
        resolved = site.resolve(body, inputs, {})
        bodies.append(Body(resolved, 1))
        held.append(body_outputs(body, resolved))
    columns = zip(*held, strict=True)
    outputs = tuple(sequence_of(column[0].dtype, column) for column in columns)
    return Controlled(
        tuple(bodies), OutputTypes(outputs or (sequence_of(first.dtype, ()),) * len(site.node.outputs))
    )


def _modified_attention(site: ControlSite) -> Controlled:
    """`FlexAttention`: subgraphs that change the scores and the probabilities, each run once."""
    query, key, value = site.inputs[:3]
    if query is None or key is None or value is None:
        raise RuleError("its query, key or value is missing")
    scores = TensorSpec(query.dtype, (*query.shape[:3], key.shape[2]))
    bodies = []
    for name in ("score_mod", "prob_mod"):
        if isinstance(site.node.attributes.get(name), Graph):
            graph = site.body(name)
            bodies.append(Body(site.resolve(graph, dict.fromkeys(graph.inputs, scores), {}), 1))
            body_outputs(graph, bodies[-1].resolved)
    answer = replace(query, shape=(*query.shape[:3], value.shape[-1]))
    return Controlled(tuple(bodies), OutputTypes((answer,)))


def _int_list(node: Node, name: str, length: int) -> list[int]:
    values = node.attributes.get(name)
    if not isinstance(values, tuple):
        return [0] * length
    return [value for value in values if isinstance(value, int)]


BODY_RULES: Mapping[tuple[str, str], Callable[[ControlSite], Controlled]] = {
    ("", "If"): _branch,
    ("", "Loop"): loop,
    ("", "Scan"): _scan,
    ("", "SequenceMap"): _map,
    ("ai.onnx.preview", "FlexAttention"): _modified_attention,
}
"""Operator -> rule that resolves its subgraphs and tells its outputs."""
