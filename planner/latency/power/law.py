"""Watts of a part from what its unit does.

part = idle + dynamic x share x partitions x (clock / top clock)^k x activity
activity = (1 - gaps x idle time) x (standing + arithmetic x a + traffic x t) x threads^p

`dynamic` is limit less idle in the mode with the highest limit, and `top clock` that mode's. Standing is
what a running kernel draws however well it uses the unit: clock trees, issue, leakage of powered partitions.
Clock to a power between one and three: Le Sueur and Heiser, "Dynamic voltage and frequency scaling: the laws
of diminishing returns", HotPower 2010; the exponent is the part's own where runs in several modes were
published. Fitted on published watts (docs/power.md). It stops holding where the limit of the mode lowers the
clock: no end of a band is above that limit, but the time is then longer as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.formulas import formula
from planner.hardware.operating_point import OperatingPoint
from planner.latency.power.activity import Activity
from planner.latency.power.model import clock_key

LEAST_STANDING = 0.05
"""A kernel that runs draws something, whatever the fit makes of its weights."""


@formula("part_power")
def part_power_w(
    point: OperatingPoint, activity: Activity, family: str, values: Mapping[str, float]
) -> float:
    """Watts of the part by the formula above, not yet limited."""
    return point.idle_w + dynamic_w(point, family, values) * activity_factor(point, activity, values)


def dynamic_w(point: OperatingPoint, family: str, values: Mapping[str, float]) -> float:
    """What the unit adds to idle when fully used, in this mode and at this clock."""
    if point.clock_hz and point.clock_top_hz:
        slower = point.clock_hz / point.clock_top_hz
        # Partitions that are switched off draw nothing; the clock acts on those that run.
        scale = point.active_share * math.pow(slower, clock_exponent(point, values))
    else:
        scale = (point.power_limit_w - point.idle_w) / point.dynamic_w if point.dynamic_w else 1.0
    return point.dynamic_w * values[family] * scale


def clock_exponent(point: OperatingPoint, values: Mapping[str, float]) -> float:
    """Of the dynamic power: the common one times the part's own factor, where it has one."""
    return values["clock_power"] * values.get(clock_key(point.device), 1.0)


def activity_factor(point: OperatingPoint, activity: Activity, values: Mapping[str, float]) -> float:
    """Share of the unit's dynamic power that this activity draws."""
    # The cores that launch kernels on a CPU are those that run them: no gap there is idle.
    gaps = 0.0 if point.unit_kind == "cpu" else _share(activity.gaps)
    running = 1.0 - min(1.0, values["gaps"]) * gaps
    weights = values["arithmetic"], values["traffic"]
    standing = max(LEAST_STANDING, 1.0 - sum(weights))
    drawn = standing + weights[0] * _share(activity.arithmetic) + weights[1] * _share(activity.traffic)
    return running * drawn * math.pow(point.threads_share, values["threads"])


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


@formula("sustained_clock")
def sustained_clock(idle_w: float, demand_w: float, limit_w: float, exponent: float) -> float:
    """Share of the clock of a short run at which a part keeps its limit; one where it does so anyway."""
    if demand_w <= limit_w or demand_w <= idle_w:
        return 1.0
    return math.pow(max(0.0, limit_w - idle_w) / (demand_w - idle_w), 1.0 / exponent)
