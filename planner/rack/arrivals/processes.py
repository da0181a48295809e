"""Arrival processes: each one source's request times, rising, in blocks, for as long as one asks.

A process is a small generator of blocks of times; a wrapper changes the blocks of another. All take their
chance from generators of their own, so that the blocks can be drawn as the run goes and are the same however
long it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count

import numpy as np

from planner.arrays import Floats
from planner.rack.arrivals.trace import trace_blocks
from planner.rack.description.streams import Bursts, DayProfile, DropOuts, StreamGroup

Blocks = Iterator[Floats]

_BLOCK = 512
_LEAST_BLOCK, _MOST_IN_BLOCKS = 16, 1 << 21
"""Times that all sources together hold, drawn and not yet taken; 8 bytes each."""
_MOST_AT_ONCE = 100_000
"""Requests of one phase of a bursty source that are drawn at once."""
_PHASES = 16


def block_of(sources: int) -> int:
    """Times of a periodic source that are drawn at once, so that many sources do not fill the memory.

    They are the same for any size; those of random gaps, which add up, may round otherwise and keep theirs.
    """
    return max(_LEAST_BLOCK, min(_BLOCK, _MOST_IN_BLOCKS // max(1, sources)))


def source_blocks(
    group: StreamGroup,
    chance: np.random.Generator,
    outages: np.random.Generator | None,
    *,
    block: int = _BLOCK,
) -> Blocks:
    """The request times of one source of a group, from time zero on; `outages` only where it drops out."""
    blocks = _process(group, chance, block)
    if group.profile is not None:
        blocks = _paced(blocks, group.profile)
    if group.drop_outs is not None and outages is not None:
        blocks = _with_drop_outs(blocks, group.drop_outs, outages)
    return blocks


def _process(group: StreamGroup, chance: np.random.Generator, block: int) -> Blocks:
    if group.arrivals == "trace" and group.trace is not None:
        return trace_blocks(group.trace)
    if group.arrivals == "gamma" and group.gap_cv is not None:
        return _gamma(group.rate_per_s, group.gap_cv, chance)
    if group.arrivals == "mmpp" and group.bursts is not None:
        return _bursty(group.rate_per_s, group.bursts, chance)
    if group.arrivals == "poisson":
        return _poisson(group.rate_per_s, chance)
    return _periodic(group.rate_per_s, group.jitter_s, chance, block)


def _periodic(rate_per_s: float, jitter_s: float, chance: np.random.Generator, block: int) -> Blocks:
    period_s = 1.0 / rate_per_s
    # A phase evenly within the period, drawn anew for each replication: p99 over replications is one over
    # phases.
    phase_s = chance.uniform(0.0, period_s)
    # From the period before zero on, because jitter may bring its frame into the run.
    for first in count(-1, block):
        time_s = np.asarray(phase_s + np.arange(first, first + block) * period_s)
        if jitter_s > 0:
            time_s = time_s + chance.uniform(-jitter_s, jitter_s, size=block)
        yield time_s[time_s >= 0] if first < 0 else time_s


def _poisson(rate_per_s: float, chance: np.random.Generator) -> Blocks:
    last_s = 0.0
    while True:
        time_s = last_s + np.cumsum(chance.exponential(1.0 / rate_per_s, size=_BLOCK))
        last_s = float(time_s[-1])
        yield time_s


def _gamma(rate_per_s: float, gap_cv: float, chance: np.random.Generator) -> Blocks:
    """Renewal process of gamma gaps, begun so long before zero that its start is forgotten there."""
    # A gap that begins at zero is no typical one: an instant falls into long gaps more often (inspection
    # paradox). After tens of gaps the process has forgotten where it began.
    last_s = -20.0 * (1.0 + gap_cv**2) / rate_per_s
    while True:
        # Shape 1 / cv^2 and scale cv^2 / rate: mean gap 1 / rate, coefficient of variation cv.
        gaps_s = chance.gamma(1.0 / gap_cv**2, gap_cv**2 / rate_per_s, size=_BLOCK)
        time_s = last_s + np.cumsum(gaps_s)
        last_s = float(time_s[-1])
        yield time_s[time_s >= 0]


def _bursty(rate_per_s: float, bursts: Bursts, chance: np.random.Generator) -> Blocks:
    """Poisson at one of two rates; in each phase a Poisson count of uniform times. The mean rate is kept."""
    cycle_s = bursts.calm_s + bursts.burst_s
    # Chosen so that the rates of both phases, weighed by their mean lengths, add up to the stated mean rate.
    calm_per_s = rate_per_s * cycle_s / (bursts.calm_s + bursts.ratio * bursts.burst_s)
    means_s = (bursts.calm_s, bursts.burst_s)
    rates_per_s = (calm_per_s, calm_per_s * bursts.ratio)
    # The run begins in either phase as often as the long run is in it; exponential phases have no age, so the
    # first one needs no correction.
    state = int(chance.random() < bursts.burst_s / cycle_s)
    start_s = 0.0
    while True:
        phases = []
        for _ in range(_PHASES):
            length_s = float(chance.exponential(means_s[state]))
            # A phase of weeks is drawn in parts, so that a run of minutes draws no more than it needs.
            parts = max(1, math.ceil(rates_per_s[state] * length_s / _MOST_AT_ONCE))
            for _ in range(parts):
                # Given their number, the times of a Poisson process are independent and even over the phase.
                requests = int(chance.poisson(rates_per_s[state] * length_s / parts))
                phases.append(start_s + np.sort(chance.random(requests)) * length_s / parts)
                start_s += length_s / parts
                if parts > 1:
                    yield np.concatenate(phases)
                    phases = []
            state = 1 - state
        if phases:
            yield np.concatenate(phases)


def _paced(blocks: Blocks, profile: DayProfile) -> Blocks:
    """The same process in a time that runs as fast as the profile says: t = inverse of its integral.

    The process is drawn at the profile's factor of one; a part of the period with the factor zero is
    skipped.
    """
    # Change of time: the integral of the factors is the process's own clock, and t is where that clock reads
    # the drawn time.
    part_s = profile.period_s / len(profile.factors)
    edges_s = np.arange(len(profile.factors) + 1) * part_s
    work_s = np.concatenate(([0.0], np.cumsum(np.array(profile.factors) * part_s)))
    start_s = profile.start_s % profile.period_s
    done_s = float(np.interp(start_s, edges_s, work_s))
    for block in blocks:
        periods, inside_s = np.divmod(block + done_s, work_s[-1])
        time_s = periods * profile.period_s + np.interp(inside_s, work_s, edges_s) - start_s
        # Interpolating back and forth may lose the last bit; times may not go back or below zero for it.
        yield np.maximum.accumulate(np.maximum(time_s, 0.0)) if time_s.size else time_s


def _with_drop_outs(blocks: Blocks, drop_outs: DropOuts, chance: np.random.Generator) -> Blocks:
    """The process without what falls into an outage; up and down alternate from the run's beginning on."""
    # As likely up at the beginning as in the long run; exponential spans have no age.
    up = bool(chance.random() < drop_outs.availability)
    changes_s = np.zeros(1)
    for block in blocks:
        while block.size and changes_s[-1] <= block[-1]:
            means_s = np.where(np.arange(_PHASES) % 2 == 0, drop_outs.up_s, drop_outs.down_s)
            if not up:
                means_s = means_s[::-1]
            lengths_s = chance.exponential(means_s)
            changes_s = np.concatenate((changes_s, changes_s[-1] + np.cumsum(lengths_s)))
        # Even phases are like the first one, odd ones the other.
        phase = np.searchsorted(changes_s, block, side="right") - 1
        yield block[(phase % 2 == 0) == up]
        if phase.size:
            # An even number of changes is forgotten, so that even phases stay what they were.
            passed = max(0, int(phase[-1]) // 2 * 2)
            changes_s = changes_s[passed:]
