"""Fits the model of one class of kernels to measured kernels: base, then lengths, spreads and support.

The base is a non-negative least squares fit of relative error; lengths and spreads maximise the marginal
likelihood (Rasmussen and Williams 2006, eq. 5.8 and 5.9) times a prior that keeps lengths near a few standard
deviations of their feature.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import OptimizeResult, minimize, nnls

from planner.arrays import Floats
from planner.latency.calibrated.kernel_model import (
    Base,
    Hyperparameters,
    KernelModel,
    clock_variance,
    scaled_distance,
    work_of,
)
from planner.latency.kernels.features import FEATURES, features_of
from planner.latency.kernels.shape import KernelShape

MOST_SUPPORT = 900
"""Measured kernels kept for a class: an exact fit costs the cube of this."""
_MOST_FOR_LENGTHS = 400
_LEAST_KERNELS = 4
_PRIOR_LENGTH, _PRIOR_WIDTH = math.log(2.5), 0.9
_FLAT = 1e3
"""Length of a feature that does not vary among the measured kernels of a class."""


@dataclass(frozen=True, slots=True)
class MeasuredKernel:
    """One kernel of one probe: its shape and its seconds, at the reference speed of the machine."""

    shape: KernelShape
    seconds: float


def fit_classes(
    kernels: Sequence[MeasuredKernel], *, until_s: float | None = None
) -> tuple[KernelModel, ...]:
    """One model for each class with enough measured kernels, in the order of their names.

    From `until_s` on (of the monotonic clock) the search for length scales ends where it is.
    """
    by_class: dict[str, list[MeasuredKernel]] = defaultdict(list)
    for kernel in kernels:
        by_class[kernel.shape.op_class].append(kernel)
    return tuple(
        fit_class(name, found, until_s=until_s)
        for name, found in sorted(by_class.items())
        if len(found) >= _LEAST_KERNELS
    )


def fit_class(
    op_class: str, kernels: Sequence[MeasuredKernel], *, until_s: float | None = None
) -> KernelModel:
    """The model of one class; kernels that the engine did away with count for `absent` alone."""
    # Before any fit: in logarithms a time that is far too short weighs as much as one far too long.
    kernels = _possible(kernels)
    shapes, seconds, counts = _merged([kernel for kernel in kernels if kernel.seconds > 0])
    base = fit_base(shapes, seconds)
    points = features_of(shapes)
    target = np.log(seconds) - np.log(base.seconds(shapes))
    kinds = np.array([shape.kind for shape in shapes])
    scale = points.std(0)
    # A feature that does not vary has no length scale; dividing by its spread would divide by rounding.
    varying = (scale > 1e-9) & _spanned(points)
    sample = np.random.default_rng(0).permutation(len(points))[:_MOST_FOR_LENGTHS]
    settings = _hyperparameters(
        points[sample][:, varying] / scale[varying],
        target[sample],
        kinds[sample],
        counts[sample],
        clock_variance(counts[sample].tolist(), seconds[sample].tolist()),
        until_s,
    )
    # A length far beyond all distances: the feature is there and has no influence.
    lengths = np.full(points.shape[1], _FLAT)
    lengths[varying] = np.array(settings.lengths) * scale[varying]
    rounded = tuple(float(f"{value:.4g}") for value in lengths)
    return _supported(op_class, base, replace(settings, lengths=rounded), kernels)


def refitted(model: KernelModel, kernels: Sequence[MeasuredKernel]) -> KernelModel | None:
    """The same base and hyperparameters resting on other kernels; None where none is of the class."""
    own = [kernel for kernel in kernels if kernel.shape.op_class == model.op_class and kernel.seconds > 0]
    return _supported(model.op_class, model.base, model.hyperparameters, own) if own else None


def _spanned(points: Floats) -> NDArray[np.bool_]:
    """Features over which probes tell a trend: a footprint that few of them have is not one.

    Networks are larger than probes; a trend among small footprints, which is one of other sizes too, would be
    drawn on far beyond them.
    """
    found = np.ones(points.shape[1], dtype=bool)
    column = FEATURES.index("footprint")
    found[column] = np.quantile(points[:, column], 0.98) >= math.log2(1.0 + _LARGE_FOOTPRINT_BYTES / 1e6)
    return found


_LARGE_FOOTPRINT_BYTES = 64e6


def _possible(kernels: Sequence[MeasuredKernel]) -> list[MeasuredKernel]:
    """Without kernels far faster than the fastest others of their class: faults of a profiler."""
    rates = np.array([k.shape.macs * k.shape.inside / k.seconds if k.seconds > 0 else 0.0 for k in kernels])
    long = rates[[k.shape.macs >= _LONG_MACS and k.seconds > 0 for k in kernels]]
    if len(long) < _LEAST_LONG:
        return list(kernels)
    most = _FASTER * float(np.quantile(long, 0.98))
    return [kernel for kernel, rate in zip(kernels, rates, strict=True) if rate <= most]


_LONG_MACS, _LEAST_LONG, _FASTER = 5e6, 50, 1.3


def _supported(
    op_class: str, base: Base, settings: Hyperparameters, kernels: Sequence[MeasuredKernel]
) -> KernelModel:
    shapes, seconds, counts = _merged([kernel for kernel in kernels if kernel.seconds > 0])
    points = features_of(shapes) / np.array(settings.lengths)
    chosen = _far_apart(points, np.array([shape.kind for shape in shapes]), MOST_SUPPORT)
    return KernelModel(
        op_class,
        base,
        settings,
        tuple(shapes[index] for index in chosen),
        tuple(float(f"{seconds[index]:.4g}") for index in chosen),
        tuple(int(counts[index]) for index in chosen),
        _absent(kernels),
    )


def _absent(kernels: Sequence[MeasuredKernel]) -> dict[str, float]:
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for kernel in kernels:
        totals[kernel.shape.kind][int(kernel.seconds <= 0)] += 1
    return {kind: round(gone / (gone + kept), 3) for kind, (kept, gone) in sorted(totals.items()) if gone}


def _merged(
    kernels: Sequence[MeasuredKernel],
) -> tuple[list[KernelShape], Floats, NDArray[np.int64]]:
    """Each shape once, with the geometric mean of its seconds and how many there were."""
    found: dict[KernelShape, list[float]] = defaultdict(list)
    for kernel in kernels:
        found[kernel.shape].append(math.log(kernel.seconds))
    # A median of logarithms: one disturbed repeat does not move it.
    seconds = np.exp(np.array([float(np.median(values)) for values in found.values()]))
    return list(found), seconds, np.array([len(values) for values in found.values()])


def fit_base(shapes: Sequence[KernelShape], seconds: Floats) -> Base:
    """The four terms, none negative, least in error relative to the larger of measured and fitted; longer
    kernels weigh more, as they are what lies beyond the measured sizes.

    Relative to the measured alone, a few kernels that an engine does away with would hold every term down.
    """
    # About a microsecond a launch, 1e11 multiply-accumulates and 1e10 bytes a second: columns of like size
    # keep the least squares well conditioned.
    scale = np.array([1e-6, 1e-11, 1e-10, 1e-10])
    weight = (seconds / float(np.median(seconds))) ** _LONG_WEIGH_MORE
    work = work_of(shapes) * scale
    size = np.full_like(seconds, float(np.median(seconds)))
    for _ in range(_ROUNDS):
        # Reweighted: each round is a linear problem whose errors are relative to the last round's larger of
        # both.
        found, _ = nnls(work * (weight / size)[:, None], weight * seconds / size)
        size = np.maximum(seconds, work @ found)
    fixed, per_mac, per_byte, per_cold = (float(f"{value:.4g}") for value in found * scale)
    # Ten nanoseconds at least, since the logarithm of the base is taken for a kernel without work.
    return Base(max(fixed, 1e-8), per_mac, per_byte, per_cold)


_LONG_WEIGH_MORE, _ROUNDS = 0.3, 12


def _far_apart(points: Floats, kinds: NDArray[np.str_], most: int) -> NDArray[np.int64]:
    """Indices of at most so many points, each far from those before it; a kind that is new comes first."""
    count = len(points)
    if count <= most:
        return np.arange(count)
    chosen = [int(np.flatnonzero(kinds == kind)[0]) for kind in np.unique(kinds)][:most]
    nearest = np.full(count, np.inf)
    for index in chosen:
        nearest = np.minimum(nearest, scaled_distance(points, points[index : index + 1])[:, 0])
    while len(chosen) < most:
        # Farthest point next: the chosen ones cover the sizes evenly, where probes repeat the common ones.
        index = int(np.argmax(nearest))
        chosen.append(index)
        nearest = np.minimum(nearest, scaled_distance(points, points[index : index + 1])[:, 0])
    return np.array(sorted(set(chosen)))


def _hyperparameters(
    points: Floats,
    target: Floats,
    kinds: NDArray[np.str_],
    counts: NDArray[np.int64],
    clock: Floats,
    until_s: float | None,
) -> Hyperparameters:
    def timed(intermediate_result: OptimizeResult) -> None:  # noqa: ARG001 - scipy goes by the name
        if until_s is not None and time.monotonic() > until_s:
            raise StopIteration  # how scipy is asked to end where it is

    mean = float(np.median(target))
    centred = target - mean
    same = kinds[:, None] == kinds[None, :]
    squares = np.stack(
        [(column[:, None] - column[None, :]) ** 2 for column in points.T] or [np.zeros_like(same, float)]
    )
    features = len(points.T)
    start = np.concatenate([np.full(features, _PRIOR_LENGTH), [math.log(max(centred.std(), 0.1)), -3.0, 0.0]])
    # Logarithms of lengths, spread and noise, and the log odds of the share.
    bounds = [(-1.5, 5.0)] * features + [(-3.0, 1.5), (-3.5, -0.9), (-2.5, 4.0)]
    found = minimize(
        _cost, start, args=(squares, centred, same, 1.0 / np.minimum(counts, 4), clock), jac=True,
        method="L-BFGS-B", bounds=bounds, options={"maxiter": 60}, callback=timed,
    )  # fmt: skip
    lengths = np.exp(found.x[:features])
    spread, noise_level = (float(f"{math.exp(value):.4g}") for value in found.x[features : features + 2])
    shared = float(f"{1.0 / (1.0 + math.exp(-found.x[-1])):.4g}")
    return Hyperparameters(
        tuple(float(value) for value in lengths), spread, noise_level, shared, round(mean, 5)
    )


def _cost(
    parameters: Floats, squares: Floats, target: Floats, same: NDArray[np.bool_], noise: Floats, clock: Floats
) -> tuple[float, Floats]:
    """Negative log of marginal likelihood times prior, and its gradient."""
    features = len(squares) if len(parameters) > 3 else 0
    logs, (log_spread, log_noise, odds) = parameters[:features], parameters[features:]
    inverse = np.exp(-2.0 * logs)
    distance2 = np.tensordot(inverse, squares[:features], axes=1) if features else np.zeros_like(same, float)
    root = np.sqrt(5.0 * np.maximum(distance2, 0.0))
    decay = np.exp(-root)
    share = 1.0 / (1.0 + math.exp(-odds))
    damp = np.where(same, 1.0, share)
    spread2, noise2 = math.exp(2.0 * log_spread), math.exp(2.0 * log_noise)
    signal = spread2 * (1.0 + root + root**2 / 3.0) * decay * damp
    # The last term only keeps the Cholesky factor real where two kernels are nearly the same.
    matrix = signal + np.diag(noise2 * noise + clock + 1e-8)
    try:
        factor = cho_factor(matrix, lower=True)
    except np.linalg.LinAlgError:
        # A wall with no slope: the line search steps back.
        return 1e10, np.zeros_like(parameters)
    alpha = cho_solve(factor, target)
    half_log_det = float(np.log(np.diag(factor[0])).sum())
    # K^-1 - a a^T of eq. 5.9: half its product with dK / dp is the slope by each parameter.
    inner = cho_solve(factor, np.eye(len(target))) - np.outer(alpha, alpha)
    slope = inner * (spread2 * damp * (5.0 / 3.0) * (1.0 + root) * decay)
    gradient = np.empty_like(parameters)
    for index in range(features):
        gradient[index] = 0.5 * inverse[index] * float((slope * squares[index]).sum())
    gradient[features] = float((inner * signal).sum())
    gradient[features + 1] = float((np.diag(inner) * noise2 * noise).sum())
    gradient[features + 2] = 0.5 * float((inner * np.where(same, 0.0, signal)).sum()) * (1.0 - share)
    # Eq. 5.8 without its constant: misfit and the volume that the model spreads over.
    cost = 0.5 * float(target @ alpha) + half_log_det
    away = (logs - _PRIOR_LENGTH) / _PRIOR_WIDTH
    cost += 0.5 * float(away @ away) + 0.125 * odds**2 * 0.25
    gradient[:features] += away / _PRIOR_WIDTH
    gradient[features + 2] += 0.0625 * odds
    return cost, gradient
