"""The device model against temperatures that others measured.

Jetson Orin NX 16 GB on a carrier with its stock heat sink and fan in open air, module power at its own rail
and highest junction temperature (ARK Electronics, ark_jetson_kernel, docs/power.md): the room is not told,
nor how long each row lasted but for the last, a soak of 45 minutes that settled at 91 to 92 degC.
"""

from __future__ import annotations

import numpy as np

from planner.hardware.catalog import read_device
from planner.plan.rack.heat import thermal_of_part
from planner.rack.description.device import Thermal
from planner.rack.description.heat_path import DeviceFan
from planner.rack.heat.governor import next_fan_level
from planner.rack.heat.ladder import settled_c
from planner.rack.heat.steady import steady

ROOM_C = 25.0
"""Assumed."""
POWER_W = np.array([4.6, 16.9, 27.6, 29.4, 29.0])
JUNCTION_C = np.array([58.0, 71.0, 86.0, 89.0, 91.5])
WITH_FAN = Thermal(
    resistance_k_per_w=2.23,
    heat_capacity_j_per_k=80.0,
    throttle_c=99.0,
    hysteresis_k=0.0,
    shutdown_c=104.5,
    throttled_clock=0.5,
    fan=DeviceFan((50.0, 65.0, 80.0), (0.1, 0.232, 0.78, 1.0), hysteresis_k=4.0, rated_w=1.0),
)
"""Trips of the mainline device tree; the resistance and two speeds are fitted to the rows."""


def settled(thermal: Thermal) -> np.ndarray:
    """Where each power leads from a cold start, the fan turning as the temperature asks."""
    level = np.zeros(POWER_W.size, dtype=np.intp)
    for _ in range(10):
        found_c = settled_c(thermal, np.full(POWER_W.size, ROOM_C), POWER_W, level)
        level = np.maximum(level, np.minimum(next_fan_level(thermal, found_c, level), level + 1))
    return found_c


def test_a_fan_with_the_published_trips_explains_all_rows():
    """Three fitted numbers for five rows: 1.2 K root mean square, 2 K at most, and no throttling, as seen."""
    error_k = settled(WITH_FAN) - JUNCTION_C
    assert np.abs(error_k).max() < 2.0
    assert np.sqrt((error_k**2).mean()) < 1.3
    assert settled(WITH_FAN).max() < WITH_FAN.throttle_c


def test_one_resistance_does_not_and_the_catalog_has_the_fan():
    """No single resistance is within 10 K of all rows; the catalogue's cooler is within 3 K of each."""
    for resistance in np.linspace(1.5, 8.0, 200):
        assert np.abs(ROOM_C + resistance * POWER_W - JUNCTION_C).max() > 10.0
    shipped = thermal_of_part(read_device("jetson-orin-nx-16"))
    found_c = [steady(shipped, ROOM_C, power_w).die_c for power_w in POWER_W]
    assert np.abs(np.array(found_c) - JUNCTION_C).max() < 3.0
