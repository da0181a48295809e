"""A fleet: templates, the table of its sites, what a kind of part costs, spares, roll-out and updates."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.reading.calendar_day import CalendarDay
from planner.schema.reading.quantity import Bytes, BytesPerSecond, Money, Ratio, Seconds, refuse
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all

Share = Annotated[Ratio, Field(ge=0, le=1)]
SomeShare = Annotated[Ratio, Field(gt=0, le=1)]

OWN_COLUMNS = ("id", "group", "template", "climate", "latitude", "longitude", "opens", "uplink")
"""Columns of the table that are the fleet's own and no keys of a template."""

LONGEST_AWAY_S = 10 * 365.25 * 86400
"""Of a part in repair or on its way: one that is gone for longer is bought anew."""


class FleetColumn(StrictModel):
    """A short name of a column: the key of the template that it overrides, and the unit of bare numbers."""

    key: str
    unit: str | None = None


class Kinds(StrictModel):
    """What each kind of part costs the fleet beside the parts: training, images, tests, a shelf."""

    once_money: Money
    per_year_money: Money
    most: int = Field(default=3, ge=1, le=4)
    """How many kinds the plan may have."""
    note: str = Field(min_length=1)
    """What is in these amounts, and who says so."""


class SparePool(StrictModel):
    """Spares on a shelf that sites share; a failed part is repaired and goes back to it."""

    turnaround_s: Annotated[Seconds, Field(gt=0, le=LONGEST_AWAY_S)]
    """From the failure until the repaired part is on the shelf."""
    transport_s: Annotated[Seconds, Field(le=LONGEST_AWAY_S)]
    """From the shelf to the site."""
    ready_ratio: Annotated[Ratio, Field(gt=0, lt=1)]
    """Share of failures that find a spare on the shelf."""
    per: Literal["fleet", "group"] = "fleet"
    mtbf_s: Annotated[Seconds, Field(ge=3600)] | None = None
    """Of a device, where the templates state no failures."""


class Visits(StrictModel):
    """What a visit to a site costs, and how many a year are planned anyway."""

    price_money: Money
    planned_per_year: float = Field(default=0.0, ge=0, le=1000)


class FleetUpdates(StrictModel):
    """A new model for every site over its own uplink, in waves, whole or as a difference."""

    full_bytes: Annotated[Bytes, Field(gt=0)]
    delta_bytes: Annotated[Bytes, Field(gt=0)] | None = None
    per_year: float = Field(default=1.0, gt=0, le=10_000)
    waves_ratio: list[SomeShare] = Field(default_factory=lambda: [1.0], min_length=1, max_length=20)
    """Share of the sites that have it after each wave; the first is the grey release."""
    watch_s: Seconds = 0.0
    """From the end of a wave to the next one."""
    window_s: Annotated[Seconds, Field(gt=0, le=86400)] = 86400.0
    """How long the link may be used each day."""
    uplink_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)] | None = None
    """Of a site without an `uplink` of its own."""
    link_ratio: SomeShare = 1.0
    """Share of the link that an update may take."""
    origin_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)] | None = None
    """What the server sends in all; no limit unless given."""
    offline_ratio: Annotated[Ratio, Field(ge=0, lt=1)] = 0.0
    """Share of sites that cannot be reached on a day and get it on the next."""

    @model_validator(mode="after")
    def _waves_rise_to_all(self) -> Self:
        waves = self.waves_ratio
        if waves[-1] != 1.0 or any(later <= first for first, later in pairwise(waves)):
            raise refuse("waves that rise to 100 %", ", ".join(f"{wave:.0%}" for wave in waves))
        return self


class FleetSpec(StrictModel):
    """One file of a fleet, whole."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str = Field(min_length=1)
    title: str
    question: str
    date: CalendarDay
    templates: dict[str, str] = Field(min_length=1, max_length=100)
    """Name -> scenario file in this folder or below, or the name of a shipped scenario."""
    sites: str
    """The table, as .csv or .parquet, in this folder or below."""
    columns: dict[str, FleetColumn] = Field(default_factory=dict)
    climates: dict[str, dict[str, object]] = Field(default_factory=dict)
    """Name -> keys of the template with their values; `supply_by_month` is twelve temperatures."""
    round_up: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Column -> step to whose next multiple its numbers are rounded up, so that more sites are alike."""
    currency: str = Field(pattern="^[A-Z]{3}$")
    exchange_rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Price of one unit of another currency in the fleet's."""
    discount_rate_ratio: Share = 0.0
    """Of what the fleet pays as a whole; sites have those of their templates."""
    falling_prices_ratio: Annotated[Ratio, Field(ge=0, lt=1)] = 0.0
    """By how much a part is cheaper each year."""
    rollout_ratio: list[Share] = Field(default_factory=list, max_length=30)
    """Share of the sites that open in each year, in the order of the table; all in the first unless given."""
    kinds: Kinds | None = None
    spares: SparePool | None = None
    visits: Visits | None = None
    updates: FleetUpdates | None = None
    notes: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        conflicts = [*self._amounts(), *self._names()]
        if self.rollout_ratio and abs(sum(self.rollout_ratio) - 1.0) > 1e-9:
            got = f"{sum(self.rollout_ratio):.0%}"
            conflicts.append(Conflict(("rollout",), "shares of 100 % in all", got, of_values=True))
        if conflicts:
            raise refuse_all(conflicts)
        return self

    def _amounts(self) -> list[Conflict]:
        """Amounts of the fleet that are in another currency than its own."""
        amounts: dict[tuple[str | int, ...], Money] = {}
        if self.kinds is not None:
            amounts[("kinds", "once")] = self.kinds.once_money
            amounts[("kinds", "per_year")] = self.kinds.per_year_money
        if self.visits is not None:
            amounts[("visits", "price")] = self.visits.price_money
        return [
            Conflict(path, f"an amount in {self.currency}", money.currency)
            for path, money in amounts.items()
            if money.currency != self.currency
        ]

    def _names(self) -> list[Conflict]:
        found = [
            Conflict(("columns", name), "a name that the fleet has no column of its own for", name)
            for name in self.columns
            if name in OWN_COLUMNS
        ]
        rate = self.exchange_rates.get(self.currency, 1.0)
        if rate != 1.0:
            own = ("exchange_rates", self.currency)
            found.append(Conflict(own, "1 for the fleet's own currency", f"{rate:g}", of_values=True))
        return found
