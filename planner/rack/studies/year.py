"""A year of one rack whose load repeats by the day, from short windows of it.

The day is divided into the parts of the streams' profiles (hours, or what divides them all); in each part
some windows are simulated, every one an independent run that starts thermally settled at that part's load.
The year is the parts together, each with its share of the time (stratified sampling; Cochran, Sampling
Techniques, 1977, section 5.3): mean = sum of W_h * mean_h, variance = sum of W_h^2 s_h^2 / n_h. It holds
while devices settle in a time that is short against a part (minutes against an hour) and backlog does not
outlast a part; seasons, failures and growth are not in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.errors import InputError, Problem
from planner.rack.compiled.engine import run_replication
from planner.rack.counts.latencies import pooled
from planner.rack.counts.statistics import CONFIDENCE, latency_quantile, t_interval
from planner.rack.counts.student import student_quantile
from planner.rack.counts.tally import RunTally
from planner.rack.description.rack import Rack
from planner.rack.description.streams import SILENT
from planner.rack.load.expected import refuse_overload

YEAR_S = 365.25 * 86400.0
_GROUPS = 5
"""Groups of windows whose spread gives the interval of a quantile."""


@dataclass(frozen=True, slots=True)
class YearEstimate:
    """A mean over the year with the interval that sampling leaves."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class YearResult:
    """A year: `energy_j` with fans, `requests` answered, p99 of each stream over all its requests of the
    year. `windows` of `window_s` were simulated.
    """

    energy_j: YearEstimate
    requests: YearEstimate
    p99_s: dict[str, YearEstimate]
    windows: int
    window_s: float


def simulate_year(
    rack: Rack, *, window_s: float = 20.0, warmup_s: float = 5.0, windows_per_part: int = 10
) -> YearResult:
    """A year of the rack. Refuses profiles of different periods, parts of the day in which more is asked than
    can be served, and fewer windows than give an interval.
    """
    if windows_per_part < 2 * _GROUPS:
        problem = Problem("windows_per_part", f"{2 * _GROUPS} or more", str(windows_per_part))
        raise InputError("year", [problem])
    window = replace(rack, duration_s=warmup_s + window_s, warmup_s=warmup_s, initial="steady")
    racks = [rack_at(window, share) for share in _places(rack)]
    for part in racks:
        refuse_overload(part)
    parts = [
        [run_replication(part, number * len(racks) + index) for number in range(windows_per_part)]
        for index, part in enumerate(racks)
    ]
    powers_w = [[_power_w(rack, run) for run in runs] for runs in parts]
    rates_per_s = [[run.completed / run.epochs.accounts.length_s for run in runs] for runs in parts]
    return YearResult(
        energy_j=_stratified(powers_w, YEAR_S),
        requests=_stratified(rates_per_s, YEAR_S),
        p99_s={group.name: _p99_s(parts, index) for index, group in enumerate(rack.streams)},
        windows=sum(map(len, parts)),
        window_s=window_s,
    )


def _places(rack: Rack) -> list[float]:
    """The middles of the parts of the day as shares of it; one where no stream has a profile."""
    profiles = [group.profile for group in rack.streams if group.profile is not None]
    periods_s = sorted({profile.period_s for profile in profiles})
    if len(periods_s) > 1:
        found = ", ".join(f"{period_s:g} s" for period_s in periods_s)
        raise InputError("year", [Problem("profile.period_s", "one period for all streams", found)])
    parts = math.lcm(*(len(profile.factors) for profile in profiles))
    return [(part + 0.5) / parts for part in range(parts)]


def rack_at(window: Rack, share: float) -> Rack:
    """The window with each stream's rate as it is at this share of its period."""
    streams = []
    for group in window.streams:
        factors = group.profile.factors if group.profile is not None else (1.0,)
        factor = max(factors[int(share * len(factors))], SILENT)
        streams.append(replace(group, profile=None, rate_per_s=group.rate_per_s * factor))
    return replace(window, streams=tuple(streams))


def _power_w(rack: Rack, run: RunTally) -> float:
    sums = run.epochs.accounts
    return rack.plug_w(sums.drawn_j / sums.length_s)


def _stratified(parts: Sequence[Sequence[float]], scale: float) -> YearEstimate:
    mean = float(np.mean([np.mean(part) for part in parts]))
    variance = sum(float(np.var(part, ddof=1)) / len(part) for part in parts) / len(parts) ** 2
    freedom = sum(len(part) - 1 for part in parts)
    half = student_quantile(freedom, 0.5 + CONFIDENCE / 2) * math.sqrt(variance)
    return YearEstimate(mean * scale, (mean - half) * scale, (mean + half) * scale)


def _p99_s(parts: Sequence[Sequence[RunTally]], stream: int) -> YearEstimate:
    """The quantile over all windows, and Student's interval from groups that hold windows of every part.

    All windows are of one length, so their requests weigh as those of the year do.
    """
    groups = [
        pooled([run.streams[stream].latencies for runs in parts for run in runs[number::_GROUPS]])
        for number in range(_GROUPS)
    ]
    low, high = t_interval([latency_quantile(group, 0.99) for group in groups]) or (math.nan, math.nan)
    return YearEstimate(latency_quantile(pooled(groups), 0.99), low, high)
