"""Operators that ONNX Runtime adds to optimised graphs, domain com.microsoft (docs/ContribOperators.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planner.workload.file.onnx_rules import RuleError, infer_outputs
from planner.workload.graph import TensorSpec
from planner.workload.output_rules import contrib_attention, standard
from planner.workload.output_rules.site import (
    NodeContext,
    OutputRule,
    OutputTypes,
    Shape,
    Specs,
    axis_of,
    broadcast,
    one,
    same,
)


def _transposed(site: NodeContext, position: int, attribute: str) -> Shape:
    shape = site.shape(position)
    return (*shape[:-2], shape[-1], shape[-2]) if site.number(attribute, 0) else shape


def _fused_matmul(site: NodeContext) -> OutputTypes:
    if site.number("transBatchA", 0) or site.number("transBatchB", 0):
        raise RuleError("products with transposed batches are not supported")
    left, right = _transposed(site, 0, "transA"), _transposed(site, 1, "transB")
    return one(site.spec(0).dtype, standard.product_shape(left, right))


def _standard(op_type: str, *operands: int) -> OutputRule:
    """The rule of a standard operator on some of the inputs."""

    def rule(site: NodeContext) -> OutputTypes:
        chosen = replace(
            site,
            inputs=tuple(site.inputs[place] for place in operands if place < len(site.inputs)),
            values=tuple(site.value(place) for place in operands if place < len(site.inputs)),
        )
        return standard.RULES[op_type](chosen)

    return rule


def _present(site: NodeContext, outputs: Specs) -> OutputTypes:
    """As many of these outputs as the node has; one that it names beyond them stays unknown."""
    names = site.node.outputs
    return OutputTypes(
        tuple(outputs[place] if name else None for place, name in enumerate(names) if place < len(outputs))
    )


def _skip_layer_norm(site: NodeContext) -> OutputTypes:
    spec = site.spec(0)
    row = replace(spec, shape=(*spec.shape[:-1], 1), dtype="float")
    return _present(site, (spec, row, row, spec))


def _skip_group_norm(site: NodeContext) -> OutputTypes:
    return _present(site, (site.spec(0), site.spec(0)))


def _embedding(site: NodeContext) -> OutputTypes:
    """Word, position and segment embeddings summed and normalised."""
    batch, tokens = site.shape(0)
    table = site.spec(2)
    hidden = TensorSpec(
        "float" if table.dtype in ("uint8", "int8") else table.dtype, (batch, tokens, site.shape(2)[1])
    )
    return _present(site, (hidden, TensorSpec("int32", (batch,)), hidden))


def _concat_quantised(site: NodeContext) -> OutputTypes:
    return _standard("Concat", *range(2, len(site.node.inputs), 3))(site)


def _dequantize(site: NodeContext) -> OutputTypes:
    return OutputTypes((replace(site.spec(0), dtype=site.spec(1).dtype),))


def _quantize(site: NodeContext) -> OutputTypes:
    zero = site.inputs[2] if len(site.inputs) > 2 else None
    return OutputTypes((replace(site.spec(0), dtype=zero.dtype if zero is not None else "uint8"),))


def _few_bits(site: NodeContext) -> OutputTypes:
    return one(site.spec(0).dtype, (*site.shape(0)[:-1], site.number("N", 0)))


def _gathered_blocks(site: NodeContext) -> OutputTypes:
    """Rows of a table stored in blocks of few bits; bytes hold two numbers of 4 bits."""
    data, scales = site.spec(0), site.spec(2)
    bits = site.number("bits", 4)
    per_byte = 8 // bits if data.dtype in ("uint8", "int8") and bits < 8 else 1
    shape = site.shape(0)
    full = (*shape[:-1], shape[-1] * per_byte)
    node = replace(site.node, attributes={"axis": site.number("gather_axis", 0)})
    table = TensorSpec(scales.dtype, full)
    return standard.RULES["Gather"](replace(site, inputs=(table, site.spec(1)), node=node))


def _windows(site: NodeContext) -> OutputTypes:
    """`UnfoldTensor`: windows of one size, a step apart, along one axis."""
    shape = site.shape(0)
    axis, size = axis_of(site.number("dim", -1), len(shape)), site.number("size", 1)
    count = (shape[axis] - size) // site.number("step", 1) + 1
    return one(site.spec(0).dtype, (*shape[:axis], count, *shape[axis + 1 :], size))


def _expand_dims(site: NodeContext) -> OutputTypes:
    axis = site.whole(1)
    if axis is None:
        raise RuleError("its axis depends on data")
    shape = site.shape(0)
    place = axis if axis >= 0 else axis + len(shape) + 1
    return one(site.spec(0).dtype, (*shape[:place], 1, *shape[place:]))


def _real_transform(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    return one(site.spec(0).dtype, (*shape[:-1], shape[-1] // 2 + 1, 2))


def _inverse_transform(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    return one(site.spec(0).dtype, (*shape[:-2], 2 * (shape[-2] - 1)))


def _distances(site: NodeContext) -> OutputTypes:
    return one(site.spec(0).dtype, (site.shape(0)[0], site.shape(1)[0]))


def _integer_sum(site: NodeContext) -> OutputTypes:
    reduced = standard.RULES["ReduceSum"](site).outputs[0]
    return one("int32", reduced.shape if reduced is not None else ())  # type: ignore[arg-type]


def _integer_product(site: NodeContext) -> OutputTypes:
    second = 2 if len(site.inputs) > 3 else 1
    return one("int32", broadcast(site.shape(0), site.shape(second)))


def _ordered_matmul(site: NodeContext) -> OutputTypes:
    """`QOrderedMatMul`: in column order (0) the second operand is transposed."""
    weight = site.shape(2)
    columns = weight[-2] if site.number("order_B", 0) == 0 and weight[-1] == site.shape(0)[-1] else weight[-1]
    return one("int8", (*site.shape(0)[:-1], columns))


def _halved(site: NodeContext) -> OutputTypes:
    """One half of the last axis gates the other."""
    shape = site.shape(0)
    if site.has(1) and site.node.op_type == "SwiGLU":
        return OutputTypes((site.spec(0),))
    return one(site.spec(0).dtype, (*shape[:-1], shape[-1] // 2))


def _dynamic_lstm(site: NodeContext) -> OutputTypes:
    """`DynamicQuantizeLSTM` keeps its weights transposed: (directions, inputs, 4 hidden)."""
    steps, batch, _ = site.shape(0)
    directions, hidden = site.shape(1)[0], site.number("hidden_size", site.shape(2)[1])
    state = TensorSpec("float", (directions, batch, hidden))
    return _present(site, (TensorSpec("float", (steps, directions, batch, hidden)), state, state))


def _pad(site: NodeContext) -> OutputTypes:
    node = replace(site.node, domain="")
    inferred = infer_outputs(node, site.inputs, site.values, replace(site.opsets, default=17))
    return OutputTypes(inferred)


_LIKE_INPUT = (
    "Gelu", "FastGelu", "BiasGelu", "QuickGelu", "ScaledSiLU", "RotaryEmbedding", "BiasAdd", "BiasSoftmax",
    "GroupNorm", "Trilu", "Inverse", "ComplexMul", "ComplexMulConj", "NGramRepeatBlock", "BiasDropout",
    "GatedRMSNorm", "GatedAdd", "MoE", "QMoE",
)  # fmt: skip

RULES: Mapping[str, OutputRule] = {
    **contrib_attention.RULES,
    **dict.fromkeys(_LIKE_INPUT, same),
    **dict.fromkeys(("FusedMatMul", "TransposeMatMul", "FusedMatMulActivation"), _fused_matmul),
    **dict.fromkeys(("SkipLayerNormalization", "SkipSimplifiedLayerNormalization"), _skip_layer_norm),
    "SkipGroupNorm": _skip_group_norm,
    **dict.fromkeys(("EmbedLayerNormalization", "QEmbedLayerNormalization"), _embedding),
    "QLinearConcat": _concat_quantised,
    "QLinearWhere": _standard("Where", 0, 1, 4),
    **dict.fromkeys(("DequantizeLinear", "DequantizeWithOrder"), _dequantize),
    "QuantizeLinear": _quantize,
    **dict.fromkeys(("QuantizeWithOrder", "QOrderedGelu", "QOrderedLayerNormalization"),
                    lambda site: one("int8", site.shape(0))),
    "QOrderedMatMul": _ordered_matmul,
    **dict.fromkeys(("MatMulNBits", "MatMulBnb4", "MatMulFpQ4"), _few_bits),
    "GatherBlockQuantized": _gathered_blocks,
    "GemmFastGelu": _standard("MatMul", 0, 1),
    "GridSample": _pad,
    "Pad": _pad,
    "Range": _pad,
    "Unique": _pad,
    "GatherND": _pad,
    "ExpandDims": _expand_dims,
    "UnfoldTensor": _windows,
    "Rfft": _real_transform,
    "Irfft": _inverse_transform,
    "CDist": _distances,
    "MulInteger": _integer_product,
    "ReduceSumInteger": _integer_sum,
    "TorchEmbedding": _standard("Gather", 0, 1),
    **dict.fromkeys(("BiasSplitGelu", "SwiGLU"), _halved),
    "DynamicQuantizeLSTM": _dynamic_lstm,
    "IsAllFinite": lambda _site: one("bool", ()),
}  # fmt: skip
