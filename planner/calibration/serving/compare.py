"""A served run beside simulations of the same requests: by its times, its process, a benchmark loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.arrays import Floats
from planner.calibration.serving.child import MeasuredRun
from planner.calibration.serving.served import ServedRun, block_interval
from planner.calibration.serving.together import SHARED_LEAST, correlation_of_units
from planner.rack.counts.latencies import pooled
from planner.rack.counts.results import Verdict
from planner.rack.counts.statistics import latency_quantile
from planner.rack.counts.tally import RunTally, StreamTally
from planner.rack.description.rack import Rack, Service
from planner.rack.description.variation import Replayed, Variation, sharing
from planner.rack.load.fit_variation import LEAST_BATCHES, fit_variation
from planner.rack.load.topology import networks_of
from planner.rack.simulation import run_replication

SHARES = (0.5, 0.9, 0.99)
DRAWS = 40
CURVE = 200
OF_RUNS = (0.025, 0.5, 0.975)
"""Where the interval of one run of a known process ends, and its middle."""
_STEPS = [float(step) for step in np.arange(1, CURVE + 1) / CURVE]
_DECIDED = 0.1
"""A promise nearer than this share to what was measured is one that either answer is right about."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """A latency that this share of the requests keeps, and its interval; None where there is none."""

    share: float
    value_s: float | None
    low_s: float | None = None
    high_s: float | None = None


@dataclass(frozen=True, slots=True)
class StreamSide:
    """One stream as it was measured or simulated."""

    name: str
    requests: int
    dropped: float
    quantiles: tuple[Quantile, ...]
    curve_s: tuple[float, ...]
    """The latency that each of `CURVE` equal steps of all answered requests keeps; empty without any."""

    def at(self, share: float) -> Quantile:
        """The quantile of a share."""
        return next(item for item in self.quantiles if item.share == share)


@dataclass(frozen=True, slots=True)
class Side:
    """All streams as they were measured or simulated, with the whole of the server."""

    streams: tuple[StreamSide, ...]
    utilisation: float
    throughput_per_s: float
    mean_batch: float


@dataclass(frozen=True, slots=True)
class ServiceFound:
    """One network at one batch size: mean time in a benchmark loop and in service, and how often served."""

    network: str
    batch: int
    loop_s: float
    served_s: float | None
    served: int


@dataclass(frozen=True, slots=True, eq=False)
class ServedComparison:
    """A served run and what simulations of it say.

    `replayed` takes the run's own service times in their order: what differs then is the rules of the queue.
    `process` draws them from the process that was fitted to them, `DRAWS` times; its intervals are those of
    one run. `loop` takes the constant mean of a benchmark loop, as a plan does that knows nothing else.
    """

    rack: Rack
    measured: MeasuredRun
    served: Side
    replayed: Side
    process: Side | None
    loop: Side
    services: tuple[ServiceFound, ...]
    variation: Variation | None
    serving_factor: float
    neighbours: float | None
    together: float | None = None
    """Correlation of log service of batches that are in two units at once; None with one unit."""
    planned: Side | None = None
    """As it would have been planned before; None where the machine was not calibrated for it."""


def compare(rack: Rack, measured: MeasuredRun, replication: int = 0) -> ServedComparison:
    """Simulate the requests of a served run in three ways; `rack` is the one that was served."""
    run = measured.served
    networks = networks_of(rack)
    found = services_found(rack, measured, networks)
    factor = served_over_loop(found)
    in_service = with_times(rack, lambda network, size: served_in_s(found, network, size, factor))
    loop = with_times(rack, lambda network, size: of_network(found, network, size).loop_s)
    own = factors_of(run, found, networks)
    variation = fitted(run, own)
    process = None
    if variation is not None:
        process = _drawn(with_variation(in_service, variation), replication)
    return ServedComparison(
        rack=rack,
        measured=measured,
        served=measured_side(rack, run),
        replayed=simulated_side(
            rack, [seen(run_replication(_replaying(in_service, run, own), "simpy", replication))]
        ),
        process=process,
        loop=simulated_side(rack, [seen(run_replication(loop, "simpy", replication))]),
        services=found,
        variation=variation,
        serving_factor=factor,
        neighbours=neighbours_of(measured),
        together=correlation_of_units(run, own),
    )


def services_found(rack: Rack, measured: MeasuredRun, networks: Sequence[str]) -> tuple[ServiceFound, ...]:
    """Times by network and batch size, in the loop and in service; networks as the run numbers them."""
    run, rows = measured.served, []
    times_s = run.batch_end_s - run.batch_start_s
    for number, network in enumerate(networks):
        for size in range(1, rack.batching.max_size + 1):
            own = (run.batch_network == number) & (run.batch_size == size)
            served_s = float(times_s[own].mean()) if own.any() else None
            loop_s = float(measured.loop_s[network, size].mean())
            rows.append(ServiceFound(network, size, loop_s, served_s, int(own.sum())))
    return tuple(rows)


def served_over_loop(found: tuple[ServiceFound, ...]) -> float:
    """Time in service over that of loops, weighed by how often each was served; 1 where nothing was."""
    served = [
        (row.served * row.served_s, row.served * row.loop_s) for row in found if row.served_s is not None
    ]
    return sum(pair[0] for pair in served) / sum(pair[1] for pair in served) if served else 1.0


def of_network(found: tuple[ServiceFound, ...], network: str, size: int) -> ServiceFound:
    """What was found of a network at a batch size."""
    return next(row for row in found if (row.network, row.batch) == (network, size))


def served_in_s(found: tuple[ServiceFound, ...], network: str, size: int, factor: float) -> float:
    """Mean time in service; of a size that was never served the loop's, times the factor of the others."""
    row = of_network(found, network, size)
    return row.loop_s * factor if row.served_s is None else row.served_s


