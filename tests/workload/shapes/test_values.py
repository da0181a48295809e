"""Values of shape arithmetic: by the reference evaluator of onnx, and rules of our own beside it."""

import numpy as np
import pytest
from onnx import TensorProto

from planner.errors import InputError, UnknownIdError
from planner.workload.asked import Asked
from planner.workload.file.reference import evaluate
from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.shapes.constant_values import RULES
from planner.workload.shapes.resolve import resolve

OPSET = 18


def whole(*numbers, dtype="int64"):
    values = np.array(numbers, dtype={"float": np.float32, "bool": np.bool_}.get(dtype, dtype))
    return Initializer(TensorSpec(dtype, values.shape), values)


def value_of(network, nodes, weights=None, shape=(1, 12, 30, 41)):
    """What the last node of a chain on the shape of x gives."""
    nodes = [Node("shape", "Shape", ("x",), ("s",)), *nodes]
    graph = network(nodes, {"x": shape}, [nodes[-1].outputs[0]], weights, OPSET)
    _, resolved = resolve(graph, Asked())
    assert not resolved.failures
    return resolved.values[nodes[-1].outputs[0]].tolist()


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes", "expected"),
    [
        ("Clip", ("s", "five"), {}, [5, 12, 30, 41]),
        ("Clip", ("s", "", "twenty"), {}, [1, 12, 20, 20]),
        ("Clip", ("s", "five", ""), {}, [5, 12, 30, 41]),
        ("CumSum", ("s", "zero"), {"exclusive": 1}, [0, 1, 13, 43]),
        ("CumSum", ("s", "zero"), {"reverse": 1}, [84, 83, 71, 41]),
        ("Mod", ("s", "minus"), {"fmod": 1}, [1, 2, 0, 1]),
        ("Mod", ("s", "minus"), {}, [-4, -3, 0, -4]),
        ("Max", ("s", "five", "twenty"), {}, [20, 20, 30, 41]),
        ("BitwiseAnd", ("s", "twenty"), {}, [0, 4, 20, 0]),
        ("ReduceMean", ("s", "axis"), {}, [21]),
        ("Trilu", ("square",), {"upper": 0}, [[1, 0], [3, 4]]),
        ("ScatterElements", ("s", "axis", "seven"), {}, [7, 12, 30, 41]),
        ("Pad", ("s", "pads", "five0"), {}, [5, 1, 12, 30, 41]),
        ("Dropout", ("s",), {}, [1, 12, 30, 41]),
    ],
)
def test_operators_that_exporters_use_on_shapes(network, op_type, inputs, attributes, expected):
    weights = {
        "five": whole(5), "twenty": whole(20), "minus": whole(-5), "axis": whole(0), "two": whole(2),
        "seven": whole(7), "pads": whole(1, 0), "square": whole([1, 2], [3, 4]),
        "zero": Initializer(TensorSpec("int64", ()), np.array(0)),
        "five0": Initializer(TensorSpec("int64", ()), np.array(5)),
    }  # fmt: skip
    for name in ("five", "twenty"):
        weights[name] = Initializer(TensorSpec("int64", ()), weights[name].values[0])
    used = {name: weight for name, weight in weights.items() if name in inputs}
    assert value_of(network, [Node("n", op_type, inputs, ("y",), attributes)], used) == expected


def test_an_uneven_split_gives_the_rest_to_the_last(network):
    """Seven in three parts are 3, 3 and 1 (ONNX, Split since operator set 18)."""
    split = Node("split", "Split", ("s",), ("a", "b", "c"), {"num_outputs": 3})
    assert value_of(network, [split, Node("i", "Identity", ("c",), ("y",))], None, (1, 2, 3, 4, 5, 6, 7)) == [
        7
    ]


def test_the_largest_extents(network):
    nodes = [Node("top", "TopK", ("s", "two"), ("v", "i")), Node("id", "Identity", ("v",), ("y",))]
    assert value_of(network, nodes, {"two": whole(2)}) == [41, 30]


def test_a_sequence_of_extents_is_joined_again(network):
    nodes = [
        Node("split", "SplitToSequence", ("s",), ("parts",), {"keepdims": 1}),
        Node("at", "SequenceAt", ("parts", "third"), ("h",)),
        Node("insert", "SequenceInsert", ("parts", "h"), ("more",)),
        Node("join", "ConcatFromSequence", ("more",), ("y",), {"axis": 0}),
    ]
    third = {"third": Initializer(TensorSpec("int64", ()), np.array(2))}
    assert value_of(network, nodes, third) == [1, 12, 30, 41, 30]


def test_eye_of_a_shape_is_known_without_its_data(network):
    nodes = [Node("eye", "EyeLike", ("x",), ("e",)), Node("where", "NonZero", ("e",), ("y",))]
    _, resolved = resolve(network(nodes, {"x": (4, 6)}, ["y"]), Asked())
    assert resolved.tensors["y"].shape == (2, 4)
    assert not any("non-zero" in text for text in resolved.assumptions)


@pytest.mark.parametrize("side", [40, 41, 45, 47, 53])
@pytest.mark.parametrize("wanted", [40, 48, 55, 90])
def test_a_factor_multiplies_in_32_bits_as_in_engines(network, side, wanted):
    """ONNX Runtime casts `factor * extent`, both of 32 bits, to a whole number."""
    factor = np.float32(wanted) / np.float32(side)
    scales = Initializer(TensorSpec("float", (4,)), np.array([1, 1, factor, factor], np.float32))
    graph = network(
        [Node("r", "Resize", ("x", "", "f"), ("y",))], {"x": (1, 3, side, side)}, ["y"], {"f": scales}
    )
    _, resolved = resolve(graph, Asked())
    assert resolved.tensors["y"].shape[2] == int(np.float32(side) * factor)


