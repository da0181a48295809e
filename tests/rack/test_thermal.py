"""Heat against closed forms: one device, the air, and both together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.rack.air import exhaust_c, heat_rate_w_per_k, inlets_c
from planner.rack.description import Air, Leakage, StreamGroup
from planner.rack.heat import HeatState, advance, initial_state, settled_at
from planner.rack.thermal import leakage_w, next_throttled, released_w, settled_c, step_c

TEMPERATURES = st.floats(-20, 120)


def test_step_response_is_the_exponential(thermal):
    inlet_c, power_w, start_c = np.array([25.0]), np.array([30.0]), np.array([25.0])
    temperature_c = start_c
    for step in range(1, 181):
        temperature_c = step_c(thermal, temperature_c, inlet_c, power_w, 1.0)
        closed_form = 25.0 + 36.0 * (1 - math.exp(-step / 60.0))
        assert temperature_c[0] == pytest.approx(closed_form, abs=1e-9)


def test_long_step_settles_where_the_algebra_says(thermal):
    inlet_c, power_w = np.array([25.0]), np.array([30.0])
    settled = step_c(thermal, np.array([90.0]), inlet_c, power_w, 1e5)
    assert settled[0] == pytest.approx(25.0 + 1.2 * 30.0, abs=1e-9)
    assert settled_c(thermal, inlet_c, power_w)[0] == pytest.approx(61.0, abs=1e-12)


@settings(deadline=None)
@given(start=TEMPERATURES, inlet=TEMPERATURES, power=st.floats(0, 500), step=st.floats(1e-3, 1e4))
def test_heat_released_is_power_less_heat_stored(thermal, start, inlet, power, step):
    arrays = (np.array([start]), np.array([inlet]), np.array([power]))
    stored_j = thermal.heat_capacity_j_per_k * (step_c(thermal, *arrays, step)[0] - start)
    released_j = released_w(thermal, *arrays, step)[0] * step
    assert released_j + stored_j == pytest.approx(power * step, rel=1e-9, abs=1e-7)


def test_leakage_doubles_over_its_own_interval(thermal):
    leaky = replace(thermal, leakage=Leakage(reference_w=2.0, reference_c=25.0, per_k=math.log(2) / 20))
    assert leakage_w(leaky, np.array([25.0, 45.0, 65.0])) == pytest.approx([2.0, 4.0, 8.0], rel=1e-12)


def test_throttling_has_a_band(thermal):
    temperature_c = np.array([79.9, 80.0, 84.9, 85.0])
    never, always = np.zeros(4, dtype=bool), np.ones(4, dtype=bool)
    assert next_throttled(thermal, temperature_c, never).tolist() == [False, False, False, True]
    assert next_throttled(thermal, temperature_c, always).tolist() == [False, True, True, True]


def test_exhaust_rise_of_a_kilowatt():
    """3.16 W per CFM and degree Fahrenheit, sea level (Comair Rotron): 1 kW in 100 CFM is 31.6 F, 17.6 K."""
    air = Air(supply_c=20.0, airflow_m3_per_s=100 * 0.3048**3 / 60)
    assert exhaust_c(air, 1000.0) - 20.0 == pytest.approx(31.6 / 1.8, rel=0.005)


def test_inlets_take_back_their_share_of_the_rise():
    air = Air(supply_c=20.0, airflow_m3_per_s=0.1, recirculation=0.3, gradient_k=4.0)
    rise_k = 2000.0 / heat_rate_w_per_k(air)
    inlet_c = inlets_c(air, 4, 2000.0)
    assert inlet_c.mean() == pytest.approx(20.0 + 0.3 * rise_k, abs=1e-9)
    assert np.diff(inlet_c) == pytest.approx([1.0, 1.0, 1.0], abs=1e-9)
    assert inlets_c(replace(air, recirculation=0.0, gradient_k=0.0), 4, 2000.0) == pytest.approx([20.0] * 4)


def test_rack_settles_at_the_steady_state_of_the_coupled_equations(make_rack):
    rack = make_rack(count=10, air=Air(25.0, 0.1, recirculation=0.4))
    state = HeatState(np.full(10, 25.0), np.zeros(10, dtype=bool), np.zeros(10, dtype=bool))
    for _ in range(2000):
        heat, state = advance(rack, state, np.full(10, 15.0))
    heat_w = 10 * 20.0 + 12.0
    rise_k = heat_w / heat_rate_w_per_k(rack.air)
    assert heat.exhaust_c == pytest.approx(25.0 + rise_k, abs=1e-9)
    assert state.temperature_c == pytest.approx([25.0 + 0.4 * rise_k + 1.2 * 20.0] * 10, abs=1e-9)


@settings(deadline=None)
@given(
    recirculation=st.floats(0, 1),
    resistance=st.floats(0.01, 5),
    airflow=st.floats(0.001, 1),
    epoch=st.floats(0.1, 60),
)
def test_recirculation_never_oscillates(make_rack, recirculation, resistance, airflow, epoch):
    """From cold at constant power, temperatures rise all the way, whatever the coupling through the air."""
    rack = make_rack(
        count=4, air=Air(25.0, airflow, recirculation), epoch_s=epoch, duration_s=100 * epoch, warmup_s=0.0
    )
    thermal = replace(rack.device.thermal, resistance_k_per_w=resistance, throttle_c=1e6, shutdown_c=1e7)
    rack = replace(rack, device=replace(rack.device, thermal=thermal))
    state = HeatState(np.full(4, 25.0), np.zeros(4, dtype=bool), np.zeros(4, dtype=bool))
    for _ in range(20):
        _, after = advance(rack, state, np.full(4, 10.0))
        assert (after.temperature_c >= state.temperature_c - 1e-9).all()
        state = after


def test_a_device_that_is_off_draws_nothing_and_cools_to_its_inlet(make_rack):
    rack = make_rack(air=Air(25.0, 0.1))
    state = HeatState(np.array([101.0, 40.0]), np.zeros(2, dtype=bool), np.array([True, False]))
    heat, after = advance(rack, state, np.zeros(2))
    assert heat.power_w.tolist() == [0.0, 5.0]
    assert after.off.tolist() == [True, False]
    assert after.temperature_c[0] == pytest.approx(25.0 + 76.0 * math.exp(-1 / 60), abs=1e-9)


def test_run_starts_settled_at_the_offered_load(make_rack):
    """Six cameras of 15 a second on two devices of 10 ms: 45 % busy, so 5 + 9 W above the inlet's air."""
    rack = make_rack()
    rise_k = (2 * 14.0 + 12.0) / heat_rate_w_per_k(rack.air)
    start = initial_state(rack)
    assert start.temperature_c == pytest.approx([25.0 + 0.2 * rise_k + 1.2 * 14.0] * 2, abs=1e-6)
    assert initial_state(replace(rack, initial="cold")).temperature_c.tolist() == [25.0, 25.0]


