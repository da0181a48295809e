"""One epoch of heat in the whole rack: power, air, temperature, and who throttles or shuts down after it.

Any engine that knows how much energy each device put into serving during an epoch gets the same answer from
here. Over an epoch power and inlet stand still; the inlet is the one that the epoch's own heat makes, so
that a strong recirculation cannot oscillate from epoch to epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.rack.air import exhaust_c, heat_rate_w_per_k, inlets_c
from planner.rack.description import Rack
from planner.rack.load import expected_load
from planner.rack.thermal import (
    Flags,
    Floats,
    lag_share,
    leakage_w,
    next_throttled,
    released_w,
    settled_c,
    step_c,
)

_SETTLED_K = 1e-9
_ROUNDS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class HeatState:
    """What carries over from epoch to epoch, for each device: temperature, throttled, switched off."""

    temperature_c: Floats
    throttled: Flags
    off: Flags


@dataclass(frozen=True, slots=True, eq=False)
class EpochHeat:
    """What held during one epoch: power and inlet of each device, mixed exhaust."""

    power_w: Floats
    inlet_c: Floats
    exhaust_c: float


def advance(rack: Rack, state: HeatState, dynamic_w: Floats) -> tuple[EpochHeat, HeatState]:
    """The epoch that begins in a state with this mean power above idle on each device, and the state after.

    Leakage is taken at the temperature at the start of the epoch. A device that is off draws nothing and
    cools.
    """
    thermal = rack.device.thermal
    on_w = rack.device.idle_w + leakage_w(thermal, state.temperature_c) + dynamic_w
    power_w = np.where(state.off, 0.0, on_w)
    inlet_c, heat_w = _breathed(rack, state.temperature_c, power_w)
    temperature_c = step_c(thermal, state.temperature_c, inlet_c, power_w, rack.epoch_s)
    off = state.off | (temperature_c >= thermal.shutdown_c)
    throttled = next_throttled(thermal, temperature_c, state.throttled) & ~off
    return EpochHeat(power_w, inlet_c, exhaust_c(rack.air, heat_w)), HeatState(temperature_c, throttled, off)


def _breathed(rack: Rack, start_c: Floats, power_w: Floats) -> tuple[Floats, float]:
    """Inlets, and heat into the air, that agree with each other over one epoch.

    A warmer inlet takes lag/R less heat from each device, and each watt warms it by r / (rho cp V): linear,
    so solved.
    """
    thermal, air, count = rack.device.thermal, rack.air, rack.count
    unmixed_c = inlets_c(air, count, 0.0)
    unmixed_w = float(released_w(thermal, start_c, unmixed_c, power_w, rack.epoch_s).sum()) + rack.fan_w
    withheld_w_per_k = count * lag_share(thermal, rack.epoch_s) / thermal.resistance_k_per_w
    warming_k_per_w = air.recirculation / heat_rate_w_per_k(air)
    inlet_c = inlets_c(air, count, unmixed_w / (1.0 + withheld_w_per_k * warming_k_per_w))
    heat_w = float(released_w(thermal, start_c, inlet_c, power_w, rack.epoch_s).sum()) + rack.fan_w
    return inlet_c, heat_w


def initial_state(rack: Rack) -> HeatState:
    """Where the run starts: at the inlets of an unloaded rack, or thermally settled at the offered load.

    Settled below the trip is the fixed point of power, leakage and recirculated air. Past it, devices that
    stay at or above the trip even when throttled start there; those that would swing across it, run away or
    shut down start at the trip, throttled, and the run shows what follows.
    """
    none_off = np.zeros(rack.count, dtype=np.bool_)
    if rack.initial == "cold":
        return HeatState(inlets_c(rack.air, rack.count, 0.0), none_off, none_off)
    thermal = rack.device.thermal
    full_c = settled_at(rack, 1.0)
    throttled_c = settled_at(rack, thermal.throttled_clock)
    throttled = full_c >= thermal.throttle_c
    stays = (throttled_c >= thermal.throttle_c) & (throttled_c < thermal.shutdown_c)
    hot_c = np.where(stays, throttled_c, thermal.throttle_c)
    return HeatState(np.where(throttled, hot_c, full_c), throttled, none_off)


def settled_at(rack: Rack, clock: float) -> Floats:
    """Temperatures at which heat in and out balance at a clock and the expected load; at most the shutdown's.

    The iteration rises from the cold rack to the lowest balance; where leakage has none below the shutdown
    (thermal runaway), the shutdown temperature is the answer.
    """
    thermal = rack.device.thermal
    served_w = rack.device.idle_w + expected_load(rack, clock).dynamic_w
    temperature_c = inlets_c(rack.air, rack.count, 0.0)
    for _ in range(_ROUNDS):
        power_w = served_w + leakage_w(thermal, temperature_c)
        inlet_c = inlets_c(rack.air, rack.count, float(power_w.sum()) + rack.fan_w)
        warmer_c = np.minimum(settled_c(thermal, inlet_c, power_w), thermal.shutdown_c)
        if np.max(warmer_c - temperature_c) < _SETTLED_K:
            break
        temperature_c = warmer_c
    return temperature_c
