"""Trips, steps, caps and fan levels, epoch by epoch."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.rack.description.heat_path import DeviceFan, HeatNode
from planner.rack.heat.epoch import HeatState, advance
from planner.rack.heat.governor import clock_ratio, next_fan_level, next_step

COOL_W = np.zeros(4)


def stepped(device, temperature_c, step):
    return next_step(device, np.array(temperature_c), COOL_W, COOL_W, np.array(step)).tolist()


def test_one_step_is_a_switch_with_a_band(make_rack):
    device = make_rack().device
    temperature_c = [79.9, 80.0, 84.9, 85.0]
    assert stepped(device, temperature_c, [0, 0, 0, 0]) == [0, 0, 0, 1]
    assert stepped(device, temperature_c, [1, 1, 1, 1]) == [0, 1, 1, 1]


def test_several_steps_are_taken_one_a_poll(make_rack, thermal):
    """Trip at 85 C with 5 K of hysteresis; clocks 1, 0.8, 0.65, 0.5."""
    ladder = replace(thermal, clock_steps=(0.8, 0.65))
    device = replace(make_rack().device, thermal=ladder)
    step, seen = np.zeros(1, dtype=np.intp), []
    for temperature_c in [90, 90, 90, 90, 84, 81, 79, 79, 86, 79, 79]:
        step = next_step(device, np.array([float(temperature_c)]), np.zeros(1), np.zeros(1), step)
        seen.append(float(clock_ratio(ladder, step)[0]))
    assert seen == [0.8, 0.65, 0.5, 0.5, 0.5, 0.5, 0.65, 0.8, 0.65, 0.8, 1.0]


def test_a_power_cap_holds_without_hunting(make_rack, thermal):
    """5 W idle and 20 W served against a cap of 16 W: 0.5 is the fastest of 1, 0.75 and 0.5 that keeps it."""
    capped = replace(thermal, clock_steps=(0.75,), power_cap_w=16.0)
    rack = make_rack()
    rack = replace(rack, device=replace(rack.device, thermal=capped))
    off = np.zeros(2, dtype=bool)
    state = HeatState(np.full(2, 30.0), off, off)
    clocks = []
    for _ in range(20):
        clock = state.clock(capped)
        clocks.append(clock[0])
        heat, state = advance(rack, state, 20.0 * clock)
    assert clocks[:3] == [1.0, 0.75, 0.5]
    assert set(clocks[2:]) == {0.5}
    assert heat.power_w.max() <= 16.0
    light = HeatState(np.full(2, 30.0), ~off, off, step=np.full(2, 2))
    _, light = advance(rack, light, np.full(2, 2.0))
    assert light.clock(capped).tolist() == [0.75, 0.75], "with room under the cap the clock returns"


def test_a_fan_turns_up_at_its_trips_and_down_below_their_bands(thermal):
    """Trips of the Orin Nano's device tree: 50, 65 and 80 C with 4 K of hysteresis."""
    fan = DeviceFan((50.0, 65.0, 80.0), (0.2, 0.4, 0.7, 1.0), 4.0, rated_w=2.0)
    cooled = replace(thermal, fan=fan)
    level, seen = np.zeros(1, dtype=np.intp), []
    for temperature_c in [49.9, 50, 47, 45.9, 81, 76, 75.9, 62, 60.9, 30]:
        level = next_fan_level(cooled, np.array([float(temperature_c)]), level)
        seen.append(int(level[0]))
    assert seen == [0, 1, 1, 0, 3, 3, 2, 2, 1, 0]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"clock_steps": (0.4,)}, "clocks_from_the_slowest"),
        ({"clock_steps": (1.0,)}, "clocks_from_the_slowest"),
        ({"power_cap_w": -1.0}, "power_cap_w"),
        ({"nodes": (HeatNode(50.0, 0.4),)}, "nodes.resistance_k_per_w"),
        ({"nodes": (HeatNode(5.0, 0.8), HeatNode(5.0, 0.4))}, "nodes.heat_capacity_j_per_k"),
    ],
)
def test_nonsense_is_refused(thermal, changes, key):
    with pytest.raises(InputError, match=re.escape(key)):
        replace(thermal, **changes)


@pytest.mark.parametrize(
    "arguments",
    [((50.0,), (0.5,), 4.0, 1.0), ((50.0, 40.0), (0.1, 0.2, 0.3), 4.0, 1.0), ((50.0,), (0.0, 1.0), 4.0, 1.0)],
)
def test_a_fan_that_cannot_be_is_refused(arguments):
    with pytest.raises(InputError, match="device fan"):
        DeviceFan(*arguments)
