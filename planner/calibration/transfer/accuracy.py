"""Figures that say how good predictions of left-out rows are, beside the plain roofline on the same rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.calibration.transfer.observations import Observation
from planner.calibration.transfer.validate import LeftOut
from planner.latency.transfer.kernels import Column

ENOUGH_TO_RANK = 5


@dataclass(frozen=True, slots=True)
class FitAccuracy:
    """Errors as factors: 1.2 is 20 % off, up or down."""

    observations: int
    groups: int
    median: float
    p90: float
    within_two: float
    spearman: float | None
    """Median over devices of the rank correlation, where a device has five observations or more."""
    coverage: float | None
    half_width: float | None
    """Median over rows of the square root of high over low: the band is the middle times or over it."""
    plain_median: float
    plain_p90: float
    plain_within_two: float


def accuracy(rows: Sequence[LeftOut], bands: Sequence[tuple[LeftOut, float, float]]) -> FitAccuracy:
    """Accuracy of some left-out rows; `bands` of `planner.calibration.transfer.validate.held_bands`."""
    errors = np.abs([row.log_error for row in rows])
    plain = np.abs([np.log(row.observation.latency_s / plain_roofline_s(row.observation)) for row in rows])
    chosen = {id(row) for row in rows}
    own = [(row, low, high) for row, low, high in bands if id(row) in chosen]
    inside = [np.log(low) <= row.log_error <= np.log(high) for row, low, high in own]
    return FitAccuracy(
        observations=len(rows),
        groups=len({row.group for row in rows}),
        median=_factor(errors, 0.5),
        p90=_factor(errors, 0.9),
        within_two=float(np.mean(errors < np.log(2))),
        spearman=_spearman(rows),
        coverage=float(np.mean(inside)) if own else None,
        # The factor by which the middle may be multiplied or divided to reach the ends of a band even in
        # logarithms.
        half_width=float(np.median([np.sqrt(high / low) for _, low, high in own])) if own else None,
        plain_median=_factor(plain, 0.5),
        plain_p90=_factor(plain, 0.9),
        plain_within_two=float(np.mean(plain < np.log(2))),
    )


def plain_roofline_s(observation: Observation) -> float:
    """Perfect overlap kernel by kernel at datasheet numbers, no overheads."""
    table, point = observation.table, observation.point
    compute = 2 * table.macs / point.peak_ops_per_s + table.other_ops / point.vector_ops_per_s
    moved = table.read_bytes + table.write_bytes + table.weight_bytes
    return float(np.maximum(compute, moved / point.bandwidth_bytes_per_s).sum())


def _factor(errors: Column, share: float) -> float:
    return float(np.exp(np.quantile(errors, share)))


def _spearman(rows: Sequence[LeftOut]) -> float | None:
    from scipy.stats import spearmanr

    by_device: dict[str, list[LeftOut]] = defaultdict(list)
    for row in rows:
        by_device[row.observation.device].append(row)
    found = [
        float(
            spearmanr([row.observation.latency_s for row in own], [row.predicted_s for row in own]).statistic
        )
        for own in by_device.values()
        if len({row.observation.model for row in own}) >= ENOUGH_TO_RANK
    ]
    return float(np.median(found)) if found else None
