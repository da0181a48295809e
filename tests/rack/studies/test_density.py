"""Density against a published table, its models against each other, and the curve against the algebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.description.heat_path import DeviceFan, HeatNode
from planner.rack.description.rack import Air
from planner.rack.description.streams import StreamGroup
from planner.rack.heat.air import heat_rate_w_per_k
from planner.rack.heat.epoch import advance, initial_state, settled_at
from planner.rack.heat.fans import AirPath, FanCurve, airflow_m3_per_s
from planner.rack.heat.steady import steady
from planner.rack.load.expected import expected_load
from planner.rack.studies.airflow_models import (
    DensityPoint,
    blocked_fan,
    constant_flow,
    falling_flow,
    fit_airflows,
    fit_leakage,
)
from planner.rack.studies.density import (
    RackSurroundings,
    density_limit,
    density_rows,
    heat_reason,
    settled_rows,
)
from planner.rack.studies.joint_fit import growth_needed, joint_fits

ARTICLE = (DensityPoint(20, 12.0, 75.0), DensityPoint(40, 28.0, 75.0), DensityPoint(60, 45.0, 77.0))
AIR_J_PER_M3_K = 1.204 * 1006.0


def fits():
    return {fit.model.name: fit for fit in fit_airflows(ARTICLE, AIR_J_PER_M3_K)}


def test_one_airflow_cannot_make_the_published_rises():
    constant = fits()["constant"]
    assert constant.worst_k > 2.0
    assert constant.model.fitted == 1


def test_two_readings_make_them_within_rounding_and_others_do_not():
    """Affine: 10.58 K/kW less 3.82 K, residual 0.09 K; effective flow ~ N^-0.155, residual 0.45 K."""
    found = fits()
    offset = found["offset"]
    assert offset.worst_k < 0.1
    assert offset.model.offset_k == pytest.approx(3.82, abs=0.01)
    flow = offset.model.flow_m3_per_s(20)
    assert 1000.0 / (AIR_J_PER_M3_K * flow) == pytest.approx(10.58, abs=0.01)
    assert found["power_law"].worst_k == pytest.approx(0.45, abs=0.01)
    assert found["power_law"].model.numbers["exponent"] == pytest.approx(0.155, abs=0.001)
    assert found["blocked_fan"].worst_k == pytest.approx(0.64, abs=0.01)
    assert found["growing_recirculation"].worst_k == pytest.approx(0.78, abs=0.01)
    assert all(fit.model.fitted <= 2 for fit in found.values())


@pytest.mark.parametrize(
    "truth", [constant_flow(0.08, 2.5), falling_flow(0.1, 0.3, 10.0), blocked_fan(0.12, 0.04)]
)
def test_a_fit_finds_the_reading_that_made_the_points(truth):
    points = tuple(
        DensityPoint(n, truth.rise_k(n, n * 60.0 + 30.0, AIR_J_PER_M3_K), 60.0) for n in (10, 25, 50, 80)
    )
    best = fit_airflows(points, AIR_J_PER_M3_K, extra_w=30.0)[0]
    assert best.model.name == truth.name
    assert best.worst_k < 1e-4
    for name, value in truth.numbers.items():
        assert best.model.numbers[name] == pytest.approx(value, rel=1e-3)


def test_the_blocked_fan_reading_is_the_fan_curve():
    fan, path = FanCurve(100.0, 0.15, 20.0), AirPath(1500.0, 200.0)
    empty = airflow_m3_per_s(fan, path, 0)
    fit = blocked_fan(empty, 200.0 * empty**2 / 100.0)
    for devices in (0, 10, 60):
        assert fit.flow_m3_per_s(devices) == pytest.approx(airflow_m3_per_s(fan, path, devices))


@pytest.mark.parametrize(
    ("per_k", "low_w", "high_w"),
    [(0.01, 4.1, 5.1), (0.02, 1.43, 2.07), (0.03, 0.66, 1.12), (0.04, 0.34, 0.67)],
)
def test_two_watts_admit_a_leakage_for_every_exponent(per_k, low_w, high_w):
    fit = fit_leakage(ARTICLE, per_k)
    assert fit.low_w == pytest.approx(low_w, abs=0.06)
    assert fit.high_w == pytest.approx(high_w, abs=0.06)
    assert fit.low_w < fit.reference_w < fit.high_w
    for point in ARTICLE:
        power_w = fit.base_w + fit.reference_w * np.exp(per_k * point.rise_k)
        assert power_w == pytest.approx(point.power_per_device_w, abs=fit.worst_w + 1e-6)
    assert 0.3 < fit.worst_w < 0.45


def test_few_numbers_for_rises_and_powers_together():
    """Without assumed exponents two fitted numbers miss one of the two; with them two are enough."""
    found = joint_fits(ARTICLE)
    assert [both.fitted for both in found] == [1, 1, 2, 2, 2, 3]
    for both in found:
        enough = both.fitted == 3 or (both.fitted == 2 and len(both.assumed) == 2)
        assert both.holds is enough
    flow_and_leak = next(b for b in found if b.airflow == "the same flow" and b.fitted == 2)
    assert flow_and_leak.worst_k == pytest.approx(2.04, abs=0.01)
    assert flow_and_leak.worst_w == pytest.approx(0.4926, abs=1e-3), "its worst row is the one at 28 K"


def test_what_the_rounding_asks_of_any_airflow():
    """Rise for each watt: 11.5 to 12.5 K over 20 x 75.5 to 74.5 W, and so on."""
    first, second = growth_needed(ARTICLE)
    assert first[0] == pytest.approx((27.5 / 75.5 / 40) / (12.5 / 74.5 / 20) - 1)
    assert second[1] == pytest.approx((45.5 / 76.5 / 60) / (27.5 / 75.5 / 40) - 1)
    assert first[0] > 0.08, "no constant flow"
    assert second[1] < 0.09, "and none that bends on"


def test_powers_that_fall_with_heat_are_no_leakage():
    falling = (DensityPoint(10, 10.0, 80.0), DensityPoint(20, 30.0, 70.0))
    fit = fit_leakage(falling, 0.02)
    assert (fit.low_w, fit.high_w) == (None, None)
    assert fit.worst_w > 0.5


def test_rows_settle_where_the_algebra_says(make_rack):
    """Two devices at 45 % of 20 W over 5 W idle: 14 W each at any density, air and dies in closed form."""
    rack = make_rack()
    rows = density_rows(
        settled_rows(rack, lambda _: RackSurroundings(Air(25.0, 0.1, recirculation=0.5), 12.0)), [1, 2, 40]
    )
    for row in rows:
        rise_k = (row.devices * 14.0 + 12.0) / heat_rate_w_per_k(rack.air)
        assert row.power_per_device_w == pytest.approx(14.0, rel=1e-9)
        assert row.temperature_rise_k == pytest.approx(rise_k, rel=1e-6)
        assert row.inlet_c == pytest.approx(25.0 + rise_k / 2, rel=1e-6)
        assert row.device_c == pytest.approx(row.inlet_c + 1.2 * 14.0, rel=1e-6)
        assert row.throughput_per_s == pytest.approx(45.0 * row.devices, rel=1e-9)
        assert (row.throttled_share, row.off_share) == (0.0, 0.0)


def test_a_rack_with_a_fan_of_levels_starts_where_its_level_balances(make_rack, thermal):
    """With a still fan the die would be far above the trip of full speed, 80 degC; half speed is enough:
    14 W x (0.4 + 0.8 / 0.5) K/W above the inlet. Nothing moves from there."""
    nodes = (HeatNode(5.0, 0.4), HeatNode(45.0, 0.8))
    fan = DeviceFan((40.0, 80.0), (0.2, 0.5, 1.0), 2.0, rated_w=0.0, exponent=1.0)
    rack = make_rack(air=Air(supply_c=25.0, airflow_m3_per_s=0.1, recirculation=0.0), fan_w=0.0)
    rack = replace(rack, device=replace(rack.device, thermal=replace(thermal, nodes=nodes, fan=fan)))
    state = initial_state(rack)
    dynamic_w = np.full(rack.count, expected_load(rack, 1.0).dynamic_w)
    power_w = rack.device.idle_w + dynamic_w[0]
    assert state.temperature_c == pytest.approx(25.0 + power_w * (0.4 + 0.8 / 0.5), abs=1e-6)
    assert 25.0 + power_w * (0.4 + 0.8 / 0.2) > 80.0
    assert list(state.fan) == [1] * rack.count
    assert settled_at(rack, 1.0) == pytest.approx(steady(rack.device.thermal, 25.0, power_w).die_c, abs=1e-6)
    _, after = advance(rack, state, dynamic_w)
    assert after.nodes_c(rack.device.thermal) == pytest.approx(state.nodes_c(rack.device.thermal), abs=1e-9)


def test_a_rack_too_dense_throttles_as_long_as_the_heat_balance_asks(make_rack, thermal):
    """Saturated, 25 W at full clock and 15 W throttled over 3 K/W; at the trip's band the mean is 18.7 W."""
    hot = replace(thermal, resistance_k_per_w=3.0, throttle_c=82.0, hysteresis_k=2.0)
    rack = make_rack(streams=(StreamGroup("cameras", 40, 15.0, "net", 0.1),), air=Air(25.0, 10.0))
    rack = replace(rack, device=replace(rack.device, thermal=hot))
    (row,) = density_rows(settled_rows(rack, lambda _: RackSurroundings(rack.air, 12.0)), [4])
    share = (25.0 - (81.0 - 25.0) / 3.0) / 10.0
    assert row.throttled_share == pytest.approx(share, abs=0.03)
    assert row.device_c == pytest.approx(81.0, abs=0.7)
    full, slow = 4 / 0.01, 4 / 0.015
    expected = full + (slow - full) * row.throttled_share
    assert row.throughput_per_s == pytest.approx(expected, rel=1e-6)


def test_the_limit_is_the_last_count_that_is_fine(make_rack):
    rack = make_rack()
    air = RackSurroundings(Air(25.0, 0.01, recirculation=1.0), 12.0)

    def wrong(count):
        return heat_reason(rack, count, air)

    limit = density_limit(100, wrong)
    assert wrong(limit.devices) is None
    assert "throttle at 85" in wrong(limit.devices + 1)
    assert limit.reason == wrong(limit.devices + 1)
    assert density_limit(1, lambda _: None).devices == 1
    assert density_limit(5, lambda count: f"{count} is too many").devices == 0


def test_nonsense_is_refused(make_rack):
    with pytest.raises(InputError, match="counts"):
        density_rows(settled_rows(make_rack(), lambda _: RackSurroundings(Air(25.0, 0.1), 12.0)), [])
    with pytest.raises(InputError, match="two densities"):
        fit_airflows(ARTICLE[:1], AIR_J_PER_M3_K)
    with pytest.raises(InputError, match="rise_k"):
        DensityPoint(10, 0.0, 75.0)
