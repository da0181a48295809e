"""Quantiles of times over runs, and what they say of a promise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from planner.arrays import Floats
from planner.conversation.description import Level
from planner.rack.counts.results import Verdict
from planner.rack.counts.statistics import t_interval

Promise = Literal["ttft", "time_per_token", "answer", "frame"]
"""Times of a conversation, and that from a frame's arrival to its answer."""
SHARES = (0.5, 0.95, 0.99)
_ROUNDING = 1e-12
"""0.95 * 20 is a rounding above 19 in floats, whose ceiling is 20: a rank must not depend on that."""


@dataclass(frozen=True, slots=True)
class TimeQuantiles:
    """Quantiles of a time, means over the runs; infinite where so many were refused."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class LevelResult:
    """One promise: the quantile asked for over all runs, with Student's interval of 95 %."""

    promise: Promise
    asked: Level
    reached_s: float
    low_s: float | None
    high_s: float | None
    verdict: Verdict
    answers: int
    """What the quantile is of, over all runs."""

    @property
    def enough(self) -> bool:
        """Whether so many answers show the share that may be late."""
        return self.answers * (1.0 - self.asked.quantile) >= 1.0 - _ROUNDING

    @property
    def holds(self) -> bool:
        """Whether a count may rest on it: kept, or as far as few answers show it."""
        if self.verdict is Verdict.PASS:
            return True
        late = self.reached_s > self.asked.within_s
        return self.verdict is Verdict.UNDECIDED and not self.enough and not late


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """FAIL before UNDECIDED before PASS."""
    found = set(verdicts)
    return next((item for item in (Verdict.FAIL, Verdict.UNDECIDED) if item in found), Verdict.PASS)


def quantiles(runs: Sequence[Floats]) -> TimeQuantiles:
    """The usual quantiles, each the mean over the runs."""
    return TimeQuantiles(*(mean([rank(run, share) for run in runs]) for share in SHARES))


def rank(times_s: Floats, share: float) -> float:
    """The smallest time that at least this share does not exceed; NaN of none."""
    if not times_s.size:
        return math.nan
    return float(times_s[max(1, math.ceil(share * times_s.size * (1 - _ROUNDING))) - 1])


def mean(values: Sequence[float]) -> float:
    """Of what is known; NaN of nothing."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def level_of(promise: Promise, asked: Level, runs: Sequence[Floats]) -> LevelResult:
    """The verdict: all of the interval on one side, and enough answers to see the share that may be late."""
    reached = [rank(run, asked.quantile) for run in runs]
    middle = mean(reached)
    finite = all(math.isfinite(value) for value in reached)
    ends = t_interval(reached) if finite else None
    found = LevelResult(
        promise,
        asked,
        middle,
        None if ends is None else ends[0],
        None if ends is None else ends[1],
        Verdict.UNDECIDED,
        sum(run.size for run in runs),
    )
    if all(value == math.inf for value in reached) or (ends is not None and ends[0] > asked.within_s):
        return replace(found, verdict=Verdict.FAIL)
    if ends is not None and ends[1] <= asked.within_s and found.enough:
        return replace(found, verdict=Verdict.PASS)
    return found
