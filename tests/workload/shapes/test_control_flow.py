import numpy as np
import pytest

from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.workload import read_workload

FLAG = TensorSpec("bool", ())


def branch(network, width):
    """A subgraph x (captured) times a weight of its own."""
    name = f"wide{width}"
    node = Node(name, "MatMul", ("x", f"{name}.w"), (f"{name}.y",))
    return network([node], {}, [f"{name}.y"], {f"{name}.w": (8, width)})


def conditional(network, condition=None):
    attributes = {"then_branch": branch(network, 16), "else_branch": branch(network, 4)}
    node = Node("if", "If", ("c",), ("y",), attributes)
    inputs = {"x": (2, 8)} if condition is not None else {"x": (2, 8), "c": FLAG}
    weights = {"c": Initializer(FLAG, np.array(condition))} if condition is not None else {}
    return network([node], inputs, ["y"], weights)


def test_costlier_branch_counts_where_the_condition_depends_on_data(network):
    workload = read_workload(conditional(network))
    assert workload.macs == 2 * 8 * 16
    assert workload.operators[0].weight_bytes == 8 * 16 * 4
    assert any("costlier branch" in text for text in workload.assumptions)


@pytest.mark.parametrize(("condition", "width"), [(True, 16), (False, 4)])
def test_known_condition_picks_its_branch(network, condition, width):
    workload = read_workload(conditional(network, condition=condition))
    assert workload.macs == 2 * 8 * width
    assert workload.tensors["y"].shape == (2, width)
    assert workload.assumptions == ()


def loop(network, trips):
    body = network(
        [
            Node("step", "MatMul", ("state", "w"), ("next",)),
            Node("keep", "Identity", ("cond_in",), ("cond_out",)),
            Node("row", "Relu", ("next",), ("out",)),
        ],
        {"i": TensorSpec("int64", ()), "cond_in": FLAG, "state": (2, 8)},
        ["cond_out", "next", "out"],
    )
    node = Node("loop", "Loop", ("trips", "", "x"), ("y", "rows"), {"body": body})
    weights = {"w": (8, 8)}
    inputs = {"x": (2, 8)}
    if trips is None:
        inputs["trips"] = TensorSpec("int64", ())
    else:
        weights["trips"] = Initializer(TensorSpec("int64", ()), np.array(trips))
    return network([node], inputs, ["y", "rows"], weights)


def test_loop_counts_its_rounds(network):
    workload = read_workload(loop(network, 5))
    assert workload.macs == 5 * 2 * 8 * 8
    assert workload.parameters == 64
    assert workload.tensors["rows"].shape == (5, 2, 8)
    assert workload.operators[0].weight_bytes == 5 * 64 * 4
    assert workload.peak_activation_bytes > 0


def test_loop_of_unknown_length_counts_once_and_says_so(network):
    workload = read_workload(loop(network, None))
    assert workload.macs == 2 * 8 * 8
    assert any("runs once" in text for text in workload.assumptions)


def test_scan_runs_over_the_scanned_axis(network):
    body = network(
        [Node("add", "Add", ("sum_in", "row"), ("sum_out",)), Node("copy", "Relu", ("sum_out",), ("out",))],
        {"sum_in": (4,), "row": (4,)},
        ["sum_out", "out"],
    )
    node = Node("scan", "Scan", ("start", "x"), ("last", "all"), {"body": body, "num_scan_inputs": 1})
    workload = read_workload(network([node], {"start": (4,), "x": (6, 4)}, ["last", "all"]))
    assert workload.tensors["all"].shape == (6, 4)
    assert workload.flops == 6 * (4 + 4)


def test_unknown_operator_inside_makes_the_outer_one_unresolved(network):
    body = network([Node("odd", "Magic", ("x",), ("m",), domain="some.vendor")], {}, ["m"])
    nodes = [
        Node("if", "If", ("c",), ("y",), {"then_branch": body, "else_branch": body}),
        Node("relu", "Relu", ("x",), ("z",)),
    ]
    workload = read_workload(network(nodes, {"x": (2, 8), "c": FLAG}, ["y", "z"]))
    assert [lost.name for lost in workload.unresolved] == ["if"]
    assert "Magic" in workload.unresolved[0].reason
