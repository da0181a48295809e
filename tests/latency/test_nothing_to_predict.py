"""Networks of which nothing can be predicted are refused in one sentence, on every engine and unit."""

import numpy as np
import pytest
from onnx import TensorProto, helper, save

import planner
from planner.errors import InputError


def network(path, nodes, shape=(1, 3), out=None):
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "small",
        [value("x", TensorProto.FLOAT, shape)],
        [value("y", TensorProto.FLOAT if out is None else out, None)],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


@pytest.mark.parametrize("device", ["jetson-orin-nano-8", "raspberry-pi-5", "t4", "rk3588"])
@pytest.mark.parametrize(
    ("op_type", "out"),
    [("Identity", None), ("Dropout", None), ("Flatten", None), ("Shape", TensorProto.INT64)],
)
def test_a_network_that_computes_nothing(tmp_path, device, op_type, out):
    path = network(tmp_path / "small.onnx", [helper.make_node(op_type, ["x"], ["y"])], out=out)
    with pytest.raises(InputError, match="an operator that computes"):
        planner.estimate(planner.read_onnx(path), device)


@pytest.mark.parametrize("shape", [(1, 0), (0, 3)])
def test_an_input_without_elements(tmp_path, shape):
    path = network(tmp_path / "empty.onnx", [helper.make_node("Relu", ["x"], ["y"])], shape=shape)
    with pytest.raises(InputError, match="one element or more"):
        planner.estimate(planner.read_onnx(path), "t4")


def test_one_relu_is_enough(tmp_path):
    nodes = [helper.make_node("Identity", ["x"], ["a"]), helper.make_node("Relu", ["a"], ["y"])]
    found = planner.estimate(planner.read_onnx(network(tmp_path / "relu.onnx", nodes)), "t4")
    assert np.isfinite(found.latency_s.high)
    assert found.latency_s.low > 0
