"""`Loop`: how often it runs, the shapes that change from round to round, and the values that come out.

Three passes, each only where it is needed. The condition is followed round by round through the few nodes
that it depends on (a counter and a comparison, mostly). The body is resolved once and counted for all rounds
where its carried shapes stay; where they grow, it is resolved for each round. Values that come out (a
counter, a list of sizes) are followed as the condition is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.workload.file.execution_order import reads_of
from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import Graph, Node, TensorSpec, Value, sequence_of
from planner.workload.output_rules.sequences import LONGEST
from planner.workload.output_rules.site import OutputTypes
from planner.workload.shapes.constant_values import LARGEST
from planner.workload.shapes.control_site import Body, Controlled, ControlSite, body_outputs

_LONGEST = 10**6  # a trip count beyond this is an exporter's "until the condition fails"
_UNROLLED = 20_000  # nodes of a body times its rounds, up to which each round is resolved for itself
_FOLLOWED = 5_000  # the same for values that come out, which shapes seldom need
_CARRIED = 2  # a body's inputs and the node's begin with a counter (a limit) and the condition


@dataclass(frozen=True, slots=True)
class _Trips:
    """How often a loop runs, and the note where that is assumed."""

    count: int
    bound: str | None = None


def loop(site: ControlSite) -> Controlled:
    """All rounds of a `Loop`."""
    body = site.body("body")
    carried = site.inputs[_CARRIED:]
    if len(body.inputs) < _CARRIED + len(carried) or len(body.outputs) <= len(carried):
        raise RuleError("its subgraph does not have its inputs and outputs")
    trips = _trips(site, body)
    steady = {name: value for name, value in _carried_values(site, body) if name in _unchanged(body)}
    resolved = site.resolve(body, _specs(site, body), steady)
    outputs = _types(body, resolved.tensors)
    if resolved.failures or outputs[: len(carried)] != carried:
        unrolled = _unrolled(site, body, trips)
        if unrolled is not None:
            return unrolled
    outputs = body_outputs(body, resolved)[1:]
    finals = [_after(given, found, trips.count) for given, found in zip(carried, outputs, strict=False)]
    bound = trips.bound
    if any(final is None for final in finals):
        growing = "carried shapes stay as in its first round"
        bound = f"{bound}; {growing}" if bound else growing
    results = tuple(final or found for final, found in zip(finals, outputs, strict=False))
    scanned = tuple(replace(spec, shape=(trips.count, *spec.shape)) for spec in outputs[len(carried) :])
    values = _final_values(site, body, trips, (*results, *scanned))
    return Controlled((Body(resolved, trips.count),), OutputTypes((*results, *scanned), bound), values)


def _trips(site: ControlSite, body: Graph) -> _Trips:
    limit = site.whole(0)
    endless = not site.has(0) or (limit is not None and limit > _LONGEST)
    most = None if endless else limit
    if site.has(1) and site.whole(1) == 0:
        return _Trips(0)
    if not _stops_by_condition(body):
        if most is not None:
            return _Trips(max(0, most))
    elif endless or most is not None:
        count = _follow(site, body, (0,), most).count
        if count is not None:
            return _Trips(count)
    if site.rounds is not None:
        return _Trips(site.rounds, f"runs {site.rounds} rounds, as asked")
    if most is not None:
        note = f"runs all of its {most} rounds, as the condition that may end it earlier depends on data"
        return _Trips(max(0, most), note)
    # One round is what can be said for certain; the note keeps it from passing as the whole.
    return _Trips(
        1, f"runs once, as its trip count depends on data (set it with --rounds {site.node.name}=N)"
    )


def _stops_by_condition(body: Graph) -> bool:
    """Whether the condition that a body gives may be another than the one that it got."""
    name = _source(body, body.outputs[0])
    constant = body.initializers.get(name)
    if constant is not None and constant.values is not None:
        return not bool(constant.values.ravel()[0])
    return name != list(body.inputs)[1]


def _source(body: Graph, name: str) -> str:
    """The tensor that a name is, through nodes that only pass it on."""
    passing = {node.outputs[0]: node.inputs[0] for node in body.nodes if node.op_type == "Identity"}
    for _ in passing:
        name = passing.get(name, name)
    return name


def _unchanged(body: Graph) -> set[str]:
    """Carried inputs that come out as they went in."""
    inputs = list(body.inputs)[_CARRIED:]
    return {name for name, out in zip(inputs, body.outputs[1:], strict=False) if _source(body, out) == name}


def _specs(site: ControlSite, body: Graph) -> dict[str, TensorSpec]:
    specs = (TensorSpec("int64", ()), TensorSpec("bool", ()), *site.inputs[_CARRIED:])
    return {name: spec for name, spec in zip(body.inputs, specs, strict=False) if spec is not None}


def _carried_values(site: ControlSite, body: Graph) -> Iterator[tuple[str, Value]]:
    for name, value in zip(list(body.inputs)[_CARRIED:], site.values[_CARRIED:], strict=False):
        if value is not None:
            yield name, value


def _types(body: Graph, tensors: Mapping[str, TensorSpec]) -> tuple[TensorSpec | None, ...]:
    return tuple(tensors.get(name) for name in body.outputs[1:])


def _after(given: TensorSpec | None, found: TensorSpec, trips: int) -> TensorSpec | None:
    """A carried value after all rounds: as it was, or a sequence that grew in each; None where it changes."""
    if given == found or not trips:
        return given
    if given is None or given.items is None or found.items is None:
        return None
    added = found.items[len(given.items) :]
    if found.items[: len(given.items)] != given.items or trips * len(added) > LONGEST:
        return None
    return sequence_of(found.dtype, (*given.items, *(added * trips)))


def _unrolled(site: ControlSite, body: Graph, trips: _Trips) -> Controlled | None:
    """Each round resolved with the shapes and values that the one before gave; None where it is too much."""
    visits = trips.count * (1 + _nodes_in(body))
    if not trips.count or visits > _UNROLLED or not site.budget.take(visits):
        return None
    specs, values = _specs(site, body), dict(_carried_values(site, body))
    names, carried = list(body.inputs), len(site.inputs) - _CARRIED
    bodies: list[Body] = []
    rows: list[tuple[TensorSpec, ...]] = []
    for number in range(trips.count):
        resolved = site.resolve(body, specs, {**values, names[0]: np.asarray(number, dtype=np.int64)})
        outputs = body_outputs(body, resolved)[1:]
        bodies.append(Body(resolved, 1))
        rows.append(outputs[carried:])
        specs |= dict(zip(names[_CARRIED:], outputs[:carried], strict=False))
        values = _known(names[_CARRIED:], [resolved.value(name) for name in body.outputs[1:]])
    scanned = [
        replace(max(column, key=lambda spec: spec.elements), shape=(trips.count, *column[0].shape))
        for column in zip(*rows, strict=True)
    ]
    finals = tuple(specs[name] for name in names[_CARRIED : _CARRIED + carried])
    kept = tuple(values.get(name) for name in names[_CARRIED : _CARRIED + carried])
    return Controlled(tuple(bodies), OutputTypes((*finals, *scanned), trips.bound), kept)


def _nodes_in(body: Graph) -> int:
    """Nodes of a subgraph, those of its own subgraphs included."""
    inner = (value for node in body.nodes for value in node.attributes.values() if isinstance(value, Graph))
    return len(body.nodes) + sum(_nodes_in(graph) for graph in inner)


def _known(names: Sequence[str], values: Sequence[Value | None]) -> dict[str, Value]:
    return {name: value for name, value in zip(names, values, strict=False) if value is not None}


@dataclass(frozen=True, slots=True)
class _Followed:
    """Rounds until the condition failed (None where it is not known), and the outputs of each round."""

    count: int | None
    rounds: tuple[tuple[Value | None, ...], ...] = ()


def _follow(site: ControlSite, body: Graph, wanted: Sequence[int], most: int | None) -> _Followed:
    """Walks the nodes that these outputs depend on, round by round, until the condition fails or `most`."""
    part = _part(body, wanted)
    visits = 1 + _nodes_in(part)
    names = list(body.inputs)
    specs, values = _specs(site, body), dict(_carried_values(site, body))
    rounds: list[tuple[Value | None, ...]] = []
    while most is None or len(rounds) < most:
        if not site.budget.take(visits):
            return _Followed(None)
        counter = {names[0]: np.asarray(len(rounds), dtype=np.int64), names[1]: np.asarray(True)}  # noqa: FBT003
        resolved = site.resolve(part, specs, {**values, **counter})
        found = tuple(resolved.value(name) for name in body.outputs)
        rounds.append(found[1:])
        types = _types(body, resolved.tensors)
        specs |= {name: spec for name, spec in zip(names[_CARRIED:], types, strict=False) if spec is not None}
        values = _known(names[_CARRIED:], found[1:])
        if 0 not in wanted:
            continue
        goes_on = found[0]
        if goes_on is None or isinstance(goes_on, tuple) or not goes_on.size:
            return _Followed(None)
        if not goes_on.ravel()[0]:
            break
    return _Followed(len(rounds), tuple(rounds))


def _part(body: Graph, wanted: Sequence[int]) -> Graph:
    """The body with only the nodes that these outputs, and the carried values they read, depend on."""
    fed = dict(zip(list(body.inputs)[_CARRIED:], body.outputs[1:], strict=False))
    writers: dict[str, Node] = {name: node for node in body.nodes for name in node.outputs}
    needed: set[str] = set()
    left = [body.outputs[place] for place in wanted]
    while left:
        name = left.pop()
        if name in needed:
            continue
        needed.add(name)
        if name in writers:
            left += reads_of(writers[name])
        elif name in fed:
            left.append(fed[name])
    nodes = tuple(node for node in body.nodes if not needed.isdisjoint(node.outputs))
    outputs = tuple(name for name in body.outputs if name in needed)
    return replace(body, nodes=nodes, outputs=outputs)


def _final_values(
    site: ControlSite, body: Graph, trips: _Trips, specs: Sequence[TensorSpec | None]
) -> tuple[Value | None, ...]:
    """What comes out of the last round, and the rows of all rounds, where they are few and known."""
    carried = len(site.inputs) - _CARRIED
    small = [place for place, spec in enumerate(specs) if spec is not None and spec.elements <= LARGEST]
    if not small or trips.bound is not None:
        return ()
    if not trips.count:
        return tuple(site.values[_CARRIED:])
    part = _part(body, [place + 1 for place in small])
    if trips.count * (1 + _nodes_in(part)) > _FOLLOWED:
        return ()
    followed = _follow(site, body, [place + 1 for place in small], trips.count)
    if followed.count != trips.count:
        return ()
    finals = followed.rounds[-1][:carried]
    columns = list(zip(*followed.rounds, strict=True))[carried:]
    return (*finals, *(_stacked(column) for column in columns))


def _stacked(rows: Sequence[Value | None]) -> Value | None:
    arrays = [row for row in rows if row is not None and not isinstance(row, tuple)]
    if len(arrays) < len(rows) or len({array.shape for array in arrays}) > 1:
        return None
    return np.stack(arrays)
