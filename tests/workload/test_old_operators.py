"""Forms that operators had in early operator sets, where the onnx package has no rule for types."""

import pytest

from planner.workload.graph import Node
from planner.workload.workload import read_workload

WEIGHTS = {"w": (4,), "bn": (3,), "k": (1, 24, 6), "r": (1, 24, 8)}

# operator, operator set, inputs, attributes, output shape
CASES = [
    ("Reshape", 1, ("x",), {"shape": (2, -1)}, (2, 48)),
    ("Reshape", 1, ("x",), {"shape": (0, 48)}, (2, 48)),
    ("Concat", 1, ("x", "x"), {}, (2, 6, 4, 4)),
    ("Concat", 4, ("x", "x"), {"axis": 3}, (2, 3, 4, 8)),
    ("Cast", 1, ("x",), {"to": "DOUBLE"}, (2, 3, 4, 4)),
    ("Pad", 1, ("x",), {"paddings": (0, 0, 1, 1, 0, 0, 1, 1)}, (2, 3, 6, 6)),
    ("Pad", 2, ("x",), {"pads": (0, 0, 1, 1, 0, 0, 1, 1)}, (2, 3, 6, 6)),
    ("Upsample", 1, ("x",), {"height_scale": 2.0, "width_scale": 3.0}, (2, 3, 8, 12)),
    ("Upsample", 7, ("x",), {"scales": (1.0, 1.0, 2.0, 2.0)}, (2, 3, 8, 8)),
    ("Add", 1, ("x", "bn"), {"broadcast": 1, "axis": 1}, (2, 3, 4, 4)),
    ("Add", 6, ("x", "w"), {"broadcast": 1}, (2, 3, 4, 4)),
    ("PRelu", 1, ("x", "bn"), {}, (2, 3, 4, 4)),
    ("Clip", 1, ("x",), {"min": 0.0, "max": 6.0}, (2, 3, 4, 4)),
    ("Clip", 6, ("x",), {"min": 0.0, "max": 6.0}, (2, 3, 4, 4)),
    ("Dropout", 1, ("x",), {"is_test": 1}, (2, 3, 4, 4)),
    ("Dropout", 6, ("x",), {"is_test": 1}, (2, 3, 4, 4)),
    ("BatchNormalization", 1, ("x", "bn", "bn", "bn", "bn"), {"is_test": 1}, (2, 3, 4, 4)),
    ("InstanceNormalization", 1, ("x", "bn", "bn"), {}, (2, 3, 4, 4)),
    ("GlobalLpPool", 1, ("x",), {}, (2, 3, 1, 1)),
    ("LpPool", 1, ("x",), {"kernel_shape": (2, 2), "strides": (2, 2)}, (2, 3, 2, 2)),
    ("Split", 2, ("x",), {"axis": 3, "split": (4,)}, (2, 3, 4, 4)),
    ("Slice", 1, ("x",), {"axes": (2,), "starts": (1,), "ends": (3,)}, (2, 3, 2, 4)),
    ("Squeeze", 1, ("one",), {"axes": (0,)}, (4,)),
    ("Unsqueeze", 1, ("one",), {"axes": (0, 3)}, (1, 1, 4, 1)),
    ("ReduceSum", 1, ("x",), {"axes": (2, 3), "keepdims": 0}, (2, 3)),
    ("TopK", 1, ("x",), {"k": 2}, (2, 3, 4, 2)),
    ("GRU", 1, ("seq", "k", "r"), {"hidden_size": 8}, (5, 1, 2, 8)),
    ("Gemm", 1, ("one", "one"), {"transA": 1}, (4, 4)),
    ("Softmax", 1, ("x",), {}, (2, 3, 4, 4)),
    ("Max", 1, ("x", "x"), {}, (2, 3, 4, 4)),
    *((name, 1, ("x",), {}, (2, 3, 4, 4)) for name in ("Relu", "Exp", "Sigmoid", "Tanh", "Neg", "Selu")),
]  # fmt: skip


@pytest.mark.parametrize(("op_type", "opset", "inputs", "attributes", "shape"), CASES)
def test_output_shape(network, op_type, opset, inputs, attributes, shape):
    outputs = ("y", "i") if op_type == "TopK" else ("y",)
    given = {"x": (2, 3, 4, 4), "one": (1, 4), "seq": (5, 2, 6)}
    node = Node("n", op_type, inputs, outputs, attributes)
    graph = network([node], {name: given[name] for name in given if name in inputs}, ["y"], WEIGHTS, opset)
    workload = read_workload(graph)
    assert workload.unresolved == ()
    assert workload.tensors["y"].shape == shape
    assert workload.assumptions == ()


def test_first_form_of_scan_has_a_batch(network):
    body = network([Node("a", "Add", ("s", "r"), ("t",))], {"s": (4,), "r": (4,)}, ["t"], opset=8)
    node = Node("scan", "Scan", ("", "start", "x"), ("last",), {"body": body, "num_scan_inputs": 1})
    workload = read_workload(network([node], {"start": (3, 4), "x": (3, 6, 4)}, ["last"], opset=8))
    assert workload.tensors["last"].shape == (3, 4)
    assert workload.flops == 3 * 6 * 4


@pytest.mark.parametrize("opset", [1, 6, 7, 13, 17, 18, 23])
def test_the_same_network_at_every_operator_set(network, opset):
    """Convolution, activation and product cost the same whatever set a file declares."""
    nodes = [
        Node("c", "Conv", ("x", "k"), ("c",)),
        Node("r", "Relu", ("c",), ("r",)),
        Node("p", "GlobalAveragePool", ("r",), ("p",)),
        Node("f", "Flatten", ("p",), ("f",)),
        Node("g", "Gemm", ("f", "v", "b"), ("y",), {"transB": 1}),
    ]
    weights = {"k": (8, 3, 3, 3), "v": (10, 8), "b": (10,)}
    workload = read_workload(network(nodes, {"x": (1, 3, 8, 8)}, ["y"], weights, opset))
    assert workload.macs == 8 * 36 * 27 + 80
    assert workload.tensors["y"].shape == (1, 10)


def test_type_named_by_text(network):
    graph = network([Node("c", "Cast", ("x",), ("y",), {"to": "INT8"})], {"x": (2,)}, ["y"], opset=1)
    assert read_workload(graph).tensors["y"].dtype == "int8"


def test_attributes_without_a_declared_type(tmp_path):
    """Files of the first version of the format do not say of which type an attribute is."""
    from onnx import TensorProto, helper

    node = helper.make_node("Transpose", ["x"], ["y"], perm=[1, 0])
    node.attribute[0].ClearField("type")
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    path = tmp_path / "m.onnx"
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 1)]).SerializeToString())
    workload = read_workload(path)
    assert workload.tensors["y"].shape == (3, 2)
    assert workload.inputs["x"].dtype == "float"
