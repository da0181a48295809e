"""A cooler from a log: resistance, two heat stores and what the fan does, with intervals.

The two stores of `planner.rack.heat.ladder`, with the outermost resistance divided by the fan's speed ** 0.8
where the log has one, follow the logged power from the first sample on; least squares over logarithms.
Errors of neighbouring samples go together: the covariance is widened by (1 + r) / (1 - r), r their lag-one
correlation (AR(1)), and intervals of 90 % are 1.645 standard errors of the logarithms. What the log does not
show has a wide interval: a log shorter than the sink's time constant, or one without a change of power.

A log that ends while it still rises fits a sink without end as well as a real one. Two weak priors keep it
real: sinks have 200 s, within 3.3 times with a probability of 90 % (the published series of coolers.yaml),
and a log starts settled, within 16 K. They count as one sample of 0.5 K each and vanish in a log that shows
its end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import least_squares

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.description.checks import Checks
from planner.rack.description.heat_path import HeatNode
from planner.rack.heat.ladder import step_of

LEAST_RANGE_K = 8.0
"""Of temperatures at one load, below which leakage does not show."""
_LEAST_AT_ONE_LOAD = 30
MOST_SAMPLES = 800
"""Longer logs are thinned to so many means: 1 s over 13 minutes, 4.5 s over an hour."""
_FAN_EXPONENT = 0.8
_SLOWEST_FAN = 0.1
_LEVEL_WIDTH = 1.645
_SPEEDS = 40
_USUAL_SINK_S = 200.0
_SINK_SPREAD = 0.72
"""Standard deviation of the logarithm of a sink's time constant: ln 3.3 / 1.645."""
_START_SPREAD_K = 10.0
_PRIOR_K = 0.5
"""What one standard deviation of a prior counts as, among the misses of the samples."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A fitted number and its interval of 90 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FittedCooler:
    """Two stores, die first; resistances at full fan speed where the log has the fan."""

    resistance_k_per_w: Interval
    die: HeatNode
    sink: HeatNode
    die_time_s: Interval
    sink_time_s: Interval
    rmse_k: float
    worst_k: float
    samples: int
    step_s: float
    fan_seen: bool
    remarks: tuple[str, ...] = ()
    """Keys of what the log does not show: `short`, `flat`."""


@dataclass(frozen=True, slots=True)
class _Thinned:
    step_s: float
    power_w: Floats
    rise_k: Floats
    speed: Floats


@formula("thermal_ladder")
def fit_cooler(
    time_s: Sequence[float],
    power_w: Sequence[float],
    temperature_c: Sequence[float],
    ambient_c: Sequence[float] | float,
    fan_ratio: Sequence[float] = (),
) -> FittedCooler:
    """Fit two stores to a log of power and die temperature, of any steps between samples."""
    log = _thinned(time_s, power_w, temperature_c, ambient_c, fan_ratio)
    fan_seen = bool(fan_ratio) and float(np.ptp(log.speed)) > 0.05
    whole = float(np.quantile(log.rise_k, 0.9) / np.quantile(log.power_w, 0.9))
    span_s = log.step_s * log.rise_k.size
    inner, outer = 0.3 * whole, 0.7 * whole
    guess = np.array([math.log(inner), math.log(outer), math.log(15.0 / inner), 0.0, 0.7 * log.rise_k[0]])

    def off_by(at: Floats) -> Floats:
        return np.concatenate([_followed(at, log) - log.rise_k, _off_priors_k(at, float(log.power_w[0]))])

    best = None
    for slow_s in (60.0, 250.0, min(800.0, max(60.0, span_s))):
        guess[3] = math.log(slow_s / outer)
        found = least_squares(off_by, guess, xtol=1e-10, ftol=1e-10)
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None  # noqa: S101 - three starts
    off_k, at = np.asarray(best.fun)[: log.rise_k.size], np.asarray(best.x)
    spread = _covariance(np.asarray(best.jac), off_k)
    r1, r2, c1, c2 = (float(value) for value in np.exp(at[:4]))
    share = np.array([r1, r2, 0.0, 0.0, 0.0]) / (r1 + r2)
    sink_s = _interval(r2 * c2, np.array([0.0, 1.0, 0.0, 1.0, 0.0]), spread)
    remarks = []
    if span_s < 2.0 * sink_s.value:
        remarks.append("short")
    if float(np.ptp(log.power_w)) < 0.2 * float(log.power_w.max()):
        remarks.append("flat")
    return FittedCooler(
        resistance_k_per_w=_interval(r1 + r2, share, spread),
        die=HeatNode(c1, r1),
        sink=HeatNode(c2, r2),
        die_time_s=_interval(r1 * c1, np.array([1.0, 0.0, 1.0, 0.0, 0.0]), spread),
        sink_time_s=sink_s,
        rmse_k=float(np.sqrt(np.mean(off_k**2))),
        worst_k=float(np.abs(off_k).max()),
        samples=log.rise_k.size,
        step_s=log.step_s,
        fan_seen=fan_seen,
        remarks=tuple(remarks),
    )


def _thinned(
    time_s: Sequence[float],
    power_w: Sequence[float],
    temperature_c: Sequence[float],
    ambient_c: Sequence[float] | float,
    fan_ratio: Sequence[float],
) -> _Thinned:
    """The log at even steps: power as its mean over each, temperatures and fan between samples."""
    times, power, dies = (np.array(v, dtype=np.float64) for v in (time_s, power_w, temperature_c))
    ambient = np.broadcast_to(np.array(ambient_c, dtype=np.float64), times.shape)
    speed = np.array(fan_ratio, dtype=np.float64) if len(fan_ratio) else np.ones_like(times)
    checks = Checks("temperature log")
    checks.require(times.size == power.size == dies.size, "samples", "as many of each", times.size)
    checks.require(bool((power >= 0).all()) and power.max() > 0, "power", "watts above 0 at times", "none")
    checks.require(
        bool(dies.max() > ambient.min()), "temperature", "above the ambient at times", f"{dies.max():g}"
    )
    checks.finish()
    usual = float(np.median(np.diff(times)))
    step_s = max(usual, float(times[-1] - times[0]) / MOST_SAMPLES)
    even = np.arange(times[0], times[-1] + 1e-9, step_s)
    # The integral of a power that holds until the next sample, so that short peaks keep their energy.
    energy = np.concatenate(([0.0], np.cumsum(power[:-1] * np.diff(times))))
    edges = np.append(even, even[-1] + step_s)
    drawn = np.interp(edges, times, energy)
    means = np.diff(drawn) / step_s
    means[-1] = power[-1]
    rise = np.interp(even, times, dies - ambient)
    return _Thinned(step_s, means, rise, np.interp(even, times, speed))


def _followed(at: Floats, log: _Thinned) -> Floats:
    """Rises of the die at the samples; the sink starts where it is fitted to have been."""
    r1, r2, c1, c2 = (float(value) for value in np.exp(np.clip(at[:4], -12.0, 12.0)))
    speeds = np.maximum(_SLOWEST_FAN, np.round(log.speed * _SPEEDS) / _SPEEDS)
    steps = {}
    for speed in np.unique(speeds):
        step = step_of((HeatNode(c1, r1), HeatNode(c2, r2 / float(speed) ** _FAN_EXPONENT)), log.step_s)
        a, b = step.decay, step.warming_k_per_w
        steps[float(speed)] = (a[0, 0], a[0, 1], a[1, 0], a[1, 1], b[0], b[1])
    die, sink = float(log.rise_k[0]), float(at[4])
    followed = np.empty_like(log.rise_k)
    for number, (watts, speed) in enumerate(zip(log.power_w.tolist(), speeds.tolist(), strict=True)):
        followed[number] = die
        a, b, c, d, e, f = steps[speed]
        die, sink = a * die + b * sink + e * watts, c * die + d * sink + f * watts
    return followed


def _off_priors_k(at: Floats, first_w: float) -> Floats:
    """How far the sink's time constant and its start are from what they usually are, as misses."""
    late = (at[1] + at[3] - math.log(_USUAL_SINK_S)) / _SINK_SPREAD
    # Bounded: a start of the search far off must not outweigh the samples.
    settled_k = math.exp(min(float(at[1]), 12.0)) * first_w
    return _PRIOR_K * np.array([late, np.clip((at[4] - settled_k) / _START_SPREAD_K, -20.0, 20.0)])


