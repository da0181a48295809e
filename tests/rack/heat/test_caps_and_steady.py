"""Caps of the clock, the steady state under a fan of its own, and the step response of two stores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.rack.description.device import Leakage, Thermal
from planner.rack.description.heat_path import ClockCap, DeviceFan, HeatNode
from planner.rack.heat.governor import next_step
from planner.rack.heat.ladder import step_of
from planner.rack.heat.steady import die_at, steady, with_resistance

PI = Thermal(
    resistance_k_per_w=5.0,
    heat_capacity_j_per_k=60.0,
    throttle_c=80.0,
    hysteresis_k=3.0,
    shutdown_c=110.0,
    throttled_clock=0.5,
    clock_steps=(0.9, 0.8, 0.7, 0.6),
    caps=(ClockCap(60.0, 0.86), ClockCap(85.0, 0.5)),
)
FAN = DeviceFan((50.0, 65.0), (0.25, 0.5, 1.0), hysteresis_k=4.0, rated_w=2.0)


@pytest.mark.parametrize(
    ("temperature", "step", "expected"),
    [
        (50.0, 0, 0),
        (60.0, 0, 2),  # the soft limit: at once at 0.8, the first clock of at most 0.86
        (58.0, 2, 2),  # held within the hysteresis
        (56.9, 2, 1),  # and left below it, a step at a time
        (58.0, 0, 0),  # not yet reached
        (80.0, 2, 3),  # the trip goes on from there
        (85.0, 0, 5),  # the hard limit, at once
        (70.0, 5, 4),
    ],
)
def test_caps_act_at_once_and_steps_one_by_one(make_rack, temperature, step, expected):
    device = replace(make_rack().device, thermal=PI)
    one = np.array([temperature])
    found = next_step(device, one, np.array([8.0]), np.array([5.0]), np.array([step], dtype=np.intp))
    assert found.tolist() == [expected]


@pytest.mark.parametrize(
    ("power", "level"),
    [
        (2.0, 0),  # 25 + 2 x 0.25 ** -0.8 (= 3.03) x 2.03 W = 37 degC
        (6.0, 1),  # at the first speed 62 degC, past 50; at the second 25 + 3.48 x 6.25 = 47 degC
        (20.0, 2),
    ],
)
def test_a_device_settles_at_the_lowest_speed_that_keeps_its_next_trip(power, level):
    thermal = replace(PI, resistance_k_per_w=2.0, fan=FAN, caps=(), clock_steps=())
    found = steady(thermal, 25.0, power)
    speed = FAN.speeds[level]
    assert found.level == level
    assert found.fan_w == pytest.approx(2.0 * speed**3)
    assert found.die_c == pytest.approx(25.0 + 2.0 * speed**-0.8 * (power + 2.0 * speed**3))


def test_leakage_settles_where_heat_in_and_out_balance_and_runs_away_to_the_shutdown():
    leaking = replace(PI, leakage=Leakage(1.0, 60.0, 0.02))
    found = steady(leaking, 25.0, 6.0)
    leaked = np.exp(0.02 * (found.die_c - 60.0))
    assert found.die_c == pytest.approx(25.0 + 5.0 * (6.0 + leaked), abs=1e-8)
    assert steady(replace(PI, leakage=Leakage(8.0, 60.0, 0.05)), 25.0, 6.0).die_c == 110.0


def test_another_resistance_moves_the_rise_and_a_fan_may_catch_part_of_it():
    """The range of a plan counts on no fan that turns faster: what one does is at most as hot."""
    assert die_at(25.0, 65.0, 1.5) == pytest.approx(25.0 + 1.5 * 40.0)
    thermal = replace(PI, resistance_k_per_w=2.0, fan=FAN, caps=())
    seen = steady(thermal, 25.0, 12.0)
    turned = steady(with_resistance(thermal, 1.4), 25.0, 12.0)
    assert turned.die_c <= die_at(25.0, seen.die_c, 1.4) + 1e-9


def test_the_step_of_two_stores_is_the_closed_form():
    """Both eigenvalues by hand: C1 T1' = P - (T1 - T2) / R1, C2 T2' = (T1 - T2) / R1 - T2 / R2."""
    c1, r1, c2, r2, power = 12.0, 1.25, 60.0, 3.75, 8.0
    matrix = np.array([[-1 / (r1 * c1), 1 / (r1 * c1)], [1 / (r1 * c2), -(1 / r1 + 1 / r2) / c2]])
    trace, determinant = matrix.trace(), np.linalg.det(matrix)
    root = np.sqrt(trace**2 / 4 - determinant)
    rates = np.array([trace / 2 + root, trace / 2 - root])
    settled = power * np.array([r1 + r2, r2])
    # The start is at the air: settled = a v1 + b v2 with the eigenvectors (m12, rate - m11).
    vectors = np.array([[matrix[0, 1]] * 2, rates - matrix[0, 0]])
    parts = np.linalg.solve(vectors, settled)
    times = np.array([1.0, 15.0, 120.0, 600.0])
    by_hand = settled[:, None] - vectors @ (parts[:, None] * np.exp(rates[:, None] * times))
    for number, time_s in enumerate(times):
        step = step_of((HeatNode(c1, r1), HeatNode(c2, r2)), time_s)
        found = step.nodes_c(np.zeros((1, 2)), np.zeros(1), np.array([power]))
        assert found[0] == pytest.approx(by_hand[:, number], rel=1e-9)
        # Energy: what was put in is in the stores or in the air.
        released = step.released_w(np.zeros((1, 2)), found, np.array([power]))[0] * time_s
        stored = c1 * found[0, 0] + c2 * found[0, 1]
        assert released + stored == pytest.approx(power * time_s, rel=1e-12)
