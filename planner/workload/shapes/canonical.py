"""One form for the many ways of writing the same network: constants hoisted, names left out of the digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from planner.workload.graph import Attribute, Graph, Initializer, Node, TensorSpec


def hoist_constants(graph: Graph) -> Graph:
    """The graph with every `Constant` node turned into an initialiser marked as a literal."""
    literals = {
        node.outputs[0]: literal
        for node in graph.nodes
        if node.op_type == "Constant" and node.outputs and (literal := _literal(node)) is not None
    }
    nodes = tuple(node for node in graph.nodes if not (node.outputs and node.outputs[0] in literals))
    return replace(graph, nodes=nodes, initializers=MappingProxyType({**graph.initializers, **literals}))


def _literal(node: Node) -> Initializer | None:
    """The value of a `Constant`; None where an attribute is not of the type that its name says."""
    try:
        return _value(node)
    except (TypeError, ValueError, OverflowError):
        return None


def _value(node: Node) -> Initializer | None:
    for name, value in node.attributes.items():
        if isinstance(value, Initializer):
            return replace(value, literal=True)
        if name in ("value_float", "value_floats"):
            array = np.asarray(value, dtype=np.float32)
            return Initializer(TensorSpec("float", array.shape), array, literal=True)
        if name in ("value_int", "value_ints"):
            whole = np.asarray(value, dtype=np.int64)
            return Initializer(TensorSpec("int64", whole.shape), whole, literal=True)
        if name in ("value_string", "value_strings"):
            shape = (len(value),) if isinstance(value, tuple) else ()
            return Initializer(TensorSpec("string", shape), literal=True)
    return None


def digest(graph: Graph) -> str:
    """SHA-256 over operators, attributes, wiring, types and literal values of a graph.

    Names of tensors and nodes and the values of weights do not enter, so that the same network exported
    twice has the same digest.
    """
    hasher = hashlib.sha256()
    for part in _describe(hoist_constants(graph), {}):
        hasher.update(part.encode())
        hasher.update(b"\n")
    return hasher.hexdigest()


def _describe(graph: Graph, outer: Mapping[str, int]) -> Iterator[str]:
    numbers = dict(outer)

    def number(name: str) -> int:
        # Tensors are numbered as they are met, so that names do not matter and wiring does.
        return numbers.setdefault(name, len(numbers)) if name else -1

    yield f"opset {graph.opset} {sorted(graph.domains.items())}" if not outer else "body"
    for name, spec in graph.inputs.items():
        yield f"input {number(name)} {spec.dtype} {spec.shape}"
    for node in graph.nodes:
        for name in node.inputs:
            if name in graph.initializers and name not in numbers:
                yield f"weight {number(name)} {_tensor_text(graph.initializers[name])}"
        yield f"{node.domain}:{node.op_type} {[number(name) for name in node.inputs]}"
        for key in sorted(node.attributes):
            yield from _attribute_text(key, node.attributes[key], numbers)
        yield f"writes {[number(name) for name in node.outputs]}"
    yield f"outputs {[number(name) for name in graph.outputs]}"


def _attribute_text(key: str, value: Attribute, numbers: Mapping[str, int]) -> Iterator[str]:
    if isinstance(value, Graph):
        yield f"{key}:"
        yield from _describe(hoist_constants(value), numbers)
    elif isinstance(value, Initializer):
        yield f"{key} {_tensor_text(replace(value, literal=True))}"
    else:
        yield f"{key} {value!r}"


def _tensor_text(weight: Initializer) -> str:
    values = ""
    if weight.values is not None and (weight.literal or weight.spec.dtype in ("int64", "bool")):
        values = str(weight.values.tolist())
    return f"{weight.spec.dtype} {weight.spec.shape} {values}"
