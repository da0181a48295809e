"""Scores that a mask pushes far below the others: their exponentials are denormal and slow what follows.

A softmax over scores with values like -100 or -10,000 among them answers denormal numbers on many processors;
it runs 3 to 14 times slower, and the product behind it 13 to 50 times. This depends on values, not on shapes,
and can be seen only where the file keeps the mask's values.
"""

from __future__ import annotations

import numpy as np

from planner.workload.graph import Graph, Initializer

FAR_BELOW = -50.0
_PASSING = frozenset({"Reshape", "Add", "Transpose", "Identity", "Dropout", "Cast", "Squeeze", "Unsqueeze"})


def masked_tensors(graph: Graph) -> frozenset[str]:
    """Tensors that hold masked scores or the softmax of such."""
    # exp(-50) of a float32 softmax is 2e-22, and products of such values soon fall below 1e-38, where
    # denormal numbers begin.
    found = {name for name, value in _constants(graph).items() if value <= FAR_BELOW}
    if not found:
        return frozenset()
    for node in graph.nodes:
        passes = node.op_type in _PASSING or node.op_type == "Softmax"
        if passes and any(name in found for name in node.inputs):
            found.update(node.outputs)
    return frozenset(found)


def _constants(graph: Graph) -> dict[str, float]:
    """Least value of each floating constant of which it is known."""
    found = dict(graph.initializers)
    for node in graph.nodes:
        value = node.attributes.get("value") if node.op_type == "Constant" else None
        if isinstance(value, Initializer):
            found[node.outputs[0]] = value
    return {name: least for name, weight in found.items() if (least := _least(weight)) is not None}


def _least(weight: Initializer) -> float | None:
    if weight.values is not None and weight.values.size and weight.values.dtype.kind == "f":
        return float(np.min(weight.values))
    return weight.least
