"""Heat in one device against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from planner.rack.description.heat_path import HeatNode
from planner.rack.description.rack import Leakage
from planner.rack.heat.ladder import exact_step, leakage_w, settled_c

TEMPERATURES = st.floats(-20, 120)


def column(*values: float) -> np.ndarray:
    return np.array([values])


def test_step_response_is_the_exponential(thermal):
    step = exact_step(thermal, 1.0)
    nodes_c = column(25.0)
    for number in range(1, 181):
        nodes_c = step.nodes_c(nodes_c, np.array([25.0]), np.array([30.0]))
        closed_form = 25.0 + 36.0 * (1 - math.exp(-number / 60.0))
        assert nodes_c[0, 0] == pytest.approx(closed_form, abs=1e-9)


def two_nodes(thermal):
    return replace(thermal, nodes=(HeatNode(10.0, 0.4), HeatNode(40.0, 0.8)))


def test_step_response_of_two_nodes_is_the_sum_of_two_exponentials(thermal):
    """Die rise for P = 30 W by the roots of s^2 + (1/(C1 R1) + (1/R1 + 1/R2)/C2) s + 1/(C1 R1 C2 R2) = 0."""
    c1, r1, c2, r2, power_w = 10.0, 0.4, 40.0, 0.8, 30.0
    linear, constant = 1 / (c1 * r1) + (1 / r1 + 1 / r2) / c2, 1 / (c1 * r1 * c2 * r2)
    root = math.sqrt(linear**2 - 4 * constant)
    fast, slow = (linear + root) / 2, (linear - root) / 2
    settled, slope = power_w * (r1 + r2), power_w / c1
    weight_slow = (settled * fast - slope) / (fast - slow)
    weight_fast = settled - weight_slow
    step = exact_step(two_nodes(thermal), 0.5)
    nodes_c = column(25.0, 25.0)
    for number in range(1, 400):
        nodes_c = step.nodes_c(nodes_c, np.array([25.0]), np.array([power_w]))
        time_s = 0.5 * number
        rise_k = settled - weight_slow * math.exp(-slow * time_s) - weight_fast * math.exp(-fast * time_s)
        assert nodes_c[0, 0] == pytest.approx(25.0 + rise_k, abs=1e-9)


def test_three_nodes_follow_the_differential_equations(thermal):
    resistance, capacity = np.array([0.2, 0.6, 0.4]), np.array([4.0, 26.0, 20.0])
    nodes = tuple(HeatNode(c, r) for c, r in zip(capacity, resistance, strict=True))

    def slope(_, rise_k):
        outward_w = (rise_k - np.append(rise_k[1:], 0.0)) / resistance
        return (np.append(30.0, outward_w[:-1]) - outward_w) / capacity

    solved = solve_ivp(slope, (0, 20), [40.0, 10.0, -5.0], rtol=1e-10, atol=1e-10)
    step = exact_step(replace(thermal, nodes=nodes), 20.0)
    nodes_c = step.nodes_c(column(65.0, 35.0, 20.0), np.array([25.0]), np.array([30.0]))
    assert nodes_c[0] - 25.0 == pytest.approx(solved.y[:, -1], abs=1e-6)


def test_long_step_settles_where_the_algebra_says(thermal):
    inlet_c, power_w = np.array([25.0]), np.array([30.0])
    settled = exact_step(two_nodes(thermal), 1e5).nodes_c(column(90.0, 10.0), inlet_c, power_w)
    assert settled[0] == pytest.approx([25.0 + 1.2 * 30.0, 25.0 + 0.8 * 30.0], abs=1e-9)
    assert settled_c(thermal, inlet_c, power_w)[0] == pytest.approx(61.0, abs=1e-12)


@settings(deadline=None)
@given(start=TEMPERATURES, inlet=TEMPERATURES, power=st.floats(0, 500), step_s=st.floats(0.1, 1e4))
def test_heat_released_is_the_flow_through_the_last_resistance(thermal, start, inlet, power, step_s):
    """One node: the integral of (T - T_inlet) / R over the step, in closed form."""
    step = exact_step(thermal, step_s)
    inlet_c, power_w = np.array([inlet]), np.array([power])
    end_c = step.nodes_c(column(start), inlet_c, power_w)
    lag = -math.expm1(-step_s / 60.0) * 60.0 / step_s
    flow_w = power * (1 - lag) + (start - inlet) / 1.2 * lag
    assert step.released_w(column(start), end_c, power_w)[0] == pytest.approx(flow_w, rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("step_s", [0.1, 1.0, 30.0, 1e4])
def test_a_warmer_inlet_withholds_what_the_step_says(thermal, step_s):
    step = exact_step(two_nodes(thermal), step_s)
    start_c, power_w = column(60.0, 40.0), np.array([30.0])

    def released_w(inlet_c):
        return step.released_w(start_c, step.nodes_c(start_c, np.array([inlet_c]), power_w), power_w)[0]

    assert released_w(30.0) - released_w(31.0) == pytest.approx(step.withheld_w_per_k, rel=1e-9)


def test_leakage_doubles_over_its_own_interval(thermal):
    leaky = replace(thermal, leakage=Leakage(reference_w=2.0, reference_c=25.0, per_k=math.log(2) / 20))
    assert leakage_w(leaky, np.array([25.0, 45.0, 65.0])) == pytest.approx([2.0, 4.0, 8.0], rel=1e-12)