def samples(op_type):
    """Inputs and attributes for each of our own rules."""
    grid = np.arange(6, dtype=np.int64).reshape(2, 3)
    row = np.array([7, -7, 3], dtype=np.int64)
    two = np.array([3], dtype=np.int64)
    many = {
        "Cast": [((row,), {"to": TensorProto.FLOAT})],
        "Floor": [((row / np.float32(2),), {})], "Ceil": [((row / np.float32(2),), {})],
        "Sqrt": [((np.float32([4, 9]),), {})], "Identity": [((grid,), {})],
        "Where": [((grid > 2, grid, row), {})], "Gather": [((grid, np.array([[1], [0]])), {"axis": 1})],
        "Concat": [((grid, grid), {"axis": -1})], "Unsqueeze": [((grid, np.array([0, -1])), {})],
        "Squeeze": [((grid[None], np.array([0])), {}), ((grid[None],), {})],
        "Slice": [
            ((grid, *map(np.array, ([1], [-100], [1], [-1]))), {}), ((row, *map(np.array, ([-2], [9]))), {}),
        ],
        "ConstantOfShape": [((np.array([2, 2]),), {"value": Initializer(TensorSpec("int64", (1,)), two)})],
        "Transpose": [((grid,), {}), ((grid,), {"perm": (1, 0)})],
        "Reshape": [((grid, np.array([0, -1])), {}), ((grid, np.array([3, 2])), {})],
        "Range": [(tuple(map(np.array, (1, 8, 3))), {}), (tuple(map(np.float32, (0, 1, 0.3))), {})],
        "Expand": [((row, np.array([2, 1])), {}), ((grid[:, :1], np.array([2, 3])), {})],
    }  # fmt: skip
    return many.get(op_type, [((grid, row), {}), ((row, two), {}), ((np.float32(row), np.float32([2])), {})])


@pytest.mark.parametrize("op_type", sorted(RULES))
def test_rules_of_our_own_say_what_the_evaluator_says(op_type):
    for inputs, attributes in samples(op_type):
        names = tuple(f"i{place}" for place in range(len(inputs)))
        node = Node("n", op_type, names, ("y",), attributes)
        (expected,) = evaluate(node, [np.asarray(value) for value in inputs], OPSET, 0)
        found = np.asarray(RULES[op_type](node, [np.asarray(value) for value in inputs]))
        if op_type == "Cast":  # the type is set afterwards
            found = found.astype(expected.dtype)
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize(
    "node",
    [
        Node("n", "Einsum", ("a", "a"), ("y",), {"equation": "i,j->"}),
        Node("n", "Conv", ("a", "a"), ("y",), {"pads": (2**30, 2**30)}),
        Node("n", "RandomNormalLike", ("a",), ("y",)),
        Node("n", "Loop", ("a",), ("y",)),
        Node("n", "Magic", ("a",), ("y",)),
        Node("n", "Reshape", ("a", "a"), ("y",)),
        Node("n", "Add", ("a", "a"), ("y",), {"axis": 0, "broadcast": 1}),
    ],
)
def test_what_has_no_bound_or_no_sense_is_not_evaluated(node):
    value = np.arange(3, dtype=np.float32)
    assert evaluate(node, [value] * len(node.inputs), 6 if node.op_type == "Add" else OPSET, 3) == ()


def test_a_huge_constant_is_not_made(network):
    """A shape of 10^12 elements is refused by its size before anything is allocated."""
    weights = {"t": whole(1_000_000, 1_000_000)}
    nodes = [Node("c", "ConstantOfShape", ("t",), ("big",)), Node("r", "ReduceSum", ("big",), ("y",))]
    _, resolved = resolve(network(nodes, {"x": (1,)}, ["y"], weights), Asked())
    assert "big" not in resolved.values


def test_inputs_that_hold_what_the_user_says(network):
    nodes = [Node("r", "Reshape", ("x", "t"), ("y",))]
    graph = network(nodes, {"x": (3, 4), "t": TensorSpec("int64", ("n",))}, ["y"])
    _, resolved = resolve(graph, Asked(values={"t": np.array([2, 6])}))
    assert resolved.tensors["y"].shape == (2, 6)
    with pytest.raises(InputError, match="1 values of"):
        resolve(
            network(nodes, {"x": (3, 4), "t": TensorSpec("int64", (1,))}, ["y"]),
            Asked(values={"t": np.arange(2)}),
        )
    with pytest.raises(UnknownIdError, match="unknown input 'u'"):
        resolve(graph, Asked(values={"u": np.array(1)}))


def test_extents_that_depend_on_data_are_told_by_the_tensor(network):
    nodes = [Node("nz", "NonZero", ("x",), ("i",)), Node("odd", "Magic", ("i",), ("m",), domain="vendor"),
             Node("r", "Relu", ("m",), ("y",))]  # fmt: skip
    graph = network(nodes, {"x": (3, 4)}, ["y"])
    _, bounded = resolve(graph, Asked())
    assert bounded.tensors["i"].shape == (2, 12)
    _, told = resolve(graph, Asked(extents={"i": (2, 5), "m": (5, 7)}))
    assert (told.tensors["i"].shape, told.tensors["y"].shape) == ((2, 5), (5, 7))
    assert any("as asked" in text for text in told.assumptions)
    with pytest.raises(UnknownIdError, match="unknown tensor 'q'"):
        resolve(graph, Asked(extents={"q": (1,)}))
