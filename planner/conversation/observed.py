"""What runs saw of frames beside conversations, and of heat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.arrays import Floats
from planner.conversation.counts import Counts
from planner.conversation.description import Level, Serving
from planner.conversation.levels import LevelResult, TimeQuantiles, level_of, quantiles
from planner.conversation.work import Turns


@dataclass(frozen=True, slots=True)
class FramesResult:
    """A stream of frames over all runs; a frame that was dropped is infinitely late."""

    name: str
    network: str
    frames: int
    dropped: int
    times: TimeQuantiles
    level: LevelResult


@dataclass(frozen=True, slots=True)
class HeatResult:
    """Devices epoch by epoch, after the warm-up, over the runs that had epochs."""

    runs: int
    die_c: float
    """The hottest at any time; so are inlet and exhaust."""
    inlet_c: float
    exhaust_c: float
    throttled_share: float
    """Of the time of all devices."""
    least_clock: float
    device_w: float
    """Mean power of a device, its fan and leakage included."""
    shut_down: bool


def frames_results(serving: Serving, runs: Sequence[tuple[Turns, Counts]]) -> tuple[FramesResult, ...]:
    """Of each stream of frames; those that came before the warm-up was over are left out."""
    return tuple(_frames(serving, place, runs) for place in range(len(serving.frames)))


def _frames(serving: Serving, place: int, runs: Sequence[tuple[Turns, Counts]]) -> FramesResult:
    group = serving.frames[place].group
    times, dropped = list[Floats](), 0
    for work, counts in runs:
        mine = (work.frame_stream == place) & (work.frame_s >= serving.warmup_s)
        found_s = counts.frame_end_s - work.frame_s
        times.append(np.sort(np.where(np.isnan(found_s), math.inf, found_s)[mine]))
        dropped += int(counts.frame_dropped[mine].sum())
    return FramesResult(
        group.name,
        group.network,
        sum(run.size for run in times),
        dropped,
        quantiles(times),
        level_of("frame", Level(group.slo_s, group.slo_quantile), times),
    )


def heat_result(serving: Serving, runs: Sequence[Counts]) -> HeatResult | None:
    """None without epochs."""
    if serving.rack is None:
        return None
    # A run that a shutdown ended within the warm-up is counted whole.
    first = [min(serving.rack.warmup_epochs, len(counts.epoch_c) - 1) for counts in runs]
    later = list(zip(runs, first, strict=True))

    def every(name: str) -> Floats:
        return np.concatenate([getattr(counts, name)[start:].ravel() for counts, start in later])

    return HeatResult(
        runs=len(runs),
        die_c=float(every("epoch_c").max()),
        inlet_c=float(every("epoch_inlet_c").max()),
        exhaust_c=float(every("epoch_exhaust_c").max()),
        throttled_share=float(every("epoch_throttled").mean()),
        least_clock=float(every("epoch_clock").min()),
        device_w=float(every("epoch_power_w").mean()),
        shut_down=any(bool(counts.epoch_off[-1].any()) for counts in runs),
    )
