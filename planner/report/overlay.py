"""An estimate as node data of Google's Model Explorer: a value for each node of the ONNX file.

The format is `GraphNodeData` of model-explorer's `node_data_builder.py`: `results` by key, a gradient from
the least to the greatest value. An engine runs several nodes as one kernel, and nobody can say which of them
takes how much of it: the node that the kernel is named after has its time, the others zero. What belongs to
no node (the fixed cost of an inference, transfers between units) has keys of its own in brackets, which
Model Explorer passes over; with them the values sum to the middle of the latency.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from planner.errors import InputError, Problem
from planner.latency.result import Estimate
from planner.workload.workload import Workload

_GRADIENT = ({"stop": 0, "bgColor": "#ffffff"}, {"stop": 1, "bgColor": "#d55e00"})
_FIXED = "[fixed cost of an inference]"
_BETWEEN = "[between units]"


class Nodes(Protocol):
    """Nodes of a file: their keys, and the key of the node that writes a tensor."""

    @property
    def keys(self) -> tuple[str, ...]:
        """In the order of the file."""
        ...

    @property
    def writer(self) -> Mapping[str, str]:
        """Tensor -> key of the node that writes it."""
        ...


def node_data(workload: Workload, estimate: Estimate, nodes: Nodes | None = None) -> dict[str, object]:
    """Node data of the middle latency in seconds; `nodes` are those of the file, None for the graph's own."""
    if not estimate.fits:
        problem = Problem("estimate", "a network that fits the part", "one that does not, so no latency")
        raise InputError(estimate.model, [problem])
    home = _homes(workload, nodes)
    keys = nodes.keys if nodes is not None else tuple(node.name for node in workload.graph.nodes)
    seconds = dict.fromkeys(keys, 0.0)
    for layer in estimate.layers:
        key = home.get(layer.name, _BETWEEN)
        seconds[key] = seconds.get(key, 0.0) + layer.time.mid_s
    seconds[_FIXED] = estimate.latency_s.mid - sum(layer.time.mid_s for layer in estimate.layers)
    return {
        "name": f"latency (s), {estimate.device}/{estimate.unit} {estimate.engine} {estimate.precision}",
        "results": {key: {"value": value} for key, value in seconds.items()},
        "gradient": list(_GRADIENT),
    }


def _homes(workload: Workload, nodes: Nodes | None) -> Mapping[str, str]:
    """Node of the graph -> key of the node of the file that it is, or comes from.

    Nodes of a local function that was put in the place of its call write tensors that the file does not
    name; they belong to the call, whose outputs those after them write.
    """
    graph = workload.graph.nodes
    if nodes is None:
        return {node.name: node.name for node in graph}
    found: dict[str, str] = {}
    needed_by: dict[str, str] = {}
    for node in reversed(graph):
        written = [nodes.writer[name] for name in node.outputs if name in nodes.writer]
        readers = [needed_by[name] for name in node.outputs if name in needed_by]
        if written or readers:
            key = (written or readers)[0]
            found[node.name] = key
            needed_by.update(dict.fromkeys(node.inputs, key))
    return found
