"""What a scenario costs: what `planner cost` writes."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from planner.schema.record.money import SwingRecord
from planner.schema.record.options import ServiceRecord
from planner.schema.record.question import DigestRecord


class PriceRecord(TypedDict):
    """The price of one part as it was quoted, and how far it may lie off, in the scenario's currency."""

    part: str
    quoted: float
    quoted_currency: str
    rate: float
    low: float
    mid: float
    high: float
    date: str
    source: str
    status: str
    range_from: str


class CostedOptionRecord(TypedDict):
    """The best option of one part with the sums of its bill."""

    device: str
    name: str
    mode: str
    unit: str
    units: int
    engine: str
    latency_provenance: str
    services: NotRequired[list[ServiceRecord]]
    precision: str
    batch: int
    count: int
    spares: int
    power_w: float
    capital: float
    running_cost_per_year: float
    total_cost: float
    cost_per_thousand_inferences: float
    unabsorbed_share: float
    carbon_kg: float | None
    price: PriceRecord
    provenance: str


class CarbonRecord(TypedDict):
    """Carbon dioxide of the energy, cooling included."""

    kg_first_year: float
    kg_total: float
    kg_per_thousand_inferences: float


class UnabsorbedRecord(TypedDict):
    """What capacity costs beyond the share that requests use."""

    share: float
    present_value: float


class MissingPriceRecord(TypedDict):
    """What has to be stated before a part can be costed."""

    key: str
    expected: str
    got: str
    advice: str


class WideSwingRecord(SwingRecord):
    """A swing, and how far it moves the total."""

    width: float


class CostTornadoRecord(TypedDict):
    """Every input's swing around the planned total cost, the widest first."""

    currency: str
    total_cost: float
    swings: list[WideSwingRecord]


class CountRangeRecord(TypedDict):
    """The fewest and the most devices of any draw."""

    low: int
    high: int


class SpreadRecord(TypedDict):
    """One option over all draws, quantiles by name such as `p95`."""

    device: str
    mean_total_cost: float
    total_cost: dict[str, float]
    cost_per_thousand: dict[str, float]
    count: CountRangeRecord
    cheapest_share: float
    within_budget_share: float | None


class InfluenceRecord(TypedDict):
    """What one input does to the total cost of the first option."""

    input: str
    rank_correlation: float | None
    first_order: float | None
    total: float | None


class CostHistogramRecord(TypedDict):
    """The first option's total cost over all draws."""

    edges: list[float]
    counts: list[int]


class MonteCarloRecord(TypedDict):
    """All inputs drawn at once."""

    draws: int
    seed: int
    currency: str
    options: list[SpreadRecord]
    inputs: list[InfluenceRecord]
    histogram: CostHistogramRecord


class ReasonRecord(TypedDict):
    """Why a part has no option that was costed."""

    device: str
    reason: str


class BillLineRecord(TypedDict):
    """One line of a bill."""

    name: str
    when: str
    first: float
    present_value: float
    basis: str


class BillRecord(TypedDict, total=False):
    """A bill: its lines, the sums that follow from them, the price behind it; empty without an option."""

    lines: list[BillLineRecord]
    price: PriceRecord
    capital: float
    running_cost_per_year: float
    total_cost: float
    inferences: float
    cost_per_thousand_inferences: float
    unabsorbed: UnabsorbedRecord
    energy_j: float
    carbon: CarbonRecord | None


class CostRecord(BillRecord):
    """The first option's bill whole where there is one, the others beside it, tornado and Monte Carlo."""

    scenario: str
    date: str
    currency: str
    horizon_years: float
    discount_rate: float
    chosen: CostedOptionRecord | None
    options: list[CostedOptionRecord]
    missing_prices: list[MissingPriceRecord]
    tornado: CostTornadoRecord | None
    monte_carlo: MonteCarloRecord | None
    exchange_rates: dict[str, float]
    reasons: list[ReasonRecord]
    not_counted: list[str]
    warnings: list[str]
    digests: list[DigestRecord]
