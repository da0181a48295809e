"""Operators of one kind with the same types are worked out once; the answers are as if each had been."""

import numpy as np
import pytest

from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.operators import counted_once
from planner.workload.shapes import scope
from planner.workload.workload import read_workload
from planner.zoo.registry import build


def described(workload):
    tensors = sorted(workload.tensors.values(), key=lambda tensor: tensor.name)
    return workload.operators, workload.unresolved, workload.folded, workload.assumptions, tensors


@pytest.mark.parametrize(
    "name",
    ["resnet18", "mobilenet_v3_small", "yolo11n", "vit_b_16", "swin_tiny", "llama_1b_int4", "rtdetr_l",
     "whisper_tiny_step", "silero_vad"],
)  # fmt: skip
def test_networks_are_counted_as_node_by_node(name, monkeypatch):
    graph = build(name)
    found = described(read_workload(graph, batch=1))
    monkeypatch.setattr(counted_once.CountedOnce, "key", lambda *_: None)
    monkeypatch.setattr(scope, "BY_TYPES_ALONE", frozenset())
    assert described(read_workload(graph, batch=1)) == found


def operators_of(network, nodes, weights):
    graph = network(nodes, {"x": (1, 8, 4, 4)}, [node.outputs[0] for node in nodes], weights)
    return {operator.name: operator for operator in read_workload(graph).operators}


def scalar(value):
    return Initializer(TensorSpec("float", ()), np.array(value, dtype=np.float32))


def test_constants_of_one_element_keep_operators_apart(network):
    """A product with one changes nothing; a square is one product, a cube two."""
    weights = {"one": scalar(1), "two": scalar(2), "three": scalar(3)}
    found = operators_of(
        network,
        [
            Node("a", "Mul", ("x", "one"), ("ya",)), Node("b", "Mul", ("x", "two"), ("yb",)),
            Node("c", "Pow", ("x", "two"), ("yc",)), Node("d", "Pow", ("x", "three"), ("yd",)),
            Node("e", "Mul", ("x", "three"), ("ye",)),
        ],
        weights,
    )  # fmt: skip
    assert [found[name].flops for name in "abcde"] == [0, 128, 128, 256, 128]
    assert found["e"].weights[0].tensor == "three"


def test_one_tensor_twice_is_read_once_and_constants_are_no_activations(network):
    weights = {"w": (8, 8, 1, 1), "v": (8, 8, 1, 1), "shift": (1, 8, 1, 1)}
    found = operators_of(
        network,
        [
            Node("first", "Conv", ("x", "w"), ("p",)), Node("second", "Conv", ("p", "v"), ("q",)),
            Node("both", "Add", ("p", "q"), ("r",)), Node("same", "Add", ("q", "q"), ("s",)),
            Node("shifted", "Add", ("p", "shift"), ("t",)), Node("again", "Conv", ("s", "w"), ("u",)),
        ],
        weights,
    )  # fmt: skip
    assert [access.tensor for access in found["second"].reads] == ["p"]
    assert [access.tensor for access in found["second"].weights] == ["v"]
    assert [access.tensor for access in found["again"].weights] == ["w"]
    assert found["both"].input_bytes == 2 * found["same"].input_bytes == 2 * 8 * 16 * 4
    assert found["shifted"].weight_bytes == 8 * 4


def test_attributes_keep_operators_apart(network):
    found = operators_of(
        network,
        [
            Node("plain", "Conv", ("x", "w"), ("y",)),
            Node("grouped", "Conv", ("x", "w"), ("z",), {"strides": (2, 2)}),
        ],
        {"w": (8, 8, 1, 1)},
    )
    assert found["plain"].macs == 4 * found["grouped"].macs
