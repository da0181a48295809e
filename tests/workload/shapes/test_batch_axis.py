"""Which extent is the batch, and what is asked of it only where somebody asks."""

import numpy as np
import pytest

from planner.errors import InputError, UnknownIdError
from planner.workload.asked import Asked
from planner.workload.file.from_proto import graph_from_proto
from planner.workload.graph import Node, TensorSpec
from planner.workload.shapes.batch_axis import batch_axes
from planner.workload.workload import at_batch, read_workload


def relu(network, **inputs):
    nodes = [Node(f"r{name}", "Relu", (name,), (f"y{name}",)) for name in inputs]
    return network(nodes, inputs, [node.outputs[0] for node in nodes])


@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((1, 3, 8, 8), 0),
        (("batch_size", 3, 8, 8), 0),
        (("num_layers", "batch", 64), 1),
        ((2, "Batch", 128), 1),
        ((3, 320, 320), None),
        ((3, "h", "w"), None),
        (("num_nodes", 16), None),
        (("sequence_length", 64), None),
        ((), None),
        ((10, 77), 0),
    ],
)
def test_the_axis_of_one_input(network, shape, axis):
    assert batch_axes(relu(network, x=shape)).get("x") == axis


def recurrent(network, steps="T", layout=0):
    node = Node(
        "lstm", "LSTM", ("x", "w", "r", "", "", "h0"), ("y", "yh"), {"hidden_size": 16, "layout": layout}
    )
    weights = {"w": (1, 64, 8), "r": (1, 64, 16)}
    return network([node], {"x": (steps, 1, 8), "h0": (1, 1, 16)}, ["y"], weights, 17)


def test_a_recurrent_layer_reads_steps_before_the_batch(network):
    graph = recurrent(network)
    assert batch_axes(graph) == {"x": 1, "h0": 1}
    workload = read_workload(graph, shapes={"x": (30, 1, 8)})
    assert workload.batch == 1
    four = at_batch(workload, 4)
    assert (four.batch, four.inputs["x"].shape, four.macs) == (4, (30, 4, 8), 4 * workload.macs)
    with pytest.raises(InputError, match="T open"):
        read_workload(graph)


def test_a_fixed_batch_is_taken_as_it_is_and_named_where_another_is_asked(network):
    graph = relu(network, x=(2, 14, 16))
    assert read_workload(graph).batch == 2
    with pytest.raises(InputError, match="leave out --batch for the 2 of the file"):
        read_workload(graph, batch=1)


def test_inputs_without_a_common_batch_are_one_inference(network):
    workload = read_workload(relu(network, nodes=(34, 1433), edges=(2, 78)))
    assert workload.batch == 1
    assert "one run is one inference" in workload.assumptions[-1]
    with pytest.raises(InputError, match="batch extent that can be 8"):
        at_batch(workload, 8)


def test_the_rows_of_edges_beside_nodes_are_no_batch(network):
    graph = relu(network, nodes=("num_nodes", 16), edges=(2, "num_edges"))
    workload = read_workload(graph, asked=Asked(dims={"num_nodes": 34, "num_edges": 78}))
    assert workload.batch == 1
    with pytest.raises(InputError, match="num_nodes open"):
        read_workload(graph)


def test_a_shape_alone_sets_the_batch(network):
    assert read_workload(relu(network, x=("n", 3, 8, 8)), shapes={"x": (6, 3, 8, 8)}).batch == 6


def test_extents_without_a_name_are_each_their_own():
    from onnx import TensorProto, helper

    node = helper.make_node("Add", ["x", "z"], ["y"])
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["?", 3, "?", "?"]) for name in "xzy"]
    model = helper.make_model(helper.make_graph([node], "g", values[:2], values[2:]))
    graph = graph_from_proto(model, "g")
    found = read_workload(graph, shapes={"x": (2, 3, 48, 192), "z": (1, 3, 1, 192)})
    assert found.results["y"].shape == (2, 3, 48, 192)


def test_open_extents_are_set_by_their_names_everywhere(network):
    graph = relu(network, x=("n", 3, "height", "width"), z=("n", "height", 5, 7, 2))
    workload = read_workload(graph, asked=Asked(dims={"height": 32, "width": 24}))
    assert workload.inputs["x"].shape == (1, 3, 32, 24)
    assert workload.inputs["z"].shape == (1, 32, 5, 7, 2)
    assert at_batch(workload, 3).inputs["z"].shape == (3, 32, 5, 7, 2)
    with pytest.raises(UnknownIdError, match=r"open extent 'heigth'.*did you mean height"):
        read_workload(graph, asked=Asked(dims={"heigth": 32}))
    with pytest.raises(InputError, match="equal extents"):
        read_workload(graph, asked=Asked(dims={"height": 32}, shapes={"x": (1, 3, 16, 16)}))


def test_what_was_told_stays_at_another_batch(network):
    node = Node("r", "Reshape", ("x", "t"), ("y",))
    graph = network([node], {"x": ("n", 12), "t": TensorSpec("int64", (3,))}, ["y"])
    workload = read_workload(graph, asked=Asked(values={"t": np.array([-1, 3, 4])}))
    assert at_batch(workload, 5).results["y"].shape == (5, 3, 4)
