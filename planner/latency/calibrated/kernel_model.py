"""Time of one kernel on one engine and unit: a base from arithmetic and traffic times a learnt factor.

log t = log(a + b MACs + c bytes) + g(shape), where g is a Gaussian process with a Matern 5/2 covariance and a
length for each feature (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, eq. 4.17 and
2.25 to 2.26). Far from every measured kernel g returns to zero, the base, and its spread grows to that of the
class, so that a shape that was never probed shows in its band. Kernels of another kind in the same class
share a part of the covariance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Floats
from planner.formulas import formula
from planner.latency.kernels.features import features_of
from planner.latency.kernels.shape import KernelShape

UNKNOWN_SPREAD = 1.0
"""Standard deviation of log seconds for kernels of a kind that no probe had: a factor of 2.7 either way."""


@dataclass(frozen=True, slots=True)
class Base:
    """Seconds of a kernel without any learnt factor: fixed, per multiply-accumulate and per byte moved.

    `per_cold_byte_s` comes on top for weights that other layers have pushed out of the caches since the last
    inference.
    """

    fixed_s: float
    per_mac_s: float
    per_byte_s: float
    per_cold_byte_s: float = 0.0

    def seconds(self, shapes: Sequence[KernelShape]) -> Floats:
        """Seconds of each kernel."""
        terms = np.array([self.fixed_s, self.per_mac_s, self.per_byte_s, self.per_cold_byte_s])
        found: Floats = work_of(shapes) @ terms
        return found


CACHE_BYTES = 64e6
"""Where a network's traffic begins to push its weights out: the order of a server's last cache."""
CORE_CACHE_BYTES = 2e6
"""Where the weights of one step outgrow the cache of a core: that of current server processors."""


def work_of(shapes: Sequence[KernelShape]) -> Floats:
    """Columns of one, multiply-accumulates on the image, bytes moved, and cold bytes of weights."""
    return np.array(
        [
            (
                1.0,
                shape.macs * shape.inside,
                shape.moved_bytes,
                _cold_bytes(shape),
            )
            for shape in shapes
        ],
        dtype=np.float64,
    ).reshape(len(shapes), 4)


def _cold_bytes(shape: KernelShape) -> float:
    """Bytes of weights that come from beyond the caches.

    Once an inference for most kernels; for recurrent ones the weights between steps come again with every
    step where they outgrow the second-level cache.
    """
    # Small networks keep their weights in the cache from one inference to the next, large ones push them out.
    once = shape.weight_bytes * shape.network_bytes / (shape.network_bytes + CACHE_BYTES)
    if shape.op_class != "recurrent":
        return once
    directions = shape.groups / shape.steps
    # Of a recurrent layer's weights only those between steps are needed again at every step: rows x rows over
    # the gates, times the bytes of one weight.
    own = shape.weight_bytes / (directions * shape.rows * shape.depth) * shape.rows**2
    own /= _GATES.get(shape.kind.split(" ")[0], 1)
    return once + shape.groups * own / (1.0 + (CORE_CACHE_BYTES / own) ** _SHARPNESS)


_GATES = {"LSTM": 4, "GRU": 3}
_SHARPNESS = 4


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """What a fit settles: one length per feature (in its own units), three spreads and the share of kinds.

    `spread` is the standard deviation of g, `noise` that of one measurement, both of log seconds; `shared` is
    the part of the covariance that kernels of different kinds have in common.
    """

    lengths: tuple[float, ...]
    spread: float
    noise: float
    shared: float
    mean: float


@dataclass(frozen=True)
class KernelModel:
    """One class of kernels as fitted: base, hyperparameters and the measured kernels that support it."""

    op_class: str
    base: Base
    hyperparameters: Hyperparameters
    shapes: tuple[KernelShape, ...]
    seconds: tuple[float, ...]
    counts: tuple[int, ...]
    """How many measurements each of the seconds is the mean of."""
    absent: dict[str, float] = field(default_factory=dict)
    """Kind -> share of its kernels that the engine did away with."""

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Kinds of kernels that were measured."""
        return frozenset(shape.kind for shape in self.shapes)

    @formula("kernel_process")
    def predict(self, shapes: Sequence[KernelShape]) -> tuple[Floats, Floats]:
        """Seconds of each kernel and the standard deviation of their logarithm."""
        # The process is on the logarithm of measured over base, so that far from all data the base is the
        # answer.
        base_s = self.base.seconds(shapes)
        # SciPy takes longer to import than most predictions take; without a calibration it is not needed.
        from scipy.linalg import cho_solve

        cross = covariance(self.hyperparameters, self._points, _points(shapes), self._kinds, _kinds(shapes))
        factor, weights = self._solved
        mean = self.hyperparameters.mean + cross.T @ weights
        # Diagonal of K* K^-1 K*^T alone; the whole matrix would be as large as the network squared.
        explained = np.einsum("ij,ij->j", cross, cho_solve(factor, cross))
        # Next to a measured kernel the difference is rounding and may fall below zero.
        variance = np.maximum(self.hyperparameters.spread**2 - explained, 0.0)
        kept = np.array([1.0 - self.absent.get(shape.kind, 0.0) for shape in shapes])
        spread = np.sqrt(variance + self.hyperparameters.noise**2)
        new = np.array([shape.kind not in self.kinds for shape in shapes])
        return base_s * np.exp(mean) * kept, np.where(new, np.maximum(spread, UNKNOWN_SPREAD), spread)

    @cached_property
    def _points(self) -> Floats:
        return _points(self.shapes)

    @cached_property
    def _kinds(self) -> NDArray[np.str_]:
        return _kinds(self.shapes)

    @cached_property
    def _solved(self) -> tuple[tuple[Floats, bool], Floats]:
        from scipy.linalg import cho_factor, cho_solve

        settings = self.hyperparameters
        matrix = covariance(settings, self._points, self._points, self._kinds, self._kinds)
        matrix += np.diag(noise_variance(settings.noise, self.counts, self.seconds))
        factor = cho_factor(matrix, lower=True)
        target = np.log(np.array(self.seconds)) - np.log(self.base.seconds(self.shapes)) - settings.mean
        return factor, cho_solve(factor, target)


