import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError, UnsupportedModelError
from planner.workload.dtypes import STORED_AS
from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.workload import at_batch, at_precision, read_workload


def block(network, batch="batch", channels=8, size=12):
    """Convolution, normalisation, activation, residual addition, pooling, classifier."""
    nodes = [
        Node("conv", "Conv", ("x", "w"), ("c",), {"pads": (1, 1, 1, 1)}),
        Node("norm", "BatchNormalization", ("c", "scale", "shift", "mean", "var"), ("n",)),
        Node("relu", "Relu", ("n",), ("r",)),
        Node("add", "Add", ("r", "x"), ("a",)),
        Node("pool", "GlobalAveragePool", ("a",), ("p",)),
        Node("flat", "Flatten", ("p",), ("f",)),
        Node("fc", "Gemm", ("f", "v", "b"), ("y",), {"transB": 1}),
    ]
    weights = {
        "w": (channels, channels, 3, 3), **dict.fromkeys(("scale", "shift", "mean", "var"), (channels,)),
        "v": (10, channels), "b": (10,),
    }  # fmt: skip
    return network(nodes, {"x": (batch, channels, size, size)}, ["y"], weights)


def test_running_statistics_are_no_parameters_but_take_memory(network):
    workload = read_workload(block(network))
    assert workload.parameters == 8 * 8 * 9 + 2 * 8 + 10 * 8 + 10
    assert workload.weight_bytes == 4 * (workload.parameters + 2 * 8)


def test_settings_and_literals_are_no_parameters(network):
    limit = Initializer(TensorSpec("float", ()), np.array(6, dtype=np.float32))
    scales = Initializer(TensorSpec("float", (4,)), np.array([1, 1, 2, 2], dtype=np.float32))
    grid = Initializer(TensorSpec("float", (1, 3, 8, 8)), None, literal=True)
    nodes = [
        Node("clip", "Clip", ("x", "", "limit"), ("c",)),
        Node("resize", "Resize", ("c", "", "scales"), ("r",)),
        Node("grid", "Add", ("r", "grid"), ("y",)),
    ]
    weights = {"limit": limit, "scales": scales, "grid": grid}
    workload = read_workload(network(nodes, {"x": (1, 3, 4, 4)}, ["y"], weights))
    assert workload.parameters == 0
    assert workload.constant_bytes == 4 * (1 + 4 + 3 * 64)


def quantised_conv(network):
    """Conv between quantised tensors as quantisation tools write it, weights as integers."""
    scale = Initializer(TensorSpec("float", ()), np.array(0.1, dtype=np.float32))
    zero = Initializer(TensorSpec("int8", ()), np.array(0, dtype=np.int8))
    nodes = [
        Node("dx", "DequantizeLinear", ("x", "s", "z"), ("xf",)),
        Node("dw", "DequantizeLinear", ("w", "s", "z"), ("wf",)),
        Node("conv", "Conv", ("xf", "wf"), ("c",)),
        Node("q", "QuantizeLinear", ("c", "s", "z"), ("y",)),
    ]
    weights = {"s": scale, "z": zero, "w": Initializer(TensorSpec("int8", (4, 3, 3, 3)))}
    return network(nodes, {"x": TensorSpec("int8", (1, 3, 8, 8))}, ["y"], weights)


def test_quantised_weights_are_parameters_of_one_byte(network):
    workload = read_workload(quantised_conv(network))
    assert workload.folded == ("dw",)
    assert workload.parameters == workload.weight_bytes == 4 * 27
    conv = next(operator for operator in workload.operators if operator.name == "conv")
    assert conv.macs == 4 * 36 * 27
    assert conv.weight_bytes == 4 * 27


def test_what_depends_on_constants_alone_is_folded(network):
    nodes = [
        Node("turn", "Transpose", ("w",), ("wt",), {"perm": (1, 0)}),
        Node("mul", "MatMul", ("x", "wt"), ("y",)),
        Node("double", "Add", ("b", "b"), ("b2",)),
        Node("bias", "Add", ("y", "b2"), ("z",)),
    ]
    workload = read_workload(network(nodes, {"x": (2, 8)}, ["z"], {"w": (4, 8), "b": (4,)}))
    assert workload.folded == ("turn", "double")
    assert [operator.name for operator in workload.operators] == ["mul", "bias"]
    assert workload.operators[0].weights[0].tensor == "w"
    assert workload.operators[0].op_class == "gemm"
    assert workload.parameters == 36


