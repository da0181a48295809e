"""Chains in a rack: heat, clocks and failures from the rack's own run, frames moved through its devices.

The rack serves mean frames, which is right for what heats it: the work of an epoch, not how it is spread over
frames. Its clocks and who is out of service are then the course of a second run, in which every frame has the
objects that it has and waits where it waits. Both see the same arrivals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.chain.description import Chains
from planner.chain.simulation.draw import SentFrames, frames_of
from planner.chain.simulation.rack_run import RackRuns
from planner.chain.simulation.run import run_work
from planner.chain.simulation.scatter import scatter_of
from planner.chain.simulation.work import (
    ANSWERED,
    DROPPED,
    FEWEST,
    IN_SYSTEM,
    LOST,
    Course,
    Done,
    Tables,
    Work,
    homes,
    tables_of,
)
from planner.latency.band import BandEnd
from planner.rack.arrivals.merged import arrival_pieces
from planner.rack.counts.latencies import ExactLatencies, in_bins
from planner.rack.counts.tally import RunTally, StreamTally
from planner.rack.description.rack import Rack
from planner.rack.load.expected import slowdown
from planner.rack.run.records import EpochRow
from planner.rack.simulation import SimulationEngine

MOST_FRAMES = 6_000_000
"""Of a run; all of them are in memory, 100 bytes or so each. What comes later is not simulated."""


@dataclass(frozen=True, slots=True)
class ChainedRun:
    """How one replication of a rack is run whose streams are chains; see `planner.rack.sequential.Run`."""

    chains: Chains
    bound: BandEnd
    rack_runs: RackRuns = field(default_factory=RackRuns, compare=False, repr=False)

    def __call__(self, rack: Rack, engine: SimulationEngine, replication: int) -> RunTally:
        """The rack's own run with streams counted by the frames of their chains."""
        own = self.rack_runs.run(rack, engine, replication)
        work = self._work(rack, replication, own.rows)
        done = run_work(work, "compiled" if engine == "compiled" else "plain")
        return _counted(rack, own.tally, work, done, exact=engine != "compiled")

    def until_s(self, rack: Rack) -> float:
        """Until when frames are simulated: to the end of the run, or as many as there is memory for."""
        each_s = [
            group.offered_per_s / _looked_at(self.chains, place) for place, group in enumerate(rack.streams)
        ]
        return min(rack.duration_s, max(2.0 * rack.warmup_s, MOST_FRAMES / sum(each_s)))

    def _work(self, rack: Rack, replication: int, rows: Sequence[EpochRow]) -> Work:
        chains, sources = self.chains, [group.sources for group in rack.streams]
        tables = tables_of(chains, self.bound, sources, rack.installed, rack.batching.max_wait_s)
        random = np.random.default_rng(np.random.SeedSequence(rack.seed, spawn_key=(replication, 1 << 20)))
        end_s = self.until_s(rack)
        frames = frames_of(chains, sent_in(rack, chains, replication, end_s), random)
        course = _course(rack, tables, homes(chains, sources, rack.count), rows)
        scatter = scatter_of(rack, tables, replication)
        return Work(tables, frames, course, end_s, scatter, rack.warmup_s)


def _looked_at(chains: Chains, stream: int) -> float:
    """The share of a stream's frames that reach its first network: of these the rack's group consists."""
    visits = chains.streams[stream].visits
    return next((visit.frames for visit in visits if visit.kind == "network"), 1.0)


def sent_in(rack: Rack, chains: Chains, replication: int, until_s: float) -> SentFrames:
    """The frames of all sources at the rate of their stream, of which the rack has those looked at."""
    groups = tuple(
        replace(group, rate_per_s=group.rate_per_s / _looked_at(chains, place))
        for place, group in enumerate(rack.streams)
    )
    times: list[Floats] = []
    streams, sources = [], []
    for piece in arrival_pieces(replace(rack, streams=groups), replication):
        times.append(piece.time_s)
        streams.append(piece.stream)
        sources.append(piece.source)
        if piece.time_s.size and piece.time_s[-1] >= until_s:
            break
    time_s = np.concatenate(times)
    kept = int(np.searchsorted(time_s, until_s))
    return SentFrames(
        time_s[:kept],
        np.concatenate(streams)[:kept].astype(np.int64),
        np.concatenate(sources)[:kept].astype(np.int64),
    )


