"""What a user says of a network that its file leaves open, in every command that reads one."""

import pytest
from onnx import TensorProto, helper, save

ORIN = ("--device", "jetson-orin-nano-8")


def write(path, nodes, inputs, outputs, weights=()):
    value = helper.make_tensor_value_info
    shapes = [value(name, kind, shape) for name, (kind, shape) in inputs.items()]
    results = [value(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
    tensors = [
        helper.make_tensor(name, TensorProto.FLOAT, s, bytes(4 * s[0] * s[1]), raw=True)
        for name, s in weights
    ]
    graph = helper.make_graph(nodes, "g", shapes, results, tensors)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


@pytest.fixture
def product(tmp_path):
    """[n, tokens, 8] times 8 x 4."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "fc")]
    return write(
        tmp_path / "product.onnx",
        nodes,
        {"x": (TensorProto.FLOAT, ["n", "tokens", 8])},
        {"y": None},
        [("w", (8, 4))],
    )


@pytest.fixture
def speech(tmp_path):
    """As many frames as the durations sum to, which no shape says."""
    nodes = [
        helper.make_node("ReduceSum", ["d"], ["sum"], "sum", keepdims=0),
        helper.make_node("Range", ["zero", "sum", "one"], ["t"], "range"),
        helper.make_node("Cast", ["t"], ["f"], "cast", to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["f", "axes"], ["u"], "un"),
        helper.make_node("MatMul", ["u", "w"], ["y"], "decoder"),
    ]
    path = write(
        tmp_path / "speech.onnx",
        nodes,
        {"d": (TensorProto.INT64, [12])},
        {"y": [None, 256]},
        [("w", (1, 256))],
    )
    import onnx

    model = onnx.load(path)
    for name, dims, number in (("zero", [], 0), ("one", [], 1), ("axes", [1], 1)):
        model.graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, dims, [number]))
    save(model, path)
    return path


def test_inspect_says_what_goes_in_and_comes_out(call, product):
    record = call("inspect", product, "--dim", "tokens=5", "--format", "json").json
    assert record["inputs"] == [{"name": "x", "shape": [1, 5, 8], "dtype": "float"}]
    assert record["outputs"] == [{"name": "y", "shape": [1, 5, 4], "dtype": "float"}]
    assert (record["macs"], record["whole"]) == (5 * 8 * 4, True)
    assert "out y [1, 5, 4] float" in call("inspect", product, "--dim", "tokens=5").out


@pytest.mark.parametrize("command", ["estimate", "what-if", "curve"])
def test_every_command_takes_them(call, product, command):
    assert call(command, product, *ORIN, "--dim", "tokens=64").status == 0
    refused = call(command, product, *ORIN)
    assert (refused.status, "--dim tokens=N" in refused.err) == (2, True)


def test_what_depends_on_data_is_no_number_until_it_is_said(call, speech):
    found = call("inspect", speech)
    assert found.out.startswith("NOT WHOLE")
    assert "--extent t=" in found.out
    record = call("inspect", speech, "--format", "json").json
    assert (record["whole"], record["outputs"][0]["shape"]) == (False, [None, 256])
    refused = call("estimate", speech, *ORIN)
    assert (refused.status, "counted whole" in refused.err) == (2, True)
    said = call("inspect", speech, "--extent", "t=200", "--format", "json").json
    assert (said["whole"], said["macs"]) == (True, 200 * 256)
    assert call("estimate", speech, *ORIN, "--extent", "t=200").status == 0


def test_what_a_small_input_holds(call, speech):
    """Twelve durations of five: sixty frames."""
    fives = ",".join(["5"] * 12)
    assert call("inspect", speech, "--input", f"d={fives}", "--format", "json").json["macs"] == 60 * 256


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--dim", "tokens", "NAME=N"),
        ("--dim", "tokens=-1", "NAME=N"),
        ("--dim", "tokens=1,2", "NAME=N"),
        ("--dim", "token=5", "did you mean tokens"),
        ("--shape", "x=1,b", "sizes of zero or more"),
        ("--extent", "q=1,2", "unknown tensor 'q'"),
        ("--input", "x=fast", "NAME=16000"),
        ("--input", "x=nan", "NAME=16000"),
        ("--rounds", "loop=3", "unknown loop 'loop'"),
    ],
)
def test_slips_are_named(call, product, option, value, expected):
    arguments = ("--dim", "tokens=5") if option != "--dim" else ()
    refused = call("inspect", product, *arguments, option, value)
    assert (refused.status, expected in refused.err) == (2, True), refused.err


def test_a_batch_is_asked_for_only_where_somebody_asks(call, tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "fc")]
    inputs = {"x": (TensorProto.FLOAT, [2, 16, 8])}
    path = write(tmp_path / "two.onnx", nodes, inputs, {"y": None}, [("w", (8, 4))])
    assert call("estimate", path, *ORIN, "--format", "json").json["batch"] == 2
    assert "jetson-orin-nano-8" in call("compare", path, "--devices", "jetson-orin-nano-8").out
    points = call("curve", path, *ORIN, "--format", "json").json["rows"]
    assert len(points) == 1
    refused = call("estimate", path, *ORIN, "--batch", "1")
    assert "leave out --batch for the 2 of the file" in refused.err
