"""Node data for Model Explorer: each node of the file once, sums equal to the estimate."""

import json

import onnx
import pytest
from onnx import TensorProto, helper

from planner import api
from planner.errors import InputError


def values(path):
    data = json.loads(path.read_text())
    assert set(data) == {"name", "results", "gradient"}
    return {key: item["value"] for key, item in data["results"].items()}


def overlay(model, device, path, **asked):
    network = api.read_onnx(model)
    found = api.estimate(network, device, **asked)
    api.write_overlay(model, network, found, path)
    return found, values(path)


@pytest.mark.parametrize("device", ["t4", "jetson-orin-nano-8", "raspberry-pi-5"])
@pytest.mark.parametrize("model", ["zoo:resnet18", "zoo:yolov5s"])
def test_each_node_of_the_file_once_and_sums_equal(tmp_path, model, device):
    file = tmp_path / "network.onnx"
    api.export_network(model, file)
    found, seconds = overlay(file, device, tmp_path / "overlay.json")
    names = [node.name for node in onnx.load(file, load_external_data=False).graph.node]
    assert [key for key in seconds if not key.startswith("[")] == names
    assert sum(seconds.values()) == pytest.approx(found.latency_s.mid, rel=1e-9)
    kernels_s = sum(layer.time.mid_s for layer in found.layers)
    assert sum(seconds[name] for name in names) == pytest.approx(kernels_s, rel=1e-9)
    assert min(seconds.values()) >= 0


def test_nodes_of_a_zoo_network_are_its_own(tmp_path):
    found, seconds = overlay("zoo:resnet18", "t4", tmp_path / "overlay.json")
    assert sum(seconds.values()) == pytest.approx(found.latency_s.mid)


def conv(name, source, result):
    return helper.make_node("Conv", [source, "w"], [result], name=name, pads=[1, 1, 1, 1])


def save(path, nodes, functions=()):
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [tensor("x", TensorProto.FLOAT, [1, 8, 16, 16])],
        [tensor("y", TensorProto.FLOAT, [1, 8, 16, 16])],
        [helper.make_tensor("w", TensorProto.FLOAT, [8, 8, 3, 3], [0.0] * 576)],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, functions=functions, ir_version=8), path)


def test_nodes_without_a_name_or_with_one_twice_go_by_what_they_write(tmp_path):
    file = tmp_path / "names.onnx"
    save(file, [conv("", "x", "a"), conv("same", "a", "b"), conv("same", "b", "y")])
    found, seconds = overlay(file, "t4", tmp_path / "overlay.json")
    assert set(seconds) == {"a", "b", "y", "[fixed cost of an inference]"}
    assert all(seconds[key] > 0 for key in "aby")
    assert sum(seconds.values()) == pytest.approx(found.latency_s.mid)


def test_the_call_of_a_local_function_is_one_node(tmp_path):
    inner = [
        helper.make_node("Conv", ["i", "k"], ["m"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["m", "k"], ["o"], name="second", pads=[1, 1, 1, 1]),
    ]
    function = helper.make_function("own", "Twice", ["i", "k"], ["o"], inner, [helper.make_opsetid("", 17)])
    call = helper.make_node("Twice", ["x", "w"], ["a"], name="call", domain="own")
    file = tmp_path / "function.onnx"
    save(file, [call, conv("last", "a", "y")], [function])
    found, seconds = overlay(file, "t4", tmp_path / "overlay.json")
    assert set(seconds) == {"call", "last", "[fixed cost of an inference]"}
    assert seconds["call"] == pytest.approx(2 * seconds["last"], rel=0.05)
    assert sum(seconds.values()) == pytest.approx(found.latency_s.mid)


def test_a_network_that_does_not_fit_has_no_overlay(tmp_path):
    network = api.read_onnx("zoo:resnet18", batch=4096)
    found = api.estimate(network, "jetson-nano-4")
    assert not found.fits
    with pytest.raises(InputError, match="no latency"):
        api.write_overlay("zoo:resnet18", network, found, tmp_path / "overlay.json")
    assert not (tmp_path / "overlay.json").exists()
