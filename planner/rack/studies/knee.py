"""Throughput and latency reported for numbers of threads: the knee, and whether the figures fit together.

Operational laws hold of any measurement, whatever the arrivals (Denning and Buzen, The operational analysis
of queueing network models, ACM Computing Surveys 10(3), 1978): throughput is at most threads times the best
rate of one, and at most the rate of the bottleneck; the two bounds meet at the knee. By Little's law
throughput times latency is the number in flight, which a batch cannot exceed if the latency is that of whole
requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.formulas import formula
from planner.rack.description.checks import Checks


@dataclass(frozen=True, slots=True)
class ConcurrencyPoint:
    """One reported row: threads, the batch size that they name, throughput and mean latency."""

    threads: int
    batch: int
    throughput_per_s: float
    latency_s: float


@dataclass(frozen=True, slots=True)
class ConcurrencyCheck:
    """What operational laws say of one row.

    `in_flight` is throughput times latency, `fill_s` the time in which a batch of the named size arrives.
    `whole_batches` is whether both fit batches that are full: as many in flight, filled within the latency.
    """

    threads: int
    bound_per_s: float
    in_flight: float
    fill_s: float
    whole_batches: bool


@dataclass(frozen=True, slots=True)
class Knee:
    """The two bounds, where they meet, and each row compared with them."""

    per_thread_per_s: float
    bottleneck_per_s: float
    at_threads: float
    readings: tuple[ConcurrencyCheck, ...]


_ROUNDING = 0.03
"""Figures reported with two digits may be off by so much."""


@formula("knee")
def fit_knee(points: Sequence[ConcurrencyPoint]) -> Knee:
    """The bounds that the rows themselves show: best rate of one thread, best rate of all."""
    checks = Checks("concurrency")
    checks.require(len(points) >= 2, "rows", "two or more", len(points))
    checks.finish()
    per_thread = max(point.throughput_per_s / point.threads for point in points)
    bottleneck = max(point.throughput_per_s for point in points)
    return Knee(
        per_thread, bottleneck, bottleneck / per_thread,
        tuple(_reading(point, per_thread, bottleneck) for point in points),
    )  # fmt: skip


def _reading(point: ConcurrencyPoint, per_thread: float, bottleneck: float) -> ConcurrencyCheck:
    in_flight = point.throughput_per_s * point.latency_s
    fill_s = point.batch / point.throughput_per_s
    fits = point.batch <= in_flight * (1 + _ROUNDING) and fill_s <= point.latency_s * (1 + _ROUNDING)
    return ConcurrencyCheck(
        point.threads, min(point.threads * per_thread, bottleneck), in_flight, fill_s, fits
    )
