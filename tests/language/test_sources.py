"""Configurations, headers of safetensors and exports: what is read, and what is refused with one message."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

from planner.errors import InputError, UnknownIdError
from planner.language.sources.source import read_language_model

CONFIG = {
    "model_type": "llama", "num_hidden_layers": 2, "hidden_size": 256, "num_attention_heads": 8,
    "num_key_value_heads": 2, "intermediate_size": 512, "vocab_size": 1000, "max_position_embeddings": 2048,
    "tie_word_embeddings": False,
}  # fmt: skip


def config(folder, **changes):
    values = {key: value for key, value in {**CONFIG, **changes}.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(values))
    return folder


def by_hand():
    """Two layers of 256 with 8 heads and 2 key heads of 32, gated 512; two tables of 1,000 words."""
    layer = 2 * 256 * 256 + 2 * 256 * 64 + 3 * 256 * 512 + 2 * 256
    return 2 * layer + 256 + 2 * 1000 * 256


def test_a_folder_is_its_configuration(tmp_path):
    assert read_language_model(config(tmp_path)).parameters == by_hand()
    assert read_language_model(tmp_path / "config.json").parameters == by_hand()


def test_biases_and_head_norms_follow_the_architecture(tmp_path):
    assert read_language_model(config(tmp_path, model_type="qwen2")).parameters == by_hand() + 2 * (
        256 + 2 * 64
    )
    assert read_language_model(config(tmp_path, model_type="qwen3")).parameters == by_hand() + 2 * 2 * 32


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num_hidden_layers": None}, "num_hidden_layers"),
        ({"num_hidden_layers": 0}, "num_hidden_layers"),
        ({"hidden_size": "256"}, "hidden_size"),
        ({"vocab_size": -5}, "vocab_size"),
        ({"num_key_value_heads": 3}, "a divisor"),
        ({"model_type": "mamba"}, "model_type"),
        ({"model_type": None}, "model_type"),
        ({"num_hidden_layers": 200_000_000}, "at most 10,000 layers"),
    ],
)
def test_a_configuration_with_holes_is_refused(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        read_language_model(config(tmp_path, **changes))


def test_all_problems_of_a_configuration_come_together(tmp_path):
    with pytest.raises(InputError, match="2 problems"):
        read_language_model(config(tmp_path, num_hidden_layers=None, vocab_size=None))


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_what_is_no_configuration_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError):
        read_language_model(tmp_path)


@pytest.mark.parametrize("name", ["none.gguf", "none", "weights.bin"])
def test_what_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="zoo:NAME"):
        read_language_model(tmp_path / name)


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(UnknownIdError, match=r"llama3\.1-8b"):
        read_language_model("zoo:llama3.1-9b")


def exported(path, *, merged=False):
    """Two layers of 8 heads, 2 with keys of 32, hidden 256; one table of words; all in 32 bits."""
    weights = {"words": (1000, 256)}
    nodes, inputs, outputs = [helper.make_node("Gather", ["words", "input_ids"], ["x0"])], [], []
    for layer in (0, 1):
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        new = [f"present.{layer}.{part}" for part in ("key", "value")]
        inputs += [(name, TensorProto.FLOAT, ["batch", 2, "past", 32]) for name in past]
        outputs += new
        weights |= {f"model.layers.{layer}.qkv": (256, 384), f"model.layers.{layer}.o": (256, 256),
                    f"model.layers.{layer}.up": (256, 512), f"model.layers.{layer}.gate": (256, 512),
                    f"model.layers.{layer}.down": (512, 256)}  # fmt: skip
        own = f"model.layers.{layer}"
        nodes += [
            helper.make_node("MatMul", [f"x{layer}", f"{own}.qkv"], [f"q{layer}"]),
            helper.make_node("GroupQueryAttention", [f"q{layer}", "", "", *past, "lengths", "total"],
                             [f"y{layer}", *new], domain="com.microsoft", num_heads=8, kv_num_heads=2),
            helper.make_node("MatMul", [f"y{layer}", f"{own}.o"], [f"o{layer}"]),
            helper.make_node("MatMul", [f"o{layer}", f"{own}.up"], [f"u{layer}"]),
            helper.make_node("MatMul", [f"o{layer}", f"{own}.gate"], [f"g{layer}"]),
            helper.make_node("Mul", [f"u{layer}", f"g{layer}"], [f"m{layer}"]),
            helper.make_node("MatMul", [f"m{layer}", f"{own}.down"], [f"x{layer + 1}"]),
        ]  # fmt: skip
    nodes.append(helper.make_node("Transpose", ["words"], ["turned"], perm=[1, 0]))
    nodes.append(helper.make_node("MatMul", ["x2", "turned"], ["logits"]))
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("logits", *outputs)]
    if merged:
        branch = helper.make_graph(nodes, "with_cache", [], results)
        nodes = [helper.make_node("If", ["use_cache_branch"], ["logits", *outputs], then_branch=branch,
                                  else_branch=branch)]  # fmt: skip
        inputs.append(("use_cache_branch", TensorProto.BOOL, [1]))
    inputs += [
        ("input_ids", TensorProto.INT64, ["batch", "tokens"]),
        ("lengths", TensorProto.INT32, ["batch"]),
        ("total", TensorProto.INT32, []),
    ]
    held = [numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in weights.items()]
    graph = helper.make_graph(
        nodes, "decoder", [helper.make_tensor_value_info(*item) for item in inputs], results, held
    )
    domains = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    save(helper.make_model(graph, opset_imports=domains, ir_version=9), path)
    return 4 * sum(rows * columns for rows, columns in weights.values())


@pytest.mark.parametrize("merged", [False, True])
def test_an_export_is_its_products_and_initialisers(tmp_path, merged):
    total = exported(tmp_path / "decoder.onnx", merged=merged)
    model = read_language_model(tmp_path / "decoder.onnx")
    own = model.decoder
    assert (own.layers, own.hidden, own.heads, own.key_heads, own.head_width) == (2, 256, 8, 2, 32)
    assert (own.feed_forward, own.vocabulary, own.tied, own.gated) == (512, 1000, True, True)
    assert (model.stored.total_bytes, model.stored.step_bytes) == (total, total)


def test_an_export_without_a_cache_is_refused(tmp_path):
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "small",
        [value("x", TensorProto.FLOAT, [1, 3])],
        [value("y", TensorProto.FLOAT, [1, 3])],
    )
    save(helper.make_model(graph), tmp_path / "small.onnx")
    with pytest.raises(InputError, match="a cache of keys and values"):
        read_language_model(tmp_path / "small.onnx")


def safetensors(path, tensors, length=None):
    start, entries = 0, {}
    for name, (dtype, shape, width) in tensors.items():
        size = width
        for extent in shape:
            size *= extent
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, start + size]}
        start += size
    head = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(head) if length is None else length) + head + b"\0" * start)
    return start


TENSORS = {
    "model.embed_tokens.weight": ("F16", [1000, 256], 2),
    "lm_head.weight": ("F16", [1000, 256], 2),
    "model.layers.0.mlp.up_proj.weight": ("F16", [512, 256], 2),
}


def test_bytes_of_safetensors(tmp_path):
    total = safetensors(config(tmp_path) / "model.safetensors", TENSORS)
    stored = read_language_model(tmp_path / "model.safetensors").stored
    assert (stored.total_bytes, stored.format) == (total, "fp16")
    assert stored.step_bytes == total - 999 * 256 * 2, "one row of the table of words"
    assert read_language_model(tmp_path).stored == stored


def test_an_index_names_the_files_of_its_tensors(tmp_path):
    config(tmp_path)
    first = dict(list(TENSORS.items())[:1])
    second = dict(list(TENSORS.items())[1:])
    total = safetensors(tmp_path / "a.safetensors", first) + safetensors(tmp_path / "b.safetensors", second)
    names = {**dict.fromkeys(first, "a.safetensors"), **dict.fromkeys(second, "b.safetensors")}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": names}))
    assert read_language_model(index).stored.total_bytes == total
    (tmp_path / "b.safetensors").unlink()
    assert read_language_model(index).notes


@pytest.mark.parametrize("length", [0, 5, 10**9])
def test_a_header_that_its_length_does_not_bear_out_is_refused(tmp_path, length):
    safetensors(config(tmp_path) / "model.safetensors", TENSORS, length)
    with pytest.raises(InputError):
        read_language_model(tmp_path / "model.safetensors")


def test_safetensors_cut_short_or_of_an_unknown_type_are_refused(tmp_path):
    path = config(tmp_path) / "model.safetensors"
    safetensors(path, TENSORS)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="within the file"):
        read_language_model(path)
    safetensors(path, {"x": ("Q9", [4], 1)})
    with pytest.raises(InputError, match="a known type"):
        read_language_model(path)


def test_safetensors_without_a_configuration_are_refused(tmp_path):
    safetensors(tmp_path / "model.safetensors", TENSORS)
    with pytest.raises(InputError, match=r"config\.json"):
        read_language_model(tmp_path / "model.safetensors")