def _course(rack: Rack, tables: Tables, home: Ints, rows: Sequence[EpochRow]) -> Course:
    """Clocks and who is out, one row where either changes."""
    shares = _clocked_shares(rack, tables)
    from_s, outs, slows, routes = [], [], [], []
    start_s = 0.0
    before: tuple[Floats, Flags] | None = None
    for row in rows:
        now = (row.clock, row.out)
        if before is None or not all(np.array_equal(a, b) for a, b in zip(now, before, strict=True)):
            out, route = _served_by(rack, home, np.asarray(row.out | (row.clock == 0.0)))
            clock = np.where(row.clock > 0.0, row.clock, 1.0)
            from_s.append(start_s)
            outs.append(out)
            routes.append(route)
            slows.append(shares / clock[:, None] + 1.0 - shares)
            before = now
        start_s = row.end_s
    return Course(np.array(from_s), np.stack(outs), np.stack(slows), np.stack(routes))


def _clocked_shares(rack: Rack, tables: Tables) -> Floats:
    """Of each queue the share of its time that goes with the clock of the compute units; none of decoders,
    scalers and host cores, whose clocks heat does not lower here."""
    units = rack.device.units
    found = []
    for visit, on_clock in zip(tables.queue_visits, tables.queue_clocked, strict=True):
        services = [unit.service(visit.network) for unit in units] if visit.network else []
        service = next((one for one in services if one is not None), units[0].services[0])
        # Time at half the clock over that at the full one, less one.
        found.append(float(slowdown(service, 0.5)) - 1.0 if on_clock else 0.0)
    return np.array(found)


def _served_by(rack: Rack, home: Ints, out: Flags) -> tuple[Flags, Ints]:
    """Who does not serve, and where each source goes: to a spare where its home is out, else to others."""
    serving = ~out
    serving[rack.count :] = False
    lost = np.flatnonzero(out[: rack.count])
    spares = np.flatnonzero(~out[rack.count :])[: len(lost)] + rack.count
    serving[spares] = True
    instead = spares if len(spares) else np.flatnonzero(serving)
    route = home.copy()
    away = np.flatnonzero((home != FEWEST) & out[np.maximum(home, 0)])
    route[away] = instead[away % len(instead)] if len(instead) else LOST
    return ~serving, route


def _counted(rack: Rack, tally: RunTally, work: Work, done: Done, *, exact: bool) -> RunTally:
    """The rack's tally with the frames that a network looks at as its requests."""
    frames, infers = work.frames, work.tables.queue_infers
    answered = done.outcome == ANSWERED
    in_window = frames.counted & answered & (done.done_s >= work.window_s)
    return replace(
        tally,
        streams=stream_tallies(rack, work, done, exact=exact),
        completed=int(np.count_nonzero(in_window)),
        batches=int(done.batches[infers].sum()),
        batched=int(done.batched[infers].sum()),
    )


def stream_tallies(rack: Rack, work: Work, done: Done, *, exact: bool) -> tuple[StreamTally, ...]:
    """Each stream's frames that a network looks at, of those that arrived in the window."""
    frames = work.frames
    counted = frames.counted & (frames.time_s >= work.window_s)
    answered = done.outcome == ANSWERED
    streams = []
    for place, group in enumerate(rack.streams):
        own = counted & (frames.stream == place)
        unfinished = own & (done.outcome == IN_SYSTEM)
        latency_s = np.sort(done.done_s[own & answered] - frames.time_s[own & answered])
        streams.append(
            StreamTally(
                served=len(latency_s),
                dropped=int(np.count_nonzero(own & (done.outcome == DROPPED))),
                unfinished=int(np.count_nonzero(unfinished)),
                overdue=int(np.count_nonzero(unfinished & (work.end_s - frames.time_s > group.slo_s))),
                latencies=ExactLatencies(latency_s) if exact else in_bins(latency_s),
            )
        )
    return tuple(streams)
