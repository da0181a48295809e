"""Chains of networks on this machine: what is served, and the same frames simulated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from planner.arrays import Floats
from planner.calibration.serving.child import MeasuredRun
from planner.calibration.serving.compare import (
    DRAWS,
    ServedComparison,
    ServiceFound,
    Side,
    SimulatedRun,
    factors_of,
    fitted,
    measured_side,
    neighbours_of,
    of_network,
    served_in_s,
    served_over_loop,
    services_found,
    simulated_side,
)
from planner.calibration.serving.served import ServedRun
from planner.calibration.serving.together import correlation_of_units
from planner.chain.description import Chains, ChainStream, ChainUnit, Visit
from planner.chain.simulation.draw import frames_of
from planner.chain.simulation.racked import sent_in, stream_tallies
from planner.chain.simulation.run import run_work
from planner.chain.simulation.scatter import drawn
from planner.chain.simulation.work import ANSWERED, Work, homes, steady, tables_of, undisturbed
from planner.errors import InputError, Problem
from planner.latency.band import Band
from planner.plan.chain.frames import chain_of, frame_shares, item_count
from planner.plan.rack.in_service import variation_of
from planner.plan.serving.planned import LEVELS, OF_LEVELS, PlannedTimes, level_of
from planner.provenance import Provenance
from planner.rack.description.rack import Rack
from planner.rack.description.variation import Variation
from planner.schema.scenario.scenario import Scenario
from planner.schema.scenario.streams import Stream
from planner.schema.scenario.video import predecessors, step_names

UNIT = "cpu"
Times = Callable[[str, int], float]
_KEY = 1 << 22


def chained_networks(scenario: Scenario) -> tuple[str, ...]:
    """All networks of a scenario's streams; refuses steps that are none: no server here does them."""
    other = [
        f"{stream.name}: {step.kind}"
        for stream in scenario.streams
        for step in stream.chain
        if step.kind != "network"
    ]
    other += [f"{stream.name}: video" for stream in scenario.streams if stream.video is not None]
    if other:
        advice = "leave out `video` and what decodes, converts, tracks and encodes"
        raise InputError(
            scenario.id, [Problem("streams.chain", "steps that are networks", ", ".join(other), advice)]
        )
    chained = (step.network for stream in scenario.streams for step in chain_of(stream))
    return tuple(dict.fromkeys(network for network in chained if network is not None))


@dataclass(frozen=True, slots=True)
class LiveChains:
    """Chains of a rack whose devices have so many servers each; times are still to measure."""

    chains: Chains
    rack: Rack
    devices: int
    servers: int

    def work(self, times_s: Times, *, scatter: Floats | None = None, replication: int = 0) -> Work:
        """A run with constant times by network and batch size, times the factors of `scatter`."""
        rack, chains = self.rack, timed(self.chains, times_s)
        sources = [group.sources for group in rack.streams]
        tables = tables_of(chains, "mid", sources, self.devices, rack.batching.max_wait_s)
        queues = len(tables.queue_unit)
        random = np.random.default_rng(np.random.SeedSequence(rack.seed, spawn_key=(replication, 1 << 20)))
        frames = frames_of(chains, sent_in(rack, chains, replication, rack.duration_s), random)
        course = undisturbed(self.devices, queues, homes(chains, sources, self.devices))
        given = steady(self.devices, queues) if scatter is None else scatter
        return Work(tables, frames, course, rack.duration_s, given, rack.warmup_s)

    def seen(self, work: Work) -> SimulatedRun:
        """What a simulation of a run shows."""
        done = run_work(work, "compiled")
        inside = work.frames.counted & (done.outcome == ANSWERED) & (done.done_s >= work.window_s)
        return SimulatedRun(
            stream_tallies(self.rack, work, done, exact=True),
            work.end_s - work.window_s,
            float(done.busy_s.sum()) * (1.0 - work.window_s / work.end_s),
            int(np.count_nonzero(inside)),
            int(done.batches.sum()),
            int(done.batched.sum()),
        )


def live_chains(scenario: Scenario, rack: Rack, devices: int, servers: int) -> LiveChains:
    """The chains of a scenario on so many devices, each with so many servers that run every network."""
    streams = tuple(
        ChainStream(
            stream.name,
            stream.count,
            stream.rate_per_s,
            _visits(stream, rack.batching.max_size),
            stream.slo.latency_s,
            stream.slo.quantile_ratio,
            stream.queue_limit,
            stream.overflow,
            stream.priority,
        )
        for stream in scenario.streams
    )
    unit = ChainUnit(UNIT, "accelerator", "this machine", servers, Provenance.MEASURED)
    return LiveChains(Chains((unit,), streams, devices), rack, devices, servers)