def with_times(rack: Rack, time_s: Callable[[str, int], float]) -> Rack:
    """The rack with constant service times by network and batch size, and units not in each other's way."""
    services = tuple(
        replace(
            service,
            batch_s=tuple(time_s(service.network, size) for size in range(1, rack.batching.max_size + 1)),
            variation=None,
        )
        for service in rack.device.services
        if service.network in networks_of(rack)
    )
    # In service the units were in each other's way already: their times have it.
    return replace(rack, device=replace(rack.device, services=services, contention=0.0))


def _with_variations(rack: Rack, variations: Mapping[str, Variation | Replayed]) -> Rack:
    services: tuple[Service, ...] = tuple(
        replace(service, variation=variations.get(service.network)) for service in rack.device.services
    )
    return replace(rack, device=replace(rack.device, services=services))


def with_variation(rack: Rack, variation: Variation | None) -> Rack:
    """The rack with service times that all scatter by one process."""
    return _with_variations(rack, {} if variation is None else dict.fromkeys(networks_of(rack), variation))


def fitted(run: ServedRun, factors: Floats) -> Variation | None:
    """The process of a run's factors; None where there are too few batches to say."""
    if factors.size < LEAST_BATCHES:
        return None
    return sharing(fit_variation(_by_server(run, factors)), _shared(correlation_of_units(run, factors)))


def _shared(together: float | None) -> float:
    """What units share of the variance: their correlation, where it is more than chance and overlap make."""
    return together if together is not None and together >= SHARED_LEAST else 0.0


def factors_of(run: ServedRun, found: tuple[ServiceFound, ...], networks: Sequence[str]) -> Floats:
    """Each batch's time over the mean of its network and size, in the order of beginning."""
    means = {(row.network, row.batch): row.served_s for row in found}
    keys = [
        (networks[number], size)
        for number, size in zip(run.batch_network.tolist(), run.batch_size.tolist(), strict=True)
    ]
    mean_s = np.array([means[key] or 1.0 for key in keys])
    return (run.batch_end_s - run.batch_start_s) / mean_s if keys else np.empty(0)


def _by_server(run: ServedRun, factors: Floats) -> list[Floats]:
    return [factors[run.batch_server == server] for server in range(run.servers)]


def _replaying(rack: Rack, run: ServedRun, factors: Floats) -> Rack:
    taken: dict[str, Variation | Replayed] = {}
    for number, network in enumerate(networks_of(rack)):
        own = factors[run.batch_network == number]
        if own.size:
            taken[network] = Replayed(tuple(own.tolist()))
    return _with_variations(rack, taken)


def neighbours_of(measured: MeasuredRun) -> float | None:
    """How much longer the first network's loop took while another core ran the same."""
    if measured.beside_s is None:
        return None
    alone_s = next(iter(measured.loop_s.values()))
    return float(np.median(measured.beside_s) / np.median(alone_s)) - 1.0


