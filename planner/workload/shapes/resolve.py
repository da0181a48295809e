"""All extents of all tensors of a network, once its inputs have theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from planner.errors import InputError, Problem, UnknownIdError
from planner.workload.asked import Asked
from planner.workload.graph import Graph, TensorSpec
from planner.workload.output_rules.data_dependent import has_known_extents
from planner.workload.shapes.canonical import hoist_constants
from planner.workload.shapes.inputs import Binding, bind_inputs
from planner.workload.shapes.scope import Resolved, Scope, Walk

__all__ = ["Binding", "Resolved", "resolve"]


def resolve(graph: Graph, asked: Asked) -> tuple[Binding, Resolved]:
    """Extents of the inputs, and of every tensor, for what is asked.

    A batch becomes that extent of inputs which leave it open or have 1; where the file fixes batch 1 in
    constant shapes, these are rewritten and the assumption is noted. Raises `InputError` where the asked
    extents contradict the file, `UnknownIdError` for names that it does not have.
    """
    binding = bind_inputs(graph, asked)
    _refuse_unknown(graph, asked)
    resolved = _walk(graph, binding, asked)
    if binding.overridden:
        _refuse_contradiction(graph, resolved, binding.batch_factor)
    assumptions = (*graph.assumptions, *binding.assumptions, *resolved.assumptions)
    return binding, replace(resolved, assumptions=assumptions)


def _walk(graph: Graph, binding: Binding, asked: Asked) -> Resolved:
    declared = {} if binding.overridden else _declared(graph, binding.symbols)
    for name, extents in asked.extents.items():
        # Of a type that no rule tells only the user's extents are known.
        noted = graph.declared.get(name)
        declared[name] = TensorSpec(noted.dtype if noted is not None else "float", extents)
    walk = Walk(binding.batch_factor, asked.extents, asked.rounds)
    scope = Scope(
        hoist_constants(graph), binding.inputs, walk, declared=declared, values=dict(binding.values)
    )
    return scope.run()


def _refuse_unknown(graph: Graph, asked: Asked) -> None:
    if asked.extents:
        written = {name for body in _graphs(graph) for node in body.nodes for name in node.outputs if name}
        for name in asked.extents:
            if name not in written:
                raise UnknownIdError("tensor", name, written)
    if asked.rounds:
        loops = {node.name for body in _graphs(graph) for node in body.nodes if node.op_type == "Loop"}
        for name in asked.rounds:
            if name not in loops:
                raise UnknownIdError("loop", name, loops)


def _graphs(graph: Graph) -> Iterator[Graph]:
    """The graph and all its subgraphs."""
    yield graph
    for node in graph.nodes:
        for value in node.attributes.values():
            if isinstance(value, Graph):
                yield from _graphs(value)


def _declared(graph: Graph, symbols: Mapping[str, int]) -> dict[str, TensorSpec]:
    """Types that the file notes for tensors, where the extents bound to its inputs make them known."""
    noted = {}
    for name, spec in graph.declared.items():
        bound = replace(
            spec, shape=tuple(symbols.get(dim, dim) if isinstance(dim, str) else dim for dim in spec.shape)
        )
        if has_known_extents(bound):
            noted[name] = bound
    return noted


def _refuse_contradiction(graph: Graph, resolved: Resolved, factor: int) -> None:
    """Nodes that fail only because an extent was changed, or outputs that ignore the batch: refuse."""
    filed = Asked(shapes=_open_extents(graph, resolved))
    as_filed = _walk(graph, bind_inputs(graph, filed), filed)
    broken = {name: reason for name, reason in resolved.failures.items() if name not in as_filed.failures}
    if broken:
        name, reason = next(iter(broken.items()))
        advice = "export the network with open extents, or at the extents wanted"
        raise InputError(
            graph.name, [Problem(f"node {name!r}", "a network that takes the extents asked", reason, advice)]
        )
    sizes = [
        (as_filed.tensors[name].elements, resolved.tensors[name].elements)
        for name in graph.outputs
        if name in as_filed.tensors and name in resolved.tensors
    ]
    if factor > 1 and sizes and all(before == after for before, after in sizes):
        got = "outputs of the same size as for batch 1"
        advice = "export the network with an open batch"
        raise InputError(graph.name, [Problem("batch", "outputs that grow with the batch", got, advice)])


def _open_extents(graph: Graph, resolved: Resolved) -> dict[str, tuple[int, ...]]:
    """Input shapes as the file has them; extents that it leaves open as they were bound."""
    return {
        name: tuple(
            dim if isinstance(dim, int) else int(bound)
            for dim, bound in zip(spec.shape, resolved.tensors[name].shape, strict=True)
        )
        for name, spec in graph.inputs.items()
        if len(spec.shape) == len(resolved.tensors[name].shape)
    }
