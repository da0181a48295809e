"""Recurrent layers: per step and direction one product with the input and one with the hidden state.

MACs = directions x steps x batch x gates x hidden x (input + hidden). Weights count as read once, which holds
while they stay in a cache between steps. Hochreiter and Schmidhuber, "Long short-term memory" (1997), and
Cho et al., arXiv:1406.1078, in the form of the ONNX operator documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planner.workload.operation import Contraction
from planner.workload.operators.counting_rule import REQUANTISE, SIGMOID, TANH, Call, Count, CountingRule

_CELL = {
    "LSTM": 3 * SIGMOID + 2 * TANH + 4,  # three gates, candidate and output; f*c + i*g, o*tanh(c)
    "GRU": 2 * SIGMOID + TANH + 5,  # r*h, z*h + (1 - z)*n
    "RNN": TANH,
}
_PEEPHOLES = 6  # three multiplies and adds per hidden unit


def _recurrent(call: Call) -> Count:
    directions, gate_rows, features = call.input(1)
    hidden = call.input(2)[-1]
    steps, batch = call.input(0)[:2]
    if call.integer("layout", 0):
        steps, batch = batch, steps
    units = directions * steps * batch * hidden
    per_unit = _CELL[call.node.op_type] + gate_rows // hidden  # the two products are added per gate
    if call.has(3):
        per_unit += gate_rows // hidden
    if call.has(7):
        per_unit += _PEEPHOLES
    contraction = Contraction(directions * steps, gate_rows, batch, features + hidden)
    return Count("recurrent", per_unit * units, contraction)


def _quantised_lstm(call: Call) -> Count:
    """com.microsoft `DynamicQuantizeLSTM`: weights transposed, (directions, features, 4 hidden)."""
    directions, features, gate_rows = call.input(1)
    hidden = gate_rows // 4
    inputs = (
        call.input(0),
        (directions, gate_rows, features),
        (directions, gate_rows, hidden),
        *call.inputs[3:8],
    )
    node = replace(call.node, op_type="LSTM", domain="")
    count = _recurrent(replace(call, node=node, inputs=inputs))
    return replace(count, operations=count.operations + (2 + REQUANTISE) * call.read)


RULES: Mapping[str, CountingRule] = {
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _recurrent),
    "com.microsoft:DynamicQuantizeLSTM": _quantised_lstm,
}
