"""Fan laws, the point where fan and rack meet, and cooling against hand calculations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from planner.errors import InputError, UnknownIdError
from planner.rack.heat.air import heat_rate_w_per_k
from planner.rack.heat.cabinet import enclosure_after_c, sealed_cabinet, split_heat, water_loop
from planner.rack.heat.cooling import chilled_water_cop, facility, inlet_class
from planner.rack.heat.epoch import HeatState, advance, initial_state
from planner.rack.heat.fans import AirPath, FanCurve, airflow_m3_per_s, in_parallel

FAN = FanCurve(stall_pa=120.0, free_m3_per_s=0.12, rated_w=25.0)
PATH = AirPath(empty_pa_s2_per_m6=2000.0, per_device_pa_s2_per_m6=150.0)


@given(speed=st.floats(0.1, 2), devices=st.integers(0, 80))
def test_fan_laws(speed, devices):
    """Flow, pressure and power go as the first, second and third power of speed."""
    full = airflow_m3_per_s(FAN, PATH, devices)
    slow = airflow_m3_per_s(FAN, PATH, devices, speed)
    assert slow == pytest.approx(speed * full, rel=1e-12)
    assert FAN.pressure_pa(slow, speed) == pytest.approx(speed**2 * FAN.pressure_pa(full), rel=1e-9)
    assert FAN.power_w(speed) == pytest.approx(speed**3 * FAN.power_w(), rel=1e-12)


@pytest.mark.parametrize("devices", [0, 20, 60])
def test_the_flow_is_where_the_two_curves_cross(devices):
    crossing = brentq(lambda v: FAN.pressure_pa(v) - PATH.pressure_pa(v, devices), 1e-6, 0.12)
    assert airflow_m3_per_s(FAN, PATH, devices) == pytest.approx(crossing, rel=1e-9)


def test_two_fans_at_half_speed_move_the_air_of_one_at_a_quarter_of_the_power():
    pair = in_parallel(FAN, 2)
    free = AirPath(0.0, 0.0)
    assert airflow_m3_per_s(pair, free, 0, 0.5) == pytest.approx(airflow_m3_per_s(FAN, free, 0))
    assert pair.power_w(0.5) == pytest.approx(0.25 * FAN.power_w())


def test_denser_racks_move_less_air():
    flows = [airflow_m3_per_s(FAN, PATH, devices) for devices in range(0, 100, 10)]
    assert (np.diff(flows) < 0).all()
    assert airflow_m3_per_s(FAN, AirPath(0.0, 0.0), 40) == pytest.approx(0.12)


def test_a_sealed_cabinet_settles_at_its_losses(make_rack):
    """(2 x 20 W + 12 W + 60 W of sun) / (4 W/K) above the ambient, and the devices 1.2 K/W above that."""
    rack = make_rack(air=sealed_cabinet(30.0, 4.0, solar_w=60.0))
    thermal = replace(rack.device.thermal, throttle_c=150.0, shutdown_c=160.0)
    rack = replace(rack, device=replace(rack.device, thermal=thermal))
    off = np.zeros(2, dtype=bool)
    state = HeatState(np.full(2, 30.0), off, off)
    for _ in range(5000):
        heat, state = advance(rack, state, np.full(2, 15.0))
    assert heat.inlet_c == pytest.approx([30.0 + 112.0 / 4.0] * 2, abs=1e-9)
    assert state.temperature_c == pytest.approx([58.0 + 24.0] * 2, abs=1e-9)


def test_a_cabinet_with_a_heat_capacity_warms_by_its_own_time_constant(make_rack):
    """50 W of fans and sun alone: 30 + 100 / 4 degC in the end; 20 kJ/K over 4 W/K are 5000 s."""
    air = sealed_cabinet(30.0, 4.0, solar_w=60.0, stored_j_per_k=20e3)
    supply_c, heat_w = air.supply_c, 40.0
    for time_s in (1.0, 600.0, 5000.0):
        expected = supply_c + heat_w / 4.0 * (1.0 - np.exp(-time_s / 5000.0))
        assert enclosure_after_c(air, supply_c, heat_w, time_s) == pytest.approx(expected, rel=1e-12)
    rack = make_rack(air=air)
    thermal = replace(rack.device.thermal, throttle_c=150.0, shutdown_c=160.0)
    rack = replace(rack, device=replace(rack.device, thermal=thermal), initial="cold")
    state = initial_state(rack)
    given_j, drawn_j, seconds = 0.0, 0.0, 3000
    start_c, stores_c = state.enclosure_c, state.temperature_c
    for _ in range(seconds):
        heat, state = advance(rack, state, np.full(2, 15.0))
        drawn_j += float(heat.power_w.sum()) + rack.fan_w + rack.supply_loss * float(heat.power_w.sum())
        given_j += 4.0 * (heat.exhaust_c - air.supply_c)
    kept_j = 20e3 * (state.enclosure_c - start_c) + 50.0 * float((state.temperature_c - stores_c).sum())
    assert given_j + kept_j == pytest.approx(drawn_j, rel=1e-9)
    assert start_c < state.enclosure_c < air.supply_c + 52.0 / 4.0


def test_a_settled_cabinet_that_stores_is_that_which_does_not(make_rack):
    plain = sealed_cabinet(30.0, 4.0, solar_w=60.0)
    racks = [make_rack(air=air) for air in (plain, replace(plain, stored_j_per_k=5e3))]
    settled = [initial_state(rack) for rack in racks]
    assert settled[0].temperature_c == pytest.approx(settled[1].temperature_c, abs=1e-6)
    assert settled[0].enclosure_c is None
    held, after = advance(racks[1], settled[1], np.zeros(2))
    assert held.inlet_c == pytest.approx([settled[1].enclosure_c] * 2)
    assert after.enclosure_c is not None


def test_only_a_closed_cabinet_stores_heat():
    with pytest.raises(InputError, match="closed cabinet"):
        replace(sealed_cabinet(30.0, 4.0), recirculation=0.5, stored_j_per_k=1e3)


def test_a_litre_a_minute_of_water_warms_by_fourteen_kelvin_for_a_kilowatt():
    loop = water_loop(25.0, 1e-3 / 60)
    assert 1000.0 / heat_rate_w_per_k(loop) == pytest.approx(14.4, abs=0.05)
    split = split_heat(2000.0, 0.15)
    assert (split.liquid_w, split.air_w) == (1700.0, 300.0)


def test_pue_follows_from_the_cooling():
    """1 kW of IT, 50 W of fans, COP 3: 350 W; 5 % losses of 1400 W: 70 W. 1470 / 1000."""
    site = facility(1000.0, 50.0, cop=3.0, loss_share=0.05)
    assert site.cooling_w == pytest.approx(350.0)
    assert site.pue == pytest.approx(1.47)
    assert facility(1000.0, 0.0, cop=None, loss_share=0.0).pue == 1.0


def test_warmer_supply_is_cheaper_to_cool():
    assert chilled_water_cop(15.0) == pytest.approx(2.0, abs=0.01)
    assert chilled_water_cop(25.0) > chilled_water_cop(20.0)
    with pytest.raises(InputError, match="supply_c"):
        chilled_water_cop(50.0)


def test_inlet_classes_lose_their_upper_end_with_altitude():
    a2 = inlet_class("A2")
    assert (a2.highest_at_c(0), a2.highest_at_c(1800)) == (35.0, 32.0)
    with pytest.raises(InputError, match="altitude_m"):
        a2.highest_at_c(4000)
    with pytest.raises(UnknownIdError):
        inlet_class("A9")


@pytest.mark.parametrize(
    "make",
    [
        lambda: FanCurve(0.0, 0.1, 1.0),
        lambda: AirPath(-1.0, 0.0),
        lambda: sealed_cabinet(30.0, 0.0),
        lambda: split_heat(100.0, 1.5),
        lambda: facility(0.0, 1.0, cop=3.0, loss_share=0.0),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(InputError):
        make()
