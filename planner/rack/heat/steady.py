"""Where one device settles at constant power and inlet, its fan turning as its temperature asks.

Closed form of what a run approaches: T = T_inlet + R(level) (P + P_fan(level) + P_leak(T)), at the lowest
level of the fan whose temperature stays below the next trip. A fan that would hunt between two levels is
taken at the higher, as in `planner.rack.heat.epoch.settled_at`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.formulas import formula
from planner.rack.description.device import Thermal
from planner.rack.heat.ladder import fan_levels, fan_w, leakage_w, resistance_k_per_w

_SETTLED_K = 1e-9
_ROUNDS = 10_000


@dataclass(frozen=True, slots=True)
class Steady:
    """Die temperature, fan level and what fan and leakage add to the power; at most the shutdown's."""

    die_c: float
    level: int
    fan_w: float
    leakage_w: float


@formula("steady_with_fan")
def steady(thermal: Thermal, inlet_c: float, power_w: float) -> Steady:
    """The balance of one device at a power without its fan and its leakage."""
    found = Steady(inlet_c, 0, 0.0, 0.0)
    for level in range(fan_levels(thermal)):
        found = _at_level(thermal, inlet_c, power_w, level)
        if thermal.fan is None or level == len(thermal.fan.trips_c):
            break
        if found.die_c < thermal.fan.trips_c[level]:
            break
    return found


def _at_level(thermal: Thermal, inlet_c: float, power_w: float, level: int) -> Steady:
    at = np.array([level], dtype=np.intp)
    resistance, turning_w = float(resistance_k_per_w(thermal, at)[0]), float(fan_w(thermal, at)[0])
    die_c, leaked_w = inlet_c, 0.0
    for _ in range(_ROUNDS if thermal.leakage else 1):
        leaked_w = float(leakage_w(thermal, np.array([die_c]))[0])
        warmer_c = inlet_c + resistance * (power_w + turning_w + leaked_w)
        # A runaway has no balance below the shutdown, which ends it.
        if thermal.leakage and warmer_c >= thermal.shutdown_c:
            return Steady(max(thermal.shutdown_c, die_c), level, turning_w, leaked_w)
        moved_k, die_c = abs(warmer_c - die_c), warmer_c
        if moved_k < _SETTLED_K:
            break
    return Steady(die_c, level, turning_w, leaked_w)


def with_resistance(thermal: Thermal, ratio: float) -> Thermal:
    """The same device with every resistance this many times as large: another unit, paste or case."""
    nodes = tuple(replace(n, resistance_k_per_w=ratio * n.resistance_k_per_w) for n in thermal.nodes)
    whole = sum(n.resistance_k_per_w for n in nodes) if nodes else ratio * thermal.resistance_k_per_w
    return replace(thermal, nodes=nodes, resistance_k_per_w=whole)


def with_capacity(thermal: Thermal, ratio: float) -> Thermal:
    """The same device with every store this many times as large: it warms and cools so much more slowly."""
    nodes = tuple(replace(n, heat_capacity_j_per_k=ratio * n.heat_capacity_j_per_k) for n in thermal.nodes)
    whole = ratio * thermal.heat_capacity_j_per_k
    if nodes:
        whole = sum(n.heat_capacity_j_per_k for n in nodes)
    return replace(thermal, nodes=nodes, heat_capacity_j_per_k=whole)


def die_at(inlet_c: float, die_c: float, ratio: float) -> float:
    """The die that is seen at a temperature, if its resistance were this many times as large.

    Power, inlet and the fan's speed stay: a fan that would turn faster is not counted on, nor one that would
    turn slower, for fan curves of other units are known no better than their resistances.
    """
    return inlet_c + ratio * (die_c - inlet_c)