def _covariance(jacobian: Floats, off_k: Floats) -> Floats:
    """Of the fitted parameters, widened for errors that go together."""
    free = max(1, off_k.size - jacobian.shape[1])
    variance = float(off_k @ off_k) / free
    together = float(off_k[1:] @ off_k[:-1]) / max(1e-30, float(off_k @ off_k))
    widened = (1.0 + together) / (1.0 - together) if together < 0.99 else 200.0
    return np.asarray(np.linalg.pinv(jacobian.T @ jacobian) * variance * max(1.0, widened))


def _interval(value: float, slope: Floats, covariance: Floats) -> Interval:
    """By the delta method on logarithms."""
    error = math.sqrt(max(0.0, float(slope @ covariance @ slope)))
    width = math.exp(min(_LEVEL_WIDTH * error, 20.0))
    return Interval(value, value / width, value * width)


def fit_leakage(
    power_w: Sequence[float], temperature_c: Sequence[float], load: Sequence[float]
) -> Interval | None:
    """Watts that a kelvin of the die adds at one load, the slope of a line; None where it does not show.

    The samples are those at the load that occurs most, to a twentieth. Over a few tens of kelvins a line
    follows the exponential closely (De Vogeleer et al., arXiv:1404.3381: adequate from 20 to 50 degC).
    """
    power, dies = np.array(power_w), np.array(temperature_c)
    rounded = np.round(np.array(load) * 20.0)
    if not rounded.size:
        return None
    values, counts = np.unique(rounded, return_counts=True)
    chosen = rounded == values[int(counts.argmax())]
    power, dies = power[chosen], dies[chosen]
    if power.size < _LEAST_AT_ONE_LOAD or float(np.ptp(dies)) < LEAST_RANGE_K:
        return None
    design = np.column_stack((np.ones_like(dies), dies - dies.mean()))
    line, *_ = np.linalg.lstsq(design, power, rcond=None)
    error = math.sqrt(float(_covariance(design, power - design @ line)[1, 1]))
    slope = float(line[1])
    return Interval(slope, slope - _LEVEL_WIDTH * error, slope + _LEVEL_WIDTH * error)


@dataclass(frozen=True, slots=True)
class FanLevels:
    """Speeds that a log shows, the slowest first, and the die's temperature from which on each was taken."""

    trips_c: tuple[float, ...]
    speeds: tuple[float, ...]


def fan_levels_of(temperature_c: Sequence[float], fan_ratio: Sequence[float]) -> FanLevels | None:
    """Where the fan turned faster; None of one that did not, or that turns at more than six speeds."""
    if not len(fan_ratio):
        return None
    speed = np.maximum(_SLOWEST_FAN, np.round(np.array(fan_ratio) * 20.0) / 20.0)
    dies, speeds = np.array(temperature_c), np.unique(speed)
    if not 2 <= speeds.size <= 6:
        return None
    rises = np.flatnonzero(np.diff(speed) > 0)
    trips = []
    for faster in speeds[1:]:
        at = [float(dies[n]) for n in rises if speed[n] < faster <= speed[n + 1]]
        trips.append(float(np.median(at)) if at else float(dies[speed >= faster].min()))
    if any(later <= earlier for earlier, later in pairwise(trips)):
        return None
    return FanLevels(tuple(trips), tuple(float(value) for value in speeds))
