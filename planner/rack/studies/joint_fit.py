"""Published rises and powers against density together: how few fitted numbers reproduce both.

The powers are modelled as P = rating + reference * (exp(k rise) - exp(k first rise)): the rating is the first
row's power as published, the exponent k is assumed. The rises are modelled by an airflow with one fitted
number or two. All fits make the worst row as good as it gets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from planner.arrays import Floats
from planner.rack.studies.airflow_models import SIXTH, DensityPoint

PER_K = 0.04
"""Leakage exponent assumed, the upper end of what sources give for silicon (1 to 4 % a kelvin)."""
_ROUNDING_K = _ROUNDING_W = 0.5


@dataclass(frozen=True, slots=True)
class JointFit:
    """An airflow and a power law: how many numbers were fitted for both, what was assumed, largest errors."""

    fitted: int
    airflow: str
    power: str
    assumed: tuple[str, ...]
    worst_k: float
    worst_w: float

    @property
    def holds(self) -> bool:
        """Whether both rows are within their rounding."""
        return self.worst_k <= _ROUNDING_K and self.worst_w <= _ROUNDING_W


def joint_fits(points: Sequence[DensityPoint]) -> tuple[JointFit, ...]:
    """From one fitted number to three; three densities or more."""
    counts, rises_k, powers_w = _columns(points)
    rating_w = powers_w[0]
    still = np.full_like(powers_w, rating_w)
    warmed = rating_w + _leakage_w(rises_k, powers_w)
    leaks, at = "rating and leakage with temperature", f"leakage grows by {100 * PER_K:g} % a kelvin"
    root = "effective flow falls with the sixth root of density"
    sixth = "the exponent 1/6, for which we know no theory"
    found = []
    for power, drawn_w, of_power, assumed in (
        ("rating", still, 0, ()),
        (leaks, warmed, 1, (at,)),
    ):
        worst_w = float(np.abs(drawn_w - powers_w).max())
        heats_w = counts * drawn_w
        for airflow, worst_k, of_air, also in (
            ("the same flow", _one(heats_w, rises_k), 1, ()),
            (root, _one(heats_w * counts**SIXTH, rises_k), 1, (sixth,)),
            ("the same flow over a warmer reference", _two(heats_w, rises_k), 2, ()),
        ):
            found.append(JointFit(of_air + of_power, airflow, power, (*assumed, *also), worst_k, worst_w))
    return tuple(sorted(found, key=lambda fit: (fit.fitted, len(fit.assumed))))


def growth_needed(points: Sequence[DensityPoint]) -> list[tuple[float, float]]:
    """By what share the rise for each watt grows from row to row, at least and at most, within the rounding.

    What no airflow with one fitted number gives excludes it: a constant flow gives zero everywhere.
    """
    counts, rises_k, powers_w = _columns(points)
    # The least rise for a watt goes with the lowest rise and the highest power that round to the published
    # ones.
    low = (rises_k - _ROUNDING_K) / (counts * (powers_w + _ROUNDING_W))
    high = (rises_k + _ROUNDING_K) / (counts * (powers_w - _ROUNDING_W))
    return [
        (float(low[i + 1] / high[i]) - 1.0, float(high[i + 1] / low[i]) - 1.0) for i in range(len(counts) - 1)
    ]


def _columns(points: Sequence[DensityPoint]) -> tuple[Floats, Floats, Floats]:
    rows = sorted(points, key=lambda point: point.devices)
    return (
        np.array([float(row.devices) for row in rows]),
        np.array([row.rise_k for row in rows]),
        np.array([row.power_per_device_w for row in rows]),
    )


def _leakage_w(rises_k: Floats, powers_w: Floats) -> Floats:
    """The growth of power over the first row that comes closest in the worst row."""
    growth = np.exp(PER_K * rises_k) - np.exp(PER_K * rises_k[0])
    if (
        growth.max() <= 0.0
    ):  # rises that only fall: leakage, which grows with them, explains no growth of power
        return np.zeros_like(growth)
    most_w = (np.ptp(powers_w) + 1.0) / growth.max()
    reference_w = _least(lambda x: float(np.abs(powers_w[0] + x * growth - powers_w).max()), most_w)
    return np.asarray(reference_w * growth)


def _one(loads: Floats, rises_k: Floats) -> float:
    """The largest error of rises in proportion to the loads."""
    most = 2.0 * float((rises_k / loads).max())

    def worst_k(slope: float) -> float:
        return float(np.abs(slope * loads - rises_k).max())

    return worst_k(_least(worst_k, most))


def _two(loads: Floats, rises_k: Floats) -> float:
    """The largest error of rises that grow evenly with the loads, from a start of their own (exact)."""
    from scipy.optimize import linprog

    unit, ones = loads / loads.max(), np.ones_like(loads)
    # Minimise w with -w <= a x + b - rise <= w: the best worst case of a straight line is a linear programme.
    matrix = np.vstack((np.column_stack((unit, ones, -ones)), np.column_stack((-unit, -ones, -ones))))
    limits = np.concatenate((rises_k, -rises_k))
    bounds = [(None, None), (None, None), (0, None)]
    worst_k: Floats = np.asarray(linprog((0.0, 0.0, 1.0), A_ub=matrix, b_ub=limits, bounds=bounds).x)
    return float(worst_k[-1])


def _least(worst: Callable[[float], float], most: float) -> float:
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(worst, bounds=(0.0, most), method="bounded", options={"xatol": 1e-9 * most})
    return float(found.x)
