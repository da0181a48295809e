"""Plans whose answer is known by hand or by long runs: busy hours, bursts, growth, promises, rare frames."""

from dataclasses import replace

import pytest

from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.sized import size_scenario
from planner.rack.counts.results import Verdict
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import key_of

BASE = """
schema: 1
id: by-hand
title: By hand
question: How many?
date: 2026-11-22
streams:
  - {name: cams, count: 20, model: zoo:yolov5s, arrivals: periodic, rate: 15 FPS, slo: {latency: 150 ms}}
candidates: {devices: [jetson-agx-orin-64], precisions: [int8], max_batch: 1, max_wait: 5 ms}
site:
  {supply: 25 degC, airflow: 400 CFM, recirculation: 15 %, fan: 60 W, rack_units: 42, power_limit: 5 kW,
   pue: 1.4, carriers: {module: {slots: 2, power: 8 W, price: 300 USD, rack_units: 1, note: tray}}}
money: {currency: USD, electricity: 0.20 USD/kWh, horizon_years: 5}
simulation: {duration: 30 s, warmup: 5 s, replications: 3, seed: 1}
"""


def sized(tmp_path, *changes):
    text = BASE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    document = parse_document(text, "by-hand.yaml")
    source = ScenarioFile(validate(document, Scenario), "by-hand.yaml", tmp_path, document.sha256)
    return size_scenario(source).options[0]


def test_a_day_is_sized_for_its_busy_hours(tmp_path):
    """Ten hours at 900 frames/s and a mean of 410: the devices are those of a steady 900."""
    hours = ", ".join(["5 %"] * 8 + ["100 %"] * 10 + ["5 %"] * 6)
    profile = ("slo: {latency", f"profile: {{shares: [{hours}]}}, slo: {{latency")
    many = ("count: 20", "count: 60")
    day, steady = sized(tmp_path, many, profile), sized(tmp_path, many)
    assert day.option.count == steady.option.count
    assert day.verdict is Verdict.PASS
    assert day.option.heat.power_w == pytest.approx(steady.option.heat.power_w, rel=0.01)
    # The year is billed by the mean: 44.6 % of the load above idle.
    mean = (10 + 14 * 0.05) / 24
    assert day.option.draw.load_w == pytest.approx(mean * steady.option.draw.load_w, rel=0.02)
    assert day.option.draw.fixed_w == pytest.approx(steady.option.draw.fixed_w, rel=1e-6)


def test_bursts_of_a_quieter_time_are_judged_where_they_come(tmp_path):
    """Steady 90 frames/s in the morning are more work than 50/s in bursts in the afternoon, and queue less.

    Bursts of 0.6 s, nine times the calm rate: (6 + 0.6) x 50 = r (6 + 9 x 0.6), so 9 r = 261/s. One device
    carries the morning; in a burst with few of them the backlog lasts far longer than 150 ms.
    """
    before, after = ", ".join(["100 %"] * 12 + ["10 %"] * 12), ", ".join(["10 %"] * 12 + ["100 %"] * 12)
    cameras = ("slo: {latency: 150 ms}}\n", f"profile: {{shares: [{before}]}}, slo: {{latency: 150 ms}}}}\n")
    few = ("count: 20", "count: 6")
    alone = sized(tmp_path, few, cameras)
    bursts = (
        "candidates:",
        "  - {name: bursts, count: 1, model: zoo:yolov5s, arrivals: mmpp, rate: 50 /s, "
        "bursts: {calm: 6 s, burst: 0.6 s, factor: 9}, "
        f"profile: {{shares: [{after}]}}, slo: {{latency: 150 ms}}}}\ncandidates:",
    )
    both = sized(tmp_path, few, cameras, bursts)
    carried_per_s = both.option.throughput_per_s * both.option.count
    assert both.verdict is Verdict.PASS
    assert both.option.count > alone.option.count
    assert carried_per_s > 261.0 * (1 - 0.15 / 0.6)
    assert any("another time of the profiles" in text for text in both.simulated.result.warnings)


