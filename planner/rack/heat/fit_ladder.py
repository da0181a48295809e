"""Resistances and capacities of a device from a log of its temperature, as `tegrastats` writes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.description.checks import Checks
from planner.rack.description.heat_path import HeatNode
from planner.rack.heat.ladder import step_of

_FIRST_SHARE = 0.1
_LEAST_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class FittedLadder:
    """The nodes that follow a log best, die first, and how far they are off it.

    `resistance_error` is the standard error of the whole resistance as a share of it; a log without a change
    of power, or shorter than the slowest time constant, shows in it.
    """

    nodes: tuple[HeatNode, ...]
    rmse_k: float
    worst_k: float
    resistance_error: float

    @property
    def resistance_k_per_w(self) -> float:
        """From die to inlet air."""
        return sum(node.resistance_k_per_w for node in self.nodes)

    @property
    def heat_capacity_j_per_k(self) -> float:
        """Of the whole device."""
        return sum(node.heat_capacity_j_per_k for node in self.nodes)


@formula("thermal_ladder")
def fit_ladder(
    interval_s: float,
    temperature_c: Sequence[float],
    inlet_c: float,
    power_w: Sequence[float],
    nodes: int = 1,
) -> FittedLadder:
    """Fit a ladder of nodes to die temperatures sampled at one interval, by least squares.

    `power_w[i]` holds from sample i to the next. The device is taken as settled at the first sample: log some
    minutes of idling before the load. Leakage is in the power if the power was measured. More nodes than the
    log can resolve give a small error and meaningless parts: compare the errors of one, two and three.
    """
    logged_c, power = np.array(temperature_c, dtype=np.float64), np.array(power_w, dtype=np.float64)
    _check(interval_s, logged_c, inlet_c, power, nodes)
    # The hottest sample over the highest power: the right order for the whole resistance, which is all that a
    # start needs.
    whole = float((logged_c.max() - inlet_c) / power.max())
    # Logarithms keep resistances and capacities above zero and make steps relative.
    guess = np.log([whole * _guess(nodes, i) for i in range(nodes)])
    # A time constant that the log is long enough to show.
    slow_s = interval_s * logged_c.size / 4.0
    guess = np.concatenate((guess, np.log([slow_s / whole * _guess(nodes, i) for i in range(nodes)])))

    def residuals_k(logs: Floats) -> Floats:
        return _followed_c(_nodes(logs), interval_s, logged_c, inlet_c, power) - logged_c

    found = least_squares(residuals_k, guess, x_scale=1.0, xtol=1e-12, ftol=1e-12)
    off_k = np.asarray(found.fun, dtype=np.float64)
    return FittedLadder(
        nodes=_nodes(np.asarray(found.x, dtype=np.float64)),
        rmse_k=float(np.sqrt(np.mean(off_k**2))),
        worst_k=float(np.abs(off_k).max()),
        resistance_error=_resistance_error(np.asarray(found.jac), np.asarray(found.x), off_k, nodes),
    )


def _check(interval_s: float, logged_c: Floats, inlet_c: float, power: Floats, nodes: int) -> None:
    checks = Checks("temperature log")
    checks.positive(interval_s=interval_s)
    checks.finite(inlet_c=inlet_c)
    checks.between(1, 3, nodes=nodes)
    checks.require(logged_c.size >= _LEAST_SAMPLES, "samples", f"{_LEAST_SAMPLES} or more", logged_c.size)
    checks.require(
        power.size == logged_c.size, "power_w", f"{logged_c.size} values, one a sample", power.size
    )
    whole = np.isfinite(logged_c).all() and np.isfinite(power).all()
    checks.require(whole, "values", "finite temperatures and powers", "others among them")
    checks.require(
        logged_c.size and logged_c.max() > inlet_c, "temperature_c", "above the inlet at times", "never"
    )
    checks.require(
        power.size and power.max() > power.min() >= 0, "power_w", "zero or more, and a change", "none"
    )
    checks.finish()


def _guess(nodes: int, index: int) -> float:
    """Small inner nodes and a large outer one."""
    return 1.0 - _FIRST_SHARE * (nodes - 1) if index == nodes - 1 else _FIRST_SHARE


def _nodes(logs: Floats) -> tuple[HeatNode, ...]:
    resistance, capacity = np.exp(logs[: logs.size // 2]), np.exp(logs[logs.size // 2 :])
    return tuple(HeatNode(float(c), float(r)) for c, r in zip(capacity, resistance, strict=True))


def _followed_c(
    nodes: tuple[HeatNode, ...], interval_s: float, logged_c: Floats, inlet_c: float, power: Floats
) -> Floats:
    """Die temperatures of the ladder at the samples, from settled at the first."""
    step = step_of(nodes, interval_s)
    rise_k = (logged_c[0] - inlet_c) * step.settled_k_per_w / step.settled_k_per_w[0]
    followed = np.empty_like(logged_c)
    for number, watts in enumerate(power):
        followed[number] = inlet_c + rise_k[0]
        rise_k = step.decay @ rise_k + step.warming_k_per_w * watts
    return followed


def _resistance_error(jacobian: Floats, logs: Floats, off_k: Floats, nodes: int) -> float:
    """Standard error of the sum of resistances over the sum, from the curvature at the optimum."""
    # Degrees of freedom; errors of neighbouring samples go together, so that the true error is larger than
    # this.
    free = max(1, off_k.size - logs.size)
    # The pseudo-inverse stands for what the log cannot tell apart, where the inverse does not exist.
    covariance = np.linalg.pinv(jacobian.T @ jacobian) * float(off_k @ off_k) / free
    resistance = np.exp(logs[:nodes])
    # Delta method: d log(sum R) / d log R_i is the share of R_i; capacities have no part in the sum.
    slope = np.concatenate((resistance / resistance.sum(), np.zeros(logs.size - nodes)))
    return float(np.sqrt(max(0.0, slope @ covariance @ slope)))
