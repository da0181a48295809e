"""Where the data say that the warm-up of a run ends (MSER-5), and a warning when that is past the plan."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planner.arrays import Floats
from planner.formulas import formula
from planner.rack.counts.tally import RunTally
from planner.rack.description.rack import Rack
from planner.wording.message import message

_BATCH = 5
_MATTERS = 0.02
_MATTERS_K = 1.0


@formula("mser5")
def mser5(series: Floats) -> int:
    """How many leading values to leave out, so that the rest has the smallest standard error.

    Means of five values are formed; of cuts d up to half of them, the one with the least sum((z - mean)^2
    for z after d) / (n - d)^2 is taken (White, Cobb and Spratt 2000). A cut near half of the series means
    that it has not settled. A series shorter than two batches gives 0.
    """
    count = len(series) // _BATCH
    if count < 2:
        return 0
    means = np.asarray(series[: count * _BATCH], dtype=np.float64).reshape(count, _BATCH).mean(axis=1)
    # Does not change the variance and keeps the difference of squares below from cancelling.
    means = means - means.mean()
    left = np.arange(count, 0, -1)
    # Sums from each place to the end, so that every cut is looked at in one pass.
    sums = np.cumsum(means[::-1])[::-1]
    squares = np.cumsum(means[::-1] ** 2)[::-1]
    # sum (z - mean)^2 = sum z^2 - (sum z)^2 / n; the maximum takes away what rounding leaves below zero.
    error = np.maximum(squares - sums**2 / left, 0.0) / left**2
    # Beyond half of the series the error falls by chance, because few values happen to lie close together.
    cut = int(np.argmin(error[: count // 2 + 1]))
    return cut * _BATCH


def warmup_warnings(rack: Rack, runs: Sequence[RunTally]) -> list[str]:
    """Warnings where MSER-5 asks for a longer warm-up than the declared one, and it would change the mean.

    Looked at are the number in the system (a change above 2 %) and mean device temperature (above 1 K) of
    each instant, averaged over the replications first (Welch), so that chance in one of them is not taken
    for a trend.
    """
    in_system = np.mean([run.epochs.column("in_system") for run in runs], axis=0)
    temperature_c = np.mean([run.epochs.column("temperature_mean_c") for run in runs], axis=0)
    instant_s = rack.epoch_s * runs[0].epochs.stride
    declared = math.ceil(rack.warmup_s / instant_s)
    warnings: list[str] = []
    for what, series, matters in (
        ("in_system", in_system, _MATTERS * float(in_system.mean())),
        ("temperature", temperature_c, _MATTERS_K),
    ):
        cut = mser5(series)
        if cut > declared:
            # A longer cut that moves the mean by nothing that matters is no reason for a warning.
            change = abs(float(series[cut:].mean() - series[declared:].mean()))
            if change > matters:
                settled, declared_s = f"{cut * instant_s:g}", f"{rack.warmup_s:g}"
                warnings.append(message(f"simulated.{what}_settles", settled=settled, warmup=declared_s))
    return warnings
