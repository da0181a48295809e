"""What is missing of a network never passes as nothing."""

import pytest

from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.latency.estimate import estimate
from planner.workload.graph import Node, TensorSpec
from planner.workload.record import workload_record
from planner.workload.wholeness import advice_for, why_partial
from planner.workload.workload import read_workload


def chain(network, length, lost):
    """Activations, then `lost` behind them."""
    nodes = [Node(f"r{i}", "Relu", (f"t{i}",), (f"t{i + 1}",)) for i in range(length)]
    return network(
        [*nodes, *lost], {"t0": (1, 8), "d": TensorSpec("int64", (2,))}, [f"t{length}", "y"], {"w": (8, 4)}
    )


def plugin(number):
    return [
        Node(f"p{i}", "Plugin", ("t1",), ("y" if not i else f"p{i}",), {}, "vendor") for i in range(number)
    ]


@pytest.mark.parametrize(
    ("length", "lost", "whole"),
    [
        (300, [], True),
        (8, plugin(1), True),  # one operator of post-processing
        (300, plugin(3), True),
        (100, plugin(2), False),
        (300, [Node("re", "Reshape", ("t1", "d"), ("q",)), Node("m", "MatMul", ("q", "w"), ("y",))], False),
    ],
)
def test_which_networks_are_whole(network, length, lost, whole):
    graph = chain(network, length, lost or [Node("i", "Identity", ("t1",), ("y",))])
    workload = read_workload(graph)
    assert (why_partial(workload) is None) == whole
    assert workload_record(workload, kernels=0)["whole"] == whole


def test_a_product_that_is_lost_is_no_number_and_says_what_to_do(network):
    lost = [Node("re", "Reshape", ("t1", "d"), ("q",)), Node("m", "MatMul", ("q", "w"), ("y",))]
    workload = read_workload(chain(network, 300, lost))
    assert "1 of them layers that carry the work" in (why_partial(workload) or "")
    assert "--extent q=" in advice_for(workload)
    with pytest.raises(InputError, match=r"counted whole.*'re' \(Reshape.*--extent q="):
        estimate(workload, read_device("jetson-orin-nano-8"))


def test_a_product_inside_a_branch_counts_as_lost_with_it(network):
    body = network(
        [Node("odd", "Magic", ("t1",), ("m",), domain="v"), Node("p", "MatMul", ("m", "w"), ("z",))],
        {},
        ["z"],
    )
    lost = [Node("if", "If", ("c",), ("y",), {"then_branch": body, "else_branch": body})]
    assert "carry the work" in (why_partial(read_workload(chain(network, 300, lost))) or "")


def test_a_size_that_was_assumed_is_what_to_say(network):
    """A reader of text lines of one height: nothing fits at the size that is assumed of an open image."""
    nodes = [Node("r", "Reshape", ("x", "t"), ("h",)), Node("m", "MatMul", ("h", "w"), ("y",))]
    graph = network(nodes, {"x": ("n", 3, "h", "w")}, ["y"], {"t": [1, 3, 48 * 320], "w": (48 * 320, 4)})
    graph = network(
        [*graph.nodes, Node("s", "Relu", ("x",), ("z",))], graph.inputs, ["y", "z"], graph.initializers
    )
    assert "--shape x=1,3,640,640 was assumed" in advice_for(read_workload(graph))
    assert why_partial(read_workload(graph, shapes={"x": (1, 3, 48, 320)})) is None
