"""Hand-computed work of one operator of each family."""

import numpy as np
import onnx.defs
import pytest

from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.operators import (
    attention,
    borrowing,
    convolution,
    elementwise,
    matmul,
    movement,
    normalization,
    pooling,
    quantisation,
    recurrent,
    reduction,
    resampling,
)
from planner.workload.operators.beyond_tensors import classical, signal, text
from planner.workload.operators.counting_rule import Call, UncountedError
from planner.workload.operators.table import RULES, count
from planner.workload.shapes.control_flow import BODY_RULES
from planner.workload.uncountable import uncountable

INT8 = "int8"


def scalar(value: float) -> Initializer:
    return Initializer(TensorSpec("float", ()), np.array(value, dtype=np.float32))


def quantised(*shape: int) -> Initializer:
    return Initializer(TensorSpec(INT8, shape))


SCALE = Initializer(TensorSpec("float", ()))
ZERO = Initializer(TensorSpec(INT8, ()))

# operator, activations, weights, attributes, MACs, flops beyond 2 x MACs, class
CASES = [
    # out 1 x 16 x 8 x 8, each a dot product over 3 x 3 x 3
    ("Conv", [(1, 3, 8, 8)], [(16, 3, 3, 3), (16,)], {"pads": (1, 1, 1, 1)}, 16 * 64 * 27, 16 * 64, "conv"),
    ("Conv", [(2, 8, 4, 4)], [(4, 8, 1, 1)], {}, 2 * 4 * 16 * 8, 0, "pointwise"),
    ("Conv", [(1, 8, 6, 6)], [(8, 1, 3, 3)], {"group": 8}, 8 * 16 * 9, 0, "depthwise"),
    ("Conv", [(1, 8, 6, 6)], [(6, 4, 3, 3)], {"group": 2}, 6 * 16 * 36, 0, "grouped_conv"),
    ("Conv", [(1, 2, 9, 9)], [(4, 2, 3, 3)], {"dilations": (2, 2)}, 4 * 25 * 18, 0, "conv"),
    ("Conv", [(1, 4, 10)], [(8, 4, 3)], {"strides": (2,)}, 8 * 4 * 12, 0, "conv"),
    ("Conv", [(1, 2, 4, 4, 4)], [(3, 2, 2, 2, 2)], {}, 3 * 27 * 16, 0, "conv"),
    # every one of the 8 x 5 x 5 inputs meets 4 output channels x 2 x 2 taps; output 1 x 4 x 10 x 10
    ("ConvTranspose", [(1, 8, 5, 5)], [(8, 4, 2, 2), (4,)], {"strides": (2, 2)}, 200 * 16, 400, "deconv"),
    ("Gemm", [(5, 7)], [(3, 7), (3,)], {"transB": 1}, 105, 15, "gemm"),
    ("Gemm", [(7, 5)], [(7, 3), (3,)], {"transA": 1, "alpha": 0.5, "beta": 2.0}, 105, 45, "gemm"),
    ("MatMul", [(2, 4, 5, 6)], [(6, 8)], {}, 2 * 4 * 5 * 6 * 8, 0, "gemm"),
    ("MatMul", [(2, 4, 5, 6), (2, 4, 6, 3)], [], {}, 2 * 4 * 5 * 6 * 3, 0, "matmul"),
    ("MatMul", [(4, 5, 6), (2, 1, 6, 3)], [], {}, 8 * 5 * 6 * 3, 0, "matmul"),
    ("MatMul", [(6,), (6, 3)], [], {}, 18, 0, "matmul"),
    ("Einsum", [(2, 5, 6), (2, 6, 3)], [], {"equation": "bij,bjk->bik"}, 180, 0, "matmul"),
    ("Einsum", [(2, 5, 4, 6), (2, 7, 4, 6)], [], {"equation": "bqhd,bkhd->bhqk"}, 1680, 0, "matmul"),
    ("Einsum", [(2, 5, 6)], [(6, 3)], {"equation": "...j,jk->...k"}, 180, 0, "gemm"),
    ("Einsum", [(5,), (6,)], [], {"equation": "i,j->ij"}, 0, 30, "elementwise"),
    ("Einsum", [(5, 6)], [], {"equation": "ij->j"}, 0, 30, "elementwise"),
    # (ab,bc) then (ac,cd): 2*3*4 + 2*4*5
    ("Einsum", [(2, 3), (3, 4), (4, 5)], [], {"equation": "ab,bc,cd->ad"}, 64, 0, "matmul"),
    ("MaxPool", [(1, 4, 8, 8)], [], {"kernel_shape": (2, 2), "strides": (2, 2)}, 0, 3 * 64, "pool"),
    ("AveragePool", [(1, 4, 8, 8)], [], {"kernel_shape": (2, 2), "strides": (2, 2)}, 0, 4 * 64, "pool"),
    ("GlobalAveragePool", [(1, 4, 8, 8)], [], {}, 0, 256, "pool"),
    ("GlobalMaxPool", [(1, 4, 8, 8)], [], {}, 0, 252, "pool"),
    ("BatchNormalization", [(1, 4, 8, 8)], [(4,)] * 4, {}, 0, 512, "norm"),
    # per element: 4 for the moments, 1 to normalise, 2 to scale and shift; 13 for each of the 6 rows
    ("LayerNormalization", [(2, 3, 8)], [(8,), (8,)], {}, 0, 7 * 48 + 13 * 6, "norm"),
    # moments and one to normalise; by default a row is a channel, over all images and positions
    ("MeanVarianceNormalization", [(2, 3, 4, 5)], [], {}, 0, 5 * 120 + 13 * 3, "norm"),
    ("MeanVarianceNormalization", [(2, 3, 4, 5)], [], {"axes": (2, 3)}, 0, 5 * 120 + 13 * 6, "norm"),
    ("Relu", [(2, 3)], [], {}, 0, 6, "elementwise"),
    ("Add", [(2, 3), (1, 3)], [], {}, 0, 6, "elementwise"),
    ("Add", [(2, 1), (1, 3)], [], {}, 0, 6, "elementwise"),
    ("Div", [(2, 3), (2, 3)], [], {}, 0, 24, "elementwise"),
    # one constant number that changes nothing: engines take the operator out at loading
    ("Add", [(2, 3)], [scalar(0)], {}, 0, 0, "view"),
    ("Mul", [(2, 3)], [scalar(1)], {}, 0, 0, "view"),
    ("Div", [(2, 3)], [scalar(1)], {}, 0, 0, "view"),
    ("Mul", [(2, 3)], [scalar(2)], {}, 0, 6, "elementwise"),
    ("Sub", [(2, 3)], [scalar(1)], {}, 0, 6, "elementwise"),
    ("Exp", [(2, 3)], [], {}, 0, 48, "elementwise"),
    ("Sigmoid", [(2, 3)], [], {}, 0, 84, "elementwise"),
    ("Pow", [(2, 3)], [scalar(2)], {}, 0, 6, "elementwise"),
    ("Pow", [(2, 3)], [scalar(0.5)], {}, 0, 24, "elementwise"),
    ("Pow", [(2, 3)], [scalar(1.7)], {}, 0, 102, "elementwise"),
    ("Max", [(2, 3), (2, 3), (2, 3)], [], {}, 0, 12, "elementwise"),
    ("ReduceMean", [(2, 8)], [], {"axes": (1,)}, 0, 18, "reduction"),
    ("Softmax", [(2, 8)], [], {}, 0, 15 * 16, "softmax"),
    ("TopK", [(2, 8)], [[4]], {}, 0, 16 * 3, "sort"),
    ("Transpose", [(2, 8)], [], {}, 0, 0, "movement"),
    ("Reshape", [(2, 8)], [[4, 4]], {}, 0, 0, "view"),
    # 2 directions x 5 steps x batch 3 x 4 gates of 8 x (6 + 8)
    ("LSTM", [(5, 3, 6)], [(2, 32, 6), (2, 32, 8), (2, 64)], {"hidden_size": 8, "direction": "bidirectional"},
     2 * 5 * 3 * 32 * 14, 240 * (3 * 14 + 2 * 8 + 4 + 4 + 4), "recurrent"),
    ("GRU", [(5, 3, 6)], [(1, 24, 6), (1, 24, 8)], {"hidden_size": 8}, 5 * 3 * 24 * 14, 120 * (36 + 5 + 3),
     "recurrent"),
    ("QuantizeLinear", [(2, 3)], [SCALE, ZERO], {}, 0, 30, "elementwise"),
    ("DequantizeLinear", [TensorSpec(INT8, (2, 3))], [SCALE, ZERO], {}, 0, 12, "elementwise"),
    ("QLinearConv", [TensorSpec(INT8, (1, 4, 6, 6))],
     [SCALE, ZERO, quantised(8, 4, 3, 3), SCALE, ZERO, SCALE, ZERO], {}, 8 * 16 * 36, 5 * 128, "conv"),
    ("com.microsoft:QLinearAdd", [TensorSpec(INT8, (2, 3))],
     [SCALE, ZERO, quantised(2, 3), SCALE, ZERO, SCALE, ZERO], {}, 0, 36, "elementwise"),
    ("MatMulInteger", [TensorSpec(INT8, (4, 6))], [quantised(6, 3)], {}, 72, 0, "gemm"),
    # one packed product 2x4x8 by 8x24, scores and values over 4 x 4 tokens of width 8, 2 heads
    ("com.microsoft:Attention", [(2, 4, 8)], [(8, 24), (24,)], {"num_heads": 2},
     2 * 4 * 8 * 24 + 2 * 2 * 16 * 8, 2 * 4 * 24 + 15 * 2 * 2 * 16, "attention"),
    ("com.microsoft:FusedMatMul", [(2, 5, 6), (2, 3, 6)], [], {"transB": 1, "alpha": 0.5}, 180, 30, "matmul"),
    ("Det", [(2, 3, 3)], [], {}, 0, 2 * 21, "reduction"),
    ("StringConcat", [TensorSpec("string", (2, 3)), TensorSpec("string", (3,))], [], {}, 0, 6, "elementwise"),
    ("ai.onnx.ml:LinearRegressor", [(2, 8)], [], {"coefficients": (0.5,) * 24, "targets": 3}, 48, 6, "gemm"),
    # 2 rows against 5 support vectors of 4 features, exp and three operations each; 5 MACs per row
    ("ai.onnx.ml:SVMRegressor", [(2, 4)], [],
     {"support_vectors": (0.5,) * 20, "coefficients": (0.5,) * 5, "kernel_type": "RBF"}, 40, 11 * 10 + 20,
     "gemm"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("op_type", "activations", "weights", "attributes", "macs", "others", "op_class"),
    CASES,
)
def test_hand_computed_work(count_one, op_type, activations, weights, attributes, macs, others, op_class):
    outputs = 2 if op_type == "TopK" else 1
    workload = count_one(op_type, activations, weights, outputs, **attributes)
    assert not workload.unresolved
    (operator,) = workload.operators
    assert operator.macs == macs
    assert operator.flops == 2 * macs + others
    assert operator.op_class == op_class
    if operator.contraction is not None:
        assert operator.contraction.macs == macs


def test_every_family_has_a_hand_computed_case():
    tested = {case[0] for case in CASES} | {"Resize", "DFT"}
    families = (
        attention, borrowing, classical, convolution, elementwise, matmul, movement, normalization, pooling,
        quantisation, recurrent, reduction, resampling, signal, text,
    )  # fmt: skip
    assert [family.__name__ for family in families if not tested & set(family.RULES)] == []


@pytest.mark.parametrize("domain", ["", "ai.onnx.ml", "ai.onnx.preview"])
def test_every_operator_of_the_standard_has_a_rule_or_a_reason(domain):
    names = {schema.name for schema in onnx.defs.get_all_schemas_with_history() if schema.domain == domain}
    prefix = f"{domain}:" if domain else ""
    costed = {name for name in names if f"{prefix}{name}" in RULES or (domain, name) in BODY_RULES}
    assert {name for name in names - costed if uncountable(domain, name) is None} == set()
    assert names - costed <= {"ImageDecoder"}


def test_training_is_no_inference():
    assert uncountable("ai.onnx.preview.training", "Adam") == uncountable(
        "ai.onnx.preview.training", "Gradient"
    )


@pytest.mark.skipif(not onnx.defs.has("CausalConvWithState"), reason="this onnx does not know the operator")
def test_causal_convolution_is_depthwise(count_one):
    workload = count_one("CausalConvWithState", [(2, 8, 5)], [(8, 1, 4), (8,)], outputs=2, opset=28)
    (operator,) = workload.operators
    assert operator.macs == 2 * 8 * 5 * 4
    assert operator.flops == 2 * operator.macs + 2 * 8 * 5, "a bias for each output"
    assert operator.op_class == "depthwise"


@pytest.mark.parametrize(
    ("activation", "operations"), [("none", 0), ("relu", 1), ("silu", 15), ("swish", 15)]
)
def test_what_a_causal_convolution_does_after_it_is_counted(count_one, activation, operations):
    call = Node("c", "CausalConvWithState", ("x", "w"), ("y",), {"activation": activation})
    counted = count(Call(call, ((2, 8, 5), (8, 1, 4)), ((2, 8, 5),)))
    assert counted.operations == operations * 2 * 8 * 5
    assert counted.contraction.macs == 2 * 8 * 5 * 4


def test_conv_bytes(count_one):
    workload = count_one("Conv", [(1, 3, 8, 8)], [(16, 3, 3, 3), (16,)], pads=(1, 1, 1, 1))
    (operator,) = workload.operators
    assert operator.input_bytes == 4 * 3 * 64
    assert operator.output_bytes == 4 * 16 * 64
    assert operator.weight_bytes == 4 * (16 * 27 + 16)
    assert workload.parameters == 16 * 27 + 16


def test_embedding_reads_only_the_rows_it_gathers(count_one):
    ids = TensorSpec("int64", (1, 7))
    workload = count_one("Gather", [ids], [(1000, 16)], inputs=["w0", "a"])
    (operator,) = workload.operators
    assert operator.weight_bytes == 7 * 16 * 4
    assert operator.input_bytes == 7 * 8
    assert workload.weight_bytes == 1000 * 16 * 4


def test_slice_reads_what_it_takes(count_one):
    workload = count_one("Slice", [(10, 4)], [[0], [3], [0]])
    assert workload.operators[0].input_bytes == 3 * 4 * 4
    assert workload.operators[0].output_bytes == 3 * 4 * 4


def test_views_move_nothing(count_one):
    workload = count_one("Flatten", [(2, 3, 4)])
    (operator,) = workload.operators
    assert (operator.input_bytes, operator.output_bytes, operator.flops) == (0, 0, 0)


def test_linear_resize_has_two_taps_per_changed_axis():
    node = Node("r", "Resize", ("x",), ("y",), {"mode": "linear"})
    both = count(Call(node, ((1, 2, 4, 4),), ((1, 2, 8, 8),)))
    assert both.operations == (2 * 4 - 1) * 128
    one = count(Call(node, ((1, 2, 4, 4),), ((1, 2, 8, 4),)))
    assert one.operations == (2 * 2 - 1) * 64


def test_fourier_transform_costs_5_n_log_n(count_one):
    workload = count_one("DFT", [(3, 64, 1)], axis=1)
    assert workload.operators[0].flops == 3 * 5 * 64 * 6


def test_an_operator_outside_the_table_is_refused_by_name():
    with pytest.raises(UncountedError, match=r"some\.vendor:Magic"):
        count(Call(Node("m", "Magic", ("x",), ("y",), domain="some.vendor"), ((1,),), ((1,),)))


def test_contradictory_attributes_are_refused_not_a_fault():
    node = Node("c", "Conv", ("x", "w"), ("y",), {"group": 0})
    with pytest.raises(UncountedError, match="contradict"):
        count(Call(node, ((1, 3, 8, 8), (4, 3, 3, 3)), ((1, 4, 6, 6),)))
