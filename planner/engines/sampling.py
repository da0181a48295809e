"""Means of a few runs that a single slow one does not move."""

from __future__ import annotations

from collections.abc import Sequence

_TRIM = 0.2


def trimmed_mean(values: Sequence[float]) -> float:
    """Mean of the middle 60 %; finer than a median where a clock counts in whole microseconds."""
    ordered = sorted(values)
    cut = int(_TRIM * len(ordered))
    kept = ordered[cut : len(ordered) - cut] or ordered
    return sum(kept) / len(kept)
