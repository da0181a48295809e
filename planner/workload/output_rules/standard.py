"""The most frequent operators, inferred without a call of the onnx package.

Each rule gives what the standard's own inference gives (a test compares them on every model of the
standard's backend suite); it exists because that costs ten times as long per node.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import TensorSpec
from planner.workload.output_rules import arrangement, resampling
from planner.workload.output_rules.site import (
    NOT_COVERED,
    NodeContext,
    OutputRule,
    OutputTypes,
    Shape,
    axes_of,
    axis_of,
    broadcast,
    one,
    same,
)


@cache
def _name_of() -> Mapping[int, str]:
    """Types by their numbers in a file; here, for the onnx package takes long to import."""
    from onnx import TensorProto

    return {number: name.lower() for name, number in TensorProto.DataType.items()}


def _elementwise(site: NodeContext) -> OutputTypes:
    """Broadcast operands; the type of the first."""
    spec = site.spec(0)
    if len(site.inputs) == 1:
        return OutputTypes((spec,))
    second = site.spec(1)
    if len(site.inputs) == 2 and second.shape == spec.shape:
        return OutputTypes((spec,))
    if "axis" in site.node.attributes or site.opsets.default < 7:
        return OutputTypes((spec,))  # before operator set 7 the second operand was stretched to the first
    shapes = (site.shape(position) for position in range(len(site.inputs)))
    return one(spec.dtype, broadcast(*shapes))


def _comparison(site: NodeContext) -> OutputTypes:
    return one("bool", _elementwise(site).outputs[0].shape)  # type: ignore[union-attr,arg-type]


def _test(site: NodeContext) -> OutputTypes:
    return one("bool", site.shape(0))


def _where(site: NodeContext) -> OutputTypes:
    return one(site.spec(1).dtype, broadcast(site.shape(0), site.shape(1), site.shape(2)))


def _like_first(site: NodeContext) -> OutputTypes:
    """The first output is like input 0; further ones (statistics, masks) only the standard's rule tells."""
    return OutputTypes((site.spec(0),)) if len(site.node.outputs) == 1 else NOT_COVERED


def _dropout(site: NodeContext) -> OutputTypes:
    """The data as it came, and which of it is kept."""
    spec = site.spec(0)
    return OutputTypes((spec, TensorSpec("bool", spec.shape))[: len(site.node.outputs)])


def _cast(site: NodeContext) -> OutputTypes:
    target = site.node.attributes.get("to")
    dtype = _name_of().get(target) if isinstance(target, int) else str(target).lower()
    if dtype is None:
        raise RuleError(f"a cast to the unknown type {target}")
    return one(dtype, site.shape(0))


def _cast_like(site: NodeContext) -> OutputTypes:
    return one(site.spec(1).dtype, site.shape(0))


