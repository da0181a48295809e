"""`planner chain`: one part with every unit, several parts in a row each, and parts that cannot."""

from __future__ import annotations

import pytest

from planner.data_files import scenarios_dir


def test_one_part_with_every_unit_and_every_step(call):
    found = call("chain", "parking-lpr", "--device", "jetson-orin-nano-8")
    assert found.status == 0
    assert "NVDEC of Orin (decoder) binds at 291 %: 14 cameras of this mix fill it" in found.out
    assert "change first: take a part with more decoding" in found.out
    for step in ("decode", "convert", "vehicles", "track", "plates", "reader"):
        assert step in found.out


def test_the_record_has_the_bands_of_every_unit(call):
    found = call("chain", "parking-lpr", "--device", "jetson-orin-nano-8", "--count", "4", "--format", "json")
    (answer,) = found.json["answers"]
    decoder = answer["units"][0]
    assert (decoder["unit"], decoder["role"], answer["devices"]) == ("nvdec", "decoder", 4)
    # 40 cameras of 24 frames on four decoders of 684 Mpx/s, published rates within 1.15 either way.
    busy = 40 * 24 * 1920 * 1080 / 684e6 / 4
    assert decoder["busy_share"]["mid"] == pytest.approx(busy, rel=0.01)
    assert decoder["busy_share"]["high"] == pytest.approx(busy * 1.15, rel=0.01)
    assert answer["cameras_carried"]["mid"] == pytest.approx(40 / busy, rel=0.01)


def test_several_parts_in_a_row_each_the_one_that_carries_most_first(call):
    found = call("chain", "parking-lpr", "--format", "json")
    carried = [answer["cameras_carried"]["mid"] for answer in found.json["answers"]]
    assert carried == sorted(carried, reverse=True)
    assert len(carried) == 5


def test_a_step_that_nobody_does_is_named_and_ends_with_status_three(call, tmp_path):
    text = (scenarios_dir() / "parking-lpr.yaml").read_text()
    path = tmp_path / "lot.yaml"
    path.write_text(text.replace("      - decode\n", "      - decode: decoder\n").replace("h265", "vp9"))
    found = call("chain", path, "--device", "raspberry-pi-5")
    assert found.status == 3
    assert "nothing around raspberry-pi-5 decodes vp9 (its decoders take h265)" in " ".join(found.out.split())


def test_frames_over_time_keep_the_promise_or_have_no_end(call):
    """Five devices carry 40 cameras at the high end of the band; one has 2.9 times what its decoder does.

    Every second frame is looked at, and only the latency of these is promised.
    """
    part = ("chain", "parking-lpr", "--device", "jetson-orin-nano-8", "--simulate", "8s", "--format", "json")
    (answer,) = call(*part, "--count", "5").json["answers"]
    (stream,) = answer["simulated"]["streams"]
    alone, least = answer["streams"][0]["latency_s"]["mid"], stream["latency_s"]["low"]
    assert answer["simulated"]["frames"] == pytest.approx(8 * 6 * 8, abs=10)
    assert stream["kept_share"] == 1.0
    assert alone < stream["latency_s"]["mid"] < stream["latency_s"]["high"]
    assert least > 0
    (answer,) = call(*part).json["answers"]
    assert answer["simulated"]["streams"][0]["latency_s"]["mid"] is None
    refused = call("chain", "parking-lpr", "--simulate", "2h")
    assert refused.status == 2
    assert "up to 3600 s" in refused.err


def test_measuring_needs_an_engine_or_a_chain(call):
    assert "--engine" in call("measure", "zoo:mobilenet_v1_0.25").err
    refused = call("measure", "parking-lpr", "--chain", "--engine", "ncnn")
    assert refused.status == 2
    assert "expected onnxruntime with --chain, got ncnn" in refused.err
