"""Spares in the simulated rack of a plan, and one availability in every answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.api import simulate_scenario
from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.rack.events import rack_life
from planner.plan.rack.life_record import failures_record
from planner.plan.record.sizing import sizing_record
from planner.plan.record.study import study_record
from planner.plan.scenario.file import ScenarioFile, read_scenario
from planner.plan.sizing.sized import size_scenario
from planner.rack.counts.results import Verdict
from planner.rack.studies.reliability import enough_up
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.rack_events import Events, FailuresInRun, MeanTimes
from planner.schema.scenario.scenario import Scenario

PLAN = """schema: 1
id: cams
title: Cameras
question: How many?
date: 2026-11-22
streams:
- {name: cams, count: 20, model: "zoo:yolov5s", arrivals: periodic, rate: 15 FPS, slo: {latency: 150 ms}}
candidates: {devices: [jetson-agx-orin-64], precisions: [int8]}
site:
  supply: 25 degC
  airflow: 400 CFM
  recirculation: 15 %
  fan: 60 W
  rack_units: 42
  power_limit: 5 kW
  pue: 1.4
  carriers: {module: {slots: 2, power: 8 W, price: 300 USD, rack_units: 1, note: tray}}
money: {currency: USD, electricity: 0.20 USD/kWh, horizon_years: 5}
simulation: {duration: 30 s, warmup: 5 s, replications: 3, seed: 1, EVENTS}
deployment: {count: 3, device: jetson-agx-orin-64, mode: 30W, precision: int8}
"""
OUTAGE = "events: {outages: [{at: 10 s, lasts: 20 s}]}"
TIMES = MeanTimes.model_construct(mtbf_s=90.0, mttr_s=10.0)
EVENTS = Events.model_construct(
    outages=[],
    update=None,
    failures=FailuresInRun.model_construct(mtbf_s=9.0, mttr_s=1.0, carrier=TIMES),
)
FAILURES = "failures: {mtbf: 20000 h, mttr: 200 h, target: 99.9 %}\n"


def plan(events: str = "", extra: str = "") -> ScenarioFile:
    text = PLAN.replace(", EVENTS", f", {events}" if events else "") + extra
    scenario = validate(parse_document(text, "cams.yaml"), Scenario)
    return replace(read_scenario(scenarios_dir() / "line-inspection.yaml"), scenario=scenario)


def p99_s(extra: str, events: str = OUTAGE) -> float:
    return simulate_scenario(plan(events, extra)).run.result.streams[0].latency_s.p99


def test_a_spare_is_what_an_outage_is_survived_with():
    """Two of three cannot carry the load: 20 s of growing queues, unless a spare serves."""
    assert p99_s("planning: {spares: 0}\n") > 1.0
    assert p99_s("planning: {spares: 2}\n") < 0.1
    soon = p99_s("planning: {spares: 1, standby: cold, takes_over: 4 s}\n")
    late = p99_s("planning: {spares: 1, standby: cold}\n")
    assert 0.1 < soon < late, "queues grow until it has started; after two minutes the run is over"
    assert late == pytest.approx(p99_s("planning: {spares: 0}\n"))


def test_a_spare_that_never_serves_changes_no_figure_of_the_streams():
    quiet, spared = (simulate_scenario(plan("", f"planning: {{spares: {n}}}\n")).run.result for n in (0, 2))
    assert spared.streams == quiet.streams
    assert spared.power_w > quiet.power_w, "hot spares idle"
    cold = simulate_scenario(plan("", "planning: {spares: 2, standby: cold}\n")).run.result
    assert cold.power_w == pytest.approx(quiet.power_w + 8.0), "cold ones take a tray of 8 W more"


def test_a_tray_takes_both_of_its_devices():
    tray = "events: {outages: [{at: 10 s, lasts: 5 s, carriers: 1}]}"
    found = simulate_scenario(plan(tray, "planning: {spares: 1}\n"))
    assert found.run.rack.life.outages[0].devices == 2
    assert found.run.result.devices.outages == 2
    last = "events: {outages: [{at: 10 s, lasts: 5 s, carriers: 1, first: 1}]}"
    assert simulate_scenario(plan(last)).run.result.devices.outages == 1, "one slot of the second is empty"
    with pytest.raises(InputError, match="among the 3 of the rack"):
        simulate_scenario(plan("events: {outages: [{at: 1 s, lasts: 5 s, carriers: 1, first: 2}]}"))
    with pytest.raises(InputError, match="either `devices` or `carriers`"):
        plan("events: {outages: [{at: 1 s, lasts: 5 s, carriers: 1, devices: 2}]}")


@pytest.mark.parametrize("spares", [0, 1])
def test_one_availability_in_every_answer(spares):
    """Four that carry the load where two or three do: `size`, `simulate` and `report` say one number."""
    source = plan("", f"{FAILURES}planning: {{spares: {spares}}}\n")
    sized = sizing_record(size_scenario(source))["options"][0]
    row = next(row for row in sized["redundancy"] if row["spares"] == spares)
    found = simulate_scenario(source)
    simulated = failures_record(found.failures)
    reported = study_record(found.study)["failures"]
    assert row["availability"] == simulated["availability"] == reported["availability"]
    needed = sized["count_for_service"]
    by_hand = enough_up(needed, 3 + spares - needed, 20000 / 20200)
    assert simulated["availability"] == pytest.approx(by_hand, rel=1e-12)
    assert row["meets_target"] == (by_hand >= 0.999)
    named = next(item for item in found.study.constraints if "availability" in item.name)
    assert named.met == row["meets_target"]


def test_an_availability_of_a_plan_that_breaks_its_promise_is_unknown():
    source = plan("", FAILURES)
    scenario = source.scenario
    slow = scenario.streams[0].model_copy(
        update={"slo": scenario.streams[0].slo.model_copy(update={"latency_s": 0.004})}
    )
    sizing = size_scenario(replace(source, scenario=scenario.model_copy(update={"streams": [slow]})))
    assert sizing.options[0].verdict is not Verdict.PASS
    assert {row.availability for row in sizing.options[0].spares} == {None}
    assert not any(row.meets_target for row in sizing.options[0].spares)


def test_carriers_that_fail_count():
    """Two trays of two slots for three devices: all are up as much less often as the trays are down."""
    alone = size_scenario(plan("", FAILURES)).options[0].spares[0]
    trays = FAILURES.replace("target", "carrier: {mtbf: 900 h, mttr: 100 h}, target")
    both = size_scenario(plan("", trays)).options[0].spares[0]
    assert alone.enough_up == pytest.approx((20000 / 20200) ** 3)
    assert both.enough_up == pytest.approx(alone.enough_up * 0.9**2)


def test_a_device_given_by_numbers_has_no_carrier_to_fail():
    with pytest.raises(InputError, match=r"site\.carriers"):
        rack_life(EVENTS, 3)
    assert rack_life(EVENTS, 3, slots=2).fails


@pytest.mark.parametrize(
    "extra",
    [
        "planning: {standby: warm}\n",
        "planning: {spares: -1}\n",
        "planning: {takes_over: -1 s}\n",
        FAILURES.replace("target", "carrier: {mtbf: 0 h, mttr: 1 h}, target"),
        FAILURES.replace("99.9 %", "100 %"),
        FAILURES.replace("target", "replacement: -1 %, target"),
    ],
)
def test_nonsense_is_refused(extra):
    with pytest.raises(InputError):
        plan("", extra)
