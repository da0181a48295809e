"""What the profiler adds to each node, and how far sums of kernels miss whole networks.

The profiler is weighed out by whole inferences without it: T = scale x (sum of profiled nodes) - per_node x
nodes + fixed. The error of sums comes from probes left out in turn, in folds; its band is conformal with the
predicted spread as the scale (Lei et al., "Distribution-free predictive inference for regression", 2018,
section 5.2), so that it holds its level for networks as unlike the others as the probes are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares, minimize

from planner.arrays import Floats
from planner.calibration.fit import MeasuredKernel, refitted
from planner.calibration.probe_run import ProbeKernels, ProbeResult
from planner.latency.calibrated.calibration import NetworkError, together_and_alone
from planner.latency.calibrated.kernel_model import KernelModel
from planner.latency.kernels.shape import KernelShape

LEVEL = 0.9
FOLDS = 5
BETWEEN_RUNS = 0.04
"""Standard deviation of a machine's speed from one sitting to the next: on a shared host the same network
moved by 3 to 8 % within an hour (docs/calibration.md)."""
_LEAST_SHARE = 0.15
"""A node keeps at least this share of its profiled time; the clock counts whole microseconds."""
_SOFT = 0.03
_LEAST_SECONDS = 2e-4
"""The time of shorter networks depends on the call and the clock more than on their kernels."""


@dataclass(frozen=True, slots=True)
class Profiler:
    """What the profiler does to times: a factor, and seconds added to each node; `fixed_s` is the call."""

    scale: float
    per_node_s: float
    fixed_s: float

    def true_seconds(self, seconds: float, nodes: float) -> float:
        """Seconds of a kernel without the profiler; zero for one that no node represents."""
        if nodes == 0:
            return 0.0
        # Short nodes would come out below zero: a clock of whole microseconds rounds them both ways.
        return max(self.scale * seconds - self.per_node_s * nodes, _LEAST_SHARE * seconds)


def fit_profiler(results: Sequence[tuple[ProbeResult, ProbeKernels]]) -> Profiler:
    """The three numbers from the probes that were also run without the profiler."""
    both = [(result.total_s, kernels) for result, kernels in results if result.total_s]
    if len(both) < 5:
        return Profiler(1.0, 0.0, 0.0)
    seconds = np.array([sum(kernels.seconds) for _, kernels in both])
    nodes = np.array([sum(kernels.nodes) for _, kernels in both])
    totals = np.array([total for total, _ in both], dtype=np.float64)

    def misfit(parameters: Floats) -> Floats:
        # Kernels as profiled, less what the profiler adds to each node, plus what lies between them, are the
        # run.
        scale, per_node_us, fixed_us = parameters
        found: Floats = (scale * seconds - 1e-6 * per_node_us * nodes + 1e-6 * fixed_us) / totals - 1.0
        return found

    found = least_squares(
        # In microseconds, so that all three parameters are of like size.
        misfit,
        [1.0, 2.0, 5.0],
        bounds=([0.7, 0.0, 0.0], [1.3, 20.0, 500.0]),
        loss="soft_l1",
        f_scale=_SOFT,
    )
    scale, per_node_us, fixed_us = (float(f"{value:.5g}") for value in found.x)
    return Profiler(scale, 1e-6 * per_node_us, 1e-6 * fixed_us)


def fit_error(
    models: Sequence[KernelModel], probes: Sequence[Sequence[MeasuredKernel]], drift: float
) -> NetworkError:
    """The band of networks, from probes predicted by models that were refitted without them.

    `drift` is how much the machine's own speed moves between runs, which no band can be narrower than.
    """
    misses, means, alone = _left_out(models, probes)
    floor = max(drift, 0.01)

    def deviations(parts: Floats) -> Floats:
        # Three independent causes, whose variances add: drift, kernels that err together, kernels that err
        # alone.
        share, own = np.exp(parts)
        found: Floats = np.sqrt(floor**2 + (share * means) ** 2 + (own * alone) ** 2)
        return found

    def cost(parts: Floats) -> float:
        variance = deviations(parts) ** 2
        # Normal likelihood of the misses with a cap: it weighs a wide band against misses outside of a narrow
        # one.
        return float(np.mean(np.log(variance) + np.minimum(misses**2 / variance, _FARTHEST)))

    bounds = [(math.log(0.01), math.log(2.0))] * 2
    parts = minimize(cost, np.log([0.3, 0.3]), method="L-BFGS-B", bounds=bounds).x
    scores = np.sort(np.abs(misses) / deviations(parts))
    # Conformal: one score more than there are, so that the next network is counted among them.
    place = min(len(scores) - 1, math.ceil(LEVEL * (len(scores) + 1)) - 1)
    share, own = (_short(float(value)) for value in np.exp(parts))
    return NetworkError(_short(floor), share, own, _short(float(scores[place])), LEVEL, BETWEEN_RUNS)


_FARTHEST = 9.0
"""Squared deviations count up to here, so that a few probes that went wrong do not widen all bands."""


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _left_out(
    models: Sequence[KernelModel], probes: Sequence[Sequence[MeasuredKernel]]
) -> tuple[Floats, Floats, Floats]:
    """Log error of each probe's sum, and the spread of its kernels together and alone, by folds."""
    misses, means, alone = [], [], []
    for fold in range(FOLDS):
        kept = [kernel for index, probe in enumerate(probes) if index % FOLDS != fold for kernel in probe]
        by_class = {model.op_class: refitted(model, kept) for model in models}
        for probe in probes[fold::FOLDS]:
            total = sum(kernel.seconds for kernel in probe)
            if total < _LEAST_SECONDS:
                continue
            shapes, seconds, spreads = _predicted(by_class, probe)
            if seconds.sum() > 0:
                misses.append(math.log(float(seconds.sum()) / total))
                together, each = together_and_alone(shapes, seconds, spreads)
                means.append(together)
                alone.append(each)
    return np.array(misses), np.array(means), np.array(alone)


def _predicted(
    by_class: Mapping[str, KernelModel | None], probe: Sequence[MeasuredKernel]
) -> tuple[list[KernelShape], Floats, Floats]:
    """The kernels of a probe whose class has a model, with their seconds and spreads."""
    shapes: list[KernelShape] = []
    seconds, spreads = [np.zeros(0)], [np.zeros(0)]
    for op_class in sorted({kernel.shape.op_class for kernel in probe}):
        model = by_class.get(op_class)
        if model is not None:
            own = [kernel.shape for kernel in probe if kernel.shape.op_class == op_class]
            found = model.predict(own)
            shapes += own
            seconds.append(found[0])
            spreads.append(found[1])
    return shapes, np.concatenate(seconds), np.concatenate(spreads)
