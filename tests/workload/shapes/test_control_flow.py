import time
from dataclasses import replace

import numpy as np
import pytest

from planner.errors import UnknownIdError, UnsupportedModelError
from planner.workload.asked import Asked
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


def test_values_come_out_of_the_branch_that_is_known(network):
    """The branch gives a target shape, which tells the shape behind it."""
    taken = network([Node("i", "Identity", ("six",), ("t1",))], {}, ["t1"])
    other = network([Node("j", "Identity", ("three",), ("t2",))], {}, ["t2"])
    nodes = [
        Node("if", "If", ("c",), ("t",), {"then_branch": taken, "else_branch": other}),
        Node("r", "Reshape", ("x", "t"), ("y",)),
    ]
    weights = {"c": Initializer(FLAG, np.array(1, dtype=np.bool_)), "six": [6, 2], "three": [3, 4]}
    workload = read_workload(network(nodes, {"x": (3, 4)}, ["y"], weights))
    assert workload.tensors["y"].shape == (6, 2)
    assert workload.assumptions[1:] == ()


def test_a_branch_that_cannot_run_does_not_lose_the_other(network):
    """Of two frame lengths only one divides the input (a voice detector for 8 and 16 kHz)."""

    def framed(width):
        nodes = [
            Node(f"r{width}", "Reshape", ("x", f"t{width}"), (f"f{width}",)),
            Node(f"m{width}", "MatMul", (f"f{width}", f"w{width}"), (f"y{width}",)),
        ]
        weights = {f"t{width}": [1, width], f"w{width}": (width, 8)}
        return network(nodes, {}, [f"y{width}"], weights)

    attributes = {"then_branch": framed(64), "else_branch": framed(32)}
    node = Node("if", "If", ("c",), ("y",), attributes)
    graph = network([node], {"x": (1, 64), "c": FLAG}, ["y"])
    workload = read_workload(graph)
    assert workload.macs == 64 * 8
    assert "else_branch cannot run here" in " ".join(workload.assumptions)
    told = read_workload(graph, asked=Asked(values={"c": np.array(1, dtype=np.bool_)}))
    assert told.macs == 64 * 8
    assert not any("branch" in text for text in told.assumptions)
    with pytest.raises(UnsupportedModelError, match="cannot be reshaped"):
        read_workload(graph, asked=Asked(values={"c": np.array(0, dtype=np.bool_)}))


def counted_loop(network, least=None):
    """A loop without a limit that stops when its counter reaches the length of x, as tf2onnx writes it."""
    body = network(
        [
            Node("more", "Add", ("n", "one"), ("n2",)),
            Node("stop", "Less", ("n2", "length"), ("go",)),
            Node("step", "MatMul", ("h", "w"), ("h2",)),
        ],
        {"i": TensorSpec("int64", ()), "go_in": FLAG, "n": TensorSpec("int64", ()), "h": (1, 8)},
        ["go", "n2", "h2"],
        {"one": Initializer(TensorSpec("int64", ()), np.array(1))},
    )
    nodes = [
        Node("shape", "Shape", ("x",), ("s",)),
        Node("t", "Gather", ("s", "axis"), ("length",)),
        Node("loop", "Loop", ("", "", "zero", "h0"), ("n_out", "y"), {"body": body}),
        Node("wrap", "Unsqueeze", ("n_out", "axes"), ("target",)),
        Node("e", "Expand", ("flag", "target"), ("z",)),
    ]
    scalar = TensorSpec("int64", ())
    weights = {
        "axis": Initializer(scalar, np.array(1)), "zero": Initializer(scalar, np.array(0)), "w": (8, 8),
        "axes": [0], "flag": [7],
    }  # fmt: skip
    inputs = {"x": (1, "T", 3), "h0": (1, 8)} if least is None else {"x": (1, least, 3), "h0": (1, 8)}
    return network(nodes, inputs, ["y", "z"], weights)


