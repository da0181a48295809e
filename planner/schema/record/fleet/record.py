"""Keys of `planner fleet`: one plan for many sites, its years, orders, spares and updates."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict


class FleetChoiceRecord(TypedDict):
    """One way to equip the fleet; money is present value in the fleet's currency."""

    parts: list[str]
    served: int
    open: int
    unserved: int
    devices: int
    sites_cost: float
    visits_cost: float
    kinds_cost: float
    pool_cost: float
    total: float


class FleetTotalsRecord(TypedDict):
    """Sums over the sites of a group, or of all."""

    name: str
    sites: int
    served: int
    open: int
    devices: int
    spares: int
    capital: float
    running_cost_per_year: float
    total_cost: float
    present_value: float
    power_w: float
    energy_j: float
    carbon_kg: float | None
    visits: float
    parts: dict[str, int]


class FleetYearRecord(TypedDict):
    """One year of the fleet, counted from one; money of that year."""

    year: int
    sites: int
    devices: int
    capital: float
    running: float
    energy_cost: float
    energy_j: float
    carbon_kg: float | None
    visits: float
    visits_cost: float
    kinds_cost: float
    spares_cost: float


class FleetOrderRecord(TypedDict):
    """What is ordered of one part in one year."""

    year: int
    device: str
    name: str
    for_sites: int
    for_shelf: int
    price: float
    amount: float


class FleetShelfRecord(TypedDict):
    """A shelf of spares in the year with the most failures."""

    shelf: str
    device: str
    devices: int
    failures_per_year: float
    stock: int
    in_repair: float
    waits: float
    backorders: float
    mean_wait_s: float
    mean_down_s: float


class FleetWaveRecord(TypedDict):
    """One wave of an update."""

    share: float
    sites: int
    begins_s: float
    nearly_all_s: float


class FleetUpdateRecord(TypedDict):
    """A way to send an update; `nearly_all_s` is until 99 % of the sites have it."""

    way: str
    bytes_per_site: float
    total_bytes: float
    bytes_per_year: float
    nearly_all_s: float
    waves: list[FleetWaveRecord]


class FleetSwingRecord(TypedDict):
    """The plan's present value at either end of one input."""

    input: str
    low: float
    high: float


class FleetRoundingRecord(TypedDict):
    """What rounding up a column did."""

    column: str
    step: float
    changed: int
    largest_ratio: float
    mean_ratio: float


class FleetRecord(TypedDict):
    """The answer whole; `rows` has the columns of the table of sites."""

    fleet: str
    title: str
    question: str
    date: str
    currency: str
    feasible: bool
    questions: int
    plan: FleetChoiceRecord
    best_at_each: FleetChoiceRecord
    by_group: FleetChoiceRecord
    group_standards: dict[str, str | None]
    few: list[FleetChoiceRecord]
    singles: list[FleetChoiceRecord]
    standard_extra: float | None
    part_names: dict[str, str]
    totals: FleetTotalsRecord
    groups: list[FleetTotalsRecord]
    years: list[FleetYearRecord]
    orders: list[FleetOrderRecord]
    pool: list[FleetShelfRecord]
    updates: list[FleetUpdateRecord]
    swings: list[FleetSwingRecord]
    worst: list[dict[str, Any]]
    headroom: list[float]
    roundings: list[FleetRoundingRecord]
    unpriced: dict[str, int]
    kinds_note: str | None
    notes: list[str]
    faults: dict[str, str]
    rows: list[dict[str, Any]]
