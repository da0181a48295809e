"""The latencies of one stream in one run: each one kept, or counted in narrow bins.

Bins are found from the number itself: its binary exponent and the first six bits behind it, so that each
power of two holds 64 bins of equal width and no bin is wider than 1/64 (1.6 %) of the times in it. A bin
keeps the sum of its times beside their count. A quantile is then the mean of the bin that holds it: off by
less than the bin's width, and exact where the bin holds one value only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.arrays import Floats, Ints
from planner.formulas import formula

BIN_BITS = 6
"""A power of two is divided into 2 ** BIN_BITS bins."""
# A double has 52 bits of mantissa; what is left after the shift is the exponent and the first bits of it.
BIN_SHIFT = 52 - BIN_BITS
_LOWEST_EXPONENT, _HIGHEST_EXPONENT = -30, 25
# 1023 is the bias with which a double stores its exponent.
FIRST_BIN = (_LOWEST_EXPONENT + 1023) << BIN_BITS
BINS = (_HIGHEST_EXPONENT - _LOWEST_EXPONENT) << BIN_BITS
"""Bins from 1 ns to a year; the first holds all faster ones, the last all slower ones."""
BIN_WIDTH = 2.0**-BIN_BITS
"""The width of a bin is at most this share of the times in it."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactLatencies:
    """Every latency, rising."""

    values_s: Floats

    @property
    def count(self) -> int:
        """Requests."""
        return self.values_s.size

    @property
    def mean_s(self) -> float:
        """The mean; NaN of none."""
        return float(self.values_s.mean()) if self.values_s.size else float("nan")

    @formula("quantile")
    def at_rank(self, rank: int) -> float:
        """The latency that this many are at or below, counted from one."""
        return float(self.values_s[rank - 1])

    def weights(self) -> tuple[Floats, Ints]:
        """Latencies, rising, and how often each occurred."""
        return self.values_s, np.ones(self.values_s.size, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class BinnedLatencies:
    """Counts and sums of latencies by bin."""

    counts: Ints
    sums_s: Floats

    @property
    def count(self) -> int:
        """Requests."""
        return int(self.counts.sum())

    @property
    def mean_s(self) -> float:
        """The mean; NaN of none."""
        count = self.count
        return float(self.sums_s.sum()) / count if count else float("nan")

    @formula("quantile")
    def at_rank(self, rank: int) -> float:
        """The mean of the bin in which the latency of this rank lies, counted from one."""
        # The first bin at whose end at least this many have been counted.
        bin_number = int(np.searchsorted(np.cumsum(self.counts), rank))
        return float(self.sums_s[bin_number] / self.counts[bin_number])

    def weights(self) -> tuple[Floats, Ints]:
        """Means of the bins that are not empty, rising, and their counts."""
        filled = self.counts > 0
        return self.sums_s[filled] / self.counts[filled], self.counts[filled]


Latencies = ExactLatencies | BinnedLatencies


def pooled(runs: Sequence[Latencies]) -> Latencies:
    """The latencies of several runs together; all of one kind."""
    if all(isinstance(run, ExactLatencies) for run in runs):
        return ExactLatencies(np.sort(np.concatenate([run.weights()[0] for run in runs])))
    binned = [run if isinstance(run, BinnedLatencies) else in_bins(run.values_s) for run in runs]
    counts = np.stack([run.counts for run in binned]).sum(axis=0)
    return BinnedLatencies(counts, np.stack([run.sums_s for run in binned]).sum(axis=0))


def in_bins(values_s: Floats) -> BinnedLatencies:
    """Latencies counted in bins."""
    # The same bits as `planner.rack.compiled.requests.count_served` reads, so that both engines bin alike.
    bits = np.ascontiguousarray(values_s, dtype=np.float64).view(np.int64)
    numbers = np.clip((bits >> BIN_SHIFT) - FIRST_BIN, 0, BINS - 1)
    counts = np.bincount(numbers, minlength=BINS).astype(np.int64)
    return BinnedLatencies(
        counts, np.asarray(np.bincount(numbers, weights=values_s, minlength=BINS), dtype=np.float64)
    )
