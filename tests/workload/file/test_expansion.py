"""Small files that ask for much: functions that call each other twice a level, branches inside branches."""

import time

import pytest
from onnx import TensorProto, helper, save

from planner.errors import InputError
from planner.workload.workload import read_workload

OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]


def value(name, kind=TensorProto.FLOAT, shape=(1, 8)):
    return helper.make_tensor_value_info(name, kind, shape)


def doubling(path, levels):
    """Each function calls the one below twice: 2^levels operators in a file of a few kilobytes."""
    functions = [
        helper.make_function("f", "f0", ["x"], ["y"], [helper.make_node("Relu", ["x"], ["y"])], OPSETS)
    ]
    for level in range(1, levels + 1):
        calls = [
            helper.make_node(f"f{level - 1}", ["x"], ["t"], domain="f"),
            helper.make_node(f"f{level - 1}", ["t"], ["y"], domain="f"),
        ]
        functions.append(helper.make_function("f", f"f{level}", ["x"], ["y"], calls, OPSETS))
    top = helper.make_node(f"f{levels}", ["x"], ["y"], domain="f")
    graph = helper.make_graph([top], "g", [value("x")], [value("y")])
    save(helper.make_model(graph, functions=functions, opset_imports=OPSETS), path)
    return path


def test_functions_count_as_often_as_they_are_called(tmp_path):
    workload = read_workload(doubling(tmp_path / "a.onnx", 7))
    assert len(workload.operators) == 2**7
    assert workload.flops == 8 * 2**7


@pytest.mark.parametrize("levels", [18, 60])
def test_functions_that_grow_without_measure_are_refused_before_any_work(tmp_path, levels):
    path = doubling(tmp_path / "a.onnx", levels)
    began_s = time.monotonic()
    with pytest.raises(InputError, match="operators"):
        read_workload(path)
    assert time.monotonic() - began_s < 5.0


def test_branches_thirty_deep_are_counted(tmp_path):
    def branch(depth, name):
        node = (
            helper.make_node("Relu", ["x"], [name])
            if depth == 0
            else helper.make_node(
                "If",
                ["c"],
                [name],
                then_branch=branch(depth - 1, f"{name}t"),
                else_branch=branch(0, f"{name}e"),
            )
        )
        return helper.make_graph([node], name, [], [value(name)])

    inputs = [value("x"), value("c", TensorProto.BOOL, ())]
    graph = helper.make_graph(list(branch(30, "y").node), "g", inputs, [value("y")])
    path = tmp_path / "a.onnx"
    save(helper.make_model(graph, opset_imports=OPSETS[:1]), path)
    assert read_workload(path).flops == 8
