"""Elementwise operators: a fixed number of operations per output element, whatever the broadcast."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from planner.workload.operators.counting_rule import (
    DIVISION,
    REQUANTISE,
    ROOT,
    SIGMOID,
    SOFTPLUS,
    TANH,
    TRANSCENDENTAL,
    Call,
    Count,
    CountingRule,
)

_GELU = TRANSCENDENTAL + 4  # x * 0.5 * (1 + erf(x / sqrt(2))), the constants multiplied
_LOG_SOFTMAX = 4 + TRANSCENDENTAL  # running maximum, subtract, exp, sum, subtract the logarithm
_FAST_GELU = TANH + 8  # 0.5 x (1 + tanh(a x + b x^3))

OPERATIONS: Mapping[str, int] = {
    **dict.fromkeys(("Add", "Sub", "Mul", "And", "Or", "Xor", "Not", "Equal", "Greater", "Less"), 1),
    **dict.fromkeys(("GreaterOrEqual", "LessOrEqual", "Where", "Abs", "Neg", "Sign", "Floor", "Ceil"), 1),
    **dict.fromkeys(("Round", "Relu", "Cast", "CastLike", "BitCast", "BitShift", "IsInf", "IsNaN"), 1),
    **dict.fromkeys(("BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Trilu", "Bernoulli"), 1),
    **dict.fromkeys(("Clip", "LeakyRelu", "PRelu", "ThresholdedRelu"), 2),
    **dict.fromkeys(("Div", "Reciprocal", "Mod"), DIVISION),
    **dict.fromkeys(("Sqrt",), ROOT),
    **dict.fromkeys(("Exp", "Log", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan"), TRANSCENDENTAL),
    **dict.fromkeys(("Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Erf"), TRANSCENDENTAL),
    "Tanh": TANH,
    "Sigmoid": SIGMOID,
    "Softplus": SOFTPLUS,
    "Softsign": 2 + DIVISION,
    "HardSigmoid": 4,
    "HardSwish": 5,
    "Shrink": 3,
    "Elu": TRANSCENDENTAL + 3,
    "Celu": TRANSCENDENTAL + DIVISION + 3,
    "Selu": TRANSCENDENTAL + 4,
    "Swish": SIGMOID + 1,
    "Mish": SOFTPLUS + TANH + 1,
    "Gelu": _GELU,
    "com.microsoft:Gelu": _GELU,
    "com.microsoft:BiasGelu": _GELU + 1,
    "com.microsoft:FastGelu": _FAST_GELU,
    "com.microsoft:QuickGelu": SIGMOID + 2,
    "com.microsoft:RotaryEmbedding": 3,
    "com.microsoft:BiasAdd": 2,
    "com.microsoft:BiasDropout": 2,
    "com.microsoft:BiasSplitGelu": _GELU + 3,
    "com.microsoft:ScaledSiLU": SIGMOID + 2,
    "com.microsoft:GatedAdd": 2,
    "com.microsoft:QOrderedGelu": _GELU + REQUANTISE,
    "com.microsoft:ComplexMul": 3,
    "com.microsoft:ComplexMulConj": 3,
    "com.microsoft:MulInteger": 3,
    "com.microsoft:QLinearWhere": 1 + REQUANTISE,
    "com.microsoft:Trilu": 1,
    "RotaryEmbedding": 3,
    **dict.fromkeys(("RandomNormal", "RandomNormalLike", "Multinomial"), 2 * TRANSCENDENTAL),
    **dict.fromkeys(("RandomUniform", "RandomUniformLike"), 2),
    **dict.fromkeys(("HannWindow", "HammingWindow"), TRANSCENDENTAL + 3),
    "BlackmanWindow": 2 * TRANSCENDENTAL + 6,
}
"""Operator -> operations per output element. Rotary embedding: two multiplies and an add."""


def activation_operations(name: str) -> int:
    """Operations per element of an activation fused into another operator; none for an empty name."""
    return OPERATIONS.get(name, TRANSCENDENTAL) if name else 0


def _per_element(operations: int) -> CountingRule:
    return lambda call: Count("elementwise", operations * call.written)


NEUTRAL: Mapping[str, tuple[float, tuple[int, ...]]] = {
    "Add": (0.0, (0, 1)),
    "Mul": (1.0, (0, 1)),
    "Sub": (0.0, (1,)),
    "Div": (1.0, (1,)),
}
"""Operator -> number that changes nothing, and the inputs at which it does not."""


def _arithmetic(name: str) -> CountingRule:
    """A sum or product; with one constant number that changes nothing it is a view.

    Engines take such operators out when they load a network (ONNX Runtime's `NoopElimination`, OpenVINO's
    `NopElimination`); exporters leave them behind where a learnt scale was never trained.
    """
    per_element = _per_element(OPERATIONS[name])

    def rule(call: Call) -> Count:
        if not _changes_nothing(call, *NEUTRAL[name]):
            return per_element(call)
        nothing = dict.fromkeys(range(2), 0)
        return Count("view", reads=nothing, writes=nothing)

    return rule


def _changes_nothing(call: Call, neutral: float, places: tuple[int, ...]) -> bool:
    for place in places:
        value = call.values.get(place)
        if value is not None and value.size == 1 and float(np.ravel(value)[0]) == neutral:
            return call.inputs[1 - place] == call.outputs[0]
    return False


def _many(per_extra_operand: int, fixed: int = 0) -> Callable[[Call], Count]:
    """Operators over any number of operands, such as `Sum` and `Max`."""

    def rule(call: Call) -> Count:
        return Count("elementwise", (per_extra_operand * (len(call.inputs) - 1) + fixed) * call.written)

    return rule


def _pow(call: Call) -> Count:
    """A whole exponent up to 4 is multiplied out, 0.5 a square root; any other is exp(b log a)."""
    exponent = call.values.get(1)
    operations = 2 * TRANSCENDENTAL + 1
    if exponent is not None and math.prod(exponent.shape) == 1:
        value = float(np.ravel(exponent)[0])
        if value == 0.5:
            operations = ROOT
        elif value in (1.0, 2.0, 3.0, 4.0):
            operations = max(1, int(value) - 1)
    return Count("elementwise", operations * call.written)


def _gated(call: Call) -> Count:
    """`SwiGLU`: one half of the input gates the other."""
    return Count("elementwise", (SIGMOID + 2) * call.written)


def _loss(per_element: int) -> CountingRule:
    """Losses over class scores: the logarithm where it is not taken yet, a weight and a mean per sample."""

    def rule(call: Call) -> Count:
        targets = math.prod(call.input(1))
        scores = {} if per_element else {0: min(call.read, targets)}
        return Count("reduction", per_element * call.read + (2 + call.has(2)) * targets, reads=scores)

    return rule


def _mel_weights(call: Call) -> Count:
    """`MelWeightMatrix`: two slopes and their smaller one per element."""
    return Count("elementwise", (2 * DIVISION + 3) * call.written)


RULES: Mapping[str, CountingRule] = {
    **{name: _per_element(operations) for name, operations in OPERATIONS.items()},
    **{name: _arithmetic(name) for name in NEUTRAL},
    "Max": _many(1),
    "Min": _many(1),
    "Sum": _many(1),
    "Mean": _many(1, fixed=1),
    "Pow": _pow,
    **dict.fromkeys(("SwiGLU", "com.microsoft:SwiGLU"), _gated),
    "NegativeLogLikelihoodLoss": _loss(0),
    "SoftmaxCrossEntropyLoss": _loss(_LOG_SOFTMAX),
    "MelWeightMatrix": _mel_weights,
}
