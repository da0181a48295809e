"""The shape of a question's answer, plain enough for JSON: in the journal and between processes."""

from __future__ import annotations

from typing_extensions import TypedDict

Paid = tuple[int, float, str, str, float, float]
"""A payment, a list in JSON: year, its length, line, when it falls due, amount, present value at opening."""
Swing = tuple[str, float, float]
"""An input's name, and the total cost at the low and at the high end of its band."""


class PartAnswer(TypedDict):
    """One part at a site, as `planner size` and `planner cost` have it; money in the site's currency."""

    device: str
    name: str
    mode: str
    unit: str
    engine: str
    precision: str
    batch: int
    count: int
    spares: int
    racks: int
    verdict: str
    reason: str
    reason_key: str | None
    serves: bool
    """Whether it keeps the limits and its simulated rack did not fail."""
    utilisation: float
    offered_utilisation: float
    headroom: float | None
    """By what share the load may grow before the utilisation limit is met."""
    tightness: float | None
    """Of the tightest stream: the high end of its p99 over its limit."""
    power_w: float
    temperature_c: float
    provenance: str
    capital: float | None
    running_cost_per_year: float
    total_cost: float | None
    bill_total: float | None
    price: float | None
    installed: list[int]
    energy_j: list[float]
    carbon_kg: list[float | None]
    paid: list[Paid]
    swings: list[Swing]


class SiteAnswer(TypedDict):
    """Every part of a question, best first as `planner size` ranks them; `refused` says why there is none."""

    refused: str | None
    currency: str
    discount_rate: float
    horizon_years: float
    mtbf_s: float | None
    requests_per_s: float
    sources: int
    parts: list[PartAnswer]
    cannot: list[list[str]]
