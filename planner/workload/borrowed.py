"""Quantised and fused operators that are a standard operator with extra inputs between.

`QLinearAdd(a, a_scale, a_zero, b, b_scale, ...)` has the shapes and the work of `Add(a, b)`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from planner.workload.graph import Node


@dataclass(frozen=True, slots=True)
class Loan:
    """The standard operator, which inputs are its operands, and the output type (None: that of input 0)."""

    op_type: str
    operands: tuple[int, ...]
    output_dtype: str | None = None


_MICROSOFT = {
    "FusedConv": Loan("Conv", (0, 1, 2)),
    "FusedGemm": Loan("Gemm", (0, 1, 2)),
    "QGemm": Loan("Gemm", (0, 3, 6)),
    "QLinearConv": Loan("Conv", (0, 3, 8)),
    "QLinearAdd": Loan("Add", (0, 3)),
    "QLinearMul": Loan("Mul", (0, 3)),
    "QLinearSigmoid": Loan("Sigmoid", (0,)),
    "QLinearLeakyRelu": Loan("LeakyRelu", (0,)),
    "QLinearSoftmax": Loan("Softmax", (0,)),
    "QLinearGlobalAveragePool": Loan("GlobalAveragePool", (0,)),
    "QLinearAveragePool": Loan("AveragePool", (0,)),
    "QLinearReduceMean": Loan("ReduceMean", (0,)),
    "MatMulIntegerToFloat": Loan("MatMul", (0, 1), "float"),
    "DynamicQuantizeMatMul": Loan("MatMul", (0, 1), "float"),
}

LOANS: Mapping[tuple[str, str], Loan] = MappingProxyType(
    {
        **{("com.microsoft", name): loan for name, loan in _MICROSOFT.items()},
        ("", "QLinearConv"): Loan("Conv", (0, 3, 8)),
        ("", "QLinearMatMul"): Loan("MatMul", (0, 3)),
        ("", "ConvInteger"): Loan("Conv", (0, 1), "int32"),
        ("", "MatMulInteger"): Loan("MatMul", (0, 1), "int32"),
    }
)
"""(domain, operator) -> what it borrows from."""


def as_standard(node: Node, loan: Loan, attributes: Container[str]) -> Node:
    """The standard operator that this node amounts to on its operands, with these of its attributes."""
    operands = tuple(node.inputs[position] for position in loan.operands if position < len(node.inputs))
    kept = MappingProxyType({name: value for name, value in node.attributes.items() if name in attributes})
    return replace(node, op_type=loan.op_type, domain="", inputs=operands, attributes=kept)
