"""What queueing theory says of a simulated rack, where one of its closed forms fits."""

from __future__ import annotations

from dataclasses import dataclass

from planner.rack.counts.results import RackResult
from planner.rack.description.rack import Rack
from planner.rack.description.variation import Variation
from planner.rack.load.queueing import Queue, md1, mg1, mmc
from planner.schema.record.commands.simulate import TheoryRecord


@dataclass(frozen=True, slots=True)
class TheoryRow:
    """One quantity by theory and by simulation; the interval is that of the simulation, where it has one.

    `dimension` names the unit as in `planner.units`, none for a plain number; `agrees` is whether the
    interval holds the theory, None without one.
    """

    quantity: str
    dimension: str | None
    theory: float
    simulated: float
    low: float | None = None
    high: float | None = None

    @property
    def error(self) -> float:
        """Simulated over theory, less one."""
        return self.simulated / self.theory - 1.0

    @property
    def agrees(self) -> bool | None:
        """Whether the simulation's interval holds the theory."""
        if self.low is None or self.high is None:
            return None
        return self.low <= self.theory <= self.high


@dataclass(frozen=True, slots=True)
class Theory:
    """The queue that the rack is, in Kendall's notation, and its quantities."""

    model: str
    rows: tuple[TheoryRow, ...]


def matching_queue(rack: Rack) -> Queue | None:
    """The closed form of a rack: one Poisson stream, one request at a time, and no limit to the queue.

    Exponential service with one queue for all devices is M/M/c; constant service on one device M/D/1. None
    where neither fits or no steady state exists.
    """
    stream, service = rack.streams[0], rack.device.services[0]
    rate_per_s, service_s = stream.offered_per_s, service.batch_s[0]
    poisson = len(rack.streams) == 1 and stream.arrivals == "poisson" and stream.queue_limit is None
    servers = rack.count * rack.device.instances
    if not poisson or rack.batching.max_size > 1 or rate_per_s * service_s >= servers:
        return None
    if service.variation is not None:
        # Pollaczek and Khinchine's service times are independent; those that remember make longer queues.
        independent = isinstance(service.variation, Variation) and not service.variation.remembers
        return (
            mg1(rate_per_s, service_s, service.variation.squared_cv) if servers == 1 and independent else None
        )
    if service.service_distribution == "exponential":
        shared = servers == 1 or rack.dispatch == "central_queue"
        return mmc(servers, rate_per_s, service_s) if shared else None
    return md1(rate_per_s, service_s) if servers == 1 else None


def compare_with_theory(rack: Rack, result: RackResult) -> Theory | None:
    """Theory beside simulation; None where no closed form fits or the rack throttled."""
    queue = matching_queue(rack)
    latency = result.streams[0].latency_s
    if queue is None or result.devices.throttled_share > 0 or latency.mean is None:
        return None
    service_s = rack.device.services[0].batch_s[0]
    rows = [
        TheoryRow("utilisation", None, queue.utilisation, result.devices.utilisation),
        TheoryRow("mean latency", "s", queue.mean_latency_s, latency.mean),
        TheoryRow("mean wait", "s", queue.mean_wait_s, latency.mean - service_s),
        TheoryRow(
            "mean number in the rack", None, queue.mean_in_system, result.throughput_per_s * latency.mean
        ),
    ]
    if queue.p99_latency_s is not None and latency.p99 is not None:
        rows.append(
            TheoryRow("p99 latency", "s", queue.p99_latency_s, latency.p99, latency.p99_low, latency.p99_high)
        )
    return Theory(queue.model, tuple(rows))


def theory_record(theory: Theory) -> TheoryRecord:
    """As JSON; times in seconds."""
    return {
        "model": theory.model,
        "rows": [
            {
                "quantity": row.quantity,
                "unit": row.dimension,
                "theory": row.theory,
                "simulated": row.simulated,
                "low": row.low,
                "high": row.high,
                "error": row.error,
                "agrees": row.agrees,
            }
            for row in theory.rows
        ],
    }
