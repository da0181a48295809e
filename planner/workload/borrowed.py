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
    """The standard operator, which inputs are its operands, and the output type (None: that of input 0).

    `requantises` says whether the result is scaled back to few bits.
    """

    op_type: str
    operands: tuple[int, ...]
    output_dtype: str | None = None
    requantises: bool = False


def _quantised(op_type: str, *operands: int) -> Loan:
    return Loan(op_type, operands, requantises=True)


_MICROSOFT = {
    "FusedConv": Loan("Conv", (0, 1, 2)),
    "NhwcConv": Loan("Conv", (0, 1, 2)),
    "NhwcFusedConv": Loan("Conv", (0, 1, 2, 3)),
    "NhwcMaxPool": Loan("MaxPool", (0,)),
    "FusedGemm": Loan("Gemm", (0, 1, 2)),
    "QGemm": _quantised("Gemm", 0, 3, 6),
    "QLinearConv": _quantised("Conv", 0, 3, 8),
    "QLinearAdd": _quantised("Add", 0, 3),
    "QLinearMul": _quantised("Mul", 0, 3),
    "QLinearSigmoid": _quantised("Sigmoid", 0),
    "QLinearLeakyRelu": _quantised("LeakyRelu", 0),
    "QLinearSoftmax": _quantised("Softmax", 0),
    "QLinearGlobalAveragePool": _quantised("GlobalAveragePool", 0),
    "QLinearAveragePool": _quantised("AveragePool", 0),
    "QLinearReduceMean": _quantised("ReduceMean", 0),
    "MatMulInteger16": Loan("MatMul", (0, 1), "int32"),
    "MatMulIntegerToFloat": Loan("MatMul", (0, 1), "float", requantises=True),
    "DynamicQuantizeMatMul": Loan("MatMul", (0, 1), "float", requantises=True),
}

_CHANNELS_LAST = {
    **{
        name: Loan(name, (0,))
        for name in (
            *("AveragePool", "GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "LpPool", "MaxPool"),
            *("DepthToSpace", "SpaceToDepth", "LRN"),
        )
    },
    "Conv": Loan("Conv", (0, 1, 2)),
    "ConvTranspose": Loan("ConvTranspose", (0, 1, 2)),
    "BatchNormalization": Loan("BatchNormalization", (0, 1, 2, 3, 4)),
    "InstanceNormalization": Loan("InstanceNormalization", (0, 1, 2)),
    "QLinearConv": _quantised("Conv", 0, 3, 8),
    "QLinearConvTranspose": _quantised("ConvTranspose", 0, 3, 8),
    "QLinearAveragePool": _quantised("AveragePool", 0),
}

_BLOCKED = {
    "Conv": Loan("Conv", (0, 1, 2, 3)),
    **{name: Loan(name, (0,)) for name in ("MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool")},
}

LOANS: Mapping[tuple[str, str], Loan] = MappingProxyType(
    {
        **{("com.microsoft", name): loan for name, loan in _MICROSOFT.items()},
        **{("com.ms.internal.nhwc", name): loan for name, loan in _CHANNELS_LAST.items()},
        **{("com.microsoft.nchwc", name): loan for name, loan in _BLOCKED.items()},
        ("", "QLinearConv"): _quantised("Conv", 0, 3, 8),
        ("", "QLinearMatMul"): _quantised("MatMul", 0, 3),
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
