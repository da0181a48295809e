"""The chains of a part over time: the promised quantile of each stream at the three ends of times."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.chain.description import Chains, ChainUnit
from planner.chain.prediction import busy_of
from planner.chain.simulation.run import ChainRun, simulate_chains
from planner.errors import InputError, Problem
from planner.latency.band import Band, BandEnd
from planner.schema.scenario.scenario import Scenario

_LONGEST_S = 3600.0
"""Of a run; all of its frames are in memory."""
_ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")


@dataclass(frozen=True, slots=True)
class SimulatedStream:
    """What a run says of a stream; infinite at an end at which a unit cannot keep up."""

    stream: str
    quantile: float
    latency_s: Band
    kept_share: float | None
    """Of the frames, those answered in time at the middle of times; None where a unit cannot keep up."""
    dropped: int | None
    """Frames lost where a queue was full, at the middle of times."""


@dataclass(frozen=True, slots=True)
class SimulatedChains:
    """A run of one device at each end of times."""

    duration_s: float
    seed: int
    frames: int
    streams: tuple[SimulatedStream, ...]


def simulated_chains(scenario: Scenario, chains: Chains, duration_s: float) -> SimulatedChains | None:
    """Frames over time on one device; None where so short a run has no frame of some stream.

    Cameras are periodic where all streams of the scenario are, and come at random otherwise. A tenth of the
    run is warm-up. An end at which some unit has more work than time has no quantile.
    """
    if not 0.0 < duration_s <= _LONGEST_S:
        expected = f"a time above 0 s, up to {_LONGEST_S:g} s"
        raise InputError("--simulate", [Problem("time", expected, f"{duration_s:g} s")])
    seed = scenario.simulation.seed
    periodic = all(stream.arrivals == "periodic" for stream in scenario.streams)
    runs: list[ChainRun | None] = []
    for bound in _ENDS:
        # Queues without end say nothing, and take longer the longer they are.
        full = any(_grows(chains, unit, bound) for unit in chains.units)
        runs.append(
            None
            if full
            else _run(
                chains,
                duration_s,
                seed,
                periodic=periodic,
                bound=bound,
                max_wait_s=scenario.candidates.max_wait_s,
            )
        )
    done = [run for run in runs if run is not None]
    if not all(len(latency_s) + run.dropped[n] for run in done for n, latency_s in enumerate(run.latency_s)):
        return None
    mid = runs[1]
    found = [
        SimulatedStream(
            stream.name,
            stream.slo_quantile,
            Band(*(math.inf if run is None else run.quantile_s(place, stream.slo_quantile) for run in runs)),
            None if mid is None else mid.kept_share(place, stream.slo_s),
            None if mid is None else mid.dropped[place],
        )
        for place, stream in enumerate(chains.streams)
    ]
    return SimulatedChains(duration_s, seed, done[0].frames if done else 0, tuple(found))


def _grows(chains: Chains, unit: ChainUnit, bound: BandEnd) -> bool:
    """Whether queues at a unit grow without end: it has more work than time, and some of them no limit."""
    if busy_of(chains, unit, bound) < 1.0:
        return False
    return not all(
        visit.limit is not None
        for stream in chains.streams
        for visit in stream.visits
        if visit.unit == unit.id
    )


def _run(
    chains: Chains, duration_s: float, seed: int, *, periodic: bool, bound: BandEnd, max_wait_s: float
) -> ChainRun:
    return simulate_chains(
        chains,
        duration_s,
        warmup_s=duration_s / 10,
        seed=seed,
        arrivals="periodic" if periodic else "poisson",
        bound=bound,
        max_wait_s=max_wait_s,
    )
