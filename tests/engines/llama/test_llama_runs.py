"""Files with random weights, free processors, and llama.cpp itself where its package is."""

from __future__ import annotations

import importlib.util
import json
import os

import pytest

from planner.calibration.llama.subject import subject_of
from planner.engines.llama import free_processors, run
from planner.engines.llama.free_processors import OtherPrograms, free_for
from planner.engines.llama.random_blocks import RANDOM_TYPES, random_blocks
from planner.engines.llama.random_gguf import RandomModel, architecture_of, write_gguf
from planner.engines.llama.run import Passes, require_llama, run_random
from planner.engines.llama.timed_pass import TimedPass
from planner.engines.session import EngineError
from planner.errors import InputError
from planner.language.formats.ggml_types import BY_NAME
from planner.language.sizes.decoder import Biases, Decoder, Experts
from planner.language.sources.gguf_model import read_gguf
from tests.cli.conftest import call
from tests.language import gguf_bytes

__all__ = ["call"]

WRITER = importlib.util.find_spec("gguf") is not None
ENGINE = WRITER and importlib.util.find_spec("cyllama") is not None
needs_writer = pytest.mark.skipif(not WRITER, reason="the package gguf is not installed (extra llama)")
needs_engine = pytest.mark.skipif(not ENGINE, reason="the package cyllama is not installed (extra llama)")


def decoder(**changes):
    sizes = {"name": "small", "layers": 6, "hidden": 256, "heads": 2, "key_heads": 1, "head_width": 128,
             "feed_forward": 512, "vocabulary": 512, "tied": False, "context": 512}  # fmt: skip
    return Decoder(**sizes | changes)


BIASED = Biases(query=True, key=True, value=True)
KINDS = {
    "llama": decoder(),
    "qwen2": decoder(biases=BIASED),
    "qwen3": decoder(head_norm=True),
    "gemma2": decoder(norms=4, tied=True, window=64),
    "gemma3": decoder(norms=4, head_norm=True, tied=True, window=64),
    "gemma": decoder(tied=True),
    "phi3": decoder(),
}


@pytest.mark.parametrize("name", RANDOM_TYPES)
def test_random_blocks_are_whole_and_the_same_each_time(name):
    size = BY_NAME[name].bytes * 100
    assert random_blocks(name, size).size == size
    assert (random_blocks(name, size) == random_blocks(name, size)).all()


@needs_writer
@pytest.mark.parametrize("name", [name for name in RANDOM_TYPES if name not in ("bf16", "f32", "f16")])
def test_random_weights_are_finite_and_small(name):
    import gguf
    import numpy as np

    kind = gguf.GGMLQuantizationType[name.upper()]
    blocks = random_blocks(name, BY_NAME[name].bytes * 64).reshape(1, -1)
    values = gguf.quants.dequantize(blocks, kind)
    assert np.isfinite(values).all()
    assert 1e-4 < np.abs(values).mean() < 0.2


@needs_writer
@pytest.mark.parametrize("architecture", KINDS)
@pytest.mark.parametrize("form", ["q4_k_m", "q8_0"])
def test_a_file_is_read_back_as_what_was_written(tmp_path, architecture, form):
    model = RandomModel(architecture, KINDS[architecture], form)
    path = tmp_path / "random.gguf"
    write_gguf(model, path)
    again = read_gguf(path)
    assert again.stored.total_bytes == model.weight_bytes
    for name in (
        "layers",
        "hidden",
        "heads",
        "key_heads",
        "head_width",
        "feed_forward",
        "vocabulary",
        "tied",
    ):
        assert getattr(again.decoder, name) == getattr(model.decoder, name)
    assert again.decoder.gated


def test_the_architecture_follows_from_the_sizes():
    found = {name: architecture_of(sizes) for name, sizes in KINDS.items()}
    assert found == {name: name for name in KINDS} | {"gemma": "llama", "phi3": "llama"}
    with pytest.raises(EngineError, match="experts; give its GGUF file"):
        architecture_of(decoder(experts=Experts(8, 2, 512)))


