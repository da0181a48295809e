"""A run of chains on one device: latencies of answers, use of units, and what is still there at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from planner.chain.description import Chains
from planner.chain.simulation.compiled import run_compiled
from planner.chain.simulation.plain import run_plain
from planner.chain.simulation.work import Arrivals, Floats, Service, draw
from planner.latency.band import BandEnd

Engine = Literal["plain", "compiled"]


@dataclass(frozen=True, slots=True)
class ChainRun:
    """What both engines count, bit by bit alike."""

    latency_s: tuple[Floats, ...]
    """Of each stream, from a frame's arrival to the last of its answers, after the warm-up."""
    busy: dict[str, float]
    """Share of the run that the servers of each unit worked; above one where they did not keep up."""
    frames: int
    answered: int

    def quantile_s(self, stream: int, share: float) -> float:
        """A quantile of the latency of a stream."""
        return float(np.quantile(self.latency_s[stream], share))


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
) -> ChainRun:
    """Frames of one device through their chains; those that came are finished after the end.

    Steps split and join, objects of a frame are drawn, and what waits for the same step of any camera forms
    batches. Nothing is dropped and no heat slows it down: `planner simulate` has both.
    """
    work = draw(chains, duration_s, seed, arrivals=arrivals, service=service, bound=bound)
    _, over_s, busy_s = run_plain(work) if engine == "plain" else run_compiled(work)
    answering = work.answers[work.slot_visit]
    done_s = np.full(len(work.frame_s), -np.inf)
    np.maximum.at(done_s, work.slot_frame[answering], over_s[answering])
    own = work.frame_stream < work.streams
    counted = own & (work.frame_s >= warmup_s)
    latency_s = done_s - work.frame_s
    return ChainRun(
        latency_s=tuple(latency_s[counted & (work.frame_stream == s)] for s in range(work.streams)),
        busy={
            unit.id: float(busy_s[place]) / (unit.servers * duration_s)
            for place, unit in enumerate(chains.units)
        },
        frames=int(own.sum()),
        answered=int(np.isfinite(done_s[own]).sum()),
    )
