"""What a fleet's answer is: a row a site, totals by group and year, the plan and what it was put beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.plan.fleet.choices import FleetChoice
from planner.plan.fleet.pool import Shelf
from planner.plan.fleet.sites.columns import Rounding
from planner.plan.fleet.updates import UpdateWay
from planner.plan.sweep.columns import ColumnType
from planner.schema.fleet.fleet import FleetSpec
from planner.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

SITE_COLUMNS: Mapping[str, ColumnType] = {
    "site": "str",
    "group": "str",
    "template": "str",
    "climate": "str",
    "latitude": "float",
    "longitude": "float",
    "opens": "int",
    "sources": "int",
    "requests_per_s": "float",
    "verdict": "str",
    "device": "str",
    "mode": "str",
    "unit": "str",
    "engine": "str",
    "precision": "str",
    "batch": "int",
    "count": "int",
    "spares": "int",
    "utilisation": "float",
    "headroom": "float",
    "tightness": "float",
    "power_w": "float",
    "temperature_c": "float",
    "provenance": "str",
    "capital": "float",
    "running_cost_per_year": "float",
    "total_cost": "float",
    "present_value": "float",
    "energy_j": "float",
    "carbon_kg": "float",
    "visits": "float",
    "best_device": "str",
    "best_count": "int",
    "best_total_cost": "float",
    "extra_value": "float",
    "alike": "int",
    "reason": "str",
}
"""Of the table with one row a site. Money is in the fleet's currency; null is unknown, or that there is none.

`capital`, `running_cost_per_year` and `total_cost` are those of `planner size` at today's prices;
`present_value` is with the year of opening, growth, falling prices and visits; `extra_value` is what the
plan's part costs there beyond the site's own best; `energy_j`, `carbon_kg` and `visits` are over the site's
years; `alike` is how many sites share its answer.
"""

SiteRow = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the sites of a group, or of all; `carbon_kg` is None where some site states no intensity."""

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
    parts: Mapping[str, int]
    """Devices and spares at the sites by part."""


@dataclass(frozen=True, slots=True)
class YearTotals:
    """One year of the fleet, from one; money of that year, not discounted."""

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


@dataclass(frozen=True, slots=True)
class Order:
    """What is ordered of one part in one year: for sites, for the shelf, at which price."""

    year: int
    device: str
    name: str
    for_sites: int
    for_shelf: int
    price: float

    @property
    def amount(self) -> float:
        """Of the parts; carriers and hosts are not in it."""
        return (self.for_sites + self.for_shelf) * self.price


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One shelf of one part in the year with the most failures."""

    shelf: str
    device: str
    devices: int
    failures_per_year: float
    found: Shelf


@dataclass(frozen=True, slots=True)
class FleetSwing:
    """The plan's present value at either end of one input, the others as planned."""

    input: str
    low: float
    high: float

    @property
    def width(self) -> float:
        """How far it moves."""
        return abs(self.high - self.low)


@dataclass(frozen=True, slots=True, repr=False)
class Fleet(Shown):
    """A fleet's answer. `rows` are its sites in the order of the table."""

    spec: FleetSpec
    rows: Sequence[SiteRow]
    questions: int
    """Different ones among the sites: each was answered once."""
    roundings: tuple[Rounding, ...]
    plan: FleetChoice
    best_at_each: FleetChoice
    by_group: FleetChoice
    few: tuple[FleetChoice, ...]
    singles: tuple[FleetChoice, ...]
    group_standards: Mapping[str, str | None]
    part_names: Mapping[str, str]
    totals: Totals
    groups: tuple[Totals, ...]
    years: tuple[YearTotals, ...]
    orders: tuple[Order, ...]
    pool: tuple[PoolRow, ...]
    updates: tuple[UpdateWay, ...]
    swings: tuple[FleetSwing, ...]
    unpriced: Mapping[str, int]
    found_finished: int
    seconds: float
    """Of workers, on all answers in the folder that the fleet uses."""
    folder: Path
    faults: Mapping[str, str]
    """Sites whose question met a fault of ours, by id: they are in no row."""

    @property
    def feasible(self) -> bool:
        """Whether any site is served."""
        return self.plan.served > 0

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        parts = ", ".join(self.plan.parts) or "no part"
        return f"of {self.spec.id}: {parts} for {self.plan.served} of {self.totals.sites} sites"

    def to_frame(self) -> pd.DataFrame:
        """One row a site; units are in the column names, money is in the fleet's currency."""
        from planner.plan.sweep.table import frame_of

        return frame_of(self.rows, SITE_COLUMNS)

    @property
    def worst(self) -> tuple[SiteRow, ...]:
        """The ten sites nearest to trouble: without a part, then open, then with the least headroom."""
        order = {"NONE": 0, "FAIL": 1, "UNDECIDED": 2, "PASS": 3}
        rows = sorted(
            self.rows,
            key=lambda row: (order.get(str(row["verdict"]), 0), _number(row["headroom"]), str(row["site"])),
        )
        return tuple(rows[:10])


def _number(value: object) -> float:
    return value if isinstance(value, float) else float("inf")
