"""The rack's air against hand calculations and the mixing balance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.rack.description.heat_path import VerticalRecirculation
from planner.rack.description.rack import Air
from planner.rack.heat.air import (
    air_density_kg_per_m3,
    at_supply,
    device_exhaust_c,
    exhaust_c,
    heat_rate_w_per_k,
    inlets_c,
    passing_m3_per_s,
)
from planner.rack.heat.cabinet import sealed_cabinet
from planner.rack.heat.epoch import HeatState, advance, initial_state
from planner.rack.heat.recirculation import (
    cross_interference,
    inlet_matrix_k_per_w,
    rising_matrix_k_per_w,
    supply_heat_index,
)
from planner.rack.reference.engine import run_replication
from tests.rack.residuals import check_invariants


def test_exhaust_rise_of_a_kilowatt():
    """3.16 W per CFM and degree Fahrenheit, sea level (Comair Rotron): 1 kW in 100 CFM is 31.6 F, 17.6 K."""
    air = Air(supply_c=20.0, airflow_m3_per_s=100 * 0.3048**3 / 60)
    assert exhaust_c(air, 1000.0) - 20.0 == pytest.approx(31.6 / 1.8, rel=0.005)


def test_inlets_take_back_their_share_of_the_rise():
    air = Air(supply_c=20.0, airflow_m3_per_s=0.1, recirculation=0.3, gradient_k=4.0)
    rise_k = 2000.0 / heat_rate_w_per_k(air)
    inlet_c = inlets_c(air, np.full(4, 500.0))
    assert inlet_c.mean() == pytest.approx(20.0 + 0.3 * rise_k, abs=1e-9)
    assert np.diff(inlet_c) == pytest.approx([1.0, 1.0, 1.0], abs=1e-9)
    assert inlets_c(replace(air, recirculation=0.0, gradient_k=0.0), np.full(4, 500.0)) == pytest.approx(
        [20.0] * 4
    )


@pytest.mark.parametrize(
    ("altitude_m", "density"), [(0, 1.2041), (1000, 1.0681), (2000, 0.9447), (3000, 0.8332)]
)
def test_air_thins_as_in_the_standard_atmosphere(altitude_m, density):
    """Pressures 101325, 89875, 79495 and 70109 Pa of ISO 2533, over 287.05 J/(kg K) times 293.15 K."""
    assert air_density_kg_per_m3(20.0, altitude_m) == pytest.approx(density, rel=1e-3)


def test_inlets_by_the_matrix_satisfy_the_mixing_balance():
    """Each inlet is the mean of the streams that enter it; the exhaust is solved for without the matrix."""
    shares = np.array([[0.1, 0.2, 0.05], [0.0, 0.1, 0.25], [0.0, 0.0, 0.1]])
    stream = np.array([20.0, 30.0, 25.0])
    heats_w = np.array([100.0, 50.0, 80.0])
    inlet_k = inlet_matrix_k_per_w(shares, stream) @ heats_w
    outlet_k = inlet_k + heats_w / stream
    for j in range(3):
        arriving = sum(shares[i, j] * stream[i] * outlet_k[i] for i in range(3))
        assert inlet_k[j] == pytest.approx(arriving / stream[j], rel=1e-12)
    leaving = ((1 - shares.sum(axis=1)) * stream * outlet_k).sum()
    assert leaving == pytest.approx(heats_w.sum(), rel=1e-12), "all heat leaves with what does not return"


def test_even_recirculation_is_the_one_parameter_form():
    air = Air(20.0, 0.1, recirculation=0.3)
    heats_w = np.array([10.0, 200.0, 40.0, 0.0])
    even = np.full((4, 4), 0.3 / 4)
    stream = np.full(4, heat_rate_w_per_k(air) / (1 - 0.3) / 4)
    by_matrix_c = 20.0 + inlet_matrix_k_per_w(even, stream) @ heats_w
    assert inlets_c(air, heats_w) == pytest.approx(by_matrix_c, rel=1e-12)
    outlet_c = by_matrix_c + heats_w / stream
    assert supply_heat_index(20.0, by_matrix_c, outlet_c) == pytest.approx(0.3, rel=1e-12)


def test_in_a_vertical_rack_inlets_warm_only_from_below():
    air = Air(20.0, 0.1, vertical=VerticalRecirculation(own=0.05, above=0.3, decay=0.5))
    matrix = rising_matrix_k_per_w(air, 6)
    assert np.triu(matrix, 1) == pytest.approx(0.0, abs=1e-15)
    assert (np.diff(inlets_c(air, np.full(6, 75.0))) > 0).all()
    top_only = inlets_c(air, np.array([0, 0, 0, 0, 0, 75.0]))
    assert top_only[:5] == pytest.approx([20.0] * 5, abs=1e-12)


def test_upward_shares_halve_with_distance_and_end_at_the_top():
    shares = cross_interference(VerticalRecirculation(own=0.1, above=0.7, decay=0.5), 4)
    assert shares[0] == pytest.approx([0.1, 0.4, 0.2, 0.1])
    assert shares[2] == pytest.approx([0.0, 0.0, 0.1, 0.4])
    assert (shares.sum(axis=1) < 1).all()


def test_the_exhaust_of_the_devices_is_the_inlet_and_their_own_rise():
    """0.1 m3/s past the devices, 30 % of it back, 0.07 m3/s to the room: both balances give one exhaust."""
    air = Air(20.0, 0.07, recirculation=0.3)
    assert passing_m3_per_s(air, 8) == pytest.approx(0.1, rel=1e-12)
    inlet_c = float(inlets_c(air, np.full(8, 125.0)).mean())
    own_k = 1000.0 / (1.204 * 1006.0 * 0.1)
    assert inlet_c == pytest.approx(20.0 + own_k * 0.3 / 0.7, rel=1e-12)
    assert device_exhaust_c(air, inlet_c, 1000.0, 8) == pytest.approx(inlet_c + own_k, rel=1e-12)
    assert device_exhaust_c(air, inlet_c, 1000.0, 8) == pytest.approx(exhaust_c(air, 1000.0), rel=1e-12)


def test_a_rising_exhaust_passes_the_devices_again():
    air = Air(20.0, 0.05, vertical=VerticalRecirculation(own=0.5, above=0.0, decay=1.0))
    assert passing_m3_per_s(air, 6) == pytest.approx(0.1, rel=1e-12)


def test_in_a_sealed_cabinet_the_fans_move_air_and_the_walls_set_the_inside():
    air = sealed_cabinet(45.0, 25.0, 250.0, passing_m3_per_s=0.1)
    inside_c = float(inlets_c(air, np.full(4, 100.0)).mean())
    assert inside_c == pytest.approx(45.0 + (250.0 + 400.0) / 25.0, rel=1e-12)
    own_k = 400.0 / (1.204 * 1006.0 * 0.1)
    assert device_exhaust_c(air, inside_c, 400.0, 4) == pytest.approx(inside_c + own_k, rel=1e-12)


def test_a_warmer_supply_is_thinner():
    """The same volume at 50 C carries 293.15 / 323.15 of the heat that it carries at 20 C."""
    warm = at_supply(Air(20.0, 0.1), 50.0)
    assert warm.supply_c == 50.0
    assert heat_rate_w_per_k(warm) == pytest.approx(121.1 * 293.15 / 323.15, rel=1e-3)


def test_the_supply_heats_the_air_with_what_it_loses(make_rack):
    """Two devices of 20 W, 10 % lost and fans of 12 W: 56 W in the exhaust and at the plug."""
    rack = replace(make_rack(air=Air(25.0, 0.1, recirculation=0.4)), supply_loss=0.1)
    state = HeatState(np.full(2, 25.0), np.zeros(2, dtype=bool), np.zeros(2, dtype=bool))
    for _ in range(2000):
        heat, state = advance(rack, state, np.full(2, 15.0))
    rise_k = (2 * 20.0 * 1.1 + 12.0) / heat_rate_w_per_k(rack.air)
    assert heat.exhaust_c == pytest.approx(25.0 + rise_k, abs=1e-9)
    assert heat.inlet_c == pytest.approx([25.0 + 0.4 * rise_k] * 2, abs=1e-9)
    assert state.temperature_c == pytest.approx(heat.inlet_c + 1.2 * 20.0, abs=1e-9)
    assert rack.plug_w(float(heat.power_w.sum())) == pytest.approx(56.0, rel=1e-12)
    start = initial_state(rack)
    assert start.temperature_c == pytest.approx(
        [25.0 + 0.4 * (2 * 14.0 * 1.1 + 12.0) / heat_rate_w_per_k(rack.air) + 1.2 * 14.0] * 2, abs=1e-6
    )
    residuals = check_invariants(rack, [run_replication(rack, 0)])
    assert max(residuals.values()) < 1e-9
