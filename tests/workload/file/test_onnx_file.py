import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from planner.errors import InputError, OutputError
from planner.workload.file.onnx_file import read_graph, write_graph
from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.shapes.canonical import digest
from planner.workload.workload import read_workload


@pytest.fixture
def small(network):
    """A convolution, a normalisation, swish and a product, as a zoo would write it."""
    nodes = [
        Node("conv", "Conv", ("x", "conv.weight"), ("c",), {"pads": (1, 1, 1, 1)}),
        Node("norm", "BatchNormalization", ("c", "scale", "shift", "mean", "var"), ("n",)),
        Node("gate", "Sigmoid", ("n",), ("g",)),
        Node("swish", "Mul", ("n", "g"), ("s",)),
        Node("pool", "GlobalAveragePool", ("s",), ("p",)),
        Node("reshape", "Reshape", ("p", "target"), ("f",)),
        Node("fc", "Gemm", ("f", "fc.weight", "fc.bias"), ("y",), {"transB": 1}),
    ]
    weights = {
        "conv.weight": (8, 3, 3, 3), **dict.fromkeys(("scale", "shift", "mean", "var"), (8,)),
        "target": [-1, 8], "fc.weight": (10, 8), "fc.bias": (10,),
    }  # fmt: skip
    return network(nodes, {"x": ("batch", 3, 16, 16)}, ["y"], weights)


def test_round_trip_without_weights(small, tmp_path):
    path = tmp_path / "network.onnx"
    write_graph(small, path, weights="none")
    assert [entry.name for entry in tmp_path.iterdir()] == ["network.onnx"]
    back = read_graph(path)
    assert back.nodes == small.nodes
    assert back.inputs == small.inputs
    assert {name: weight.spec for name, weight in back.initializers.items()} == {
        name: weight.spec for name, weight in small.initializers.items()
    }
    assert back.initializers["target"].values.tolist() == [-1, 8]
    assert path.stat().st_size < 2000


def test_absent_weights_name_a_file_that_does_not_exist(small, tmp_path):
    write_graph(small, tmp_path / "network.onnx", weights="none")
    model = onnx.load(tmp_path / "network.onnx", load_external_data=False)
    outside = [weight for weight in model.graph.initializer if weight.data_location == TensorProto.EXTERNAL]
    assert len(outside) == 7
    entries = {entry.key: entry.value for entry in outside[0].external_data}
    assert entries["location"] == "network.weights"
    assert int(entries["length"]) == 8 * 27 * 4


def test_random_weights_pass_the_checker_and_run(small, tmp_path):
    path = tmp_path / "network.onnx"
    write_graph(small, path, weights="random", seed=3)
    onnx.checker.check_model(str(path), full_check=True)
    x = np.random.default_rng(0).standard_normal((2, 3, 16, 16), dtype=np.float32)
    (y,) = ReferenceEvaluator(str(path)).run(None, {"x": x})
    assert y.shape == (2, 10)
    assert np.isfinite(y).all()
    assert 1e-3 < float(np.abs(y).max()) < 1e3


def test_random_weights_have_the_variance_of_he(network, tmp_path):
    graph = network([Node("m", "MatMul", ("x", "w"), ("y",))], {"x": (1, 512)}, ["y"], {"w": (512, 256)})
    write_graph(graph, tmp_path / "m.onnx", weights="random")
    values = numpy_helper.to_array(onnx.load(tmp_path / "m.onnx").graph.initializer[0])
    assert values.std() == pytest.approx((2 / 512) ** 0.5, rel=0.02)


def test_same_seed_same_file(small, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_graph(small, tmp_path / f"{name}.onnx", weights="random", seed=seed)
    first, second, third = (tmp_path.joinpath(f"{name}.onnx").read_bytes() for name in "abc")
    assert first == second != third


def test_digest_is_that_of_the_network_not_of_names_or_weights(small, network, tmp_path):
    write_graph(small, tmp_path / "other-name.onnx", weights="random")
    assert digest(read_graph(tmp_path / "other-name.onnx")) == digest(small)
    renamed = network([Node("q", "Relu", ("in",), ("out",))], {"in": (1, 3)}, ["out"])
    original = network([Node("r", "Relu", ("x",), ("y",))], {"x": (1, 3)}, ["y"])
    wider = network([Node("r", "Relu", ("x",), ("y",))], {"x": (1, 4)}, ["y"])
    assert digest(renamed) == digest(original) != digest(wider)


def test_constant_node_and_initialiser_are_the_same_network(network):
    value = network([], {}, [], {"t": [2, 6]}).initializers["t"]
    hoisted = network([Node("r", "Reshape", ("x", "t"), ("y",))], {"x": (3, 4)}, ["y"], {"t": [2, 6]})
    written = network(
        [Node("k", "Constant", (), ("t",), {"value": value}), Node("r", "Reshape", ("x", "t"), ("y",))],
        {"x": (3, 4)},
        ["y"],
    )
    assert digest(hoisted) == digest(written)
    assert read_workload(hoisted).operators == read_workload(written).operators


def save(path, nodes, outputs=("y",), initializers=(), functions=(), opsets=(("", 17),)):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        list(initializers),
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(*entry) for entry in opsets], functions=list(functions)
    )
    path.write_bytes(model.SerializeToString())
    return path


def relu(source, result, name=""):
    return helper.make_node("Relu", [source], [result], name=name)


