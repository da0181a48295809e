"""A network that takes one size alone has a curve of that size, and is not refused."""

import pytest

from planner import api
from planner.errors import InputError
from planner.workload.graph import Graph, Initializer, Node, TensorSpec
from planner.workload.workload import read_workload


def over_all_rows():
    """The largest of all rows: exported for one row, its output stays one row at any batch."""
    nodes = (
        Node("product", "MatMul", ("x", "w"), ("h",)),
        Node("most", "ReduceMax", ("h",), ("y",), {"axes": (0,), "keepdims": 1}),
    )
    weights = {"w": Initializer(TensorSpec("float", (64, 64)))}
    inputs = {"x": TensorSpec("float", (1, 64))}
    return read_workload(Graph("rows", inputs, ("y",), nodes, weights, 17))


def test_outputs_that_do_not_grow_leave_one_point():
    found = api.curve(over_all_rows(), "jetson-orin-nano-8", up_to=4).curve
    assert [point.at for point in found.points] == [1]
    assert found.knee_at is None


def test_a_network_that_grows_has_all_points_and_a_wrong_part_is_refused_still():
    found = api.curve("zoo:mobilenet_v1_0.25", "jetson-orin-nano-8", up_to=4).curve
    assert [point.at for point in found.points] == [1, 2, 4]
    with pytest.raises(InputError):
        api.curve(over_all_rows(), "jetson-orin-nano-8", precision="fp4")
