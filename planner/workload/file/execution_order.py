"""Nodes in an order in which each follows those it reads from, names checked on the way."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from types import MappingProxyType

from planner.errors import InputError, Problem
from planner.workload.graph import Attribute, Graph, Node

_DAMAGED = "the file is damaged; export the network again"
_SHOWN = 20


def in_execution_order(graph: Graph, source: str, outer: Set[str] = frozenset()) -> Graph:
    """The graph, and every subgraph in it, with its nodes sorted; as filed where that is an order.

    `outer` are names that a subgraph may capture. Time is linear in the nodes where the file is in order.
    Raises `InputError` for names that are undefined or written twice, and for cycles.
    """
    written = [name for node in graph.nodes for name in node.outputs if name]
    own = {*graph.inputs, *graph.initializers, *written}
    known = own | outer if outer else own
    problems = _duplicates(graph, written) + _undefined(graph, known)
    if problems:
        raise InputError(source, problems[:_SHOWN])
    nodes = graph.nodes
    # Equal attributes are one object, so that most nodes are looked at once for all like them.
    if any(_hold_body(attributes) for attributes in {id(n.attributes): n.attributes for n in nodes}.values()):
        nodes = tuple([_ordered_inside(node, source, known) for node in nodes])
    elif _is_filed_in_order(graph):
        return graph
    return replace(graph, nodes=_sorted(nodes, set(written), source))


def _is_filed_in_order(graph: Graph) -> bool:
    """Whether every node follows those that it reads, for a graph without subgraphs around or inside."""
    done = {*graph.inputs, *graph.initializers, ""}
    for node in graph.nodes:
        if not done.issuperset(node.inputs):
            return False
        done.update(node.outputs)
    return True


def _hold_body(attributes: Mapping[str, Attribute]) -> bool:
    return any(isinstance(value, Graph) for value in attributes.values())


def captured(body: Graph) -> tuple[str, ...]:
    """Names that a subgraph reads from the graphs around it."""
    own = {*body.inputs, *body.initializers, *(name for node in body.nodes for name in node.outputs)}
    reads = [*(name for node in body.nodes for name in reads_of(node)), *body.outputs]
    return tuple(dict.fromkeys(name for name in reads if name not in own))


def reads_of(node: Node) -> Iterable[str]:
    """Names that a node reads, those captured by its subgraphs included."""
    names = [name for name in node.inputs if name]
    if not node.attributes:
        return names
    bodies = [value for value in node.attributes.values() if isinstance(value, Graph)]
    return [*names, *(name for body in bodies for name in captured(body))] if bodies else names


def _ordered_inside(node: Node, source: str, known: Set[str]) -> Node:
    if not _hold_body(node.attributes):
        return node
    attributes = {
        key: in_execution_order(value, source, known) if isinstance(value, Graph) else value
        for key, value in node.attributes.items()
    }
    return replace(node, attributes=MappingProxyType(attributes))


def _sorted(nodes: tuple[Node, ...], written: set[str], source: str) -> tuple[Node, ...]:
    """Kahn's algorithm (Communications of the ACM 5, 1962); of the nodes that are ready the first filed."""
    missing = [{name for name in reads_of(node) if name in written} for node in nodes]
    if _is_order(nodes, missing):
        return nodes
    readers: dict[str, list[int]] = {}
    for index, names in enumerate(missing):
        for name in names:
            readers.setdefault(name, []).append(index)
    ready = [index for index, names in enumerate(missing) if not names]
    order: list[Node] = []
    while ready:
        node = nodes[heapq.heappop(ready)]
        order.append(node)
        for name in node.outputs:
            for reader in readers.get(name, ()):
                missing[reader].discard(name)
                if not missing[reader]:
                    heapq.heappush(ready, reader)
    if len(order) < len(nodes):
        stuck = [node.name for node, names in zip(nodes, missing, strict=True) if names]
        through = ", ".join(repr(name) for name in stuck[:4])
        problem = Problem("graph", "operators without a cycle", f"a cycle through {through}", _DAMAGED)
        raise InputError(source, [problem])
    return tuple(order)


def _is_order(nodes: tuple[Node, ...], missing: list[set[str]]) -> bool:
    done: set[str] = set()
    for node, names in zip(nodes, missing, strict=True):
        if not names <= done:
            return False
        done.update(node.outputs)
    return True


def _duplicates(graph: Graph, written: list[str]) -> list[Problem]:
    names = set(written)
    if len(names) == len(written) and names.isdisjoint(graph.inputs):
        return []
    problems, seen = [], set(graph.inputs)
    for node in graph.nodes:
        for name in filter(None, node.outputs):
            if name in seen:
                got = f"the tensor {name!r} written twice"
                problems.append(Problem(f"node {node.name!r}", "outputs of its own", got, _DAMAGED))
            seen.add(name)
    return problems


def _undefined(graph: Graph, known: Set[str]) -> list[Problem]:
    present = {*known, ""}
    if present.issuperset(graph.outputs) and all(present.issuperset(node.inputs) for node in graph.nodes):
        return []
    problems = [
        Problem(f"node {node.name!r}", "inputs that exist", f"the undefined tensor {name!r}", _DAMAGED)
        for node in graph.nodes
        for name in node.inputs
        if name and name not in known
    ]
    problems += [
        Problem("graph outputs", "outputs that exist", f"the undefined tensor {name!r}", _DAMAGED)
        for name in graph.outputs
        if name not in known
    ]
    return problems
