"""Conversions between floats and integers with a scale and a zero point, and operators on the integers.

Quantising costs 5 operations per element (scale, round, shift, clip twice), dequantising 2. An operator
on quantised values does the work of the standard one it borrows from and requantises its output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planner.workload.borrowed import LOANS, Loan
from planner.workload.operators import convolution, elementwise, matmul, pooling, reduction
from planner.workload.operators.counting_rule import REQUANTISE, Call, Count, Rule

_STANDARD: Mapping[str, Rule] = {
    **convolution.RULES,
    **elementwise.RULES,
    **matmul.RULES,
    **pooling.RULES,
    **reduction.RULES,
}


def _quantize(call: Call) -> Count:
    return Count("elementwise", REQUANTISE * call.written)


def _dequantize(call: Call) -> Count:
    return Count("elementwise", 2 * call.written)


def _dynamic_quantize(call: Call) -> Count:
    """Smallest and largest element first, then as any quantisation."""
    return Count("elementwise", (2 + REQUANTISE) * call.written)


def _borrow(loan: Loan, requantise: int) -> Rule:
    def rule(call: Call) -> Count:
        operands = [position for position in loan.operands if call.has(position)]
        renamed = replace(call.node, op_type=loan.op_type)
        standard = replace(
            call,
            node=renamed,
            inputs=tuple(call.inputs[position] for position in operands),
            fixed=frozenset(index for index, position in enumerate(operands) if position in call.fixed),
            values={},
        )
        count = _STANDARD[loan.op_type](standard)
        reads = {operands[index]: elements for index, elements in count.reads.items()}
        return replace(count, operations=count.operations + requantise * call.written, reads=reads)

    return rule


def _requantised(name: str) -> int:
    """`ConvInteger` and `MatMulInteger` leave their 32-bit sums as they are."""
    return 0 if name.endswith("Integer") else REQUANTISE


RULES: Mapping[str, Rule] = {
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
    "com.microsoft:QuantizeLinear": _quantize,
    "com.microsoft:DequantizeLinear": _dequantize,
    "DynamicQuantizeLinear": _dynamic_quantize,
    **{
        f"{domain}:{name}" if domain else name: _borrow(loan, _requantised(name))
        for (domain, name), loan in LOANS.items()
        if not name.startswith("Fused")
    },
}
