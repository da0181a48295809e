import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError, UnknownIdError
from planner.workload.asked import Asked
from planner.workload.graph import UNKNOWN_RANK, Initializer, Node, TensorSpec
from planner.workload.shapes.rebatch import rebatch
from planner.workload.shapes.resolve import Resolved, resolve


def resolved_of(graph, batch=None, **shapes) -> Resolved:
    return resolve(graph, Asked(batch, shapes))[1]


def shapes_of(graph, batch=None, **shapes):
    resolved = resolved_of(graph, batch, **shapes)
    assert not resolved.failures
    return {name: spec.shape for name, spec in resolved.tensors.items()}


def flatten_by_shape_chain(network, first="batch"):
    """x -> Reshape(x, [Shape(x)[0], -1]) as exporters write it."""
    nodes = [
        Node("shape", "Shape", ("x",), ("s",)),
        Node("first", "Gather", ("s", "zero"), ("n",), {"axis": 0}),
        Node("wrap", "Unsqueeze", ("n", "axes"), ("n1",)),
        Node("target", "Concat", ("n1", "rest"), ("t",), {"axis": 0}),
        Node("reshape", "Reshape", ("x", "t"), ("y",)),
    ]
    zero = Initializer(TensorSpec("int64", ()), np.array(0))
    return network(nodes, {"x": (first, 3, 4, 5)}, ["y"], {"zero": zero, "axes": [0], "rest": [-1]})


def test_shape_chain_is_worked_out(network):
    resolved = resolved_of(flatten_by_shape_chain(network), 7)
    assert resolved.tensors["y"].shape == (7, 60)
    assert {"s", "n", "n1", "t"} <= resolved.fixed
    assert "y" not in resolved.fixed
    assert resolved.assumptions == ()


def test_open_batch_becomes_one_and_is_said(network):
    resolved = resolved_of(flatten_by_shape_chain(network))
    assert resolved.tensors["y"].shape == (1, 60)
    assert "batch 1" in resolved.assumptions[0]


def test_open_extent_is_refused_with_the_option_to_set_it(network):
    graph = network([Node("r", "Relu", ("x",), ("y",))], {"x": ("n", "tokens", 64)}, ["y"])
    with pytest.raises(InputError, match=r"tokens open.*--shape x=1,tokens,64"):
        resolved_of(graph)
    assert shapes_of(graph, x=(2, 8, 64))["y"] == (2, 8, 64)


def test_open_size_of_an_image_is_assumed_and_said(network):
    graph = network([Node("r", "Relu", ("x",), ("y",))], {"x": ("n", 3, "height", "width")}, ["y"])
    resolved = resolved_of(graph, 2)
    assert resolved.tensors["y"].shape == (2, 3, 640, 640)
    assert [text for text in resolved.assumptions if "height 640" in text]
    assert shapes_of(graph, x=(2, 3, 8, 9))["y"] == (2, 3, 8, 9)


def test_unknown_input_offers_the_nearest(network):
    graph = network([Node("r", "Relu", ("images",), ("y",))], {"images": (1, 3)}, ["y"])
    with pytest.raises(UnknownIdError, match="did you mean images"):
        resolved_of(graph, image=(1, 3))


@pytest.mark.parametrize(
    ("batch", "shape", "reason"),
    [
        (None, (1, 3, 4), "expected 2 extents"),
        (2, (3, 3), "batch 2"),
        (None, (-1, 3), "from 0 to"),
        (0, (1, 3), "from 1 to"),
    ],
)
def test_contradictory_extents_are_refused(network, batch, shape, reason):
    graph = network([Node("r", "Relu", ("x",), ("y",))], {"x": ("n", 3)}, ["y"])
    with pytest.raises(InputError, match=reason):
        resolved_of(graph, batch, x=shape)


def test_symbols_are_shared_between_inputs(network):
    graph = network([Node("a", "Add", ("x", "z"), ("y",))], {"x": ("n", "t"), "z": ("n", "t")}, ["y"])
    assert shapes_of(graph, x=(2, 5))["z"] == (2, 5)
    with pytest.raises(InputError, match="equal extents"):
        resolved_of(graph, x=(2, 5), z=(2, 6))


def test_input_without_any_shape_wants_one(network):
    graph = network([Node("r", "Relu", ("x",), ("y",))], {"x": TensorSpec("float", UNKNOWN_RANK)}, ["y"])
    with pytest.raises(InputError, match="--shape x"):
        resolved_of(graph)
    assert shapes_of(graph, x=(2, 5))["y"] == (2, 5)


def test_fixed_batch_of_another_size_is_refused(network):
    graph = network([Node("r", "Relu", ("x",), ("y",))], {"x": (8, 3)}, ["y"])
    with pytest.raises(InputError, match="8 fixed in the file"):
        resolved_of(graph, 4)
    assert shapes_of(graph, batch=8)["y"] == (8, 3)


