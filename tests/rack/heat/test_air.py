"""The rack's air against hand calculations and the mixing balance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.rack.description.heat_path import VerticalRecirculation
from planner.rack.description.rack import Air
from planner.rack.heat.air import air_density_kg_per_m3, exhaust_c, heat_rate_w_per_k, inlets_c
from planner.rack.heat.recirculation import (
    cross_interference,
    inlet_matrix_k_per_w,
    rising_matrix_k_per_w,
    supply_heat_index,
)


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