@given(batch=st.integers(1, 64))
def test_work_is_proportional_to_the_batch(network, batch):
    graph = block(network)
    one, many = read_workload(graph, batch=1), read_workload(graph, batch=batch)
    assert many.macs == batch * one.macs
    assert many.flops == batch * one.flops
    assert many.activation_bytes == batch * one.activation_bytes
    assert many.peak_activation_bytes == batch * one.peak_activation_bytes
    assert many.weight_bytes == one.weight_bytes
    assert many.digest == one.digest


def test_another_batch_of_a_workload(network):
    once = read_workload(block(network), batch=2)
    halved = at_batch(at_precision(once, "fp16"), 6)
    assert halved.batch == 6
    assert halved.macs == 3 * once.macs
    assert halved.precision == "fp16"


@pytest.mark.parametrize(
    ("precision", "weight_bits", "activation_bits"),
    [("fp32", 32, 32), ("tf32", 32, 32), ("fp16", 16, 16), ("bf16", 16, 16), ("int8", 8, 8), ("fp8", 8, 8),
     ("int4", 4, 8), ("fp64", 64, 64), ("fp4", 4.5, 16)],
)  # fmt: skip
def test_precision_sets_the_size_of_floats(network, precision, weight_bits, activation_bits):
    plain = read_workload(block(network))
    changed = at_precision(plain, precision)
    assert changed.weight_bytes * 32 == pytest.approx(plain.weight_bytes * weight_bits, rel=0.01)
    assert changed.activation_bytes * 32 == plain.activation_bytes * activation_bits
    assert changed.macs == plain.macs
    assert {operator.precision for operator in changed.operators} == {precision}


def test_every_precision_is_tested_above():
    assert set(STORED_AS) == {"fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp4", "int8", "int4"}


def test_integers_keep_their_size_at_another_precision(network, count_one):
    gather = count_one("Gather", [TensorSpec("int64", (1, 7))], [(1000, 16)], inputs=["w0", "a"])
    assert at_precision(gather, "fp16").operators[0].input_bytes == 7 * 8
    quantised = read_workload(quantised_conv(network))
    assert at_precision(quantised, "fp16").weight_bytes == quantised.weight_bytes


def test_unknown_precision_is_refused(network):
    with pytest.raises(InputError, match="fp16"):
        at_precision(read_workload(block(network)), "half")


def test_unresolved_operators_are_listed_and_the_rest_counts(network):
    nodes = [
        Node("odd", "Magic", ("x",), ("m",), domain="some.vendor"),
        Node("after", "Relu", ("m",), ("y",)),
        Node("beside", "Relu", ("x",), ("z",)),
    ]
    workload = read_workload(network(nodes, {"x": (1, 3)}, ["y", "z"]))
    assert [(lost.name, lost.op_type) for lost in workload.unresolved] == [
        ("odd", "some.vendor:Magic"),
        ("after", "Relu"),
    ]
    assert all(lost.reason for lost in workload.unresolved)
    assert workload.flops == 3


def test_network_of_unknown_operators_alone_is_refused(network):
    graph = network([Node("odd", "Magic", ("x",), ("y",), domain="some.vendor")], {"x": (1, 3)}, ["y"])
    with pytest.raises(UnsupportedModelError, match="Magic"):
        read_workload(graph)


def test_frame_has_a_row_per_operator(network):
    workload = read_workload(block(network))
    frame = workload.to_frame()
    assert list(frame["name"]) == [operator.name for operator in workload.operators]
    assert frame["macs"].sum() == workload.macs
    assert frame["flops"].sum() == workload.flops


def test_name_can_be_given(network):
    assert read_workload(block(network), name="mine").model == "mine"