@pytest.mark.parametrize(
    ("target", "expected"),
    [([1, 12], (4, 12)), ([1, -1], (4, 12)), ([-1, 12], (4, 12)), ([0, 12], (4, 12)), ([2, 6], (8, 6))],
)
def test_constant_reshape_carries_a_larger_batch(network, target, expected):
    graph = network([Node("r", "Reshape", ("x", "t"), ("y",))], {"x": (1, 3, 4)}, ["y"], {"t": target})
    assert shapes_of(graph, batch=4)["y"] == expected


def test_constant_class_token_is_repeated_along_the_batch(network):
    node = Node("c", "Concat", ("token", "x"), ("y",), {"axis": 1})
    graph = network([node], {"x": (1, 16, 8)}, ["y"], {"token": (1, 1, 8)})
    resolved = resolved_of(graph, 4)
    assert resolved.tensors["y"].shape == (4, 17, 8)
    assert any("repeated along the batch" in text for text in resolved.assumptions)


def test_batch_that_cannot_be_carried_is_refused(network):
    fixed = network([Node("e", "Expand", ("x", "t"), ("y",))], {"x": (1, 3)}, ["y"], {"t": [2, 3]})
    with pytest.raises(InputError, match="'e'"):
        resolved_of(fixed, 4)
    reduced = network(
        [Node("m", "ReduceMax", ("x",), ("y",), {"axes": (0,), "keepdims": 0})], {"x": (1, 3)}, ["y"]
    )
    with pytest.raises(InputError, match="grow with the batch"):
        resolved_of(reduced, 4)


def test_channels_that_do_not_fit_the_weight(network):
    graph = network([Node("c", "Conv", ("x", "w"), ("y",))], {"x": (1, 3, 8, 8)}, ["y"], {"w": (4, 3, 3, 3)})
    with pytest.raises(InputError, match="weight is for 3 channels, its input has 5"):
        resolved_of(graph, x=(1, 5, 8, 8))


def test_what_depends_on_an_unknown_operator_is_listed(network):
    nodes = [
        Node("odd", "Magic", ("x",), ("m",), domain="some.vendor"),
        Node("after", "Relu", ("m",), ("y",)),
        Node("beside", "Relu", ("x",), ("z",)),
    ]
    resolved = resolved_of(network(nodes, {"x": (1, 3)}, ["y", "z"]))
    assert set(resolved.failures) == {"odd", "after"}
    assert "Magic" in resolved.failures["odd"]
    assert "'odd'" in resolved.failures["after"]
    assert resolved.tensors["z"].shape == (1, 3)


@pytest.mark.parametrize(
    ("op_type", "inputs", "expected"),
    [("NonZero", ("x",), (2, 12)), ("Compress", ("x", "mask"), (12,)), ("Unique", ("x",), (12,))],
)
def test_data_dependent_extents_take_their_bound_and_say_so(network, op_type, inputs, expected):
    graph = network(
        [Node("n", op_type, inputs, ("y",))], {"x": (3, 4), "mask": TensorSpec("bool", (12,))}, ["y"]
    )
    resolved = resolved_of(graph)
    assert resolved.tensors["y"].shape == expected
    assert [text for text in resolved.assumptions if text.startswith("n: ")]


def test_box_selection_is_bounded_by_its_limit(network):
    limit = Initializer(TensorSpec("int64", (1,)), np.array([10]))
    node = Node("nms", "NonMaxSuppression", ("boxes", "scores", "limit"), ("y",))
    graph = network([node], {"boxes": (2, 100, 4), "scores": (2, 5, 100)}, ["y"], {"limit": limit})
    assert shapes_of(graph)["y"] == (2 * 5 * 10, 3)


def test_data_dependent_reshape_is_unresolved(network):
    graph = network(
        [Node("r", "Reshape", ("x", "t"), ("y",))], {"x": (3, 4), "t": TensorSpec("int64", (2,))}, ["y"]
    )
    resolved = resolved_of(graph)
    assert "depends on data" in resolved.failures["r"]


def test_constants_known_by_value_are_exact_not_bounded(network):
    values = np.array([1, 0, 2, 0], dtype=np.int64)
    weights = {"v": Initializer(TensorSpec("int64", (4,)), values)}
    nodes = [Node("n", "NonZero", ("v",), ("i",)), Node("g", "Gather", ("x", "i"), ("y",), {"axis": 0})]
    resolved = resolved_of(network(nodes, {"x": (4, 3)}, ["y"], weights))
    assert resolved.tensors["y"].shape == (1, 2, 3)
    assert resolved.assumptions == ()


@given(
    extents=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    factor=st.integers(1, 8),
    hidden=st.integers(0, 4),
)
def test_rebatched_target_holds_the_larger_batch(extents, factor, hidden):
    """Whatever constant target fitted batch 1, the rewritten one fits `factor` times the elements."""
    target = [1, *extents]
    if hidden < len(target):
        target[hidden] = -1
    data = [factor, int(np.prod(extents))]
    wanted = rebatch(target, data, factor) or target
    known = int(np.prod([extent for extent in wanted if extent != -1]))
    total = int(np.prod(data))
    assert total % known == 0 if -1 in wanted else total == known
