"""From turns to answers: quantiles of what is promised with intervals over runs, rates, use, memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from planner.arrays import Flags, Floats
from planner.conversation.compiled import run_compiled
from planner.conversation.counts import Counts
from planner.conversation.description import Level, Serving, Talk
from planner.conversation.plain import run_plain
from planner.conversation.work import Turns, draw
from planner.rack.counts.results import Verdict
from planner.rack.counts.statistics import t_interval

Engine = Literal["reference", "compiled"]
Promise = Literal["ttft", "time_per_token", "answer"]
PROMISES: tuple[Promise, ...] = ("ttft", "time_per_token", "answer")
_SHARES = (0.5, 0.95, 0.99)
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


@dataclass(frozen=True, slots=True)
class TalkResult:
    """A stream over all runs."""

    name: str
    turns: int
    refused: int
    preempted: int
    tokens: int
    times: dict[Promise, TimeQuantiles]
    levels: tuple[LevelResult, ...]


@dataclass(frozen=True, slots=True)
class ServingResult:
    """All that a simulation answers; rates are of all devices together."""

    talks: tuple[TalkResult, ...]
    runs: int
    tokens_per_s: float
    prompt_tokens_per_s: float
    busy: float
    """Share of time that a step runs, mean over devices."""
    use: float
    """Of that time, the share that the unit would be busy at its peak."""
    tokens_per_step: float
    most_sessions: int
    most_cache_bytes: float

    @property
    def holds(self) -> bool:
        """Whether a count may rest on it."""
        return all(level.holds for talk in self.talks for level in talk.levels)

    @property
    def verdict(self) -> Verdict:
        """Of all promises of all streams."""
        return worst(level.verdict for talk in self.talks for level in talk.levels)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """FAIL before UNDECIDED before PASS."""
    found = set(verdicts)
    return next((item for item in (Verdict.FAIL, Verdict.UNDECIDED) if item in found), Verdict.PASS)


def simulate_conversations(
    serving: Serving, replications: int = 1, *, engine: Engine = "compiled"
) -> ServingResult:
    """Independent runs of the same devices and streams, counted."""
    runs = [one_run(serving, number, engine) for number in range(replications)]
    return summarise(serving, runs)


def one_run(serving: Serving, replication: int = 0, engine: Engine = "compiled") -> tuple[Turns, Counts]:
    """One run and what it had to do."""
    work = draw(serving, replication)
    return work, (run_plain if engine == "reference" else run_compiled)(serving, work)


def summarise(serving: Serving, runs: Sequence[tuple[Turns, Counts]]) -> ServingResult:
    """Turns that came before the warm-up was over are left out; those of devices' use are not."""
    tokens = sum(int(counts.made[_counted(serving, counts)].sum()) for _, counts in runs)
    lengths_s = [_length_s(serving, counts) for _, counts in runs]
    whole_s = sum(lengths_s)
    busy_s = sum(float(counts.busy_s.sum()) for _, counts in runs)
    used_s = sum(float(counts.used_s.sum()) for _, counts in runs)
    steps = sum(int(counts.steps.sum()) for _, counts in runs)
    made = sum(int(counts.made.sum()) for _, counts in runs)
    return ServingResult(
        talks=tuple(_talk(serving, place, talk, runs) for place, talk in enumerate(serving.talks)),
        runs=len(runs),
        tokens_per_s=tokens / (whole_s - len(runs) * serving.warmup_s),
        prompt_tokens_per_s=sum(int(counts.read.sum()) for _, counts in runs) / whole_s,
        busy=busy_s / (whole_s * serving.devices),
        use=used_s / busy_s if busy_s else 0.0,
        tokens_per_step=made / steps if steps else 0.0,
        most_sessions=max(int(counts.most_sessions.max()) for _, counts in runs),
        most_cache_bytes=max(float(counts.most_bytes.max()) for _, counts in runs),
    )


def _counted(serving: Serving, counts: Counts) -> Flags:
    """Turns that came after the warm-up; those that never came have no arrival."""
    found: Flags = counts.arrival_s >= serving.warmup_s
    return found


def _length_s(serving: Serving, counts: Counts) -> float:
    """A run ends when the last answer does."""
    ends_s = counts.end_s[~np.isnan(counts.end_s)]
    return max(serving.duration_s, float(ends_s.max()) if ends_s.size else 0.0)


def _talk(serving: Serving, place: int, talk: Talk, runs: Sequence[tuple[Turns, Counts]]) -> TalkResult:
    own = [(work, counts, _counted(serving, counts) & (work.talk == place)) for work, counts in runs]
    times = {
        promise: [_sorted(work, counts, mine, promise) for work, counts, mine in own] for promise in PROMISES
    }
    return TalkResult(
        name=talk.name,
        turns=sum(int(mine.sum()) for _, _, mine in own),
        refused=sum(int(counts.refused[mine].sum()) for _, counts, mine in own),
        preempted=sum(int(counts.preempted[mine].sum()) for _, counts, mine in own),
        tokens=sum(int(counts.made[mine].sum()) for _, counts, mine in own),
        times={
            promise: TimeQuantiles(
                *(_mean([_rank(run, share) for run in times[promise]]) for share in _SHARES)
            )
            for promise in PROMISES
        },
        levels=tuple(
            _level(promise, asked, times[promise])
            for promise in PROMISES
            if (asked := getattr(talk.levels, promise)) is not None
        ),
    )


def _sorted(work: Turns, counts: Counts, mine: Flags, promise: Promise) -> Floats:
    """A time of each turn; a refused one is infinitely late. One token has no time between tokens."""
    if promise == "ttft":
        found_s = counts.first_s - counts.arrival_s
    elif promise == "answer":
        found_s = counts.end_s - counts.arrival_s
    else:
        mine = mine & (work.output > 1)
        found_s = (counts.end_s - counts.first_s) / np.maximum(1, work.output - 1)
    return np.sort(np.where(counts.refused, math.inf, found_s)[mine])


def _rank(times_s: Floats, share: float) -> float:
    """The smallest time that at least this share does not exceed; NaN of none."""
    if not times_s.size:
        return math.nan
    return float(times_s[max(1, math.ceil(share * times_s.size * (1 - _ROUNDING))) - 1])


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _level(promise: Promise, asked: Level, runs: Sequence[Floats]) -> LevelResult:
    """The verdict: all of the interval on one side, and enough answers to see the share that may be late."""
    reached = [_rank(run, asked.quantile) for run in runs]
    middle = _mean(reached)
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
