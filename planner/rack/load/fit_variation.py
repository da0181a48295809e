"""The process of service times that a server has shown: the twin of `planner.rack.description.variation`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.arrays import Flags, Floats
from planner.errors import InputError, Problem
from planner.formulas import formula
from planner.rack.description.variation import Variation, varying

LEAST_BATCHES = 60
"""Fewer say nothing of a correlation: its standard error is about 1 / sqrt(batches)."""
_OUTLIER_LEAST = 1.7
_OUTLIER_DEVIATIONS = 5.0
_MOST_OUTLIERS = 0.4
_FEWEST_OUTLIERS = 5
_NORMAL_MAD = 1.4826
_HIGHEST = 0.98
_LAGS = (1, 10, 100)
_PER_LAG = 4
"""Times a lag that a sequence has to be long, for its correlation to be asked."""


@dataclass(frozen=True, slots=True)
class Correlations:
    """Correlation of log service over one batch, ten and a hundred; None where the run is too short."""

    next_one: float
    over_ten: float
    over_hundred: float | None


@formula("service_variation")
def fit_variation(sequences: Sequence[Floats]) -> Variation:
    """The process of some servers' factors, each in the order in which that server began its batches.

    A factor is a service time over the mean of its network and batch size. What is 1.7 times the median and
    five deviations above it is an outlier. Correlations are those of the rest, where outliers are set to the
    median; correlations that chance left below zero or rising with distance are drawn in to what a process
    can have. Short runs show too little correlation over a hundred, because the mean is taken out of it.
    """
    together = np.concatenate(list(sequences)) if sequences else np.empty(0)
    if together.size < LEAST_BATCHES:
        expected = f"at least {LEAST_BATCHES} batches that were served"
        raise InputError("variation", [Problem("batches", expected, str(together.size))])
    median = float(np.median(together))
    body, share, ratio, sizes = _outliers(together / median)
    bound = _bound(together / median)
    behind = _behind([np.asarray(values) / median > bound for values in sequences], share)
    cv = float(np.std(body) / np.mean(body))
    found = correlations([_clipped(np.asarray(values) / median, together / median) for values in sequences])
    ten = found.over_ten
    hundred = found.over_hundred
    if hundred is not None and hundred > 0:
        try:
            return varying(cv, next_one=found.next_one, over_ten=ten, over_hundred=hundred,
                           outlier_share=share, outlier_ratio=ratio, outlier_next=behind,
                           outlier_cv=sizes)  # fmt: skip
        except InputError:
            pass  # measured correlations need not be those of a process of this kind; two are less strict
    next_one = max(found.next_one, min(ten, found.next_one))
    one_process = min(max(ten, next_one**10), next_one)
    return varying(cv, next_one=next_one, over_ten=one_process,
                   outlier_share=share, outlier_ratio=ratio, outlier_next=behind,
                   outlier_cv=sizes)  # fmt: skip


def correlations(logs: Sequence[Floats]) -> Correlations:
    """Correlations of sequences of log factors together, drawn in to ones that fall and are not negative."""
    found: list[float | None] = []
    for lag in _LAGS:
        own = [values for values in logs if values.size > _PER_LAG * lag]
        found.append(_correlation(own, lag) if own else None)
    next_one = min(_HIGHEST, max(0.0, found[0] or 0.0))
    over_ten = min(next_one, max(0.0, found[1] or 0.0))
    over_hundred = None if found[2] is None else min(over_ten, max(0.0, found[2]))
    return Correlations(next_one, over_ten, over_hundred)


def without_outliers(factors: Floats) -> Floats:
    """Log of factors over their median, that of outliers zero."""
    relative = factors / float(np.median(factors))
    return _clipped(relative, relative)


def _correlation(logs: Sequence[Floats], lag: int) -> float:
    mean = float(np.mean(np.concatenate(list(logs))))
    variance = float(np.mean(np.concatenate([(values - mean) ** 2 for values in logs])))
    if variance == 0:
        return 0.0
    # Within each log alone: the last value of one and the first of the next have nothing to do with each
    # other.
    products = np.concatenate([(values[lag:] - mean) * (values[:-lag] - mean) for values in logs])
    return float(np.mean(products)) / variance


def _bound(relative: Floats) -> float:
    """From where on a factor over the median is an outlier."""
    spread = _NORMAL_MAD * float(np.median(np.abs(relative - 1.0)))
    return max(_OUTLIER_LEAST, 1.0 + _OUTLIER_DEVIATIONS * spread)


def _outliers(relative: Floats) -> tuple[Floats, float, float, float]:
    """The factors that are none, the share of those that are, their mean over that of the others, and the
    coefficient of variation of their sizes, of which the others' own is no part.
    """
    late = relative > _bound(relative)
    share = float(np.mean(late))
    if share == 0 or share > _MOST_OUTLIERS:
        return relative, 0.0, 1.0, 0.0
    body = relative[~late]
    ratio, cv = float(np.mean(relative[late]) / np.mean(body)), 0.0
    if int(late.sum()) >= _FEWEST_OUTLIERS:
        whole = 1.0 + float(np.std(relative[late]) / np.mean(relative[late])) ** 2
        own = 1.0 + float(np.std(body) / np.mean(body)) ** 2
        cv = math.sqrt(max(0.0, whole / own - 1.0))
    return body, share, ratio, cv


def _behind(late: Sequence[Flags], share: float) -> float | None:
    """The share of batches behind an outlier that are outliers too; None where there are too few to say.

    Outliers that avoid each other are taken for independent ones.
    """
    behind = np.concatenate([flags[1:][flags[:-1]] for flags in late]) if late else np.empty(0)
    if share == 0 or behind.size < _FEWEST_OUTLIERS:
        return None
    return min(0.99, max(share, float(behind.mean())))


def _clipped(values: Floats, all_of_them: Floats) -> Floats:
    return np.log(np.where(values > _bound(all_of_them), 1.0, values))
