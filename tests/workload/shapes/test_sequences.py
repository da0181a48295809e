"""Sequences, optionals and text: known by the tensors they hold."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.workload import read_workload


def scalar(value):
    return Initializer(TensorSpec("int64", ()), np.array(value, dtype=np.int64))


def counted(network, nodes, inputs, outputs, weights=None, opset=17):
    workload = read_workload(network(nodes, inputs, outputs, weights, opset))
    assert workload.unresolved == ()
    return workload


def test_tensors_go_in_and_come_out(network):
    nodes = [
        Node("pack", "SequenceConstruct", ("a", "b"), ("s",)),
        Node("more", "SequenceInsert", ("s", "a", "zero"), ("t",)),
        Node("less", "SequenceErase", ("t", "zero"), ("u",)),
        Node("take", "SequenceAt", ("u", "last"), ("y",)),
        Node("count", "SequenceLength", ("t",), ("n",)),
        Node("expand", "Unsqueeze", ("n", "axes"), ("shape",)),
        Node("fill", "ConstantOfShape", ("shape",), ("z",)),
    ]
    weights = {"zero": scalar(0), "last": scalar(-1), "axes": [0]}
    workload = counted(network, nodes, {"a": (2, 3), "b": (4, 5)}, ["y", "z"], weights)
    assert workload.tensors["y"].shape == (4, 5)
    assert workload.tensors["t"].elements == 2 * 6 + 20
    taken = next(operator for operator in workload.operators if operator.name == "take")
    assert taken.input_bytes == 20 * 4 + 0
    assert "fill" in workload.folded


def test_split_and_joined_again(network):
    nodes = [
        Node("split", "SplitToSequence", ("x", "two"), ("s",), {"axis": 1}),
        Node("join", "ConcatFromSequence", ("s",), ("y",), {"axis": 1}),
        Node("rows", "SplitToSequence", ("x",), ("r",), {"keepdims": 0}),
        Node("stack", "ConcatFromSequence", ("r",), ("z",), {"axis": -1, "new_axis": 1}),
    ]
    workload = counted(network, nodes, {"x": (3, 5)}, ["y", "z"], {"two": scalar(2)})
    assert workload.tensors["y"].shape == (3, 5)
    assert workload.tensors["z"].shape == (5, 3)


def test_a_place_that_depends_on_data_takes_the_largest_and_says_so(network):
    nodes = [
        Node("pack", "SequenceConstruct", ("a", "b"), ("s",)),
        Node("take", "SequenceAt", ("s", "i"), ("y",)),
    ]
    inputs = {"a": (2, 3), "b": (4, 5), "i": TensorSpec("int64", ())}
    workload = counted(network, nodes, inputs, ["y"])
    assert workload.tensors["y"].shape == (4, 5)
    assert any("the largest tensor" in text for text in workload.assumptions)


def test_map_runs_its_body_for_each_tensor(network):
    body = network([Node("m", "MatMul", ("p", "w"), ("q",))], {"p": (1, 8)}, ["q"])
    nodes = [
        Node("pack", "SequenceConstruct", ("a", "b"), ("s",)),
        Node("map", "SequenceMap", ("s",), ("t",), {"body": body}),
        Node("join", "ConcatFromSequence", ("t",), ("y",), {"axis": 0}),
    ]
    workload = counted(network, nodes, {"a": (2, 8), "b": (5, 8)}, ["y"], {"w": (8, 4)})
    assert workload.macs == 7 * 8 * 4
    assert workload.tensors["y"].shape == (7, 4)


def test_a_sequence_that_grows_in_a_loop(network):
    """Rows collected by insertion, as exporters write a list that a loop appends to."""
    body = network(
        [
            Node("keep", "Identity", ("go",), ("go_on",)),
            Node("row", "Relu", ("x",), ("r",)),
            Node("append", "SequenceInsert", ("list", "r"), ("longer",)),
        ],
        {"i": TensorSpec("int64", ()), "go": TensorSpec("bool", ()), "list": ()},
        ["go_on", "longer"],
    )
    nodes = [
        Node("none", "SequenceEmpty", (), ("empty",), {"dtype": 1}),
        Node("loop", "Loop", ("n", "", "empty"), ("all",), {"body": body}),
        Node("join", "ConcatFromSequence", ("all",), ("y",), {"axis": 0}),
    ]
    workload = counted(network, nodes, {"x": (1, 6)}, ["y"], {"n": scalar(4)})
    assert workload.tensors["y"].shape == (4, 6)
    assert next(op for op in workload.operators if op.name == "loop").flops == 4 * 6


def test_optional_is_its_value_and_whether_it_has_one_is_known(network):
    branch = network([Node("yes", "Relu", ("v",), ("p",))], {}, ["p"])
    other = network([Node("no", "Exp", ("x",), ("q",))], {}, ["q"])
    nodes = [
        Node("wrap", "Optional", ("x",), ("o",)),
        Node("has", "OptionalHasElement", ("o",), ("h",)),
        Node("get", "OptionalGetElement", ("o",), ("v",)),
        Node("if", "If", ("h",), ("y",), {"then_branch": branch, "else_branch": other}),
    ]
    workload = counted(network, nodes, {"x": (2, 3)}, ["y"], opset=18)
    assert workload.flops == 6
    assert workload.assumptions == ()


def test_an_input_sequence_holds_one_tensor_and_that_is_said(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("SequenceAt", ["s", "i"], ["y"])],
        "g",
        [helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(np.array(0, dtype=np.int64), "i")],
    )
    path = tmp_path / "m.onnx"
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )
    workload = read_workload(path, shapes={"s": (3, 4)})
    assert workload.tensors["y"].shape == (3, 4)
    assert any("a sequence of one tensor" in text for text in workload.assumptions)


def test_text_counts_as_references_and_that_is_said(network):
    text = TensorSpec("string", (2, 3))
    workload = counted(
        network, [Node("c", "StringConcat", ("a", "b"), ("y",))], {"a": text, "b": text}, ["y"], opset=20
    )
    assert workload.operators[0].input_bytes == 2 * 6 * 16
    assert any("reference of 16 bytes" in note for note in workload.assumptions)


def test_words_of_a_text_are_bounded_by_its_limit(network):
    node = Node("s", "StringSplit", ("a",), ("y", "n"), {"maxsplit": 3})
    workload = counted(network, [node], {"a": TensorSpec("string", (5,))}, ["y"], opset=20)
    assert workload.tensors["y"].shape == (5, 4)
    assert any("the most possible" in note for note in workload.assumptions)


@pytest.mark.parametrize(("parts", "reason"), [(None, "at most 10000"), (0, "parts of 0")])
def test_sequences_without_end_are_unresolved(network, parts, reason):
    inputs = ("x",) if parts is None else ("x", "p")
    nodes = [Node("s", "SplitToSequence", inputs, ("y",)), Node("r", "Relu", ("x",), ("z",))]
    weights = {} if parts is None else {"p": scalar(parts)}
    workload = read_workload(network(nodes, {"x": (2**30, 1)}, ["y", "z"], weights))
    assert reason in workload.unresolved[0].reason
