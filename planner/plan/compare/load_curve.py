"""Throughput and latency of one network on one unit over batch, threads or streams, and the knee.

Batch and threads are estimated one by one. Streams each wait for their answer and for the work around it
before they ask again: by the asymptotic bounds of a closed system (Denning and Buzen, 1978; see
`planner.rack.studies.knee`) n streams get at most min(n / (service + around), instances / service), and
latency follows by Little's law. The bounds are optimistic near the knee, where arrivals collide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from planner.errors import InputError, Problem
from planner.latency.band import Band
from planner.latency.result import Estimate
from planner.plan.options.batches import batch_sizes
from planner.rack.studies.knee import ConcurrencyPoint, fit_knee

Over = Literal["batch", "threads", "streams"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One size: what it takes and what comes out."""

    at: int
    latency_s: Band
    throughput_per_s: float
    fits: bool
    energy_per_inference_j: float


@dataclass(frozen=True, slots=True)
class LoadCurve:
    """All sizes, and the knee: where the bounds by the best rate of one and by the best rate of all meet."""

    over: Over
    points: tuple[CurvePoint, ...]
    knee_at: float | None
    """None with fewer than two sizes that fit."""

    @property
    def best(self) -> CurvePoint | None:
        """The size with the most throughput among those that fit."""
        return max((p for p in self.points if p.fits), key=lambda p: p.throughput_per_s, default=None)


def estimated_curve(
    over: Over, most: int, estimate: Callable[[int], Estimate], only: int | None = None
) -> LoadCurve:
    """Batch or threads at powers of two up to the most, each estimated; `InputError` where none fits.

    `only` is the one size that a network takes.
    """
    sizes = batch_sizes(_at_least_one(most)) if only is None else (only,)
    points = tuple(_point(at, estimate(at)) for at in sizes)
    if not any(point.fits for point in points):
        problem = Problem(over, "a size that fits the unit's memory", f"{points[0].at} does not")
        raise InputError("curve", [problem])
    return LoadCurve(over, points, _knee(points))


def _point(at: int, found: Estimate) -> CurvePoint:
    return CurvePoint(
        at, found.latency_s, found.throughput_per_s, found.fits, found.energy_per_inference_j.mid
    )


def stream_curve(most: int, found: Estimate, around_s: float, instances: int) -> LoadCurve:
    """So many streams that each wait for their answer, on so many instances of a unit."""
    service = found.latency_s
    points = []
    for streams in batch_sizes(_at_least_one(most)):
        rate_per_s = min(streams / (service.mid + around_s), instances / service.mid)
        response_s = max(service.mid, streams / rate_per_s - around_s)
        latency = service.scaled(response_s / service.mid)
        energy_j = found.energy_per_inference_j.mid
        points.append(CurvePoint(streams, latency, rate_per_s * found.batch, found.fits, energy_j))
    return LoadCurve("streams", tuple(points), instances * (service.mid + around_s) / service.mid)


def _at_least_one(most: int) -> int:
    if most < 1:
        raise InputError("curve", [Problem("up to", "one or more", str(most))])
    return most


def _knee(points: Sequence[CurvePoint]) -> float | None:
    fitting = [point for point in points if point.fits]
    if len(fitting) < 2:
        return None
    return fit_knee(
        [ConcurrencyPoint(p.at, p.at, p.throughput_per_s, p.latency_s.mid) for p in fitting]
    ).at_threads
