"""The journal of served cases carries what a plan needs to be made anew, and nothing else enters it."""

import json

import pytest

from benchmarks.reality.__main__ import JOURNAL, journal_of
from benchmarks.reality.cases import CASES, DESIGN, SCORED, written_case
from benchmarks.reality.page import page, sides_of
from benchmarks.reality.replan import SIDE, learnt_times, pace_of, replan, with_replanned
from planner import api
from planner.calibration.serving.compare import seen, simulated_side, with_times
from planner.plan.serving.live_rack import live_rack
from planner.rack.simulation import run_replication


def _record(name):
    return journal_of(JOURNAL)[name]


def test_halves_are_apart_and_hold_the_first_cases():
    assert not set(DESIGN) & set(SCORED)
    assert len(DESIGN) == len(SCORED) == 11
    assert {case.name for case in CASES} >= {*DESIGN, *SCORED}


def test_rates_of_the_journal_give_its_loop_bit_by_bit(tmp_path):
    record = _record("poisson-65")
    case = next(case for case in CASES if case.name == "poisson-65")
    scenario = api.read_scenario(written_case(case, pace_of(record), tmp_path, 25)).scenario
    rack = live_rack(scenario)
    loop_s = {(row["network"], row["batch"]): row["loop_s"] for row in record["services"]}
    run = run_replication(with_times(rack, lambda network, size: loop_s[network, size]), "simpy", 0)
    found = simulated_side(rack, [seen(run)]).streams[0]
    for item in sides_of(record)["loop"]["streams"][0]["latency"]:
        assert found.at(item["share"]).value_s == item["value_s"]


def test_a_case_is_planned_anew_without_what_was_served(tmp_path):
    record, out = _record("poisson-30"), tmp_path / "anew.jsonl"
    # What was measured may be anything: a plan does not look at it.
    blind = {**record, "sides": [], "services": [], "variation": None, "serving_factor": 9.0}
    replan({"poisson-30": blind}, out)
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    p99 = next(item for item in row["streams"][0]["latency"] if item["share"] == 0.99)
    assert p99["low_s"] < p99["value_s"] < p99["high_s"]
    merged = with_replanned({"poisson-30": record}, out)
    assert SIDE in sides_of(merged["poisson-30"])
    assert "planned anew" in page(merged)
    assert with_replanned({"poisson-30": record}, tmp_path / "none") == {"poisson-30": record}


def test_the_first_calibration_is_what_was_learnt():
    times = learnt_times(0)
    # The band of a network without anything measured in service is wider than one per cent and no factor two.
    assert 0.01 < times.deviation < 0.3
    assert times.time_s["zoo:mobilenet_v2_1.0", 2] == pytest.approx(
        2 * times.time_s["zoo:mobilenet_v2_1.0", 1], rel=0.1
    )
