"""Work and times of llama.cpp by hand; the file of a calibration; the answers that rest on it."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from planner.api import register_llama, serve
from planner.errors import InputError
from planner.hardware.processor import cpu_name
from planner.language.calibrated import calibration as kept
from planner.language.calibrated.calibration import (
    LlamaCalibration,
    ThreadCosts,
    read_llama_calibration,
    write_llama_calibration,
)
from planner.language.calibrated.model import PromptCosts, SmallCosts, StepCosts, TypeCosts, both
from planner.language.calibrated.work import TokenWork, work_by_recipe, work_of_file
from planner.language.sizes.decoder import Decoder
from planner.language.sources.gguf_header import read_header
from planner.language.sources.gguf_model import read_gguf
from planner.schema.language.calibrated import LeftOutErrors
from tests.cli.conftest import call
from tests.language import gguf_bytes

approx = pytest.approx
__all__ = ["call"]

SMALL = SmallCosts(
    pass_s=1e-5, node_s=1e-6, element_s=1e-9, attention_mac_s=1e-10, attention_byte_s=5e-11,
    attention_token_s=2e-9,
)  # fmt: skip
TYPES = TypeCosts(1e-10, 0.0, 2.0, 3.0, 1.25, {"q4_k": 0.0, "q6_k": math.log(1.5), "q8_0": 0.0, "q4_0": 0.0})
STEP = StepCosts(
    TYPES, SMALL, bandwidth_bytes_per_s=1e10, cache_bytes=1.0, overlap=4.0, sharpness=4.0, last_factor=0.5,
    repacked_factor=0.8, unshared_factor=2.0,
)  # fmt: skip
PROMPT = PromptCosts(replace(TYPES, number_s=2e-11), SMALL, 0.5)
WORK = TokenWork(
    layer_numbers={"q8_0": 1e6}, prompt_numbers={"q8_0": 8e5}, last_type="q8_0",
    last_numbers=2e5, layers=4, layer_nodes=16,
    layer_elements=5000.0, heads=8, head_macs=128.0, cache_bytes=1024.0, window=0, windowed_layers=0,
)  # fmt: skip


def errors(kind, types, low, high):
    return LeftOutErrors(kind=kind, known=types == "known", rows=99, mape=0.03, low=low, high=high)


def calibration(**changes):
    all_errors = (
        errors("step", "known", 0.9, 1.1), errors("step", "unknown", 0.7, 1.4),
        errors("prompt", "known", 0.85, 1.15),
    )  # fmt: skip
    own = LlamaCalibration(
        "0.2.18", cpu_name(), "2026-01-02", 63, 4, 2e-4, 0.0, 1e8, 0.9,
        tuple(ThreadCosts(count, STEP, PROMPT, ("q4_k", "q8_0"), all_errors) for count in (1, 2)),
    )  # fmt: skip
    return replace(own, **changes)


def test_a_type_costs_its_law_times_its_own_factor():
    assert TYPES.seconds("q8_0") == approx(1e-10)
    assert TYPES.seconds("q4_k") == approx(2e-10), "a block of 256"
    assert TYPES.seconds("q6_k") == approx(3.75e-10), "bits apart, and 1.5 times its law"
    assert TYPES.seconds("q5_1") == approx(1.25e-10), "bits apart, which no probe had"
    assert TYPES.seconds("f16") == approx(3e-10), "a plain float that no probe had"
    by_bits = replace(TYPES, bits_power=1.0)
    assert by_bits.seconds("q8_0") / by_bits.seconds("q4_0") == approx(8.5 / 4.5)


def test_two_times_that_overlap():
    import numpy as np

    assert both(np.array([3.0]), np.array([0.0]), 4.0) == approx(3.0)
    assert both(np.array([1.0]), np.array([1.0]), 4.0) == approx(2 ** (1 / 4))
    assert both(np.array([0.0]), np.array([0.0]), 4.0) == approx(0.0)
    assert both(np.array([1.0]), np.array([1e-300]), 50.0) == approx(1.0)


def test_a_step_by_hand():
    # 1e6 numbers in 0.1 ns each and 2e5 in half of that; 1.275 MB, all from memory at 10 GB/s.
    compute, memory = 1.1e-4, 1.2e6 * 8.5 / 8 / 1e10
    products = (compute**4 + memory**4) ** 0.25
    # 8 heads x 4 layers: a token costs each 128 products, an eighth of 1,024 bytes, and its mask; the first
    # 256 count twice.
    token = 128 * 1e-10 + 128 * 5e-11 + 2e-9
    small = 1e-5 + 4 * 16 * 1e-6 + 4 * 5000 * 1e-9
    assert STEP.seconds(WORK, 100) == approx(products + 32 * 200 * token + small, rel=1e-9)
    assert STEP.seconds(WORK, 1000) == approx(products + 32 * 1256 * token + small, rel=1e-9)


def test_weights_that_fit_the_cache_are_not_read_from_memory():
    warm = replace(STEP, cache_bytes=1e8)
    size = 1.2e6 * 8.5 / 8
    missed = size / (1 + (1e8 / size) ** 4)
    assert warm.parts(WORK, 1)[0] == approx(missed / 1e10)
    assert warm.seconds(WORK, 100) < STEP.seconds(WORK, 100)


def test_types_in_another_order_come_faster_from_memory():
    repacked = replace(WORK, layer_numbers={"q4_0": 1e6}, prompt_numbers={}, last_type="q4_0")
    assert STEP.parts(repacked, 1)[0] == approx(0.8 * 1.2e6 * 4.5 / 8 / 1e10)


def test_a_prompt_by_hand():
    # 600 tokens go in two pieces. The last layer, and the feed-forward part of the one before it, work on one
    # token, in the share of a step.
    once = 0.5 * 2 * 1.1e-4
    attention = 600 * 32 * 300 * (128 * 1e-10 + 128 * 5e-11 + 2e-9)
    small = 2 * (1e-5 + 4 * 16 * 1e-6) + 600 * 4 * 5000 * 1e-9
    expected = 600 * 8e5 * 2e-11 + once + attention + small
    assert PROMPT.seconds(WORK, 600, STEP) == approx(expected, rel=1e-9)


def test_a_window_bounds_what_is_attended_to():
    windowed = replace(WORK, window=64, windowed_layers=3)
    assert windowed.attended(100, 80) == 80 + 3 * 64
    assert windowed.attended(100) == 100 + 3 * 64
    assert windowed.attended(10) == 4 * 10


def test_work_of_a_file_is_that_of_its_table(tmp_path):
    path = tmp_path / "small.gguf"
    gguf_bytes.write(path, *gguf_bytes.llama(layers=2, hidden=256, heads=8, keys=2, wide=512, words=1000))
    work = work_of_file(read_gguf(path).decoder, read_header(path))
    layer = 256 * 256 * 2 + 2 * 64 * 256 + 3 * 256 * 512
    assert work.layer_numbers == {"q4_0": 2 * layer}
    assert work.prompt_numbers == {"q4_0": 2 * layer - 3 * 256 * 512}
    assert work.main_type == "q4_0"
    assert (work.last_type, work.last_numbers) == ("q4_0", 256_000)
    assert work.step_bytes == approx((2 * layer + 256_000) * 18 / 32)
    assert (work.head_macs, work.cache_bytes, work.layer_nodes) == (64, 2 * 2 * 64, 16)


def test_work_by_recipe_is_that_of_the_same_file():
    decoder = Decoder("x", 8, 512, 8, 2, 64, 1024, 2000, tied=False, context=2048)
    work = work_by_recipe(decoder, "q4_k_m")
    assert work.types == {"q4_k", "q6_k"}
    # Of eight layers those at both ends and every third between have values and downward products in 6 bits.
    more = sum(layer < 1 or layer >= 7 or (layer - 1) % 3 == 2 for layer in range(8))
    assert work.layer_numbers["q6_k"] == more * (128 * 512 + 512 * 1024)
    assert work.last_type == "q6_k"
    assert work.prompt_numbers["q6_k"] == work.layer_numbers["q6_k"] - 512 * 1024
    assert work.main_type == "q4_k"


def test_phi_3_keeps_the_gate_with_the_matrix_beside_it(tmp_path):
    values, tensors = gguf_bytes.llama(hidden=256, wide=512)
    values = {key.replace("llama.", "phi3."): value for key, value in values.items()}
    values["general.architecture"] = "phi3"
    joined = [item for item in tensors if "ffn_gate" not in item[0]]
    joined = [(name, (256, 1024) if "ffn_up" in name else size, kind) for name, size, kind in joined]
    path = tmp_path / "phi3.gguf"
    gguf_bytes.write(path, values, joined)
    assert read_gguf(path).decoder.gated
    plain = [item for item in tensors if "ffn_gate" not in item[0]]
    gguf_bytes.write(path, values, plain)
    assert not read_gguf(path).decoder.gated


def test_bands_by_what_probes_knew():
    own = calibration()
    band = own.step_s(WORK, 100, 1)
    least = 1.645 * 0.01  # of the machine's own drift
    assert band.mid == approx(STEP.seconds(WORK, 100))
    assert band.high / band.mid == approx(math.exp(math.hypot(math.log(1.1), least)))
    assert (band.level, own.prompt_s(WORK, 64, 1).level) == (0.9, 0.9)
    strange = replace(WORK, layer_numbers={"q5_1": 1e6})
    mostly = replace(WORK, layer_numbers={"q6_k": 1e6, "q4_k": 1e5})
    assert [own.costs(1).knows(work) for work in (WORK, strange, mostly)] == [True, False, False]
    assert own.step_s(strange, 100, 1).high / own.step_s(strange, 100, 1).mid > 1.39
    # Prompts of unknown types have no errors of their own: the widest of prompts stands for them.
    assert own.prompt_s(strange, 64, 1).high / own.prompt_s(strange, 64, 1).mid > 1.15
    drifting = calibration(reference_spread=0.3)
    assert drifting.step_s(WORK, 100, 1).high > band.high


def test_a_calibration_survives_its_file(tmp_path):
    path, own = tmp_path / "llama.yaml", calibration()
    write_llama_calibration(own, path)
    again = read_llama_calibration(path)
    for threads in (1, 2):
        assert again.step_s(WORK, 77, threads).mid == approx(own.step_s(WORK, 77, threads).mid, rel=1e-4)
        assert again.prompt_s(WORK, 77, threads).high == approx(
            own.prompt_s(WORK, 77, threads).high, rel=1e-4
        )
    with pytest.raises(InputError, match="1, 2"):
        again.costs(3)
    assert again.costs(None).threads == 2


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("level: 0.9", "level: 1.5", "level"),
        ("probes: 63", "probes: -1", "probes"),
        ("overlap: 4.0", "overlap: .nan", "overlap"),
        ("reference: 200 us", "reference: -200 us", "reference"),
        ("bandwidth: 10 GB/s", "bandwidth: inf GB/s", "bandwidth"),
        ("engine: llama.cpp", "engine: openvino", "engine"),
    ],
)
def test_an_edited_calibration_is_refused_by_place(tmp_path, before, after, place):
    path = tmp_path / "llama.yaml"
    write_llama_calibration(calibration(), path)
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    with pytest.raises(InputError, match=place):
        read_llama_calibration(path)


@pytest.fixture
def this_machine(tmp_path, monkeypatch):
    """A machine of its own settings with a calibration that was kept."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("planner.calibration.machine._peak_ops_per_s", lambda: 1e11)
    monkeypatch.setattr("planner.calibration.machine._bandwidth_bytes_per_s", lambda: 2e10)
    return register_llama(calibration())


