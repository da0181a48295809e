"""`planner size`: verdicts over replications and latency band, growth, spares, racks."""

from __future__ import annotations

import json
import math

import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.record.sizing import sizing_record
from planner.plan.record.study import study_record
from planner.plan.scenario.file import read_scenario
from planner.plan.scenario.growth import scenario_in_year
from planner.plan.sizing.sized import size_scenario
from planner.plan.study.study import run_study
from planner.rack.counts.results import Verdict
from planner.rack.studies.reliability import enough_up

CONTRACT = {
    "device", "mode", "precision", "batch", "count", "racks", "utilisation", "p99_s", "verdict", "power_w",
    "capital", "running_cost_per_year",
}  # fmt: skip


@pytest.fixture(scope="module")
def sizing(line):
    return size_scenario(line())


def by_device(sizing):
    return {item.option.device: item for item in sizing.options}


def test_every_part_is_there_once_with_the_promised_keys(sizing):
    record = sizing_record(sizing)
    devices = [option["device"] for option in record["options"]]
    assert len(set(devices)) == len(devices) == 8
    for option in record["options"]:
        assert set(option) >= CONTRACT
        assert option["verdict"] in ("PASS", "FAIL", "UNDECIDED")
        assert option["p99_s"] is None or set(option["p99_s"]) == {"low", "mid", "high"}
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert list(sizing.to_frame()["device"]) == devices


def test_best_first(sizing):
    order = {Verdict.PASS: 0, Verdict.UNDECIDED: 1, Verdict.FAIL: 2}
    ranks = [order[item.verdict] for item in sizing.options]
    assert ranks == sorted(ranks)
    costs = [item.option.cost.total for item in sizing.options if item.verdict is Verdict.PASS]
    assert len(costs) >= 2
    assert costs == sorted(costs)


def test_pass_lies_below_the_service_level_with_both_ends(sizing):
    for item in sizing.options:
        for stream in item.streams:
            assert stream.low_s <= stream.mid_s <= stream.high_s
            if item.verdict is Verdict.PASS:
                assert stream.high_s < stream.slo_s


def test_counts_bound_each_other(sizing):
    for item in sizing.options:
        if item.count_for_service is not None:
            assert item.count_at_saturation <= item.count_for_service <= item.option.count


def test_a_broken_limit_fails_and_a_missing_price_is_open(sizing):
    found = by_device(sizing)
    assert found["xeon-8380"].verdict is Verdict.FAIL
    assert "the budget is 20,000" in found["xeon-8380"].verdict_reason
    assert found["atlas-200-dk"].verdict is Verdict.UNDECIDED
    assert found["atlas-200-dk"].would_decide == ("a price of Huawei Atlas 200 DK (model 3000)",)
    assert found["raspberry-pi-5"].verdict is Verdict.FAIL
    assert "over the 100 ms asked" in found["raspberry-pi-5"].verdict_reason
    assert found["jetson-nano-4"].verdict is Verdict.FAIL


def test_the_report_chooses_the_same(line, sizing):
    assert run_study(line()).simulated.option == sizing.options[0].option


def test_a_typical_plan_that_a_cautious_latency_would_break_is_open(line):
    """Sized for the typical latency with no headroom: at the cautious one queues grow without end."""
    source = line(
        ("plan_for: cautious", "plan_for: typical"),
        ("utilisation_limit: 70 %", "utilisation_limit: 97 %"),
        ("count: 24", "count: 96"),
        devices="jetson-orin-nano-8",
    )
    (item,) = size_scenario(source).options
    assert item.verdict is Verdict.UNDECIDED
    assert item.tightest.high_s is None
    assert "calibration of tensorrt on one jetson-orin-nano-8" in item.would_decide[0]
    assert sizing_record(size_scenario(source))["options"][0]["p99_s"]["high"] is None


def test_a_part_that_is_not_simulated_says_so(line):
    sizing = size_scenario(line(devices="jetson-orin-nano-8, jetson-agx-orin-64"), most_parts=1)
    assert sizing.options[1].simulated is None
    assert sizing.options[1].verdict is Verdict.UNDECIDED
    assert "simulating it" in sizing.options[1].would_decide[0]


