"""Whether what slows one unit of a machine slows the others at the same time."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from planner.arrays import Floats, Ints
from planner.calibration.serving.served import ServedRun
from planner.rack.load.fit_variation import LEAST_BATCHES, without_outliers

SHARED_LEAST = 0.2
"""From which correlation on units have a part of their service in common."""


def correlation_of_units(run: ServedRun, factors: Floats) -> float | None:
    """Correlation of log service of batches that are in two units at once; None with too few of them.

    Each batch is paired with the one that each other unit works on in the middle of its time. Outliers are
    set to the median, as where the process is fitted.
    """
    if run.servers < 2 or factors.size < LEAST_BATCHES:
        return None
    logs = without_outliers(factors)
    rows = [np.flatnonzero(run.batch_server == server) for server in range(run.servers)]
    pairs = [_beside(run, logs, rows[one], rows[other]) for one, other in permutations(range(run.servers), 2)]
    both = np.concatenate(pairs, axis=1)
    if both.shape[1] < LEAST_BATCHES or both.std(axis=1).min() == 0:
        return None
    own, other = both - both.mean(axis=1, keepdims=True)
    return float((own * other).mean() / (own.std() * other.std()))


def _beside(run: ServedRun, logs: Floats, own: Ints, other: Ints) -> Floats:
    """Log service of each batch of one unit and of that of another at the same time, in two rows."""
    if not other.size:
        return np.empty((2, 0))
    middle_s = (run.batch_start_s[own] + run.batch_end_s[own]) / 2
    at = np.searchsorted(run.batch_start_s[other], middle_s) - 1
    working = (at >= 0) & (run.batch_end_s[other[np.maximum(at, 0)]] > middle_s)
    return np.stack((logs[own[working]], logs[other[at[working]]]))
