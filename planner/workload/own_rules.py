"""Output types where the onnx package has no rule: contrib operators, and shapes that depend on data.

A data-dependent extent gets its largest possible value, and the answer says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from planner.workload.borrowed import LOANS, Loan, as_standard
from planner.workload.graph import Node, TensorSpec
from planner.workload.onnx_rules import Array, Opsets, RuleError, attribute_names, infer_outputs

Specs = tuple[TensorSpec | None, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A node with the types and (where known) values of its inputs."""

    node: Node
    inputs: tuple[TensorSpec | None, ...]
    values: tuple[Array | None, ...]
    opsets: Opsets

    def spec(self, position: int) -> TensorSpec:
        """Type of an input that must be there."""
        found = self.inputs[position] if position < len(self.inputs) else None
        if found is None:
            raise RuleError(f"input {position} of {self.node.op_type} is missing")
        return found

    def shape(self, position: int) -> tuple[int, ...]:
        """Extents of an input that must be there."""
        return tuple(int(dim) for dim in self.spec(position).shape)

    def number(self, name: str, default: int) -> int:
        """An integer attribute."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, int):
            raise RuleError(f"attribute {name} of {self.node.op_type} is not an integer")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """Types of the outputs, and the bound that was taken for a data-dependent extent."""

    outputs: Specs
    bound: str | None = None


def infer(site: Site) -> Answer:
    """Types of a node's outputs by the first rule that applies: own, borrowed, standard.

    Raises `RuleError` with the reason where none tells every extent.
    """
    key = (site.node.domain, site.node.op_type)
    _refuse_mismatch(site, LOANS.get(key))
    own = _RULES.get(key)
    if own is not None:
        answer = own(site)
    elif key in LOANS:
        answer = Answer(_borrow(site, LOANS[key]))
    else:
        inferred = infer_outputs(site.node, site.inputs, site.values, site.opsets)
        answer = _bounded(site, inferred)
    for name, spec in zip(site.node.outputs, answer.outputs, strict=False):
        if name and spec is None:
            raise RuleError(f"output {name!r} is no tensor, or its rank depends on data")
        if spec is not None and not all(isinstance(dim, int) for dim in spec.shape):
            raise RuleError(f"the shape of output {name!r} depends on data")
    return answer


def _refuse_mismatch(site: Site, loan: Loan | None) -> None:
    """Channels that do not fit the weights, which the standard's rules let pass."""
    op_type = loan.op_type if loan else site.node.op_type
    places = loan.operands if loan else (0, 1)
    facing = _FACING.get(op_type)
    if facing is None or len(places) < 2 or (site.node.domain and not loan):
        return
    data, weight = site.shape(places[0]), site.shape(places[1])
    data_axis, weight_axis = facing
    if len(data) <= data_axis or len(weight) <= weight_axis:
        raise RuleError(f"{op_type} of shapes {list(data)} and {list(weight)}")
    wanted = weight[weight_axis] * (site.number("group", 1) if op_type == "Conv" else 1)
    if data[data_axis] != wanted:
        raise RuleError(f"its weight is for {wanted} channels, its input has {data[data_axis]}")


_FACING: Mapping[str, tuple[int, int]] = {
    "Conv": (1, 1),
    "ConvTranspose": (1, 0),
    "BatchNormalization": (1, 0),
    "LSTM": (2, 2),
    "GRU": (2, 2),
    "RNN": (2, 2),
}
"""Operator -> axis of the data and axis of the weight that must agree."""


def _borrow(site: Site, loan: Loan) -> Specs:
    if site.number("channels_last", 0):
        raise RuleError(f"{site.node.op_type} with channels last is not supported")
    standard = as_standard(site.node, loan, attribute_names(loan.op_type, site.opsets.default))
    specs = [
        replace(spec, dtype="float") if spec is not None else None
        for position in loan.operands
        if position < len(site.inputs)
        for spec in (site.inputs[position],)
    ]
    outputs = infer_outputs(standard, specs, [None] * len(specs), site.opsets)
    dtype = loan.output_dtype or site.spec(0).dtype
    return tuple(replace(spec, dtype=dtype) if spec is not None else None for spec in outputs)


def _bounded(site: Site, outputs: Specs) -> Answer:
    """`Slice` and `TopK` with unknown limits keep at most what they are given."""
    first = outputs[0] if outputs else None
    if site.node.op_type not in ("Slice", "TopK") or first is None:
        return Answer(outputs)
    if all(isinstance(dim, int) for dim in first.shape):
        return Answer(outputs)
    whole = site.shape(0)
    dims = tuple(
        dim if isinstance(dim, int) else extent for dim, extent in zip(first.shape, whole, strict=True)
    )
    bounded = tuple(replace(spec, shape=dims) if spec is not None else None for spec in outputs)
    return Answer(bounded, f"takes all of {list(whole)}, as its limits depend on data")


def _same(site: Site) -> Answer:
    """Every output like input 0."""
    return Answer(tuple(site.spec(0) if name else None for name in site.node.outputs))


def _non_zero(site: Site) -> Answer:
    shape = site.shape(0)
    count = math.prod(shape)
    spec = TensorSpec("int64", (max(1, len(shape)), count))
    return Answer((spec,), f"all {count} elements are non-zero")


