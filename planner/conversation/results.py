"""From turns to answers: quantiles of what is promised with intervals over runs, rates, use, memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from planner.arrays import Flags, Floats
from planner.conversation.compiled import run_compiled
from planner.conversation.counts import Counts
from planner.conversation.description import Serving, Talk
from planner.conversation.levels import LevelResult, Promise, TimeQuantiles, level_of, quantiles, worst
from planner.conversation.observed import FramesResult, HeatResult, frames_results, heat_result
from planner.conversation.plain import run_plain
from planner.conversation.work import Turns, draw
from planner.rack.counts.results import Verdict

Engine = Literal["reference", "compiled"]
PROMISES: tuple[Promise, ...] = ("ttft", "time_per_token", "answer")
"""Of a conversation."""


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
    dynamic_w: float
    """Mean power of a device above idle, of steps and frames."""
    frames: tuple[FramesResult, ...] = ()
    frames_busy: float = 0.0
    """Share of time that a frame is served, beside `busy`."""
    heat: HeatResult | None = None
    """None where devices had no epochs."""

    def promises(self) -> Iterator[tuple[str, LevelResult]]:
        """Every promise with the name of its stream."""
        for talk in self.talks:
            yield from ((talk.name, level) for level in talk.levels)
        yield from ((frames.name, frames.level) for frames in self.frames)

    @property
    def worked(self) -> float:
        """Share of time that a device does anything."""
        return self.busy + self.frames_busy

    @property
    def holds(self) -> bool:
        """Whether a count may rest on it."""
        return all(level.holds for _, level in self.promises())

    @property
    def verdict(self) -> Verdict:
        """Of all promises of all streams; FAIL where a device has shut down."""
        if self.heat is not None and self.heat.shut_down:
            return Verdict.FAIL
        return worst(level.verdict for _, level in self.promises())


def simulate_conversations(
    serving: Serving, replications: int = 1, *, engine: Engine = "compiled"
) -> ServingResult:
    """Independent runs of the same devices and streams, counted."""
    runs = [one_run(serving, number, engine) for number in range(replications)]
    return summarise(serving, runs)


def summarise_heat(serving: Serving, engine: Engine = "compiled") -> HeatResult | None:
    """What one run sees of heat, for devices that heat does not slow down."""
    return heat_result(serving, [one_run(serving, 0, engine)[1]])


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
        dynamic_w=sum(float(counts.energy_j.sum()) for _, counts in runs) / (whole_s * serving.devices),
        frames=frames_results(serving, runs),
        frames_busy=sum(float(counts.frames_busy_s.sum()) for _, counts in runs)
        / (whole_s * serving.devices),
        heat=heat_result(serving, [counts for _, counts in runs]),
    )


def _counted(serving: Serving, counts: Counts) -> Flags:
    """Turns that came after the warm-up; those that never came have no arrival."""
    found: Flags = counts.arrival_s >= serving.warmup_s
    return found


def _length_s(serving: Serving, counts: Counts) -> float:
    """A run ends when the last answer does."""
    ends_s = np.concatenate((counts.end_s, counts.frame_end_s))
    ends_s = ends_s[~np.isnan(ends_s)]
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
        times={promise: quantiles(times[promise]) for promise in PROMISES},
        levels=tuple(
            level_of(promise, asked, times[promise])
            for promise in PROMISES
            if (asked := getattr(talk.levels, promise)) is not None
        ),
    )


def _sorted(work: Turns, counts: Counts, mine: Flags, promise: Promise) -> Floats:
    """A time of each turn; one that is refused or never answered is infinitely late. One token has no time
    between tokens."""
    if promise == "ttft":
        found_s = counts.first_s - counts.arrival_s
    elif promise == "answer":
        found_s = counts.end_s - counts.arrival_s
    else:
        mine = mine & (work.output > 1)
        found_s = (counts.end_s - counts.first_s) / np.maximum(1, work.output - 1)
    return np.sort(np.where(counts.refused | np.isnan(found_s), math.inf, found_s)[mine])
