"""What is spent over the years."""

from __future__ import annotations

from typing import TypedDict


class SpendingLine(TypedDict):
    """One part: `spent` is what it has cost by the end of each year."""

    device: str
    name: str
    count: int
    capital: float | None
    running_cost_per_year: float
    spent: list[float]


class Spending(TypedDict):
    """The chosen part first, then the best feasible option of others."""

    currency: str
    horizon_years: float
    years: list[float]
    lines: list[SpendingLine]