def test_nodes_out_of_order_are_sorted(tmp_path):
    graph = read_graph(save(tmp_path / "m.onnx", [relu("a", "y", "late"), relu("x", "a", "early")]))
    assert [node.name for node in graph.nodes] == ["early", "late"]


def test_nameless_nodes_get_distinct_names(tmp_path):
    graph = read_graph(save(tmp_path / "m.onnx", [relu("x", "a"), relu("a", "y")]))
    assert [node.name for node in graph.nodes] == ["Relu_0", "Relu_1"]


def test_model_local_function_is_inlined(tmp_path):
    twice = helper.make_function(
        "local",
        "Twice",
        ["p"],
        ["q"],
        [helper.make_node("Add", ["p", "p"], ["q"])],
        [helper.make_opsetid("", 17)],
    )
    node = helper.make_node("Twice", ["x"], ["y"], domain="local")
    path = save(tmp_path / "m.onnx", [node], functions=[twice], opsets=(("", 17), ("local", 1)))
    assert [node.op_type for node in read_graph(path).nodes] == ["Add"]


def test_large_weights_are_not_turned_into_values(tmp_path):
    large = numpy_helper.from_array(np.zeros((4, 100), dtype=np.float32), "w")
    few = numpy_helper.from_array(np.arange(3, dtype=np.int64), "unused")
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = read_graph(save(tmp_path / "m.onnx", [node], initializers=[large, few]))
    assert graph.initializers["w"].values is None
    assert graph.initializers["w"].spec == TensorSpec("float", (4, 100))
    assert graph.initializers["unused"].values.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("nodes", "outputs", "reason"),
    [
        ([relu("nowhere", "y")], ("y",), "undefined tensor 'nowhere'"),
        ([relu("x", "y"), relu("x", "y")], ("y",), "written twice"),
        ([relu("x", "x")], ("x",), "written twice"),
        ([relu("b", "a"), relu("a", "b"), relu("x", "y")], ("y",), "cycle"),
        ([relu("x", "y")], ("z",), "undefined tensor 'z'"),
        ([], ("x",), "at least one operator"),
    ],
)
def test_ill_formed_networks_are_refused(tmp_path, nodes, outputs, reason):
    with pytest.raises(InputError, match=reason):
        read_graph(save(tmp_path / "m.onnx", nodes, outputs))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"this is no model, it is text", "no ONNX message"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no ONNX message"),
        (onnx.ModelProto(ir_version=8).SerializeToString(), "at least one operator"),
    ],
)
def test_files_that_are_no_model_are_refused(tmp_path, content, reason):
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        read_graph(path)
    assert caught.value.problems[0].advice


def test_truncated_file_is_refused(tmp_path):
    content = save(tmp_path / "m.onnx", [relu("x", "a"), relu("a", "y")]).read_bytes()
    for length in range(1, len(content)):
        (tmp_path / "cut.onnx").write_bytes(content[:length])
        try:
            graph = read_graph(tmp_path / "cut.onnx")
        except InputError:
            continue
        assert graph.nodes  # cut between two fields: what is left is a whole network


def test_damaged_values_are_refused(tmp_path):
    broken = TensorProto(name="t", data_type=TensorProto.INT64, dims=[2], raw_data=b"123")
    node = helper.make_node("Reshape", ["x", "t"], ["y"])
    with pytest.raises(InputError, match="values for shape"):
        read_graph(save(tmp_path / "m.onnx", [node], initializers=[broken]))


def test_missing_file_and_directory_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_graph(tmp_path / "absent.onnx")
    with pytest.raises(InputError, match="directory"):
        read_graph(tmp_path)


def test_unwritable_place_leaves_nothing_behind(small, tmp_path):
    with pytest.raises(OutputError):
        write_graph(small, tmp_path / "absent" / "network.onnx", weights="none")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", ["float16", "double", "bfloat16", "int8", "uint8", "int32", "bool"])
def test_random_weights_of_every_usual_type(network, tmp_path, dtype):
    spec = TensorSpec(dtype, (2, 8))
    weights = {"w": Initializer(TensorSpec(dtype, (2, 8)))}
    graph = network([Node("m", "Concat", ("x", "w"), ("y",), {"axis": 0})], {"x": spec}, ["y"], weights)
    write_graph(graph, tmp_path / "m.onnx", weights="random")
    values = numpy_helper.to_array(onnx.load(tmp_path / "m.onnx").graph.initializer[0]).astype(np.float64)
    assert values.shape == (2, 8)
    assert np.isfinite(values).all()


@pytest.mark.parametrize(("dtype", "weights"), [("string", "none"), ("float8e4m3fn", "random")])
def test_weights_that_cannot_be_written_are_refused(network, tmp_path, dtype, weights):
    spec = TensorSpec(dtype, (2, 8))
    node = Node("m", "Identity", ("w",), ("y",))
    graph = network([node], {"x": (1, 1)}, ["y"], {"w": Initializer(spec)})
    with pytest.raises(OutputError, match="w: expected a weight"):
        write_graph(graph, tmp_path / "m.onnx", weights=weights)
    assert list(tmp_path.iterdir()) == []


def test_network_whose_output_type_cannot_be_told_is_not_written(network, tmp_path):
    node = Node("odd", "Magic", ("x",), ("y",), domain="some.vendor")
    graph = network([node], {"x": (1, 3)}, ["y"], domains={"some.vendor": 1})
    with pytest.raises(OutputError, match="output 'y'"):
        write_graph(graph, tmp_path / "m.onnx", weights="none")