def test_a_stream_that_sends_at_night_is_judged_at_night(tmp_path):
    night = ", ".join(["100 %"] * 4 + ["0 %"] * 20)
    day = ", ".join(["0 %"] * 8 + ["100 %"] * 10 + ["0 %"] * 6)
    second = (
        "slo: {latency: 150 ms}}\n",
        f"profile: {{shares: [{day}]}}, slo: {{latency: 150 ms}}}}\n"
        "  - {name: night, count: 2, model: zoo:yolov5s, arrivals: periodic, rate: 15 FPS, "
        f"profile: {{shares: [{night}]}}, slo: {{latency: 150 ms}}}}\n",
    )
    item = sized(tmp_path, second)
    assert [stream.verdict for stream in item.simulated.result.streams] == [Verdict.PASS] * 2
    assert min(stream.served for stream in item.simulated.result.streams) > 1000
    assert any("night: silent at the busiest time" in text for text in item.simulated.result.warnings)


def test_a_promise_of_little_more_than_one_request_is_tried(tmp_path):
    """8 ms a frame at the cautious end and 15 ms asked: behind another frame it would be 16 ms."""
    item = sized(tmp_path, ("count: 20", "count: 60"), ("latency: 150 ms", "latency: 15 ms"))
    assert item.verdict is Verdict.PASS
    assert item.count_for_service <= item.option.count <= 13


def test_the_count_is_raised_while_theory_leaves_hope(tmp_path):
    """Bursts of twenty times the rate of calm: one device carries the mean load, and several the bursts."""
    bursts = (
        "arrivals: periodic, rate: 15 FPS",
        "arrivals: mmpp, rate: 60 /s, bursts: {calm: 10 s, burst: 1 s, factor: 20}",
    )
    few = ("replications: 3,", "replications: 3, most_replications: 6,")
    item = sized(tmp_path, ("count: 20", "count: 1"), bursts, few)
    assert item.count_at_saturation == 1
    assert item.verdict is Verdict.PASS
    assert item.option.count >= 4


def test_a_run_without_requests_decides_nothing(tmp_path):
    rare = ("arrivals: periodic, rate: 15 FPS", "arrivals: poisson, rate: 0.0001 /s")
    item = sized(tmp_path, ("count: 20", "count: 1"), rare)
    assert item.verdict is Verdict.UNDECIDED
    assert item.option.count == 1
    assert "too short a run" in item.verdict_reason
    assert any("longer run" in text for text in item.would_decide)


def test_more_bursts_than_can_be_seen_leave_the_verdict_open(tmp_path):
    """One burst in a week, 20 wanted: no run of hours shows them."""
    bursts = (
        "arrivals: periodic, rate: 15 FPS",
        "arrivals: mmpp, rate: 60 /s, bursts: {calm: 604800 s, burst: 60 s, factor: 5}",
    )
    item = sized(tmp_path, ("count: 20", "count: 1"), bursts)
    assert item.verdict is Verdict.UNDECIDED
    assert item.simulated.rack.duration_s == 30.0
    assert "changes once in" in item.verdict_reason


def test_growth_is_in_the_verdict(tmp_path):
    """60 % more a year: the fifth year has more than six times the load, five units of height ten devices."""
    growing = ("simulation:", "growth: {per_year: 60 %}\nsimulation:")
    many, low = ("count: 20", "count: 40"), ("rack_units: 42", "rack_units: 5")
    item = sized(tmp_path, growing, many, low)
    assert item.verdict is Verdict.FAIL
    assert item.verdict_reason.startswith("in year ")
    assert sized(tmp_path, growing, many).verdict is Verdict.PASS


def test_the_load_limit_is_of_full_batches(tmp_path):
    """Batches of four that do not fill: the count is that of 70 % of what full ones carry."""
    item = sized(tmp_path, ("count: 20", "count: 200"), ("max_batch: 1", "max_batch: 4"))
    assert item.verdict is Verdict.PASS
    assert item.option.offered_utilisation <= 0.7
    fewer = item.option.offered_utilisation * item.option.count / (item.option.count - 1)
    assert fewer > 0.7
    assert item.simulated.result.devices.utilisation > item.option.offered_utilisation
    assert replace(item, verdict=Verdict.PASS).tightest.high_s < 0.15


def test_a_source_that_no_device_serves_alone_is_not_told_that_more_help(tmp_path):
    one = ("count: 20, model: zoo:yolov5s, arrivals: periodic, rate: 15 FPS",
           "count: 2, model: zoo:yolov5s, arrivals: periodic, rate: 150 FPS")  # fmt: skip
    item = sized(tmp_path, one, ("seed: 1", "seed: 1, dispatch: pinned"))
    assert item.option.count == 2
    assert item.count_at_saturation is None
    assert [key_of(text) for text in item.option.reasons] == ["reason.pinned"]