def test_a_condition_that_follows_from_a_shape_counts_the_rounds(network):
    workload = read_workload(counted_loop(network), asked=Asked(dims={"T": 80}))
    assert workload.macs == 80 * 8 * 8
    assert workload.results["z"].shape == (80,)  # the counter comes out with its last value
    assert not any("loop" in text for text in workload.assumptions)


def test_rounds_that_never_end_are_given_up_in_bounded_time(network):
    """A hostile length: the rounds are followed up to a budget, then one is counted and said."""
    start = time.process_time()
    workload = read_workload(counted_loop(network, 2**31 - 1))
    assert time.process_time() - start < 30
    assert workload.macs == 8 * 8
    assert any("--rounds loop=N" in text for text in workload.assumptions)


def test_rounds_that_the_user_says(network):
    graph = loop(network, None)
    workload = read_workload(graph, asked=Asked(rounds={"loop": 12}))
    assert workload.macs == 12 * 2 * 8 * 8
    assert any("12 rounds, as asked" in text for text in workload.assumptions)
    with pytest.raises(UnknownIdError, match="unknown loop 'loops'"):
        read_workload(graph, asked=Asked(rounds={"loops": 12}))


def test_a_condition_that_is_false_at_once_runs_nothing(network):
    graph = loop(network, 5)
    nodes = [replace(graph.nodes[0], inputs=("trips", "no", "x"))]
    weights = {**graph.initializers, "no": Initializer(FLAG, np.array(0, dtype=np.bool_))}
    workload = read_workload(replace(graph, nodes=tuple(nodes), initializers=weights))
    assert workload.macs == 0


def test_a_carried_tensor_that_grows_is_counted_round_by_round(network):
    """A cache of keys that gains a row each round: products with 1, 2, 3 rows."""
    body = network(
        [
            Node("grow", "Concat", ("cache", "row"), ("cache2",), {"axis": 0}),
            Node("score", "MatMul", ("cache2", "w"), ("s",)),
            Node("keep", "Identity", ("go",), ("go2",)),
        ],
        {"i": TensorSpec("int64", ()), "go": FLAG, "cache": (0, 4)},
        ["go2", "cache2"],
    )
    node = Node("loop", "Loop", ("three", "", "none"), ("y",), {"body": body})
    weights = {
        "three": Initializer(TensorSpec("int64", ()), np.array(3)), "w": (4, 5),
        "none": Initializer(TensorSpec("float", (0, 4))),
    }  # fmt: skip
    workload = read_workload(network([node], {"row": (1, 4)}, ["y"], weights))
    assert workload.macs == (1 + 2 + 3) * 4 * 5
    assert workload.results["y"].shape == (3, 4)


def test_loops_inside_loops_take_a_bounded_time(network):
    """Twelve levels of a thousand rounds each, whose carried tensor grows: 10^36 rounds in all."""
    counter = TensorSpec("int64", ())
    grow = Node("grow", "Concat", ("c0", "c0"), ("d0",), {"axis": 0})
    keep = Node("keep", "Identity", ("g0",), ("h0",))
    body = network([grow, keep], {"i0": counter, "g0": FLAG, "c0": (1, 4)}, ["h0", "d0"])
    for level in range(1, 13):
        names = {f"i{level}": counter, f"g{level}": FLAG, f"c{level}": (1, 4)}
        inner = Node(f"loop{level}", "Loop", ("many", "", f"c{level}"), (f"d{level}",), {"body": body})
        keep = Node(f"keep{level}", "Identity", (f"g{level}",), (f"h{level}",))
        body = network([inner, keep], names, [f"h{level}", f"d{level}"])
    outer = Node("loop", "Loop", ("many", "", "x"), ("y",), {"body": body})
    weights = {"many": Initializer(counter, np.array(1000))}
    after = Node("r", "Relu", ("x",), ("z",))
    graph = network([outer, after], {"x": (1, 4)}, ["y", "z"], weights)
    start = time.process_time()
    workload = read_workload(graph)
    assert time.process_time() - start < 30
    assert [lost.name for lost in workload.unresolved] == ["loop"]
