"""Model-local functions put in the place of their calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import onnx
from onnx import AttributeProto

from planner.errors import InputError, Problem
from planner.workload.file.skeleton import LARGEST_GRAPH, too_many_nodes

_Key = tuple[str, str, str]
LARGEST_EXPANDED = 65_536
"""Operators that the functions of a small file may grow to: some ten seconds. Larger files may hold more."""
_MOST_TIMES = 4
_ADVICE = "export the network without functions"


def inlined(model: onnx.ModelProto, source: str) -> onnx.ModelProto:
    """The model with every call of a model-local function replaced by its nodes.

    Raises `InputError` for functions that call themselves, and for those that would expand to more nodes
    than a network may have.
    """
    import onnx.inliner

    functions = {(f.domain, f.name, f.overload): f for f in model.functions}
    sizes = _sizes(functions, source)
    expanded = _expanded(model.graph.node, sizes)
    if expanded > LARGEST_GRAPH:
        raise too_many_nodes(source)
    written = sum(1 for _ in _all_nodes(model.graph.node))
    written += sum(1 for function in model.functions for _ in _all_nodes(function.node))
    if expanded > max(LARGEST_EXPANDED, _MOST_TIMES * written):
        expected = f"at most {LARGEST_EXPANDED:,} operators with functions in the place of their calls"
        raise InputError(source, [Problem("functions", expected, f"{expanded:,}", _ADVICE)])
    try:
        return onnx.inliner.inline_local_functions(model)
    except (RuntimeError, ValueError, TypeError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        problem = Problem("functions", "functions that can be inlined", lines[0], _ADVICE)
        raise InputError(source, [problem]) from error


def _sizes(functions: Mapping[_Key, onnx.FunctionProto], source: str) -> dict[_Key, int]:
    """How many nodes each function expands to, worked out from those that call no other."""
    sizes: dict[_Key, int] = {}
    called = {
        key: {_key(node) for node in _all_nodes(function.node)} & functions.keys()
        for key, function in functions.items()
    }
    while len(sizes) < len(functions):
        ready = [key for key in functions if key not in sizes and called[key] <= sizes.keys()]
        if not ready:
            names = ", ".join(sorted(name for _, name, _ in functions.keys() - sizes.keys())[:4])
            got = f"calls in a circle: {names}"
            raise InputError(source, [Problem("functions", "functions without recursion", got, _ADVICE)])
        for key in ready:
            sizes[key] = _expanded(functions[key].node, sizes)
    return sizes


def _expanded(nodes: Iterable[onnx.NodeProto], sizes: Mapping[_Key, int]) -> int:
    return sum(sizes.get(_key(node), 1) for node in _all_nodes(nodes))


def _key(node: onnx.NodeProto) -> _Key:
    return node.domain, node.op_type, node.overload


def _all_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    for node in nodes:
        yield node
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                yield from _all_nodes(attribute.g.node)
