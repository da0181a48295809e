"""Heat in one device: a single capacity C behind a single resistance R to its inlet air.

C dT/dt = P - (T - T_inlet) / R, solved exactly over a step in which power and inlet stand still:
T(dt) = T_end + (T(0) - T_end) * exp(-dt / (R C)), with T_end = T_inlet + R P. One node stands for die, sink
and case together: it holds for changes slower than the die's own time constant (seconds), and not for peaks
within one batch. All functions work on arrays with one element a device.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from planner.rack.description import Thermal

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def leakage_w(thermal: Thermal, temperature_c: Floats) -> Floats:
    """Power that the temperature adds to idle power; zeros where the leakage is not known."""
    leakage = thermal.leakage
    if leakage is None:
        return np.zeros_like(temperature_c)
    return np.asarray(leakage.reference_w * np.exp(leakage.per_k * (temperature_c - leakage.reference_c)))


def settled_c(thermal: Thermal, inlet_c: Floats, power_w: Floats) -> Floats:
    """The temperature that a device reaches at constant power and inlet."""
    return inlet_c + thermal.resistance_k_per_w * power_w


def step_c(thermal: Thermal, start_c: Floats, inlet_c: Floats, power_w: Floats, step_s: float) -> Floats:
    """The temperature after a step at constant power and inlet; exact for any length of step."""
    end_c = settled_c(thermal, inlet_c, power_w)
    return end_c + (start_c - end_c) * math.exp(-step_s / time_constant_s(thermal))


def released_w(thermal: Thermal, start_c: Floats, inlet_c: Floats, power_w: Floats, step_s: float) -> Floats:
    """Mean heat flow from device to air over a step: the integral of (T - T_inlet) / R over its length."""
    lag = lag_share(thermal, step_s)
    return power_w * (1.0 - lag) + (start_c - inlet_c) * (lag / thermal.resistance_k_per_w)


def lag_share(thermal: Thermal, step_s: float) -> float:
    """Mean of exp(-t / (R C)) over a step: the weight that the starting temperature keeps in it."""
    steps = step_s / time_constant_s(thermal)
    return -math.expm1(-steps) / steps


def time_constant_s(thermal: Thermal) -> float:
    """R C, the time in which a difference falls to 37 %."""
    return thermal.resistance_k_per_w * thermal.heat_capacity_j_per_k


def next_throttled(thermal: Thermal, temperature_c: Floats, throttled: Flags) -> Flags:
    """Who throttles in the coming epoch: who is at the trip, and who was and is still in the band."""
    holding = throttled & (temperature_c >= thermal.throttle_c - thermal.hysteresis_k)
    return (temperature_c >= thermal.throttle_c) | holding