def test_growth_is_counted_year_by_year(line):
    source = line(devices="jetson-orin-nano-8, jetson-agx-orin-64", extra="growth: {per_year: 30 %}\n")
    first, second = size_scenario(source).options
    assert [year.year for year in first.years] == [0, 1, 2, 3, 4]
    counts = [year.count for year in first.years]
    assert counts[0] == first.option.count
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    assert first.years[0].added == counts[0] + first.option.spares
    assert sum(year.added for year in first.years) == counts[-1] + first.option.spares
    cameras = math.ceil(24 * 1.3**4)
    readers = math.ceil(4 * 1.3**4)
    assert first.years[4].requests_per_s == pytest.approx(15 * cameras + 10 * readers)
    assert all(year.verdict is Verdict.PASS for year in first.years)
    # Only the first in line is simulated year by year; one whose years do not all pass steps back.
    tried = [year.verdict for year in second.years]
    assert tried == [None] * 5 or second.verdict is not Verdict.PASS
    assert scenario_in_year(source.scenario, 0) == source.scenario


def test_growth_that_fills_the_rack_names_the_year_and_the_limit(line):
    source = line(devices="jetson-orin-nano-8", extra="growth: {per_year: 100 %}\n")
    last = size_scenario(source).options[0].years[-1]
    assert "rack units" in " ".join(last.reasons)
    assert last.verdict is None


def test_spares_for_a_target(line):
    source = line(devices="jetson-orin-nano-8", extra="failures: {mtbf: 995 h, mttr: 5 h, target: 99.99 %}\n")
    (item,) = size_scenario(source).options
    shares = [row.enough_up for row in item.spares]
    assert shares[0] == pytest.approx(0.995**item.option.count)
    promised = [row.availability for row in item.spares]
    assert promised == sorted(promised)
    needed = item.count_for_service
    assert promised[0] == pytest.approx(enough_up(needed, item.option.count - needed, 0.995))
    assert [row.meets_target for row in item.spares] == [share >= 0.9999 for share in promised]
    capitals = [row.capital for row in item.spares]
    assert capitals[1] - capitals[0] == pytest.approx(299 + 180)


def test_more_racks_hold_what_one_does_not(line):
    heavy = (("count: 24", "count: 240"), ("  budget: 20000 USD\n", ""))
    one = size_scenario(line(*heavy, devices="jetson-orin-nano-8"))
    more = size_scenario(
        line(*heavy, ("  rack_units: 12\n", "  rack_units: 12\n  racks: 4\n"), devices="jetson-orin-nano-8")
    )
    assert one.options[0].verdict is not Verdict.PASS
    assert not one.feasible
    best = more.options[0]
    assert best.verdict is Verdict.PASS
    installed = best.option.count + best.option.spares
    assert best.option.racks == math.ceil(installed / 12)


def test_a_given_rack_is_judged_and_not_searched_for(line):
    given = "deployment: {device: jetson-nano-4, count: 2, precision: fp16}\n"
    overloaded = size_scenario(line(extra=given)).options
    assert [item.verdict for item in overloaded] == [Verdict.FAIL]
    assert "times what 2 devices serve" in overloaded[0].verdict_reason
    fine = size_scenario(line(extra=given.replace("jetson-nano-4, count: 2", "jetson-orin-nano-8, count: 5")))
    assert fine.options[0].option.count == 5
    assert fine.options[0].verdict is Verdict.PASS


def test_a_device_given_by_numbers_is_refused():
    with pytest.raises(InputError, match="to size and to price"):
        size_scenario(read_scenario(scenarios_dir() / "theory-md1.yaml"))


def test_limits_of_a_scenario_that_contradict_are_named(line):
    """A card keeps 8 ms and not 300 W; small modules keep 300 W and not 8 ms."""
    source = line(
        ("latency: 100 ms, quantile: 99 %}\n  - name", "latency: 8 ms, quantile: 99 %}\n  - name"),
        ("count: 24", "count: 2"),
        ("  budget: 20000 USD\n", ""),
        ("power_limit: 1200 W", "power_limit: 300 W"),
        ("rack_units: 12", "rack_units: 42"),
        ("max_batch: 4", "max_batch: 1"),
        devices="atlas-300i-pro, jetson-nano-4",
    )
    sizing = size_scenario(source)
    assert not sizing.feasible
    assert sizing.contradiction.startswith("site.power_limit and streams.slo contradict each other: ")
    assert "the rack's limit is 300 W" in sizing.contradiction
    assert "over the 8 ms asked" in sizing.contradiction
    study = run_study(source)
    english, chinese = (study_record(study, language)["answer"]["paragraph"] for language in ("en", "zh"))
    assert sizing.contradiction in english
    assert "streams.slo 相互矛盾" in chinese


def test_what_is_feasible_has_no_contradiction(sizing):
    assert sizing.contradiction is None
