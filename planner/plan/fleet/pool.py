"""Spares on a shelf that many sites share: how often a site waits for one, and how long.

Every failure takes a spare and sends the failed part to repair; the shelf is full again after the turnaround.
With failures at a constant rate the parts in repair are Poisson with mean rate x turnaround, whatever the
distribution of the turnaround (Palm's theorem; Feeney and Sherbrooke, Management Science 12, 1966). A site
waits where all spares are in repair when it fails. The expected backorders are those of METRIC (Sherbrooke,
Operations Research 16, 1968), and the mean wait is backorders over rate (Little). It stops holding where few
parts are out: those that wait do not fail, and the rate falls with them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.formulas import formula


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shelf of spares of one kind: its demand, its stock, and what a site sees of it."""

    stock: int
    in_repair: float
    """Mean number in repair: failures a second times the turnaround."""
    waits: float
    """Probability that a failure finds the shelf empty."""
    backorders: float
    """Mean number of sites that wait."""
    mean_wait_s: float
    """Over all failures, transport not counted."""


@formula("spares_pool")
def shelf(rate_per_s: float, turnaround_s: float, stock: int) -> Shelf:
    """What this stock does for failures at this rate."""
    mean = rate_per_s * turnaround_s
    below = sum(_poisson(number, mean) for number in range(stock))
    waits = max(0.0, 1.0 - below)
    # E[(X - s)+] = mean - s + sum over n < s of (s - n) P(X = n)
    short = sum((stock - number) * _poisson(number, mean) for number in range(stock))
    backorders = max(0.0, mean - stock + short)
    return Shelf(stock, mean, waits, backorders, backorders / rate_per_s if rate_per_s > 0 else 0.0)


def least_stock(rate_per_s: float, turnaround_s: float, ready: float) -> int:
    """The least stock at which at least this share of failures finds a spare; none without failures."""
    if rate_per_s <= 0:
        return 0
    mean, stock, below = rate_per_s * turnaround_s, 0, 0.0
    while below < ready:
        below += _poisson(stock, mean)
        stock += 1
        if stock > mean + 40.0 * math.sqrt(mean) + 40.0:
            break  # rounding alone keeps the sum below a share next to one
    return stock


def _poisson(number: int, mean: float) -> float:
    if mean <= 0:
        return 1.0 if number == 0 else 0.0
    return math.exp(number * math.log(mean) - mean - math.lgamma(number + 1))