def measured_side(rack: Rack, run: ServedRun) -> Side:
    """What was measured: quantiles with intervals from blocks of the run."""
    streams = []
    for number, group in enumerate(rack.streams):
        values = run.latencies_s(number)
        quantiles = []
        for share in sorted({*SHARES, group.slo_quantile}):
            if not values.size:
                quantiles.append(Quantile(share, None))
                continue
            low, high = block_interval(values, share) or (None, None)
            middle = float(np.quantile(values, share, method="inverted_cdf"))
            quantiles.append(Quantile(share, middle, low, high))
        curve_s = np.quantile(values, _STEPS, method="inverted_cdf").tolist() if values.size else ()
        drops = run.drops(number)
        streams.append(StreamSide(group.name, run.requests(number), drops, tuple(quantiles), tuple(curve_s)))
    return Side(tuple(streams), run.utilisation, run.throughput_per_s, run.mean_batch)


def _drawn(rack: Rack, replication: int) -> Side:
    runs = [
        seen(run_replication(replace(rack, service_draw=draw), "compiled", replication))
        for draw in range(DRAWS)
    ]
    return simulated_side(rack, runs)


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """What one simulated run has shown."""

    streams: tuple[StreamTally, ...]
    length_s: float
    busy_s: float
    completed: int
    batches: int
    batched: int


def seen(run: RunTally) -> SimulatedRun:
    """What a run of a rack has shown."""
    sums = run.epochs.accounts
    busy_s = float(sums.busy_s)
    return SimulatedRun(run.streams, sums.length_s, busy_s, run.completed, run.batches, run.batched)


def simulated_side(
    rack: Rack, runs: list[SimulatedRun], of_runs: tuple[float, float, float] = OF_RUNS
) -> Side:
    """The middle of some runs of a rack by each quantile; intervals are those of runs, if there are many."""
    streams = []
    for number, group in enumerate(rack.streams):
        latencies = [run.streams[number].latencies for run in runs]
        together = pooled(latencies)
        quantiles = []
        for share in sorted({*SHARES, group.slo_quantile}):
            if not together.count:
                quantiles.append(Quantile(share, None))
                continue
            # Beside one run that was measured: the middle of single runs, not the quantile of all together,
            # most of whose slow requests come from a few runs.
            each = [latency_quantile(own, share) for own in latencies if own.count]
            low_s, value_s, high_s = (float(value) for value in np.quantile(each, of_runs))
            several = len(each) > 1
            quantiles.append(
                Quantile(share, value_s, low_s if several else None, high_s if several else None)
            )
        tallies = [run.streams[number] for run in runs]
        requests = sum(tally.served + tally.dropped + tally.unfinished for tally in tallies) / len(runs)
        dropped = sum(tally.dropped for tally in tallies) / len(runs)
        curve_s = tuple(latency_quantile(together, step) for step in _STEPS) if together.count else ()
        streams.append(StreamSide(group.name, round(requests), dropped, tuple(quantiles), curve_s))
    length_s = sum(run.length_s for run in runs)
    servers = rack.count * rack.device.instances
    batches = sum(run.batches for run in runs)
    return Side(
        streams=tuple(streams),
        utilisation=sum(run.busy_s for run in runs) / (length_s * servers),
        throughput_per_s=sum(run.completed for run in runs) / length_s,
        mean_batch=sum(run.batched for run in runs) / batches if batches else 0.0,
    )


def kept(side: StreamSide, slo_s: float, share: float, *, missed: float = 0.0) -> Verdict:
    """Whether a stream keeps its promise: by its interval where it has one, by its quantile where not.

    `missed` requests count as never answered.
    """
    found = side.at(share)
    if found.value_s is None or (side.requests and missed / side.requests > 1 - share):
        return Verdict.FAIL
    low_s = found.value_s if found.low_s is None else found.low_s
    high_s = found.value_s if found.high_s is None else found.high_s
    if high_s < slo_s:
        return Verdict.PASS
    return Verdict.FAIL if low_s > slo_s else Verdict.UNDECIDED


def right(said: Verdict, measured_s: float | None, slo_s: float, *, lost: bool) -> bool:
    """Whether a verdict is right beside what was measured.

    UNDECIDED is right only where the measured latency lies within 10 % of the promise.
    """
    if said is Verdict.UNDECIDED:
        return measured_s is not None and abs(measured_s / slo_s - 1) <= _DECIDED
    truth = measured_s is not None and measured_s < slo_s and not lost
    return (said is Verdict.PASS) == truth
