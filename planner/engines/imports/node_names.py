"""Layers of a profile mapped to the ONNX nodes that their names mention.

Tools name a kernel after a node, after the tensor that it writes, after several nodes in a row, or after a
node with what was joined to it (`fc1/MatMul/MatMulAddFusion`). Where a tool joins nodes without naming them,
these are given to the kernel that reads or writes their tensors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from planner.engines.imports.joined_nodes import with_joined
from planner.engines.imports.profile import EngineProfile, ProfileLayer
from planner.errors import InputError, Problem
from planner.units import format_percent
from planner.workload.graph import Graph, Node
from planner.workload.workload import Workload

_TOKEN = re.compile(r"[^\s+,|()\[\]{}\x1e;]+")
_SPAN = re.compile(r"\[(.+?)\.\.\.(.+?)\]")
_EDGE = re.compile(r"[/_:.]")
_JOINED_SILENTLY = frozenset({"onnxruntime", "openvino"})
"""Tools whose kernels hold nodes that the name does not mention."""


def with_operators(profile: EngineProfile, workload: Workload) -> EngineProfile:
    """The profile with each layer mapped to ONNX nodes, and the share of the time that has some.

    A profile in which no layer can be mapped is that of another network and is refused.
    """
    names = _Names(workload, profile.tool)
    layers = [replace(layer, operators=names.of(layer)) for layer in profile.layers]
    if layers and not any(layer.operators for layer in layers):
        expected, got = f"names of nodes of {workload.model}", repr(layers[0].name)
        made_up = any(layer.name.startswith("__my") for layer in layers)
        advice = _METADATA if made_up else "give its own network"
        problem = Problem("layers", expected, got, advice)
        raise InputError(", ".join(profile.files), [problem])
    if profile.tool in _JOINED_SILENTLY:
        nodes = [node for node in workload.graph.nodes if node.op_type != "Constant"]
        layers = with_joined(layers, nodes, profile.tool)
    total = sum(layer.latency_s for layer in layers)
    lost = sum(layer.latency_s for layer in layers if not layer.operators)
    note = (f"{format_percent(lost / total, 1)} of layer time has no ONNX node",) if lost else ()
    return replace(
        profile,
        layers=tuple(layers),
        notes=(*profile.notes, *note),
        mapped_share=1 - lost / total if total else None,
    )


_METADATA = "add the file of --exportLayerInfo (--profilingVerbosity=detailed), which has the nodes of each"


class _Names:
    """The nodes of a network by all names that tools give them."""

    def __init__(self, workload: Workload, tool: str) -> None:
        graph = workload.graph
        nodes = list(_all_nodes(graph))
        self._names = [operator.name for operator in workload.operators]
        self._order = {name: place for place, name in enumerate(self._names)}
        self._known = {output: node.name for node in nodes for output in node.outputs if output}
        self._known |= {node.name: node.name for node in nodes}
        if tool == "onnxruntime":
            self._known |= _numbered(graph)
        readers = {name: node.name for node in reversed(nodes) for name in node.inputs if name}
        self._readers = {name: readers[name] for name in graph.initializers if name in readers}

    def of(self, layer: ProfileLayer) -> tuple[str, ...]:
        """The nodes of a layer, in the order of its name, and those that the tool mentions beside it."""
        mentioned = (self._known[name] for name in layer.mentions if name in self._known)
        return _unique((*self._in_name(layer.name), *mentioned))

    def _in_name(self, text: str) -> tuple[str, ...]:
        if text in self._known:
            return (self._known[text],)
        if text.startswith("Reformatting CopyNode"):
            return ()
        span = _SPAN.search(text)
        if span:
            ends = [self._known.get(name) or self._readers.get(name) for name in (span[1], span[2])]
            if ends[0] in self._order and ends[1] in self._order:
                first, last = sorted(self._order[name] for name in ends if name is not None)
                return tuple(self._names[first : last + 1])
        exact = _unique(self._known[part] for part in _TOKEN.findall(text) if part in self._known)
        return exact or self._inside(text)

    def _inside(self, text: str) -> tuple[str, ...]:
        """Nodes whose names make up a text, or begin or end it: `fc1/MatMul/MatMulAddFusion`."""
        row = self._in_a_row(text)
        if row:
            return row
        starts = (text[:end] for end in range(len(text) - 1, 0, -1) if _EDGE.match(text[end]))
        ends = (text[start + 1 :] for start in range(len(text)) if text[start] in "_ ")
        for part in (*starts, *ends):
            if part in self._known:
                return (self._known[part],)
        if text.endswith("..."):  # a console cut it
            found = {node for name, node in self._known.items() if name.startswith(text[:-3])}
            return tuple(found) if len(found) == 1 else ()
        return ()

    def _in_a_row(self, text: str) -> tuple[str, ...]:
        """The nodes whose names follow each other in a text without anything between, the longest first."""
        found: list[str] = []
        place = 0
        while place < len(text):
            end = next((end for end in range(len(text), place, -1) if text[place:end] in self._known), place)
            if end == place:
                return ()
            found.append(self._known[text[place:end]])
            place = end
        return _unique(found)


def _all_nodes(graph: Graph) -> Iterator[Node]:
    """The nodes of a graph, each followed by those of its subgraphs."""
    for node in graph.nodes:
        yield node
        for value in node.attributes.values():
            if isinstance(value, Graph):
                yield from _all_nodes(value)


def _numbered(graph: Graph) -> dict[str, str]:
    """Nodes without a name as ONNX Runtime calls them: operator and place, constants not counted."""
    named: dict[str, str] = {}
    place = 0
    for index, node in enumerate(graph.nodes):
        if node.name == f"{node.op_type}_{index}":
            named[f"{node.op_type}_{place}"] = node.name
        place += node.op_type != "Constant"
    return named


def _unique(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(parts))
