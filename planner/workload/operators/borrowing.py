"""Operators that do the work of a standard one on some of their inputs: quantised, fused, channels last.

A result of few bits is requantised: 5 operations per element. Channels-last data is counted on shapes
transposed to the standard layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planner.workload.borrowed import LOANS, Loan
from planner.workload.operators import convolution, elementwise, matmul, normalization, pooling, reduction
from planner.workload.operators.counting_rule import REQUANTISE, Call, Count, CountingRule
from planner.workload.operators.movement import RULES as MOVEMENT
from planner.workload.output_rules.layouts import channels_first, is_channels_last

_STANDARD: Mapping[str, CountingRule] = {
    **convolution.RULES,
    **elementwise.RULES,
    **matmul.RULES,
    **MOVEMENT,
    **normalization.RULES,
    **pooling.RULES,
    **reduction.RULES,
}
_SMALLEST_AND_LARGEST = 2


def _borrow(loan: Loan) -> CountingRule:
    def rule(call: Call) -> Count:
        operands = [position for position in loan.operands if call.has(position)]
        standard = replace(
            call,
            node=replace(call.node, op_type=loan.op_type, domain=""),
            inputs=tuple(call.inputs[position] for position in operands),
            fixed=frozenset(index for index, position in enumerate(operands) if position in call.fixed),
            values={},
        )
        node = call.node
        if is_channels_last(node.domain, node.op_type, node.attributes.get("channels_last")):
            standard = _channels_first(standard)
        count = _STANDARD[loan.op_type](standard)
        operations = count.operations + REQUANTISE * call.written * loan.requantises
        if node.op_type == "DynamicQuantizeMatMul":
            operations += (_SMALLEST_AND_LARGEST + REQUANTISE) * call.read
        reads = {operands[index]: elements for index, elements in count.reads.items()}
        return replace(count, operations=operations, reads=reads)

    return rule


def _channels_first(call: Call) -> Call:
    data, *others = call.inputs
    return replace(
        call,
        inputs=(channels_first(data) if data is not None else None, *others),
        outputs=tuple(channels_first(shape) if shape is not None else None for shape in call.outputs),
    )


RULES: Mapping[str, CountingRule] = {
    f"{domain}:{name}" if domain else name: _borrow(loan) for (domain, name), loan in LOANS.items()
}