def looks(*loads):
    left = list(loads)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_a_busy_machine_is_refused_with_what_it_waits_for(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    said = []
    busy = OtherPrograms(1.4, "pytest", 0.98)
    with pytest.raises(EngineError, match=r"2 of 2 free, got 1.4 used .* pytest \(98 %\); stop it"):
        free_for(2, 0.0, said.append, look=looks(busy))
    assert said == []
    free_for(2, 60.0, said.append, look=looks(busy, OtherPrograms(0.05, "", 0.0)))
    assert len(said) == 1
    assert "waiting for it to end" in said[0]
    free_for(1, 0.0, look=looks(OtherPrograms(1.1, "other", 1.0)))
    free_for(2, 0.0, look=looks(None))
    with pytest.raises(EngineError, match="at most 2 threads"):
        free_for(3, 0.0, look=looks(None))


def test_the_load_of_others_is_seen_here(monkeypatch):
    monkeypatch.setattr(free_processors, "LOOK_S", 0.05)
    load = free_processors.load_of_others()
    assert load is None or 0.0 <= load.processors <= 2 * (os.cpu_count() or 1)


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EngineError, match=r"edge-ai-planner\[llama\]"):
        require_llama()


def test_a_pass_that_lost_its_processor_does_not_count():
    fine = TimedPass(2, "step", 64, 0.01, 0.01, 0.01, 9, 0.99, 0.0)
    assert (fine.undisturbed, fine.tokens_per_s) == (True, 100.0)
    assert not TimedPass(2, "step", 64, 0.01, 0.01, 0.01, 9, 0.7, 0.0).undisturbed
    assert not TimedPass(2, "step", 64, 0.01, 0.01, 0.01, 9, 0.99, 0.1).undisturbed
    assert TimedPass(1, "prompt", 64, 0.01, 0.01, 0.01, 9, 1.0, 0.0).tokens_per_s == 6400


def test_subjects(tmp_path):
    path = tmp_path / "small.gguf"
    gguf_bytes.write(path, *gguf_bytes.llama())
    own = subject_of(path, None)
    assert (own.format, own.file, own.random) == ("q4_0", path, None)
    with pytest.raises(InputError, match="which the file holds"):
        subject_of(path, "q8_0")
    named = subject_of("zoo:smollm2-135m", "int8")
    assert (named.format, named.file, named.random.architecture) == ("q8_0", None, "llama")
    with pytest.raises(InputError, match="one of f32"):
        subject_of("zoo:smollm2-135m", "awq")


@pytest.fixture
def undisturbed(monkeypatch):
    """As if the machine were at rest: what is tested is that a run works, not how long it takes."""
    monkeypatch.setattr(run, "free_for", lambda *_: None)


@needs_engine
def test_prompts_and_steps_are_timed(undisturbed):
    wanted = Passes((1,), (8, 64), (16,), 0.01, 60.0)
    found = run_random(RandomModel("qwen3", KINDS["qwen3"], "q4_0"), wanted)
    assert found.reason is None
    assert [(item.kind, item.tokens) for item in found.passes] == [("step", 8), ("step", 64), ("prompt", 16)]
    assert all(0 < item.low_s <= item.seconds <= item.high_s for item in found.passes)


@needs_engine
def test_the_command_measures_a_file_and_answers_for_one_that_is_damaged(undisturbed, tmp_path, call):
    path = tmp_path / "random.gguf"
    write_gguf(RandomModel("llama", KINDS["llama"], "q8_0"), path)
    arguments = ("measure", path, "--engine", "llama.cpp", "--context", 8, "--prompt", 8, "--time", "10ms")
    record = json.loads(call(*arguments, "--format", "json").out)["measurements"][0]
    assert (record["weights"], len(record["passes"]), record["reason"]) == ("q8_0", 2, None)
    beyond = call("measure", path, "--engine", "llama.cpp", "--context", 9999)
    assert (beyond.status, "at most 512 tokens" in beyond.err) == (2, True)
    path.write_bytes(path.read_bytes()[:-5000])
    assert call(*arguments).status == 2


@needs_engine
def test_a_file_that_llama_cpp_refuses_is_an_answer(undisturbed, tmp_path, call):
    path = tmp_path / "small.gguf"
    gguf_bytes.write(path, *gguf_bytes.llama())  # no rms epsilon
    found = call("measure", path, "--engine", "llama.cpp", "--prompt", 8, "--context", 8)
    assert found.status == 3
    assert "refuses" in found.out


def test_options_that_do_not_belong_are_refused_together(call):
    found = call("measure", "zoo:smollm2-135m", "--engine", "llama.cpp", "--batch", 2, "--precision", "int8")
    assert (found.status, found.err.count("none beside --engine llama.cpp")) == (2, 2)
    found = call("measure", "zoo:resnet18", "--engine", "onnxruntime", "--weights", "q4_0", "--prompt", 4)
    assert (found.status, found.err.count("--engine llama.cpp beside it")) == (2, 2)
    assert call("calibrate", "--engine", "llama.cpp", "--precision", "int8", "-o", "x.yaml").status == 2
    assert call("validate", "--engine", "llama.cpp", "--seed", 3).status == 2