def _conv(site: NodeContext) -> OutputTypes:
    data, weight = site.shape(0), site.shape(1)
    if len(data) != len(weight) or len(data) < 3:
        raise RuleError(f"Conv of shapes {list(data)} and {list(weight)}")
    rank = len(data) - 2
    kernel = site.integers("kernel_shape") or weight[2:]
    strides = site.integers("strides") or (1,) * rank
    dilations = site.integers("dilations") or (1,) * rank
    pads = site.integers("pads") or (0,) * (2 * rank)
    if not len(kernel) == len(strides) == len(dilations) == len(pads) // 2 == rank or min(strides) < 1:
        return NOT_COVERED
    automatic = site.text("auto_pad", "NOTSET")
    extents = []
    for axis, (extent, stride) in enumerate(zip(data[2:], strides, strict=True)):
        if automatic.startswith("SAME"):
            extents.append(-(-extent // stride))
            continue
        padding = pads[axis] + pads[axis + rank] if automatic == "NOTSET" else 0
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        extents.append((extent + padding - reach) // stride + 1)
    if min(extents) < 0:
        raise RuleError(f"a kernel {list(kernel)} larger than its input {list(data)}")
    return one(site.spec(0).dtype, (data[0], weight[0], *extents))


def _matmul(site: NodeContext) -> OutputTypes:
    left, right = site.shape(0), site.shape(1)
    return one(site.spec(0).dtype, product_shape(left, right))


def product_shape(left: Shape, right: Shape) -> Shape:
    """Shape of `numpy.matmul` of these operands."""
    if not left or not right or left[-1] != right[-2 if len(right) > 1 else 0]:
        raise RuleError(f"a product of shapes {list(left)} and {list(right)}")
    batch = broadcast(left[:-2], right[:-2])
    rows = left[-2:-1] if len(left) > 1 else ()
    columns = right[-1:] if len(right) > 1 else ()
    return (*batch, *rows, *columns)


def _gemm(site: NodeContext) -> OutputTypes:
    left, right = site.shape(0), site.shape(1)
    if len(left) != 2 or len(right) != 2:
        raise RuleError(f"Gemm of shapes {list(left)} and {list(right)}")
    rows, depth = reversed(left) if site.number("transA", 0) else left
    columns, other = right if site.number("transB", 0) else reversed(right)
    if depth != other:
        raise RuleError(f"Gemm of shapes {list(left)} and {list(right)}, inner extents {depth} and {other}")
    return one(site.spec(0).dtype, (rows, columns))


def _reduce(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    keep = site.number("keepdims", 1)
    try:
        given = axes_of(site)
    except LookupError:
        return NOT_COVERED
    if not given and site.number("noop_with_empty_axes", 0):
        return OutputTypes((site.spec(0),))
    axes = {axis_of(axis, len(shape)) for axis in given} if given else set(range(len(shape)))
    if keep:
        kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
    else:
        kept = tuple(extent for axis, extent in enumerate(shape) if axis not in axes)
    return one(site.spec(0).dtype, kept)


def _global_pool(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    if len(shape) < 2:
        raise RuleError(f"{site.node.op_type} of the shape {list(shape)}")
    return one(site.spec(0).dtype, (*shape[:2], *(1,) * (len(shape) - 2)))


def _recurrent(site: NodeContext) -> OutputTypes:
    """All hidden states, the last one, and for an LSTM the last cell state."""
    steps, batch, _ = site.shape(0)
    directions, hidden = site.shape(1)[0], site.shape(2)[2]
    first = site.number("layout", 0)  # batch before steps
    if first:
        steps, batch = batch, steps
    every = (batch, steps, directions, hidden) if first else (steps, directions, batch, hidden)
    last = TensorSpec(
        site.spec(0).dtype, (batch, directions, hidden) if first else (directions, batch, hidden)
    )
    return OutputTypes((TensorSpec(last.dtype, every), last, last)[: len(site.node.outputs)])


def _quantize(site: NodeContext) -> OutputTypes:
    asked = site.number("output_dtype", 0)
    dtype = _name_of()[asked] if asked else site.spec(2).dtype if site.has(2) else "uint8"
    return one(dtype, site.shape(0))


def _dequantize(site: NodeContext) -> OutputTypes:
    asked = site.number("output_dtype", 0)
    return one(_name_of()[asked] if asked else site.spec(1).dtype, site.shape(0))


def name_of(number: int) -> str:
    """The name of an element type by ONNX's number."""
    found = _name_of().get(number)
    if found is None:
        raise RuleError(f"the unknown element type {number}")
    return found


_UNARY = (
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BitwiseNot", "Ceil", "Celu", "Clip", "Cos",
    "Cosh", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "Hardmax", "Identity",
    "LeakyRelu", "Log", "LogSoftmax", "LpNormalization", "LRN", "Mish", "Neg", "Not", "PRelu", "Reciprocal",
    "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softmax", "Softplus", "Softsign",
    "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Trilu", "InstanceNormalization",
    "GroupNormalization", "MeanVarianceNormalization", "RMSNormalization", "SimplifiedLayerNormalization",
    "CumSum", "CumProd",
)  # fmt: skip
_BINARY = ("Add", "And", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Max", "Mean", "Min",
           "Mod", "Mul", "Or", "Pow", "Sub", "Sum", "Xor")  # fmt: skip

RULES: Mapping[str, OutputRule] = {
    **arrangement.RULES,
    **resampling.RULES,
    **dict.fromkeys(_UNARY, same),
    **dict.fromkeys(_BINARY, _elementwise),
    **dict.fromkeys(("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"), _comparison),
    **dict.fromkeys(("IsInf", "IsNaN"), _test),
    **dict.fromkeys(("BatchNormalization", "LayerNormalization"), _like_first),
    "Dropout": _dropout,
    **dict.fromkeys(
        ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2"), _reduce
    ),
    **dict.fromkeys(("ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"), _reduce),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), _global_pool),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _recurrent),
    "Where": _where,
    "Cast": _cast,
    "CastLike": _cast_like,
    "Conv": _conv,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
}

BY_TYPES_ALONE = frozenset(
    {
        *_UNARY, *_BINARY, "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "IsInf", "IsNaN",
        "BatchNormalization", "LayerNormalization", "GlobalAveragePool", "GlobalMaxPool", "LSTM", "GRU",
        "RNN", "Where", "Cast", "Conv", "MatMul", "Gemm", "QuantizeLinear", "DequantizeLinear", "Transpose",
        "Concat", "Flatten", "MaxPool", "AveragePool", "Softmax", "ConvTranspose", "GatherND",
    }
)  # fmt: skip
"""Operators whose output types follow from attributes and input types, whatever the inputs hold."""