def test_settled_leakage_balances_its_own_heat(make_rack, thermal):
    leaky = replace(thermal, leakage=Leakage(1.0, 25.0, 0.02))
    rack = make_rack(air=Air(25.0, 0.1))
    rack = replace(rack, device=replace(rack.device, thermal=leaky))
    settled = settled_at(rack, 1.0)
    power_w = 14.0 + math.exp(0.02 * (settled[0] - 25.0))
    assert settled[0] == pytest.approx(25.0 + 1.2 * power_w, abs=1e-6)


def test_run_starts_throttled_where_throttling_is_the_steady_state(make_rack, thermal):
    """Saturated, 5 + 20 W over 4 K/W is past the trip, 5 + 10 W still is and is below the shutdown."""
    hot = replace(thermal, resistance_k_per_w=4.0, throttle_c=82.0)
    rack = make_rack(streams=(StreamGroup("cameras", 40, 15.0, "net", 0.1),), air=Air(25.0, 0.1))
    rack = replace(rack, device=replace(rack.device, thermal=hot))
    start = initial_state(rack)
    assert start.throttled.all()
    assert start.temperature_c == pytest.approx([25.0 + 4.0 * 15.0] * 2, abs=1e-6)


def test_thermal_runaway_ends_at_the_shutdown_and_starts_at_the_trip(make_rack, thermal):
    leaky = replace(thermal, leakage=Leakage(20.0, 25.0, 0.04))
    rack = make_rack()
    rack = replace(rack, device=replace(rack.device, thermal=leaky))
    assert settled_at(rack, 1.0) == pytest.approx([thermal.shutdown_c] * 2)
    start = initial_state(rack)
    assert start.throttled.all()
    assert start.temperature_c == pytest.approx([thermal.throttle_c] * 2)
