"""A run of chains on one device: latencies of answers, use of units, and what is still there at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from planner.arrays import Floats
from planner.chain.description import Chains
from planner.chain.simulation.compiled import run_compiled
from planner.chain.simulation.draw import Arrivals, frames_of, sent_frames, sources_on_one
from planner.chain.simulation.plain import run_plain
from planner.chain.simulation.work import (
    ANSWERED,
    DROPPED,
    Done,
    Service,
    Work,
    homes,
    steady,
    tables_of,
    undisturbed,
)
from planner.latency.band import BandEnd
from planner.rack.counts.latencies import ExactLatencies
from planner.rack.counts.statistics import latency_quantile

Engine = Literal["plain", "compiled"]


@dataclass(frozen=True, slots=True)
class ChainRun:
    """What both engines count, bit by bit alike."""

    latency_s: tuple[Floats, ...]
    """Of each stream, from a frame's arrival to the last of its answers: of frames that a network looks at,
    after the warm-up."""
    busy: dict[str, float]
    """Share of the run that the servers of each unit worked; above one where they did not keep up."""
    frames: int
    """That a network looks at."""
    answered: int
    dropped: tuple[int, ...]
    """Of each stream, after the warm-up."""
    mean_batch: float | None
    """Tasks in a batch of inferences; None where none was begun."""

    def quantile_s(self, stream: int, share: float) -> float:
        """A quantile of the latency of a stream; frames that were dropped are infinitely late."""
        return latency_quantile(ExactLatencies(np.sort(self.latency_s[stream])), share, self.dropped[stream])

    def kept_share(self, stream: int, within_s: float) -> float:
        """Of the frames of a stream those that were answered within a time."""
        latency_s = self.latency_s[stream]
        return int((latency_s <= within_s).sum()) / (len(latency_s) + self.dropped[stream])


def simulate_chains(
    chains: Chains,
    duration_s: float,
    *,
    warmup_s: float = 0.0,
    seed: int = 1,
    engine: Engine = "compiled",
    arrivals: Arrivals = "periodic",
    service: Service = "as_stated",
    bound: BandEnd = "mid",
    max_wait_s: float = 0.0,
) -> ChainRun:
    """Frames of one device through their chains; those that came are finished after the end.

    Steps split and join, objects of a frame are drawn, and what waits for the same network, of whatever
    camera, forms batches that wait up to `max_wait_s` to fill. Nothing happens to the device: for heat and
    failures see `planner.chain.simulation.racked`.
    """
    work = work_of(
        chains, duration_s, seed=seed, arrivals=arrivals, service=service, bound=bound, max_wait_s=max_wait_s
    )
    done = run_work(work, engine)
    own, streams = work.frames.counted, range(len(chains.streams))
    late = own & (work.frames.time_s >= warmup_s)
    counted, lost = late & (done.outcome == ANSWERED), late & (done.outcome == DROPPED)
    latency_s = done.done_s - work.frames.time_s
    infers = work.tables.queue_infers
    begun = int(done.batches[infers].sum())
    return ChainRun(
        latency_s=tuple(latency_s[counted & (work.frames.stream == s)] for s in streams),
        busy={
            unit.id: float(done.busy_s[0, place]) / (unit.servers * duration_s)
            for place, unit in enumerate(chains.units)
        },
        frames=int(own.sum()),
        answered=int((own & (done.outcome == ANSWERED)).sum()),
        dropped=tuple(int((lost & (work.frames.stream == s)).sum()) for s in streams),
        mean_batch=int(done.batched[infers].sum()) / begun if begun else None,
    )


def run_work(work: Work, engine: Engine) -> Done:
    """A run by one of the engines."""
    return run_plain(work) if engine == "plain" else run_compiled(work)


def work_of(
    chains: Chains,
    duration_s: float,
    *,
    seed: int = 1,
    arrivals: Arrivals = "periodic",
    service: Service = "as_stated",
    bound: BandEnd = "mid",
    max_wait_s: float = 0.0,
) -> Work:
    """The work of one device, the fullest of those that share the streams."""
    random, sources = np.random.default_rng(seed), sources_on_one(chains)
    sent = sent_frames(chains, sources, duration_s, random, arrivals)
    tables = tables_of(chains, bound, sources, 1, max_wait_s)
    course = undisturbed(1, len(tables.queue_unit), homes(chains, sources, 1))
    frames = frames_of(chains, sent, random, service)
    return Work(tables, frames, course, np.inf, steady(1, len(tables.queue_unit)))
