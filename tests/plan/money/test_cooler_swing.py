"""The cooler's resistance among the inputs of a cost: what it heats, and what it takes in devices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.data_files import scenarios_dir
from planner.plan.cost.cool_enough import at_slowest_clock, cool_enough, hottest_c
from planner.plan.cost.model import COOLER, CostModel
from planner.plan.cost.sensitivity import tornado
from planner.plan.options.coolers import resistance_band
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.scenario.file import read_scenario, read_workloads
from planner.plan.sizing.closed_form import size
from planner.rack.description.rack import Service


@pytest.fixture(scope="module")
def model() -> CostModel:
    source = read_scenario(scenarios_dir() / "line-inspection.yaml")
    candidates = source.scenario.candidates.model_copy(update={"devices": ["jetson-orin-nano-8"]})
    source = replace(source, scenario=source.scenario.model_copy(update={"candidates": candidates}))
    estimator = Estimator(read_workloads(source))
    return CostModel(source.scenario, estimator, size(source.scenario, estimator).options[0])


def test_a_cooler_that_never_throttles_moves_the_temperature_alone(model):
    found = {swing.input: swing for swing in tornado(model).swings}
    swing, heat = found[COOLER], model.option.heat
    band = resistance_band(model.device.thermal)
    assert (swing.low, swing.high) == (band.low_k_per_w, band.high_k_per_w)
    assert swing.total_cost_at_low == swing.total_cost_at_high == model.bill().total_cost
    for end, seen in (
        (band.low_k_per_w, swing.hottest_c_at_low),
        (band.high_k_per_w, swing.hottest_c_at_high),
    ):
        rise_k = (heat.temperature_c - heat.inlet_c) * end / band.mid_k_per_w
        assert seen == pytest.approx(heat.inlet_c + rise_k, abs=0.2)
    assert COOLER not in {item.name for item in model.inputs}, "draws need not look at it"
    assert found["latency"].hottest_c_at_low <= found["latency"].hottest_c_at_high


def at(option: Option, count: int, rise_k: float) -> Option:
    """The option with this many devices whose dice are so much warmer than the air of 40 degC."""
    heat = replace(option.heat, inlet_c=40.0, temperature_c=40.0 + rise_k)
    return replace(option, count=count, heat=heat)


def test_a_worse_cooler_takes_the_least_devices_that_stay_cool(model):
    """50 K of 4 devices are 70 K at 1.4 times, over the 99 degC; shared by n of them it is 200 K / n."""
    option = at(model.option, 4, 50.0)
    assert option.part.thermal.throttle_c.value == 99.0
    found = cool_enough(option, 1.4, lambda n: at(option, n, 200.0 / n), lambda: option)
    assert found.count == 5
    assert hottest_c(found, 1.4) == pytest.approx(40.0 + 1.4 * 40.0)
    assert cool_enough(option, 1.1, lambda _: option, lambda: option) is option


def test_where_no_count_is_cool_enough_all_run_at_their_slowest_clock(model):
    option = at(model.option, 3, 60.0)
    slow = at(option, 6, 30.0)
    assert cool_enough(option, 1.4, lambda n: at(option, n, 60.0), lambda: slow) is slow


def test_the_slowest_clock_lengthens_what_the_clock_drives():
    """At half the clock 80 % of 10 ms take twice as long: 18 ms."""
    (found,) = at_slowest_clock((Service("net", (0.01,), clocked_share=0.8, busy_w=5.0),), 0.5)
    assert found.batch_s == (pytest.approx(0.018),)
