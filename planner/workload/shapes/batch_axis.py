"""Which axis of each input holds several inferences at once, and whether there is one at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from planner.workload.graph import UNKNOWN_RANK, Dim, Graph, Node

_NAMED = re.compile(r".*batch.*|bs|bsz", re.IGNORECASE)
_OTHER = re.compile(r".*(seq|time|step|frame|token|node|edge|point|len|sample|height|width).*", re.IGNORECASE)
_PASSING = frozenset({"Identity", "Cast"})
_RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
_STATES = frozenset({5, 6})
_LEAST_SIDE = 16


def batch_axes(graph: Graph) -> Mapping[str, int]:
    """Input -> the axis of its batch; inputs without one are left out.

    An extent named for the batch tells it, wherever it is. Else it is the first one, but for: inputs of a
    recurrent layer that reads steps first (there it is the second), one image without a batch (three or four
    channels before its sides), and first extents named for something else (frames, nodes of a graph).
    """
    steps_first = set(_steps_first(graph))
    axes = {}
    for name, spec in graph.inputs.items():
        axis = _named(spec.shape)
        if axis is None and spec.shape and not _is_one_image(spec.shape) and not _is_other(spec.shape[0]):
            axis = 1 if name in steps_first and len(spec.shape) == 3 else 0
        if axis is not None:
            axes[name] = axis
    return axes


def _named(shape: tuple[Dim, ...]) -> int | None:
    named = (axis for axis, dim in enumerate(shape) if isinstance(dim, str) and _NAMED.fullmatch(dim))
    return next(named, None)


def _is_one_image(shape: tuple[Dim, ...]) -> bool:
    sides = shape[1:]
    return (
        shape != UNKNOWN_RANK
        and len(shape) == 3
        and shape[0] in (3, 4)
        and all(isinstance(side, str) or side >= _LEAST_SIDE for side in sides)
    )


def _is_other(dim: Dim) -> bool:
    return isinstance(dim, str) and _OTHER.fullmatch(dim) is not None


def _steps_first(graph: Graph) -> Iterator[str]:
    """Inputs that a recurrent layer with steps before the batch reads, as data or as its state."""
    source = {node.outputs[0]: node.inputs[0] for node in graph.nodes if _passes(node)}
    for node in graph.nodes:
        if node.op_type not in _RECURRENT or node.attributes.get("layout"):
            continue
        for place in (0, *_STATES):
            name = node.inputs[place] if place < len(node.inputs) else ""
            while name in source:
                name = source[name]
            if name in graph.inputs:
                yield name


def _passes(node: Node) -> bool:
    return node.op_type in _PASSING and len(node.inputs) == 1 and len(node.outputs) == 1
