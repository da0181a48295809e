"""What is bought, what is spent over the years, and which inputs the sum depends on most."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class PurchaseLineRecord(TypedDict):
    """One line of the bill of materials; `price` is of one, null where nobody states it."""

    kind: Literal["device", "spare", "carrier", "host", "cooler", "balancer"]
    name: str
    order_code: str | None
    count: int
    price: float | None
    amount: float | None
    currency: str
    date: str
    source: str
    status: str


class SpendingLineRecord(TypedDict):
    """One part: `spent` is what it has cost by the end of each year."""

    device: str
    name: str
    count: int
    capital: float | None
    running_cost_per_year: float
    spent: list[float]


class SwingRecord(TypedDict):
    """One input moved from end to end of its band, the others as planned; `basis` says what the band is."""

    input: str
    unit: str
    low: float
    planned: float
    high: float
    basis: str
    total_cost_at_low: float
    total_cost_at_high: float
    cost_per_thousand_at_low: float
    cost_per_thousand_at_high: float
    count_at_low: int
    count_at_high: int
    hottest_c_at_low: NotRequired[float]
    """The hottest device, as many as are planned."""
    hottest_c_at_high: NotRequired[float]


class TornadoRecord(TypedDict):
    """Every input's swing around the planned total cost, the widest first."""

    currency: str
    total_cost: float
    swings: list[SwingRecord]


class SpendingRecord(TypedDict):
    """The chosen part first, then the best feasible option of others."""

    currency: str
    horizon_years: float
    years: list[float]
    lines: list[SpendingLineRecord]
    tornado: NotRequired[TornadoRecord | None]