def _visits(stream: Stream, most: int) -> tuple[Visit, ...]:
    chain = chain_of(stream)
    names, before, shares = step_names(chain), predecessors(chain), frame_shares(stream, chain)
    return tuple(
        Visit(
            names[place],
            "network",
            UNIT,
            (Band(1.0, 1.0, 1.0),) * most,
            before[place],
            shares[place],
            None if step.per_item is None else item_count(step.per_item),
            network=step.network or stream.model,
            limit=step.queue_limit,
        )
        for place, step in enumerate(chain)
    )


def timed(chains: Chains, times_s: Times) -> Chains:
    """The chains with times by network and batch size."""

    def own(visit: Visit) -> Visit:
        each = (times_s(visit.network or "", size) for size in range(1, len(visit.times) + 1))
        return replace(visit, times=tuple(Band(time_s, time_s, time_s) for time_s in each))

    streams = tuple(
        replace(stream, visits=tuple(own(visit) for visit in stream.visits)) for stream in chains.streams
    )
    return replace(chains, streams=streams)


def compare_chains(live: LiveChains, measured: MeasuredRun, planned: PlannedTimes | None) -> ServedComparison:
    """Simulate the frames of a served run: by its times, its process, a benchmark loop, and as planned."""
    run, rack = measured.served, live.rack
    queues = live.work(lambda _network, _size: 1.0).tables.queue_visits
    networks = [visit.network or "" for visit in queues]
    found = services_found(rack, measured, networks)
    factor, own = served_over_loop(found), factors_of(run, found, networks)

    def in_service(network: str, size: int) -> float:
        return served_in_s(found, network, size, factor)

    variation = fitted(run, own)
    replayed = live.work(in_service, scatter=_in_order(live, run, own, len(queues)))
    return ServedComparison(
        rack=rack,
        measured=measured,
        served=measured_side(rack, run),
        replayed=simulated_side(rack, [live.seen(replayed)]),
        process=None if variation is None else _drawn_side(live, in_service, variation),
        loop=simulated_side(rack, [live.seen(live.work(_loop(found)))]),
        services=found,
        variation=variation,
        serving_factor=factor,
        neighbours=neighbours_of(measured),
        together=correlation_of_units(run, own),
        planned=None if planned is None else planned_chain_side(live, planned),
    )


def _loop(found: tuple[ServiceFound, ...]) -> Times:
    return lambda network, size: of_network(found, network, size).loop_s


def _in_order(live: LiveChains, run: ServedRun, factors: Floats, queues: int) -> Floats:
    """The run's factors by device and queue in their order; ones behind the last."""
    device = run.batch_server // live.servers
    longest = max(1, run.batch_server.size)
    found = np.ones((live.devices, queues, longest))
    for place, queue in np.ndindex(live.devices, queues):
        own = factors[(device == place) & (run.batch_network == queue)]
        found[place, queue, : own.size] = own
    return found


def _scatter(live: LiveChains, given: Variation | None, draw: int, queues: int) -> Floats:
    """Factors of one draw, for each queue of each device."""
    if given is None:
        return steady(live.devices, queues)
    rows = []
    for queue in range(queues):
        key = np.random.SeedSequence(live.rack.seed, spawn_key=(draw, _KEY + queue))
        rows.append(drawn(given, live.devices, np.random.default_rng(key)))
    return np.stack(rows, axis=1)


def _drawn_side(live: LiveChains, times_s: Times, variation: Variation) -> Side:
    runs, queues = [], len(live.work(times_s).tables.queue_unit)
    for draw in range(DRAWS):
        runs.append(live.seen(live.work(times_s, scatter=_scatter(live, variation, draw, queues))))
    return simulated_side(live.rack, runs)


def planned_chain_side(live: LiveChains, planned: PlannedTimes) -> Side:
    """As `planner.plan.serving.planned.planned_side` does it for single networks."""
    process, runs = variation_of(planned.serving.variation), []
    queues = len(live.work(lambda _network, _size: 1.0).tables.queue_unit)
    for draw in range(LEVELS):
        level = math.exp(planned.deviation * level_of(draw))
        work = live.work(
            _at_level(planned.time_s, level),
            scatter=_scatter(live, process, draw, queues),
            replication=draw + 1,
        )
        runs.append(live.seen(work))
    return simulated_side(live.rack, runs, OF_LEVELS)


def _at_level(time_s: Mapping[tuple[str, int], float], level: float) -> Times:
    return lambda network, size: level * time_s[network, size]
