"""GGUF headers: bytes to the byte, and every way in which a file can lie."""

from __future__ import annotations

import pytest

from planner.errors import InputError
from planner.language.sources.source import read_language_model
from tests.language.gguf_bytes import llama, write


def test_sizes_and_bytes_are_those_of_the_table(tmp_path):
    path = tmp_path / "small.gguf"
    values, tensors = llama()
    total = write(path, values, tensors)
    model = read_language_model(path)
    own = model.decoder
    assert (own.layers, own.hidden, own.heads, own.key_heads, own.head_width) == (2, 256, 8, 2, 32)
    assert (own.feed_forward, own.vocabulary, own.tied, own.context) == (512, 1000, True, 2048)
    assert model.stored.total_bytes == total
    assert model.stored.file_bytes == path.stat().st_size
    assert model.stored.format == "q4_0"
    numbers = sum(extents[0] * (extents[1] if len(extents) > 1 else 1) for _, extents, _ in tensors)
    assert model.parameters == numbers


def test_a_step_reads_a_row_of_a_table_that_is_not_shared(tmp_path):
    values, tensors = llama()
    tensors.append(("output.weight", (256, 1000), 8))
    total = write(tmp_path / "own.gguf", values, tensors)
    stored = read_language_model(tmp_path / "own.gguf").stored
    table = 256 * 1000 // 32 * 18
    assert stored.step_bytes == pytest.approx(total - table + table / 1000, abs=1)


def test_a_file_that_was_cut_short_is_refused_wherever_it_ends(tmp_path):
    whole = tmp_path / "whole.gguf"
    values, tensors = llama(words=50)
    write(whole, values, tensors)
    data = whole.read_bytes()
    cut = tmp_path / "cut.gguf"
    for length in [*range(0, 600, 7), len(data) // 2, len(data) - 64]:
        cut.write_bytes(data[:length])
        with pytest.raises(InputError):
            read_language_model(cut)


@pytest.mark.parametrize(
    ("kinds", "offsets", "said"),
    [
        ({"blk.0.ffn_up.weight": 99}, None, "type 99"),
        ({"blk.0.ffn_up.weight": 4}, None, "type 4"),
        (None, {"blk.0.ffn_up.weight": 10**12}, "download it again"),
        (None, {"blk.0.ffn_up.weight": 0}, "a place behind"),
        ({"blk.1.ffn_down.weight": 0}, None, "download it again"),
    ],
)
def test_a_lying_table_of_tensors_is_refused(tmp_path, kinds, offsets, said):
    values, tensors = llama()
    write(tmp_path / "lie.gguf", values, tensors, kinds, offsets)
    with pytest.raises(InputError, match=said):
        read_language_model(tmp_path / "lie.gguf")


@pytest.mark.parametrize(
    "missing", ["llama.block_count", "llama.attention.head_count", "general.architecture"]
)
def test_a_missing_key_is_refused(tmp_path, missing):
    values, tensors = llama()
    del values[missing]
    write(tmp_path / "gap.gguf", values, tensors)
    with pytest.raises(InputError, match=missing):
        read_language_model(tmp_path / "gap.gguf")


def test_layers_that_the_table_lacks_are_refused(tmp_path):
    values, tensors = llama()
    write(tmp_path / "few.gguf", {**values, "llama.block_count": 3}, tensors)
    with pytest.raises(InputError, match="those of 3 layers"):
        read_language_model(tmp_path / "few.gguf")


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "no.gguf").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    with pytest.raises(InputError, match="begins with GGUF"):
        read_language_model(tmp_path / "no.gguf")


@pytest.mark.parametrize("layers", [2**31, 2**32 - 1])
def test_a_number_of_layers_that_no_model_has(tmp_path, layers):
    keys, tensors = llama()
    keys["llama.block_count"] = layers
    write(tmp_path / "a.gguf", keys, tensors)
    with pytest.raises(InputError, match="layers"):
        read_language_model(tmp_path / "a.gguf")
    keys["split.count"] = 2
    write(tmp_path / "b.gguf", keys, tensors)
    with pytest.raises(InputError, match="at most 10,000 layers"):
        read_language_model(tmp_path / "b.gguf")
