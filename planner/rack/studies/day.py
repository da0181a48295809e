"""A day of one rack, hour by hour: a window of each hour, thermally settled at its load and supply air.

It holds while devices settle in a time that is short against an hour and no backlog outlasts one, as for a
year (`planner.rack.studies.year`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.rack.compiled.engine import run_replication
from planner.rack.counts.latencies import pooled
from planner.rack.counts.statistics import latency_quantile
from planner.rack.counts.tally import RunTally
from planner.rack.description.rack import Rack
from planner.rack.heat.air import at_supply
from planner.rack.load.expected import offered_utilisation, over_the_period
from planner.rack.studies.year import rack_at

HOURS = 24


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour; times, temperatures and powers are means over its window unless they say otherwise.

    All but the load and the supply are None in an hour in which more is asked than can be served.
    """

    hour: int
    load_ratio: float
    supply_c: float
    inlet_c: float | None = None
    temperature_mean_c: float | None = None
    temperature_max_c: float | None = None
    power_w: float | None = None
    queue_mean: float | None = None
    queue_max: float | None = None
    utilisation: float | None = None
    p99_s: float | None = None


def changes_by_hour(rack: Rack, supply_by_hour_c: Sequence[float]) -> bool:
    """Whether an hour differs from the next in anything that is described."""
    profiles = any(group.profile is not None for group in rack.streams)
    return profiles or len(set(supply_by_hour_c)) > 1


def simulate_day(
    rack: Rack, supply_by_hour_c: Sequence[float], *, window_s: float = 20.0, warmup_s: float = 5.0
) -> tuple[Hour, ...]:
    """Every hour of a day whose profiles begin at midnight; `supply_by_hour_c` has one value an hour."""
    window = replace(rack, duration_s=warmup_s + window_s, warmup_s=warmup_s, initial="steady")
    offered = offered_utilisation(over_the_period(rack))
    return tuple(
        _hour(window, hour, supply_c, offered)
        for hour, supply_c in zip(range(HOURS), supply_by_hour_c, strict=True)
    )


def _hour(window: Rack, hour: int, supply_c: float, offered: float) -> Hour:
    part = rack_at(window, (hour + 0.5) / HOURS)
    part = replace(part, air=at_supply(part.air, supply_c))
    load = offered_utilisation(part)
    known = Hour(hour, load / offered, supply_c)
    if load >= 1.0:
        return known
    run = run_replication(part, hour)
    sums = run.epochs.accounts
    counted = slice(part.warmup_epochs, None)
    return replace(
        known,
        inlet_c=float(run.epochs.column("inlet_c")[counted].mean()),
        temperature_mean_c=sums.temperature_s / (sums.length_s * part.installed),
        temperature_max_c=sums.max_c,
        power_w=part.plug_w(sums.drawn_j / sums.length_s),
        queue_mean=sums.waiting_s / sums.length_s,
        queue_max=float(run.epochs.column("queue_length")[counted].max()),
        utilisation=sums.busy_s / (sums.length_s * part.count),
        p99_s=_p99_s(run),
    )


def _p99_s(run: RunTally) -> float | None:
    """The 99th percentile over the requests of all streams; None where none was served."""
    value = latency_quantile(pooled([stream.latencies for stream in run.streams]), 0.99)
    return value if math.isfinite(value) else None
