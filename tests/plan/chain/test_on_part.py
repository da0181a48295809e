"""Chains of scenarios on real parts: who does each step, what it takes, and what cannot be done."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from planner import api
from planner.plan.chain_study.study import ChainAnswer, chain_answers
from planner.plan.scenario.file import ScenarioFile, read_scenario, scenario_of
from planner.schema.reading.yaml_file import parse_document, read_document, write_document
from planner.schema.scenario.scenario import Scenario

FULL_HD = 1920 * 1080


def changed(**stream: object) -> ScenarioFile:
    """`three-hundred-cameras` with its first stream alone, changed."""
    path = read_scenario(Path("three-hundred-cameras")).folder / "three-hundred-cameras.yaml"
    values = dict(read_document(path).values)
    first = {**values["streams"][0], **stream}
    values["streams"] = [{key: value for key, value in first.items() if value is not None}]
    return scenario_of(parse_document(write_document(values), "changed.yaml"), path.parent)


def sourced(scenario: Scenario) -> ScenarioFile:
    return ScenarioFile(scenario, "changed.yaml", Path(), "0" * 64)


def answer(source: ScenarioFile, device: str, **more: object) -> ChainAnswer:
    (found,) = chain_answers(source, [device], **more).answers
    return found


def uses(found: ChainAnswer) -> dict[str, float]:
    return {use.unit.id: use.busy.mid for use in found.prediction.units}


def test_a_stream_of_video_is_decoded_resized_and_inferred():
    """150 cameras at 15 FPS on one Orin Nano: 2250 frames of 2.07 megapixels at 684 a second."""
    found = answer(changed(), "jetson-orin-nano-8")
    assert not found.gaps
    assert uses(found)["nvdec"] == pytest.approx(2250 * FULL_HD / 684.3e6, rel=1e-3)
    steps = [(step, unit) for step, unit, _ in found.prediction.streams[0].steps]
    assert steps == [("decode", "nvdec"), ("convert", "vic"), ("yolov5s", "gpu")]


def test_all_frames_that_a_camera_sends_are_decoded():
    slow = uses(answer(changed(), "jetson-orin-nano-8"))
    video = {"codec": "h265", "size": "1080p", "rate": "30 FPS"}
    fast = uses(answer(changed(video=video), "jetson-orin-nano-8"))
    assert fast["nvdec"] == pytest.approx(2 * slow["nvdec"])
    assert fast["gpu"] == pytest.approx(slow["gpu"])


def test_a_codec_without_a_decoder_goes_to_the_cores_and_says_so():
    """A Raspberry Pi 5 decodes HEVC alone: H.264 is work of its cores, which its networks run on as well."""
    found = answer(changed(video="h264 1080p"), "raspberry-pi-5")
    assert [note.key for note in found.part.notes] == ["chain.cores_decode"]
    hevc = answer(changed(), "raspberry-pi-5")
    assert not hevc.part.notes
    cores_s = FULL_HD / 356e6 / (2.4 / 4.1 / 2) / 4
    assert uses(found)["cpu"] - uses(hevc)["cpu"] == pytest.approx(2250 * cores_s, rel=2e-2)


def test_a_stick_without_a_decoder_has_its_host_decode_and_tensors_cross_the_link():
    found = answer(changed(video="h265 1080p", model="zoo:mobilenet_v2_1.0"), "hailo-8")
    assert [note.key for note in found.part.notes] == ["chain.host_decodes"]
    steps = [(step, unit) for step, unit, _ in found.prediction.streams[0].steps]
    assert steps[0] == ("decode", "host decoder")
    assert ("convert", "cores") in steps
    assert uses(found)["link"] == pytest.approx(2250 * 224 * 224 * 3 / 0.5e9, rel=1e-3)


def test_a_decoder_that_is_asked_for_and_not_there_is_a_gap_with_what_would():
    source = changed(
        model=None, video="h264 1080p", chain=[{"decode": "decoder"}, "convert", {"network": "zoo:yolov5s"}]
    )
    found = chain_answers(source, ["raspberry-pi-5", "coral-edgetpu-usb"])
    pi = next(item for item in found.answers if item.device == "raspberry-pi-5")
    (gap,) = pi.gaps
    assert (gap.where, gap.reason.key) == ("streams[0].chain[0].decode", "chain.no_decode")
    assert "its decoders take h265" in gap.reason
    assert "would" in gap.reason
    assert not found.feasible


def test_size_says_that_no_number_of_devices_decodes():
    source = changed(
        model=None, video="h264 1080p", chain=[{"decode": "decoder"}, "convert", {"network": "zoo:yolov5s"}]
    )
    only = source.scenario.candidates.model_copy(update={"devices": ["raspberry-pi-5"]})
    sizing = api.size(sourced(source.scenario.model_copy(update={"candidates": only})))
    assert not sizing.feasible
    assert "reason.chain" in [reason.key for reason in sizing.options[0].option.reasons]


def test_the_count_of_a_plan_is_set_by_its_decoder_where_that_binds():
    """40 4K streams of a small network at 15 FPS: 600 x 8.29 megapixels over 684 a second are 7.27 Orin
    Nanos; 1.15 times as long at the cautious end, 70 % of the time: 12."""
    scenario = changed(
        model="zoo:mobilenet_v2_1.0", count=40, video="h265 4K", slo={"latency": "300 ms"}
    ).scenario
    only = {"devices": ["jetson-orin-nano-8"], "modes": "default", "max_batch": 1}
    source = sourced(scenario.model_copy(update={"candidates": scenario.candidates.model_copy(update=only)}))
    sizing = api.size(source)
    option = sizing.options[0].option
    assert option.count == math.ceil(600 * 3840 * 2160 / 684.3e6 * 1.15 / 0.7) == 12
    assert option.offered_utilisation <= 0.7
    assert sizing.options[0].verdict.value == "PASS"
    assert "cannot-feed" in {pitfall.rule for pitfall in api.lint(source)}


def test_three_networks_in_a_row():
    """parking-lpr: 2 frames decoded for each that enters, half of which are looked at; 2.5 vehicles each."""
    source = read_scenario(Path("parking-lpr"))
    found = answer(source, "jetson-orin-nano-8")
    stream = found.part.chains.streams[0]
    kinds = [(item.kind, item.step, item.frames) for item in stream.visits if item.answers]
    assert kinds == [
        ("decode", "decode", 2.0),
        ("convert", "convert", 0.5),
        ("network", "vehicles", 0.5),
        ("track", "track", 1.0),
        ("crop", "plates", 0.5),
        ("network", "plates", 0.5),
        ("crop", "reader", 0.5),
        ("network", "reader", 0.5),
    ]
    assert uses(found)["nvdec"] == pytest.approx(40 * 24 * FULL_HD / 684.3e6, rel=1e-3)
    plates = next(item for item in stream.visits if item.kind == "network" and item.step == "plates")
    assert plates.items is not None
    assert plates.items.worked_on == pytest.approx(2.5, abs=1e-3)


PLATES = [
    "decode",
    "convert",
    {"network": "zoo:yolov5s", "rate": "6 FPS"},
    {"network": "zoo:mobilenet_v2_1.0", "per_item": 2},
]


def test_a_network_behind_the_first_runs_on_the_unit_that_its_step_names():
    """On a DLA of AGX Orin the classifier leaves the GPU to the detector, and each is as busy as it was."""
    other = [*PLATES[:3], {**PLATES[3], "unit": "dla"}]
    video = "h265 1080p"
    alone, beside = (
        answer(changed(model=None, video=video, chain=chain), "jetson-agx-orin-64")
        for chain in (PLATES, other)
    )
    assert not beside.gaps
    assert "dla" not in uses(alone)
    assert uses(beside)["dla"] > 0
    assert 0 < uses(beside)["gpu"] < uses(alone)["gpu"]
    assert ("mobilenet_v2_1.0", "dla") in [(s, u) for s, u, _ in beside.prediction.streams[0].steps]


def test_a_part_without_the_unit_that_a_step_names_cannot_do_it():
    other = [*PLATES[:3], {**PLATES[3], "unit": "npu"}]
    found = answer(changed(model=None, video="h265 1080p", chain=other), "jetson-orin-nano-8")
    (gap,) = found.gaps
    assert gap.where == "streams[0].chain[3].network"
    assert gap.reason.key == "chain.no_network"


@pytest.mark.parametrize(("rate", "share"), [("4 FPS", 4 / 15), ("9 FPS", 6 / 15)])
def test_a_rate_behind_a_slower_network_is_no_more_than_that_one_sees(rate, share):
    """Frames a second, not a share of a share; the detector looks at 6 of 15."""
    chain = [*PLATES[:3], {**PLATES[3], "rate": rate}]
    found = answer(changed(model=None, video="h265 1080p", chain=chain), "jetson-agx-orin-64")
    visit = next(v for v in found.part.chains.streams[0].visits if v.step == "mobilenet_v2_1.0")
    assert visit.frames == pytest.approx(share)


def test_the_limits_of_a_step_and_of_the_stream_reach_the_simulation():
    chain = [{"decode": "auto", "queue_limit": 2}, *PLATES[1:]]
    source = changed(model=None, video="h265 1080p", chain=chain, queue_limit=9, overflow="drop_newest")
    (stream,) = answer(source, "jetson-agx-orin-64").part.chains.streams
    assert (stream.queue_limit, stream.overflow) == (9, "drop_newest")
    limits = {visit.step: visit.limit for visit in stream.visits if visit.kind == "decode"}
    assert limits == {"decode": 2}
    assert all(visit.limit is None for visit in stream.visits if visit.kind != "decode")