def test_answers_of_this_machine_rest_on_its_calibration(this_machine, monkeypatch):
    (answer,) = serve("zoo:llama3.2-1b", ["this-machine"], engine="llama-cpp", threads=1)
    assert (answer.provenance.value, answer.time_per_token_s.level) == ("calibrated", 0.9)
    model = work_by_recipe_of("zoo:llama3.2-1b", "q4_k_m")
    assert answer.time_per_token_s.mid == approx(STEP.seconds(model, 512 + 64), rel=1e-4)
    assert answer.ttft_s.mid == approx(PROMPT.seconds(model, 512, STEP), rel=1e-4)
    assert any("four times as large" in text for text in answer.warnings)


def test_several_users_have_the_weaker_provenance_and_no_narrower_band(this_machine):
    one, four = serve("zoo:llama3.2-1b", ["this-machine"], engine="llama-cpp", users=[1, 4])
    assert (one.provenance.value, four.provenance.value) == ("calibrated", "transferred")
    width = [item.time_per_token_s.high / item.time_per_token_s.low for item in (one, four)]
    assert width[1] >= width[0]
    assert any("for one user" in text for text in four.warnings)


def test_what_the_calibration_does_not_cover_is_said(this_machine, monkeypatch):
    for asked in ({"cache": "q8_0"}, {"model": "zoo:qwen3-30b-a3b"}):
        model = asked.pop("model", "zoo:llama3.2-1b")
        (answer,) = serve(model, ["this-machine"], engine="llama-cpp", **asked)
        assert answer.provenance.value == "transferred"
        assert any("nothing of this kind" in text for text in answer.warnings)
    with pytest.raises(InputError, match="calibrated"):
        serve("zoo:llama3.2-1b", ["this-machine"], engine="llama-cpp", threads=7)
    this_machine[0].unlink()
    (answer,) = serve("zoo:llama3.2-1b", ["this-machine"], engine="llama-cpp")
    assert any("not calibrated" in text for text in answer.warnings)


def test_a_kept_calibration_of_another_processor_or_of_others_is_refused(this_machine):
    write_llama_calibration(calibration(cpu="another"), this_machine[0])
    with pytest.raises(InputError, match="another"):
        serve("zoo:llama3.2-1b", ["this-machine"], engine="llama-cpp")
    write_llama_calibration(calibration(), this_machine[0])
    this_machine[0].chmod(0o666)
    with pytest.raises(InputError, match="others"):
        kept.kept_calibration()


def test_the_command_answers_for_this_machine(this_machine, call):
    found = call(
        "llm", "zoo:llama3.2-1b", "--device", "this-machine", "--engine", "llama.cpp", "--format", "json"
    )
    record = json.loads(found.out)
    assert (record["provenance"], record["time_per_token_s"]["level"]) == ("calibrated", 0.9)


def work_by_recipe_of(name, form):
    from planner.language.sources.source import read_language_model

    return work_by_recipe(read_language_model(name).decoder, form)