def _unique(site: Site) -> Answer:
    shape = site.shape(0)
    if "axis" in site.node.attributes:
        axis = site.number("axis", 0) % len(shape)
        count, values = shape[axis], shape
    else:
        count = math.prod(shape)
        values = (count,)
    index = TensorSpec("int64", (count,))
    outputs = (TensorSpec(site.spec(0).dtype, values), index, index, index)
    return Answer(outputs[: len(site.node.outputs)], f"all {count} elements are different")


def _compress(site: Site) -> Answer:
    shape = site.shape(0)
    axis = site.node.attributes.get("axis")
    kept = shape if isinstance(axis, int) else (math.prod(shape),)
    return Answer((TensorSpec(site.spec(0).dtype, kept),), f"keeps all of {list(shape)}")


def _non_max_suppression(site: Site) -> Answer:
    batch, classes, boxes = site.shape(1)
    limit = site.values[2] if len(site.values) > 2 else None
    per_class = min(boxes, int(np.ravel(limit)[0])) if limit is not None else boxes
    count = batch * classes * per_class
    return Answer((TensorSpec("int64", (count, 3)),), f"{count} boxes are selected, the most possible")


def _fused_matmul(site: Site) -> Answer:
    def turned(position: int, attribute: str) -> TensorSpec:
        spec = site.spec(position)
        if site.number(attribute, 0):
            return replace(spec, shape=(*spec.shape[:-2], spec.shape[-1], spec.shape[-2]))
        return spec

    node = replace(site.node, op_type="MatMul", domain="", inputs=site.node.inputs[:2], attributes={})
    specs = [turned(0, "transA"), turned(1, "transB")]
    return Answer(infer_outputs(node, specs, [None, None], site.opsets))


def _skip_layer_norm(site: Site) -> Answer:
    spec = site.spec(0)
    row = replace(spec, shape=(*spec.shape[:-1], 1), dtype="float")
    outputs = (spec, row, row, spec)
    names = site.node.outputs
    return Answer(tuple(outputs[position] if name else None for position, name in enumerate(names)))


def _packed_attention(site: Site) -> Answer:
    """Attention over one input with packed weights (hidden, q + k + v); optional outputs are not told."""
    batch, tokens, _ = site.shape(0)
    packed = site.shape(1)[-1]
    sizes = site.node.attributes.get("qkv_hidden_sizes")
    hidden = int(sizes[2]) if isinstance(sizes, tuple) and len(sizes) == 3 else packed // 3
    dtype = "float" if site.spec(0).dtype in ("int8", "uint8") else site.spec(0).dtype
    return Answer((TensorSpec(dtype, (batch, tokens, hidden)),))


def _multi_head_attention(site: Site) -> Answer:
    query = site.spec(0)
    if len(query.shape) != 3:
        raise RuleError("packed MultiHeadAttention inputs are not supported")
    value = site.inputs[2] if len(site.inputs) > 2 else None
    hidden = value.shape[-1] if value is not None and len(value.shape) == 3 else query.shape[-1]
    return Answer((replace(query, shape=(*query.shape[:2], hidden)),))


def _concat_quantised(site: Site) -> Answer:
    parts = range(2, len(site.node.inputs), 3)
    node = replace(
        site.node, op_type="Concat", domain="", inputs=tuple(site.node.inputs[position] for position in parts)
    )
    specs = [site.spec(position) for position in parts]
    return Answer(infer_outputs(node, specs, [None] * len(specs), site.opsets))


def _dequantize(site: Site) -> Answer:
    return Answer((replace(site.spec(0), dtype=site.spec(1).dtype),))


def _quantize(site: Site) -> Answer:
    zero = site.inputs[2] if len(site.inputs) > 2 else None
    return Answer((replace(site.spec(0), dtype=zero.dtype if zero is not None else "uint8"),))


def _matmul_packed_bits(site: Site) -> Answer:
    return Answer((replace(site.spec(0), shape=(*site.spec(0).shape[:-1], site.number("N", 0))),))


Rule = Callable[[Site], Answer]
_STANDARD: Mapping[str, Rule] = {
    "NonZero": _non_zero,
    "Unique": _unique,
    "Compress": _compress,
    "NonMaxSuppression": _non_max_suppression,
    **dict.fromkeys(("MeanVarianceNormalization", "GroupNormalization", "InstanceNormalization"), _same),
    **dict.fromkeys(("Mish", "HardSwish", "Celu", "ThresholdedRelu", "Swish"), _same),
}
_MICROSOFT: Mapping[str, Rule] = {
    "FusedMatMul": _fused_matmul,
    "TransposeMatMul": _fused_matmul,
    "SkipLayerNormalization": _skip_layer_norm,
    "SkipSimplifiedLayerNormalization": _skip_layer_norm,
    "Attention": _packed_attention,
    "QAttention": _packed_attention,
    "MultiHeadAttention": _multi_head_attention,
    "QLinearConcat": _concat_quantised,
    "DequantizeLinear": _dequantize,
    "QuantizeLinear": _quantize,
    "MatMulNBits": _matmul_packed_bits,
    **dict.fromkeys(("Gelu", "FastGelu", "BiasGelu", "QuickGelu", "RotaryEmbedding"), _same),
}
_RULES: Mapping[tuple[str, str], Rule] = {
    **{("", name): rule for name, rule in _STANDARD.items()},
    **{("com.microsoft", name): rule for name, rule in _MICROSOFT.items()},
    ("", "SimplifiedLayerNormalization"): _same,
    ("ai.onnx.contrib", "Gelu"): _same,
}
