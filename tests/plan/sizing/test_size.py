"""Sizing in closed form: counts follow from arithmetic, and every reason is a broken limit."""

from pathlib import Path

import pytest

from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import match_devices, read_device
from planner.plan.options.batches import batch_sizes
from planner.plan.options.estimator import Estimator
from planner.plan.options.margin import worst_of
from planner.plan.scenario.file import read_scenario, read_workloads
from planner.plan.sizing.closed_form import size, sized_option
from planner.rack.counts.results import Verdict
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario

LINE = Path(__file__).resolve().parents[3] / "scenarios" / "line-inspection.yaml"


@pytest.fixture(scope="module")
def source():
    return read_scenario(LINE)


@pytest.fixture(scope="module")
def scenario(source) -> Scenario:
    return source.scenario


@pytest.fixture(scope="module")
def estimator(source):
    return Estimator(read_workloads(source))


@pytest.fixture(scope="module")
def options(scenario, estimator):
    return size(scenario, estimator).options


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
    assert {option.device for option in options} == set(match_devices(scenario.candidates.devices))


def test_count_is_the_least_that_keeps_the_utilisation_limit(scenario, estimator, options):
    limit = scenario.planning.utilisation_limit_ratio
    for option in options[::7]:
        assert option.offered_utilisation <= limit
        # Full batches serve most, but for one that leaves a processor's cache and takes longer an image.
        each_s = [[s / n for n, s in enumerate(item.batch_s, 1)] for item in option.services]
        if all(image_s[-1] == min(image_s) for image_s in each_s):
            assert option.offered_utilisation <= option.utilisation * (1 + 1e-9)
        if option.count > 1:
            device = read_device(option.device)
            fewer = sized_option(scenario, estimator, device, option.networks, exactly=option.count - 1)
            assert fewer.offered_utilisation > limit


def test_power_heat_and_money_by_hand(scenario, options):
    """Idle + busy share x (serving - idle) for each device and idle spares through a supply of 90 %, fans and
    carriers beside it; money from it. The air is that of 30 degC; of what passes the devices 20 % comes back.
    """
    option = next(o for o in options if (o.device, o.mode, o.batch) == ("jetson-orin-nano-8", "25W", 4))
    idle_w, limit_w, fan_w, carrier_w = 4.6, 25.0, 25.0, 5.0
    busy_w = [item.estimate.part_power_w.high - idle_w for item in option.networks]
    assert max(busy_w) <= limit_w - idle_w
    device_w = option.heat.power_per_device_w
    busiest_w = option.utilisation * max(busy_w) + 1.5 * 0.7**3
    assert option.utilisation * min(busy_w) <= (device_w - idle_w) * 1.001 <= busiest_w * 1.002
    installed = option.count + 1
    power_w = (option.count * device_w + idle_w) / 0.9 + fan_w + installed * carrier_w
    assert option.heat.power_w == pytest.approx(power_w)
    assert option.heat.worst_power_w == pytest.approx(
        installed * limit_w / 0.9 + fan_w + installed * carrier_w
    )
    density = 101_325 / (287.05 * 303.15)
    own_k = power_w / (density * 1006 * 120 * 0.3048**3 / 60)
    assert option.heat.inlet_c == pytest.approx(30 + 0.2 / 0.8 * own_k)
    assert option.heat.exhaust_c == pytest.approx(30 + 1 / 0.8 * own_k)
    # The kit's fan turns at its third speed, 70 %, between 65 and 80 degC. A tenth of the way is the die's,
    # and 27.8 % of the sink's does not depend on the air.
    inside = 0.1 + 0.9 * 0.278
    slowing = 0.7**-0.8 * (1.204 / density) ** 0.8
    resistance = 1.8 * (inside + (1 - inside) * slowing)
    assert option.heat.temperature_c == pytest.approx(option.heat.inlet_c + resistance * device_w)
    assert 65 <= option.heat.temperature_c < 80
    assert option.cost.capital == pytest.approx(installed * (299 + 180))
    yearly = power_w / 1e3 * 1.3 * 365.25 * 24 * 0.20
    assert option.cost.running_per_year == pytest.approx(yearly)
    assert option.cost.total == pytest.approx(option.cost.capital + 5 * yearly)


def test_prices_in_another_currency_are_converted_at_the_stated_rate(options):
    card = next(o for o in options if o.device == "atlas-300i-pro" and o.count == 2)
    assert card.cost.capital == pytest.approx(3 * 30_000 * 0.14 + 3500)


def test_a_missing_carrier_is_refused_with_the_form(estimator):
    text = "\n".join(line for line in LINE.read_text().splitlines() if "board: {" not in line)
    scenario = validate(parse_document(text, "changed.yaml"), Scenario)
    with pytest.raises(InputError, match="an entry for a board, the form of the candidate"):
        size(scenario, estimator)


def test_an_unknown_mode_is_refused_and_an_impossible_precision_listed(estimator):
    with pytest.raises(UnknownIdError, match="power mode"):
        size(changed(modes=("modes: all", "modes: [99W]")), estimator)
    sized = size(
        changed(precision=("[int8, fp16]", "[fp4]"), modes=("modes: all", "modes: default")), estimator
    )
    assert sized.options == ()
    assert {refusal.device for refusal in sized.refusals} >= {"jetson-orin-nano-8", "raspberry-pi-5"}
    assert all("computes in" in refusal.reason for refusal in sized.refusals)


def test_feasible_come_first_and_by_known_cost(options):
    feasible = [option.feasible for option in options]
    assert feasible == sorted(feasible, reverse=True)
    kept = [worst_of(option.margins) is Verdict.PASS for option in options if option.feasible]
    assert kept == sorted(kept, reverse=True)
    costs = [(not keeps, option.cost.total) for keeps, option in zip(kept, options, strict=False)]
    assert costs == sorted(costs)


def test_twice_the_cameras_take_at_least_as_many_devices(options, estimator):
    doubled = size(changed(cameras=("count: 24", "count: 48")), estimator).options
    before = {(o.device, o.mode, o.precision, o.batch): o.count for o in options}
    after = {(o.device, o.mode, o.precision, o.batch): o.count for o in doubled}
    assert all(after[key] >= before[key] for key in before)


def test_an_impossible_service_level_leaves_nothing_and_says_why(estimator):
    options = size(changed(slo=("latency: 100 ms", "latency: 0.1 ms")), estimator).options
    assert not any(option.feasible for option in options)
    assert all("over the 100 us asked" in " ".join(option.reasons) for option in options)


def test_a_small_breaker_is_a_reason(estimator):
    options = size(changed(power=("power_limit: 1200 W", "power_limit: 30 W")), estimator).options
    assert not any(option.feasible for option in options)
    assert any("the rack's limit is 30 W" in reason for option in options for reason in option.reasons)


def test_unknown_price_is_said_and_not_zero(options):
    unpriced = [option for option in options if option.device == "atlas-200-dk"]
    assert all(option.cost.capital is None and option.cost.total is None for option in unpriced)
    assert all("price unknown" in " ".join(option.reasons) for option in unpriced)


def test_int8_on_the_nano_falls_back_and_is_not_counted_twice(options):
    nano = {option.precision for option in options if option.device == "jetson-nano-4"}
    assert nano == {"fp16"}


def test_worst_power_is_at_least_mean_power(options):
    assert all(option.heat.worst_power_w >= option.heat.power_w - 1e-9 for option in options)
