"""Plans whose cameras keep their device or their phases: sizing, balancer, keys of a scenario."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.cost.model import CostModel
from planner.plan.record.sizing import sizing_record
from planner.plan.scenario.file import ScenarioFile, read_scenario
from planner.plan.sizing.sized import size_scenario
from planner.plan.study.study import run_study
from planner.rack.counts.results import Verdict
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario

PLAN = """schema: 1
id: gate
title: Gate
question: How many?
date: 2026-11-22
streams:
- {name: cams, count: 20, model: "zoo:yolov5s", arrivals: periodic, rate: 15 FPS, slo: {latency: 60 ms}}
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
simulation: {duration: 8 s, warmup: 2 s, replications: 3, seed: 1, dispatch: DISPATCH}
"""


def plan(dispatch: str = "shortest_queue", extra: str = "") -> ScenarioFile:
    scenario = validate(parse_document(PLAN.replace("DISPATCH", dispatch) + extra, "gate.yaml"), Scenario)
    return replace(read_scenario(scenarios_dir() / "line-inspection.yaml"), scenario=scenario)


def test_pinned_cameras_are_sized_by_the_busiest_device():
    """Twenty cameras: as many on each device as 70 % of it hold, and no share of one."""
    item = size_scenario(plan("pinned")).options[0]
    option = item.option
    each = 15.0 * option.services[0].batch_s[0]
    on_each = math.floor(0.7 / each)
    assert on_each >= 2
    assert option.count == math.ceil(20 / on_each)
    assert option.offered_utilisation == pytest.approx(math.ceil(20 / option.count) * each)
    assert item.verdict is Verdict.PASS


def test_cameras_that_no_device_can_carry_alone_end_the_search():
    """One camera of 100/s takes 80 % of a device: pinned to it, the limit of 50 % is out of reach."""
    source = plan("pinned", "planning: {utilisation_limit: 50 %}\n")
    stream = source.scenario.streams[0].model_copy(update={"count": 2, "rate_per_s": 100.0})
    scenario = source.scenario.model_copy(update={"streams": [stream]})
    item = size_scenario(replace(source, scenario=scenario)).options[0]
    assert item.option.count == 2, "a device for each camera, and more would idle"
    assert {reason.key for reason in item.option.reasons} == {"reason.pinned"}


def test_a_plan_may_ask_for_a_share_of_installations():
    item = size_scenario(plan(extra="planning: {installations: 80 %}\n")).options[0]
    (stream,) = sizing_record(size_scenario(plan())).get("options")[0]["streams"]
    assert item.verdict is Verdict.PASS
    assert "installations keep the promise" in item.verdict_reason
    assert item.simulated.result.replications > 12
    assert stream["p99_worst_s"] >= stream["p99_s"]["mid"]
    assert stream["installations_broken"] == 0.0


def test_a_balancer_is_an_assumption_with_its_cost():
    """4 x 15 x ... frames from any camera to any device: named without a price, and in the sums with one."""
    deployed = "deployment: {count: 4, device: jetson-agx-orin-64, mode: 30W, precision: int8}\n"
    priced = "planning: {balancer: {price: 400 USD, power: 15 W, note: a switch and a small host}}\n"
    without, given = run_study(plan(extra=deployed)), run_study(plan(extra=deployed + priced))
    (row,) = [item for item in without.assumptions if item.topic == "balancer"]
    assert row.status == "assumed"
    assert "300 frames" in row.text
    (row,) = [item for item in given.assumptions if item.topic == "balancer"]
    assert row.status == "stated"
    assert "400 USD" in row.text
    assert given.chosen.cost.capital - without.chosen.cost.capital == 400.0
    assert given.chosen.heat.power_w - without.chosen.heat.power_w == pytest.approx(15.0)
    bill = CostModel(given.source.scenario, given.estimator, given.chosen).bill()
    assert next(line.first for line in bill.lines if line.name == "balancer") == 400.0
    assert bill.capital == pytest.approx(given.chosen.cost.capital)
    pinned = run_study(plan("pinned", deployed + priced))
    assert not [item for item in pinned.assumptions if item.topic == "balancer"]
    assert pinned.chosen.cost.capital == without.chosen.cost.capital


@pytest.mark.parametrize(
    "extra",
    [
        "planning: {installations: 100 %}\n",
        "planning: {installations: 20 %}\n",
        "planning: {balancer: {power: 5 W, note: x}}\n",
        "planning: {balancer: {price: 5 USD, note: ''}}\n",
    ],
)
def test_nonsense_is_refused(extra):
    with pytest.raises(InputError):
        plan(extra=extra)
