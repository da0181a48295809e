"""Answers: sums by hand, what fits, what an engine lacks, and bands that published rates lie in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from planner import api
from planner.api.language import serve
from planner.errors import InputError
from planner.hardware.catalog import device_ids, read_device
from planner.language.answer.record import serving_record
from planner.language.engines.catalogue import engine_names, language_engine, served_by
from planner.language.rates.fitted import rates_model
from planner.language.rates.published import published_rates
from planner.schema.record.commands.language import ServingRecord

MODEL = "zoo:llama3.1-8b"
PART = "jetson-agx-orin-64"


def one(model=MODEL, part=PART, users=1, **wishes):
    return serve(model, [part], users=[users], **wishes)[0]


def test_memory_is_weights_once_and_a_cache_for_each_session():
    """Llama 3.1 8B in 4 bits with scales of 16 for 32: 8.03 G times 4.5 bits; 128 KiB a cached token."""
    for users in (1, 2, 6):
        memory = one(users=users, engine="mlc", context_tokens=8192).memory
        assert memory.weights == pytest.approx(8_030_261_248 * 4.5 / 8, rel=1e-3)
        assert memory.kv == users * 8192 * 131_072


def test_rates_of_one_and_of_all():
    answer = one(users=4, engine="vllm")
    assert answer.tokens_per_s.mid == pytest.approx(4 * answer.tokens_per_s_per_user.mid)
    assert answer.tokens_per_s_per_user.mid == pytest.approx(1 / answer.time_per_token_s.mid)
    assert answer.tokens_per_s_per_user.low == pytest.approx(1 / answer.time_per_token_s.high)


def test_users_share_the_reading_of_the_weights():
    """Four users take less than four steps of one and no less than one; each waits longer than alone."""
    alone, four = one(engine="vllm"), one(users=4, engine="vllm")
    assert alone.time_per_token_s.mid < four.time_per_token_s.mid < 4 * alone.time_per_token_s.mid
    assert four.energy_per_token_j.mid < alone.energy_per_token_j.mid


def test_longer_prompts_and_contexts_cost_more():
    assert one(prompt_tokens=2048).ttft_s.mid > one(prompt_tokens=512).ttft_s.mid
    long = one(prompt_tokens=30_000, context_tokens=32_768)
    assert long.time_per_token_s.mid > one().time_per_token_s.mid


def test_what_fits_is_the_last_that_fits():
    answer = one(part="jetson-orin-nano-8", engine="mlc")
    most, users = answer.max_context_tokens, answer.max_users
    assert one(part="jetson-orin-nano-8", engine="mlc", context_tokens=most).memory.fits
    assert not one(part="jetson-orin-nano-8", engine="mlc", context_tokens=most + 1).memory.fits
    assert one(part="jetson-orin-nano-8", engine="mlc", users=users).memory.fits
    assert not one(part="jetson-orin-nano-8", engine="mlc", users=users + 1).memory.fits


def test_what_does_not_fit_says_what_would():
    answer = one(part="jetson-orin-nano-8", users=6, context_tokens=8192)
    assert not answer.feasible
    keys = {getattr(text, "key", "") for text in answer.warnings}
    assert {"language.does_not_fit", "language.shorter", "language.fewer_users"} <= keys
    shorter = next(text for text in answer.warnings if getattr(text, "key", "") == "language.shorter")
    context = int(shorter.parts["context"])
    assert one(part="jetson-orin-nano-8", users=6, context_tokens=context).memory.fits


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"context_tokens": 200_000}, "at most 131072 tokens"),
        ({"prompt_tokens": 4000, "context_tokens": 4096}, "prompt and answer together"),
        ({"weights": "nvfp4", "engine": "llama.cpp"}, "llama.cpp"),
        ({"weights": "q9_9"}, "a format that"),
        ({"cache": "fp8", "engine": "llama.cpp"}, "llama.cpp"),
        ({"engine": "rkllm"}, "one of"),
    ],
)
def test_what_an_engine_or_a_model_lacks_is_refused(wishes, said):
    with pytest.raises(InputError, match=said):
        one(**wishes)


def test_a_part_that_no_engine_serves_is_refused():
    with pytest.raises(InputError, match="engine for language models"):
        one(part="coral-edgetpu-usb")


@pytest.mark.parametrize("name", ["fp4", "nvfp4"])
def test_four_bit_floats_take_four_and_a_half_bits(name):
    answer = one(part="jetson-t5000", weights=name)
    inner = 8_030_261_248 - 2 * 128256 * 4096
    assert answer.memory.weights == pytest.approx(inner * 4.5 / 8 + 4 * 128256 * 4096, rel=1e-3)


def test_an_engine_without_rows_has_a_wider_band_and_no_level():
    fitted = one(part="rk3588", model="zoo:qwen2-0.5b")
    bare = one(part="ascend-310p", model="zoo:qwen2-0.5b")
    assert (fitted.engine, bare.engine) == ("rkllm", "mindie")
    assert (fitted.time_per_token_s.level, bare.time_per_token_s.level) == (0.9, None)

    def width(answer):
        return answer.time_per_token_s.high / answer.time_per_token_s.low

    assert width(bare) > width(fitted)
    assert bare.provenance.value == "datasheet"


def test_published_rates_of_a_part_move_and_narrow_its_answer():
    """Six rows of Qwen2.5 1.5B on Hailo-10H between 6.95 and 8.38 tokens/s."""
    plain = one(model="zoo:qwen2.5-1.5b", part="hailo-10h").tokens_per_s
    moved = one(model="zoo:qwen2.5-1.5b", part="hailo-10h", anchor=["published"]).tokens_per_s
    assert plain.low < moved.low < 6.95 < 8.38 < moved.high < plain.high


def anchors(folder, **changes):
    rate = {
        "device": "rk3588", "unit": "npu", "engine": "rkllm", "model": "zoo:qwen2-0.5b", "weights": "w8a8",
        "rate": "41.6 /s", "context_tokens": "128",
    }  # fmt: skip
    path = folder / "rates.yaml"
    lines = [f"    {key}: {value}" for key, value in {**rate, **changes}.items() if value is not None]
    path.write_text("measurements:\n  -\n" + "\n".join(lines) + "\n")
    return path


def test_a_rate_of_ones_own_moves_the_answer(tmp_path):
    plain = one(model="zoo:qwen2-0.5b", part="rk3588").tokens_per_s
    moved = one(model="zoo:qwen2-0.5b", part="rk3588", anchor=[anchors(tmp_path)]).tokens_per_s
    assert plain.mid < moved.mid < 41.6
    assert moved.high / moved.low < plain.high / plain.low
    elsewhere = one(model="zoo:qwen2-0.5b", part="raspberry-pi-5", anchor=[anchors(tmp_path)]).tokens_per_s
    assert elsewhere == one(model="zoo:qwen2-0.5b", part="raspberry-pi-5").tokens_per_s


@pytest.mark.parametrize("changes", [{"rate": None}, {"rate": "fast"}, {"unit": None}, {"weights": "nvfp4"}])
def test_a_file_of_rates_with_holes_is_refused(tmp_path, changes):
    with pytest.raises(InputError):
        one(model="zoo:qwen2-0.5b", part="rk3588", anchor=[anchors(tmp_path, **changes)])


def test_limits_decide_the_verdict():
    assert one(most_ttft_s=60.0, least_rate_per_s=1.0).feasible
    assert not one(most_ttft_s=1e-3).feasible
    assert not one(least_rate_per_s=1e4).feasible


def test_an_npu_serves_where_the_part_has_one():
    assert one(part="rk3588", model="zoo:qwen2-0.5b").unit == "npu"
    assert one(part="raspberry-pi-5").unit == "cpu"


def test_one_session_after_the_other_where_the_engine_serves_one():
    answer = one(part="rk3588", model="zoo:qwen2-0.5b", users=4)
    assert not answer.feasible
    assert any(getattr(text, "key", "") == "language.one_by_one" for text in answer.warnings)


@pytest.mark.parametrize(
    "model", ["zoo:whisper-tiny", "zoo:qwen2.5-vl-3b", "zoo:smolvlm-256m", "zoo:gpt-oss-20b"]
)
def test_speech_vision_and_mixtures_are_answered(model):
    answer = one(model=model)
    assert answer.memory.fits
    assert 0 < answer.ttft_s.mid < 60


def test_a_record_has_the_declared_keys_and_is_plain():
    record = serving_record(one())
    assert set(record) == set(ServingRecord.__annotations__)
    assert json.loads(json.dumps(record, allow_nan=False)) == record


@pytest.mark.parametrize("device", device_ids())
def test_every_part_is_answered_or_refused(device):
    part = read_device(device)
    for served in served_by(part):
        answer = serve("zoo:smollm2-135m", [device], unit=served.unit, engine=served.engine.id)[0]
        assert 0 < answer.time_per_token_s.low <= answer.time_per_token_s.mid <= answer.time_per_token_s.high


@pytest.mark.parametrize("name", engine_names())
def test_engines_are_complete(name):
    engine = language_engine(name)
    assert engine.id == name
    assert set(engine.aliases.values()) <= set(engine.weights)
    assert not set(engine.aliases) & set(engine.weights)


def test_published_rates_of_these_parts_lie_in_their_bands():
    """Of the rows that the model was fitted on; how often left-out rows do is in the fitted file."""
    rows = [
        row
        for row in published_rates()
        if not row.left_out and row.part in device_ids() and row.tokens_per_s and not row.prompt_in_rate
        and row.users == 1 and row.unit in read_device(row.part).units and row.threads is None
    ]  # fmt: skip
    inside = 0
    for row in rows:
        rate = serve(
            f"zoo:{row.model}", [row.part], weights=row.weights, engine=row.engine, unit=row.unit,
            mode=row.mode or None, prompt_tokens=min(row.prompt_tokens or 128, 500), output_tokens=128,
        )[0].tokens_per_s  # fmt: skip
        inside += rate.low <= row.tokens_per_s <= rate.high
    assert len(rows) > 40
    assert inside / len(rows) > 0.85


def test_weaker_provenance_is_never_narrower():
    model = rates_model()
    assert all(item.low < 1 < item.high for item in model.blind)
    assert {item.kind for item in model.blind} == {"decode", "prompt", "users"}


def test_an_answer_does_not_depend_on_who_else_is_asked_about():
    pair = serve(MODEL, [PART, "rk3588"], users=[1, 2])
    assert [(item.device, item.users) for item in pair] == [
        (PART, 1),
        (PART, 2),
        ("rk3588", 1),
        ("rk3588", 2),
    ]
    assert replace(pair[0], warnings=()) == replace(one(), warnings=())


@pytest.mark.parametrize("name", ["fp4", "nvfp4", "NVFP4"])
def test_any_network_can_be_asked_for_in_four_bit_floats(name):
    """Llama 3.2 1B: 4 bits a weight and 8 for 16 of them."""
    found = api.estimate("zoo:llama_1b_decode", "jetson-t5000", precision=name, calibration="none")
    assert found.precision.value == "fp4"
    assert found.memory.weights_bytes == pytest.approx(1_235_814_400 * 4.5 / 8, rel=1e-3)


def test_four_bit_floats_are_refused_where_the_part_has_none():
    with pytest.raises(InputError, match="fp4"):
        api.estimate("zoo:llama_1b_decode", "t4", precision="nvfp4")