CLOCK_S = 0.5e-6
"""What a profiler's clock in whole microseconds leaves open."""


def noise_variance(noise: float | Floats, counts: Sequence[int], seconds: Sequence[float]) -> Floats:
    """Variance of the logarithm of each measured kernel: that of one run over its count, and the clock's."""
    # Repeats of one shape share its systematic error: more than four say hardly more than four.
    times = np.minimum(np.array(counts, dtype=np.float64), 4.0)
    variance: Floats = noise**2 / times + clock_variance(counts, seconds)
    return variance


def clock_variance(counts: Sequence[int], seconds: Sequence[float]) -> Floats:
    """The part of the variance that the clock is to blame for."""
    # Relative error of half a tick; never more than all of the time.
    short: Floats = (CLOCK_S / np.maximum(np.array(seconds), CLOCK_S)) ** 2
    return short / np.minimum(np.array(counts, dtype=np.float64), 4.0)


def covariance(
    settings: Hyperparameters,
    left: Floats,
    right: Floats,
    kinds_left: NDArray[np.str_],
    kinds_right: NDArray[np.str_],
) -> Floats:
    """Matern 5/2 covariance between kernels, damped where their kinds differ."""
    lengths = np.array(settings.lengths)
    distance = scaled_distance(left / lengths, right / lengths)
    # Matern 5/2: twice differentiable, where a squared exponential would be smoother than any machine.
    root = math.sqrt(5.0) * distance
    smooth = (1.0 + root + root**2 / 3.0) * np.exp(-root)
    same = kinds_left[:, None] == kinds_right[None, :]
    together: Floats = settings.spread**2 * smooth * np.where(same, 1.0, settings.shared)
    return together


def scaled_distance(left: Floats, right: Floats) -> Floats:
    """Euclidean distances between the rows of two arrays."""
    # |a - b|^2 = a^2 + b^2 - 2 a b, one matrix product; equal points may come out just below zero.
    square = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :] - 2.0 * left @ right.T
    distance: Floats = np.sqrt(np.maximum(square, 0.0))
    return distance


def _points(shapes: Sequence[KernelShape]) -> Floats:
    return features_of(shapes)


def _kinds(shapes: Sequence[KernelShape]) -> NDArray[np.str_]:
    return np.array([shape.kind for shape in shapes])
