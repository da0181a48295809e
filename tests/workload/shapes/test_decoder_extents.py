"""Open extents of a decoder with caches: set once by name, zero is a size, what is left is a usual step."""

from __future__ import annotations

import pytest

from planner.errors import InputError, UnknownIdError
from planner.workload.asked import Asked
from planner.workload.graph import Node, TensorSpec
from planner.workload.workload import read_workload
from tests.workload.conftest import make_network

CACHE = ("batch_size", 2, "past_sequence_length", "width")


def decoder(both="total_sequence_length"):
    """Two layers of 4 heads, 2 with keys, of 8 channels; hidden 32."""
    inputs = {
        "input_ids": TensorSpec("int64", ("batch_size", "sequence_length")),
        "attention_mask": TensorSpec("int64", ("batch_size", both)),
        **{f"past_key_values.{layer}.{part}": CACHE for layer in (0, 1) for part in ("key", "value")},
    }
    nodes = [
        Node("words", "Gather", ("table", "input_ids"), ("x0",)),
        Node("sum", "ReduceSum", ("attention_mask",), ("n",), {"keepdims": 0}),
        Node("cast", "Cast", ("n",), ("total",), {"to": 6}),
    ]
    outputs = []
    for layer in (0, 1):
        past = (f"past_key_values.{layer}.key", f"past_key_values.{layer}.value")
        present = (f"present.{layer}.key", f"present.{layer}.value")
        nodes += [
            Node(f"qkv{layer}", "MatMul", (f"x{layer}", f"w{layer}"), (f"qkv{layer}",)),
            Node(f"a{layer}", "GroupQueryAttention", (f"qkv{layer}", "", "", *past, "lengths", "total"),
                 (f"y{layer}", *present), {"num_heads": 4, "kv_num_heads": 2}, "com.microsoft"),
            Node(f"o{layer}", "MatMul", (f"y{layer}", f"p{layer}"), (f"x{layer + 1}",)),
        ]  # fmt: skip
        outputs += present
    weights = {"table": (100, 32)}
    for layer in (0, 1):
        weights |= {f"w{layer}": (32, 64), f"p{layer}": (32, 32)}
    inputs["lengths"] = TensorSpec("int32", ("batch_size",))
    return make_network(nodes, inputs, ["x2", *outputs], weights, domains={"com.microsoft": 1})


def shapes(**dims):
    workload = read_workload(decoder(), asked=Asked(dims=dims))
    return {name: tensor.shape for name, tensor in workload.inputs.items()}, workload


def test_one_name_says_all():
    found, workload = shapes(past_sequence_length=100)
    assert found["input_ids"] == (1, 1)
    assert found["attention_mask"] == (1, 101)
    assert {shape for name, shape in found.items() if name.startswith("past")} == {(1, 2, 100, 8)}
    assert any("--dim total_sequence_length=101" in text for text in workload.assumptions)


def test_a_first_prompt_has_no_past():
    found, workload = shapes(past_sequence_length=0, sequence_length=64)
    assert found["past_key_values.0.key"] == (1, 2, 0, 8)
    assert found["attention_mask"] == (1, 64)
    assert not workload.unresolved
    assert workload.tensors["x2"].shape == (1, 64, 32)


def test_the_total_says_the_past():
    found, _ = shapes(total_sequence_length=300, sequence_length=20)
    assert found["past_key_values.1.value"] == (1, 2, 280, 8)


def test_nothing_asked_is_a_step_after_512():
    found, _ = shapes()
    assert (found["input_ids"], found["past_key_values.0.key"]) == ((1, 1), (1, 2, 512, 8))


def test_a_name_that_is_a_sum_is_worked_out():
    graph = decoder("past_sequence_length + sequence_length")
    workload = read_workload(graph, asked=Asked(dims={"past_sequence_length": 7, "sequence_length": 3}))
    assert workload.inputs["attention_mask"].shape == (1, 10)


@pytest.mark.parametrize(
    ("dims", "error"), [({"past": 3}, UnknownIdError), ({"past_sequence_length": -1}, InputError)]
)
def test_names_and_sizes_that_are_none_are_refused(dims, error):
    with pytest.raises(error):
        shapes(**dims)
