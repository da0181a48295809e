"""Spares on a shelf that many sites share: how often a site waits for one, and how long.

Every failure takes a spare and sends the failed part to repair; the shelf is full again after the turnaround.
With failures at a constant rate the parts in repair are Poisson with mean rate x turnaround, whatever the
distribution of the turnaround (Palm's theorem; Feeney and Sherbrooke, Management Science 12, 1966). A site
waits where all spares are in repair when it fails. The expected backorders are those of METRIC (Sherbrooke,
Operations Research 16, 1968), and the mean wait is backorders over rate (Little). It stops holding where few
parts are out: those that wait do not fail, and the rate falls with them.

Sums of Poisson probabilities are incomplete gamma functions (DLMF 8.4.10): P(X < s) = Q(s, mean), and one
minus that is P(s, mean). They take no longer for a million in repair than for one.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import gammainc, gammaincc

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
    waits = _at_least(stock, mean)
    # E[(X - s)+] = sum over n > s of (n - s) P(X = n) = mean P(X >= s - 1) - s P(X >= s)
    backorders = max(0.0, mean * _at_least(stock - 1, mean) - stock * waits)
    return Shelf(stock, mean, waits, backorders, backorders / rate_per_s if rate_per_s > 0 else 0.0)


def least_stock(rate_per_s: float, turnaround_s: float, ready: float) -> int:
    """The least stock at which at least this share of failures finds a spare; none without failures."""
    if rate_per_s <= 0:
        return 0
    mean = rate_per_s * turnaround_s
    too_few, enough = 0, 1
    while _below(enough, mean) < ready:
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if _below(middle, mean) < ready:
            too_few = middle
        else:
            enough = middle
    return enough


def _below(number: int, mean: float) -> float:
    """P(X < number) of a Poisson variable."""
    return float(gammaincc(number, mean)) if number > 0 else 0.0


def _at_least(number: int, mean: float) -> float:
    """P(X >= number), with all its digits where it is small."""
    return float(gammainc(number, mean)) if number > 0 else 1.0
