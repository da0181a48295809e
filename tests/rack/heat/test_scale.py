"""A hall of devices in even air: no system of as many unknowns, and the temperatures of the small one."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from planner.rack.description.heat_path import DeviceFan, VerticalRecirculation
from planner.rack.description.rack import Air, Leakage
from planner.rack.heat.epoch import advance, initial_state, runaway_margin
from planner.rack.heat.recirculation import rising_matrix_k_per_w

DEVICES = 10_000


def hall(make_rack, thermal, count):
    """Everything that heat can do, air and load in proportion to the devices."""
    fan = DeviceFan((40.0, 60.0), (0.4, 0.7, 1.0), 3.0, 2.0)
    warm = replace(thermal, leakage=Leakage(1.0, 25.0, 0.02), fan=fan)
    rack = make_rack(count=count, air=Air(25.0, 0.01 * count, recirculation=0.3), fan_w=3.0 * count)
    stream = replace(rack.streams[0], sources=3 * count)
    return replace(rack, device=replace(rack.device, thermal=warm), streams=(stream,))


def test_no_memory_of_the_square_of_the_devices(make_rack, thermal):
    """A matrix of 10,000 x 10,000 would take 800 MB; a row of each takes 0.08."""
    rack = hall(make_rack, thermal, DEVICES)
    tracemalloc.start()
    state = initial_state(rack)
    for _ in range(3):
        _, state = advance(rack, state, np.full(DEVICES, 15.0))
    margin = runaway_margin(rack, state.temperature_c)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 40e6
    small = hall(make_rack, thermal, 4)
    expected = initial_state(small)
    for _ in range(3):
        _, expected = advance(small, expected, np.full(4, 15.0))
    assert state.temperature_c == pytest.approx(expected.temperature_c[0], rel=1e-9)
    assert margin == pytest.approx(runaway_margin(small, expected.temperature_c), rel=1e-9)


def test_even_air_settles_as_by_the_matrix(make_rack, thermal):
    """The one unknown against the system with one for each inlet, D = r / (rho cp V) everywhere."""
    rack = hall(make_rack, thermal, 5)
    state = initial_state(rack)
    conductance = 1.0 / thermal.resistance_k_per_w
    plain = replace(rack, device=replace(rack.device, thermal=thermal))
    die_c = initial_state(plain).temperature_c
    d = 0.3 / (1.204 * 1006.0 * 0.05)
    matrix = np.full((5, 5), d)
    heats_w = (die_c - 25.0) * conductance + plain.fan_w / 5
    inlets_c = 25.0 + np.linalg.solve(np.eye(5) + matrix * conductance, matrix @ heats_w)
    power_w = (die_c - inlets_c) * conductance
    busy = 3 * 15.0 * 0.01
    assert power_w == pytest.approx(5.0 + 20.0 * busy, rel=1e-6)
    assert state.temperature_c.shape == (5,)


def test_even_air_has_no_matrix():
    with pytest.raises(ValueError, match="needs no matrix"):
        rising_matrix_k_per_w(Air(25.0, 0.1, recirculation=0.3), 3)
    rising = Air(25.0, 0.1, vertical=VerticalRecirculation(0.1, 0.2, 0.5))
    assert rising_matrix_k_per_w(rising, 3).shape == (3, 3)
