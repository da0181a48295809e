"""Who slows down, who turns its fan up, who switches off: decided once an epoch from temperature and power.

The clock follows the step-wise governor of the Linux thermal framework: one step down for each poll at or
above the trip, one step up for each poll below the trip less the hysteresis. A power cap acts in the same
steps: down while the mean power of the epoch is over it, up only where the power at the next clock would
keep it. An epoch is one poll (1 s on Jetson Orin). With a single step this is a switch with hysteresis.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.description.heat_path import DeviceFan
from planner.rack.description.rack import RackDevice, Thermal
from planner.rack.heat.ladder import Indices

_ROUNDING = 1e-9


def clock_ratio(thermal: Thermal, step: Indices) -> Floats:
    """The clock of each device at its step."""
    return np.array(thermal.clocks)[step]


@formula("step_wise_governor")
def next_step(
    device: RackDevice, temperature_c: Floats, power_w: Floats, dynamic_w: Floats, step: Indices
) -> Indices:
    """The clock step of the coming epoch, from the die's temperature after the last one and its power.

    `power_w` is all that the device drew, `dynamic_w` its part above idle, which is taken to follow clock **
    `clock_power_exponent` when the power at the next clock is foreseen. Where all devices stay at full clock
    the answer is `step` itself.
    """
    thermal = device.thermal
    slower = temperature_c >= thermal.throttle_c
    # The usual epoch of a cool rack: nothing to step down from, and no step up left.
    if thermal.power_cap_w is None and not (step.any() or (temperature_c >= thermal.coolest_trip_c).any()):
        return step
    faster = temperature_c < thermal.throttle_c - thermal.hysteresis_k
    if thermal.power_cap_w is not None:
        slower |= power_w > thermal.power_cap_w
        clock = np.array(thermal.clocks)
        # At full clock there is no next step: the ratio is one and nothing is foreseen.
        growth = (clock[np.maximum(step - 1, 0)] / clock[step]) ** device.clock_power_exponent
        # Without foresight the clock could step up over the cap and down again, every other epoch.
        faster &= power_w + dynamic_w * (growth - 1.0) <= thermal.power_cap_w
    # Too hot or over the cap goes before cool enough: `slower` decides where both hold.
    moved = np.where(slower, step + 1, np.where(faster, step - 1, step))
    held = np.maximum(
        np.minimum(np.maximum(moved, 0), len(thermal.clocks) - 1), _capped(thermal, temperature_c, step)
    )
    return held.astype(np.intp, copy=False)


def _capped(thermal: Thermal, temperature_c: Floats, step: Indices) -> Indices:
    """The least step that the caps of the clock leave: each acts at once, and ends below its hysteresis."""
    least = np.zeros(temperature_c.shape, dtype=np.intp)
    for cap in thermal.caps:
        first = next(n for n, clock in enumerate(thermal.clocks) if clock <= cap.clock + _ROUNDING)
        stays = (temperature_c >= cap.at_c - thermal.hysteresis_k) & (step >= first)
        least = np.where((temperature_c >= cap.at_c) | stays, first, least)
    return least


def next_fan_level(thermal: Thermal, temperature_c: Floats, level: Indices) -> Indices:
    """The fan level of the coming epoch: the highest whose trip is reached, or held within its hysteresis."""
    if thermal.fan is None:
        return level
    trips_c, left_c = _trips_c(thermal.fan)
    reached = trips_c.searchsorted(temperature_c, side="right")
    # A level falls only below its own trip less the hysteresis, and then to the highest that is still held.
    held = left_c.searchsorted(temperature_c, side="right")
    return np.asarray(np.maximum(reached, np.minimum(level, held)), dtype=np.intp)


@lru_cache(maxsize=256)
def _trips_c(fan: DeviceFan) -> tuple[Floats, Floats]:
    """Where each level begins, and below which temperature it is left."""
    trips_c = np.array(fan.trips_c)
    return trips_c, trips_c - fan.hysteresis_k
