"""The rack's heat over epochs against the coupled equations' steady states."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.rack.description.heat_path import DeviceFan, HeatNode, VerticalRecirculation
from planner.rack.description.rack import Air, Leakage
from planner.rack.description.streams import StreamGroup
from planner.rack.heat.air import heat_rate_w_per_k, inlets_c
from planner.rack.heat.epoch import HeatState, advance, initial_state, runaway_margin, settled_at
from planner.rack.heat.ladder import resistance_k_per_w
from planner.rack.reference.engine import run_replication
from tests.rack.residuals import check_invariants


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


def fresh(rack, temperature_c=25.0) -> HeatState:
    off = np.zeros(rack.count, dtype=bool)
    return HeatState(np.full(rack.count, temperature_c), off, off)


def with_thermal(rack, **changes):
    return replace(rack, device=replace(rack.device, thermal=replace(rack.device.thermal, **changes)))


THREE_NODES = (HeatNode(5.0, 0.3), HeatNode(30.0, 0.5), HeatNode(15.0, 0.4))


def test_a_vertical_rack_of_three_node_devices_settles_as_the_algebra_says(make_rack):
    """Inlets by the cross-interference matrix, dies 1.2 K/W above them, however the heat is stored."""
    air = Air(25.0, 0.05, vertical=VerticalRecirculation(0.05, 0.4, 0.7))
    rack = with_thermal(make_rack(count=8, air=air), nodes=THREE_NODES)
    dynamic_w = np.linspace(5.0, 25.0, 8)
    state = fresh(rack)
    for _ in range(4000):
        heat, state = advance(rack, state, dynamic_w)
    inlet_c = inlets_c(air, heat.power_w + rack.fan_w / 8)
    assert heat.inlet_c == pytest.approx(inlet_c, abs=1e-9)
    assert state.temperature_c == pytest.approx(inlet_c + 1.2 * heat.power_w, abs=1e-9)
    rise_k = (heat.power_w.sum() + rack.fan_w) / heat_rate_w_per_k(air)
    assert heat.exhaust_c == pytest.approx(25.0 + rise_k, abs=1e-9)


def test_heat_in_is_heat_out_and_stored_for_every_kind_of_device(make_rack):
    """The first law and the energy balance of a run with nodes, own fans, clock steps, a cap and leakage."""
    rack = with_thermal(
        make_rack(initial="cold", air=Air(25.0, 0.02, vertical=VerticalRecirculation(0.1, 0.3, 0.5))),
        nodes=THREE_NODES,
        fan=DeviceFan((27.0, 29.0), (0.3, 0.6, 1.0), 0.5, rated_w=3.0),
        clock_steps=(0.9, 0.7),
        power_cap_w=14.0,
        leakage=Leakage(1.0, 25.0, 0.02),
    )
    run = run_replication(rack, 0)
    assert np.unique(run.epochs.own_fan_w).size > 1, "the fans changed level"
    assert np.unique(run.epochs.clock).size > 1, "the cap moved the clock"
    assert max(check_invariants(rack, [run]).values()) < 1e-9
    forged = replace(run, epochs=replace(run.epochs, inner_c=run.epochs.inner_c * 1.01))
    assert check_invariants(rack, [forged])["first_law"] > 1e-6


def test_a_device_fan_settles_at_the_level_that_its_own_cooling_holds(make_rack):
    """25 W settle at 79 C at 40 % speed, past the second trip, and at 62 C at 70 %, where the band holds."""
    fan = DeviceFan((50.0, 65.0), (0.2, 0.4, 0.7), 10.0, rated_w=0.0, fixed_share=0.25)
    rack = with_thermal(make_rack(air=Air(25.0, 10.0)), fan=fan, throttle_c=150.0, shutdown_c=160.0)
    expected = 1.2 * (0.25 + 0.75 * np.array([0.2, 0.4, 0.7]) ** -0.8)
    assert resistance_k_per_w(rack.device.thermal, np.arange(3)) == pytest.approx(expected, rel=1e-12)
    state = fresh(rack)
    for _ in range(2000):
        _, state = advance(rack, state, np.full(2, 20.0))
    assert 55.0 < 25.0 + expected[2] * 25.0 < 65.0 < 25.0 + expected[1] * 25.0
    assert state.fan.tolist() == [2, 2]
    assert state.temperature_c == pytest.approx([25.0 + expected[2] * 25.0] * 2, abs=0.01)


def test_own_fan_power_follows_the_cube_of_speed(make_rack):
    fan = DeviceFan((30.0,), (0.5, 1.0), 4.0, rated_w=4.0)
    rack = with_thermal(make_rack(), fan=fan)
    cold, _ = advance(rack, fresh(rack), np.zeros(2))
    fast = replace(fresh(rack), fan_level=np.ones(2, dtype=np.intp))
    warm, _ = advance(rack, fast, np.zeros(2))
    assert cold.power_w.tolist() == [5.5, 5.5]
    assert warm.power_w.tolist() == [9.0, 9.0]


def test_a_run_starts_with_all_nodes_settled(make_rack):
    """At the expected load nothing moves in the first epoch, with nodes, an own fan and both forms of air."""
    for air in (Air(25.0, 0.05, 0.3), Air(25.0, 0.05, vertical=VerticalRecirculation(0.1, 0.3, 0.5))):
        rack = with_thermal(
            make_rack(air=air), nodes=THREE_NODES, fan=DeviceFan((30.0,), (0.5, 1.0), 4.0, rated_w=2.0)
        )
        start = initial_state(rack)
        _, after = advance(rack, start, np.full(2, 9.0))
        assert after.nodes_c(rack.device.thermal) == pytest.approx(
            start.nodes_c(rack.device.thermal), abs=1e-6
        )


def test_runaway_margin_is_where_the_balance_is_lost(make_rack):
    """T = 25 + R P exp(k (T - 25)) touches the diagonal where R dP/dT = 1: R P k e = 1, at T = 25 + 1 / k."""
    per_k = 0.02
    critical_w = 1.0 / (math.e * per_k * 1.2)
    rack = make_rack(count=1, air=Air(25.0, 1e6), fan_w=0.0)
    rack = replace(rack, device=replace(rack.device, idle_w=0.0))

    def leaky(reference_w):
        return with_thermal(rack, leakage=Leakage(reference_w, 25.0, per_k), throttle_c=150, shutdown_c=160)

    at_edge = np.array([25.0 + 1 / per_k])
    assert runaway_margin(leaky(critical_w), at_edge) == pytest.approx(0.0, abs=1e-6)

    def ends_c(reference_w):
        part, state = leaky(reference_w), fresh(rack)
        for _ in range(5000):
            _, state = advance(part, state, np.zeros(1))
            if state.off.all():
                return math.inf
        return state.temperature_c[0]

    assert ends_c(0.98 * critical_w) < 25.0 + 1 / per_k
    assert ends_c(1.02 * critical_w) == math.inf


def test_recirculation_eats_into_the_runaway_margin(make_rack):
    leakage = Leakage(1.0, 25.0, 0.02)
    open_air = with_thermal(make_rack(count=4, air=Air(25.0, 0.01)), leakage=leakage)
    closed = replace(open_air, air=Air(25.0, 0.01, recirculation=0.5))
    hot_c = np.full(4, 80.0)
    leaked = 0.02 * math.exp(0.02 * 55.0)
    assert runaway_margin(open_air, hot_c) == pytest.approx(1 - 1.2 * leaked, rel=1e-9)
    shared = 0.5 / heat_rate_w_per_k(closed.air) * 4 * leaked
    assert runaway_margin(closed, hot_c) == pytest.approx(1 - 1.2 * leaked - shared, rel=1e-9)
    vertical = replace(open_air, air=Air(25.0, 0.01, vertical=VerticalRecirculation(0.3, 0.0, 1.0)))
    own = 0.3 / heat_rate_w_per_k(vertical.air) * 4 * leaked
    assert runaway_margin(vertical, hot_c) == pytest.approx(1 - 1.2 * leaked - own, rel=1e-9)
    assert runaway_margin(with_thermal(open_air, leakage=None), hot_c) is None
