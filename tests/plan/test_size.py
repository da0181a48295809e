"""Sizing in closed form: counts follow from arithmetic, and every reason is a broken limit."""

import math
from pathlib import Path

import pytest

from planner.hardware.catalog import match_devices
from planner.plan.estimator import Estimator
from planner.plan.size import batch_sizes, size
from planner.plan.study import read_scenario, read_workloads
from planner.schema.scenario import Scenario
from planner.schema.yaml_file import parse_document, validate

LINE = Path(__file__).resolve().parents[2] / "scenarios" / "line-inspection.yaml"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario(LINE).scenario


@pytest.fixture(scope="module")
def estimator(scenario):
    return Estimator(read_workloads(scenario))


@pytest.fixture(scope="module")
def options(scenario, estimator):
    return size(scenario, estimator)


def changed(**replacements: str) -> Scenario:
    """The main scenario with lines of its text replaced."""
    text = LINE.read_text()
    for old, new in replacements.values():
        assert old in text
        text = text.replace(old, new)
    return validate(parse_document(text, "changed.yaml"), Scenario)


def test_batch_sizes_are_powers_of_two_and_the_maximum():
    assert batch_sizes(1) == (1,)
    assert batch_sizes(6) == (1, 2, 4, 6)
    assert batch_sizes(8) == (1, 2, 4, 8)


def test_every_matching_part_is_sized(scenario, options):
    matching = match_devices(scenario.candidates.devices)

    assert len(matching) >= 8
    assert {option.device for option in options} == set(matching)


def test_count_is_the_least_that_keeps_the_utilisation_limit(scenario, options):
    limit = scenario.planning.utilisation_limit_ratio
    for option in options:
        assert option.utilisation <= limit + 1e-9
        busy_devices = option.utilisation * option.count
        assert option.count == max(1, math.ceil(busy_devices / limit - 1e-9))


def test_feasible_come_first_and_by_known_cost(options):
    feasible = [option.feasible for option in options]
    assert feasible == sorted(feasible, reverse=True)
    costs = [option.cost.total for option in options if option.feasible]
    assert costs == sorted(costs)


def test_twice_the_cameras_take_at_least_as_many_devices(options, estimator):
    doubled = size(changed(cameras=("count: 24", "count: 48")), estimator)
    before = {(o.device, o.mode, o.precision, o.batch): o.count for o in options}
    after = {(o.device, o.mode, o.precision, o.batch): o.count for o in doubled}
    assert all(after[key] >= before[key] for key in before)


def test_an_impossible_service_level_leaves_nothing_and_says_why(estimator):
    options = size(changed(slo=("latency: 100 ms", "latency: 0.1 ms")), estimator)
    assert not any(option.feasible for option in options)
    assert all("over the 100 us asked" in " ".join(option.reasons) for option in options)


def test_a_small_breaker_is_a_reason(estimator):
    options = size(changed(power=("power_limit: 1200 W", "power_limit: 30 W")), estimator)
    assert not any(option.feasible for option in options)
    assert any("the rack's limit is 30 W" in reason for option in options for reason in option.reasons)


def test_unknown_price_is_said_and_not_zero(options):
    unpriced = [option for option in options if option.device == "raspberry-pi-5"]
    assert all(option.cost.capital is None and option.cost.total is None for option in unpriced)
    assert all("price unknown" in " ".join(option.reasons) for option in unpriced)


def test_int8_on_the_nano_falls_back_and_is_not_counted_twice(options):
    nano = {option.precision for option in options if option.device == "jetson-nano-4"}
    assert nano == {"fp16"}


def test_worst_power_is_at_least_mean_power(options):
    assert all(option.heat.worst_power_w >= option.heat.power_w - 1e-9 for option in options)
