"""Attention as one operator and spelt out: the same operations, and caches read once where they are."""

from __future__ import annotations

import pytest

from planner.workload.graph import Graph, Node, TensorSpec
from planner.workload.workload import Workload, at_precision, read_workload
from planner.zoo.sequence import llama
from tests.workload.conftest import make_network

SIZES = [
    # batch, heads, key heads, queries, cached, width
    (1, 16, 16, 512, 0, 64),
    (2, 8, 2, 1, 700, 64),
    (1, 32, 8, 17, 300, 128),
    (4, 4, 4, 64, 64, 32),
    (1, 8, 1, 1, 8192, 80),
]


def spelt(batch: int, heads: int, keys: int, queries: int, cached: int, width: int) -> Graph:
    """Concatenated to the cache, repeated for the heads that share it, transposed, two products."""
    total = queries + cached
    inputs = {"q": (batch, heads, queries, width)}
    nodes, outputs, weights = [], ["y"], {}
    for name in ("k", "v"):
        inputs[name] = (batch, keys, queries, width)
        source = name
        if cached:
            inputs[f"past_{name}"] = (batch, keys, cached, width)
            nodes.append(Node(f"cat_{name}", "Concat", (f"past_{name}", name), (f"new_{name}",), {"axis": 2}))
            source = f"new_{name}"
            outputs.append(source)
        if heads != keys:
            weights |= {"axis": [2], "to": [batch, keys, heads // keys, total, width]}
            weights["flat"] = [batch, heads, total, width]
            nodes += [
                Node(f"u_{name}", "Unsqueeze", (source, "axis"), (f"u_{name}",)),
                Node(f"e_{name}", "Expand", (f"u_{name}", "to"), (f"e_{name}",)),
                Node(f"r_{name}", "Reshape", (f"e_{name}", "flat"), (f"r_{name}",)),
            ]
            source = f"r_{name}"
        if name == "k":
            nodes.append(Node("t", "Transpose", (source,), ("t",), {"perm": (0, 1, 3, 2)}))
            nodes.append(Node("scores", "MatMul", ("q", "t"), ("s",)))
            nodes.append(Node("soft", "Softmax", ("s",), ("p",), {"axis": -1}))
        else:
            nodes.append(Node("sum", "MatMul", ("p", source), ("y",)))
    return make_network(nodes, inputs, outputs, weights)


def fused(kind: str, batch: int, heads: int, keys: int, queries: int, cached: int, width: int) -> Graph:
    """One operator of com.microsoft or of ai.onnx."""
    past = {f"past_{name}": (batch, keys, cached, width) for name in "kv"} if cached else {}
    outputs = ["y", "new_k", "new_v"] if cached else ["y"]
    if kind == "Attention":
        shapes = {"q": heads, "k": keys, "v": keys}
        inputs = {name: (batch, count, queries, width) for name, count in shapes.items()}
        names = ("q", "k", "v", "", *past) if past else ("q", "k", "v")
        node = Node("a", kind, names, tuple(outputs))
        return make_network([node], {**inputs, **past}, outputs, opset=23)
    inputs = {
        "q": (batch, queries, heads * width),
        "k": (batch, queries, keys * width),
        "v": (batch, queries, keys * width),
    }
    attributes = {"num_heads": heads}
    if kind == "GroupQueryAttention":
        attributes["kv_num_heads"] = keys
        inputs |= {"lengths": TensorSpec("int32", (batch,)), "total": TensorSpec("int32", ())}
        names = ("q", "k", "v", *(past or ("", "")), "lengths", "total")
    else:
        names = ("q", "k", "v", "", "", "", *past)
    node = Node("a", kind, names, tuple(outputs), attributes, "com.microsoft")
    return make_network([node], {**inputs, **past}, outputs, domains={"com.microsoft": 1})


KINDS = ("MultiHeadAttention", "GroupQueryAttention", "Attention")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_one_operator_does_the_operations_of_the_spelt_form(kind, size):
    if kind == "MultiHeadAttention" and size[1] != size[2]:
        pytest.skip("it has as many key heads as heads")
    batch, heads, _, queries, cached, width = size
    cells = batch * heads * queries * (queries + cached)
    one, apart = read_workload(fused(kind, *size)), read_workload(spelt(*size))
    assert not one.unresolved
    assert one.macs == apart.macs == 2 * cells * width
    assert one.flops == apart.flops == 4 * cells * width + 15 * cells


@pytest.mark.parametrize("size", [size for size in SIZES if size[4]])
def test_a_spelt_cache_is_read_once_and_grows_in_place(size):
    """By hand: each product reads its half of the cache; the concatenations move the new tokens alone."""
    batch, heads, keys, queries, cached, width = size
    workload = read_workload(spelt(*size))
    named = {operator.name: operator for operator in workload.operators}
    held, new = batch * keys * (queries + cached) * width * 4, batch * keys * queries * width * 4
    query, cells = batch * heads * queries * width * 4, batch * heads * queries * (queries + cached) * 4
    assert named["scores"].input_bytes == query + held
    assert named["sum"].input_bytes == cells + held
    for name in ("cat_k", "cat_v"):
        assert (named[name].input_bytes, named[name].output_bytes) == (new, new)
    assert any("in place" in text for text in workload.assumptions)


def test_what_is_no_cache_is_copied_as_it_is_written():
    """A concatenation that no output keeps, and a transposition without a cache, move what they say."""
    inputs = {"q": (1, 4, 8, 16), "a": (1, 4, 100, 16), "b": (1, 4, 8, 16)}
    nodes = [
        Node("cat", "Concat", ("a", "b"), ("k",), {"axis": 2}),
        Node("t", "Transpose", ("k",), ("t",), {"perm": (0, 1, 3, 2)}),
        Node("m", "MatMul", ("q", "t"), ("y",)),
    ]
    named = {item.name: item for item in read_workload(make_network(nodes, inputs, ["y"])).operators}
    assert named["cat"].output_bytes == named["t"].output_bytes == 4 * 108 * 16 * 4


def step(cached: int, size: llama.LlamaDecoder = llama.LLAMA_3_1_8B) -> Workload:
    graph = llama.llama("step", size=size, tokens=1, cached=cached, packed=True)
    return at_precision(read_workload(graph), "fp16")


@pytest.mark.parametrize("cached", [512, 8192])
def test_bytes_of_a_step_by_hand(cached):
    """2 x layers x key heads x width x 2 bytes a cached token; weights of 4 bits with 16 for 32 of them."""
    workload = step(cached)
    inner = 32 * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336) + 128256 * 4096
    weights = sum(item.weight_bytes for item in workload.operators)
    assert weights == pytest.approx(inner * 4.5 / 8, rel=1e-3)
    products = [item for item in workload.operators if item.name.endswith((".scores", ".context"))]
    cache = sum(item.input_bytes for item in products) - 32 * 2 * (4096 + 32 * (cached + 1))
    assert cache == (cached + 1) * 131_072


def test_a_window_limits_what_is_read_of_a_cache():
    size = (1, 8, 2, 1, 1000, 64)
    graph = fused("GroupQueryAttention", *size)
    (node,) = graph.nodes
    narrow = Node(node.name, node.op_type, node.inputs, node.outputs,
                  {**node.attributes, "local_window_size": 100}, node.domain)  # fmt: skip
    whole = read_workload(graph).operators[0]
    windowed = read_workload(make_network([narrow], dict(graph.inputs), ["y"], domains={"com.microsoft": 1}))
    assert whole.input_bytes - windowed.operators[0].input_bytes == 2 * 2 * 64 * (1000 - 99) * 4


def test_paged_attention_attends_to_the_blocks_of_its_table():
    """3 tokens of 2 requests, 8 heads of 64 and 2 key heads; 4 blocks of 16 tokens a request."""
    inputs = {
        "q": (3, 512), "k": (3, 128), "v": (3, 128), "kc": (32, 16, 2, 64), "vc": (32, 16, 2, 64),
        "cum": TensorSpec("int32", (3,)), "past": TensorSpec("int32", (2,)),
        "table": TensorSpec("int32", (2, 4)),
    }  # fmt: skip
    node = Node("a", "PagedAttention", tuple(inputs), ("y", "kn", "vn"), {"num_heads": 8, "kv_num_heads": 2},
                "com.microsoft")  # fmt: skip
    workload = read_workload(make_network([node], inputs, ["y", "kn", "vn"], domains={"com.microsoft": 1}))
    assert not workload.unresolved
    assert workload.macs == 3 * 8 * 64 * 2 * 64
    (operator,) = workload.operators
    assert operator.input_bytes == (3 * 512 + 2 * 3 * 128 + 2 * 2 * 64 * 2 * 64) * 4 + (3 + 2 + 8) * 4
