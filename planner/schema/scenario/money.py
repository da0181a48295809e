"""What a scenario says of money and carbon: prices, tariffs by hour, what a year costs beside energy."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.reading.quantity import (
    EnergyPrice,
    KilogramPerJoule,
    Money,
    Ratio,
    refuse,
)
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all

HOURS = 24
_SPAN = re.compile(r"^(\d{1,2})-(\d{1,2})$")

Share = Annotated[Ratio, Field(ge=0, le=1)]


class Span(StrictModel):
    """Hours of the day, such as `22-6`: from the first up to the last, past midnight where that is less."""

    hours: str

    @model_validator(mode="after")
    def _of_a_day(self) -> Self:
        found = _SPAN.match(self.hours)
        if not found or not (
            0 <= int(found[1]) < HOURS and 0 <= int(found[2]) <= HOURS and found[1] != found[2]
        ):
            raise refuse("hours of the day such as '7-22' or '22-6'", self.hours, None)
        return self

    @property
    def covered(self) -> tuple[int, ...]:
        """The hours that begin in the span."""
        found = _SPAN.match(self.hours)
        if found is None:
            return ()
        first, last = int(found[1]), int(found[2])
        length = (last - first) % HOURS or HOURS
        return tuple((first + step) % HOURS for step in range(length))


class HourPrice(Span):
    """The price of energy in some hours of the day."""

    price_money_per_j: EnergyPrice


class HourCarbon(Span):
    """The carbon intensity of energy in some hours of the day."""

    intensity_kg_per_j: Annotated[KilogramPerJoule, Field(ge=0)]


def gaps_and_overlaps(key: str, spans: list[Span]) -> list[Conflict]:
    """What keeps spans, where there are any, from covering each hour of the day once."""
    if not spans:
        return []
    owners: dict[int, list[str]] = {hour: [] for hour in range(HOURS)}
    for span in spans:
        for hour in span.covered:
            owners[hour].append(span.hours)
    missing = [hour for hour, names in owners.items() if not names]
    twice = {hour: names for hour, names in owners.items() if len(names) > 1}
    conflicts = []
    if missing:
        got = f"none for {', '.join(_runs(missing))}"
        conflicts.append(Conflict((key,), "every hour of the day", got, "add the hours that are missing"))
    if twice:
        names = " and ".join(next(iter(twice.values())))
        got = f"two for {', '.join(_runs(list(twice)))} ({names})"
        conflicts.append(Conflict((key,), "each hour of the day once", got, "shorten one of them"))
    return conflicts


def _runs(hours: list[int]) -> list[str]:
    """Hours in a row as spans: 1, 2, 3, 7 are `1-4` and `7-8`."""
    runs: list[tuple[int, int]] = []
    for hour in hours:
        if runs and runs[-1][1] == hour:
            runs[-1] = (runs[-1][0], hour + 1)
        else:
            runs.append((hour, hour + 1))
    return [f"{first}-{last}" for first, last in runs]


class PartPrice(StrictModel):
    """What the buyer says that a part costs: an amount, or a range; of when, and from whom."""

    low_money: Money
    high_money: Money
    date: str | None = None
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_amount(cls, value: object) -> object:
        if isinstance(value, str):
            return {"low": value, "high": value}
        if isinstance(value, dict) and "price" in value and not {"low", "high"} & value.keys():
            rest = {key: item for key, item in value.items() if key != "price"}
            return {**rest, "low": value["price"], "high": value["price"]}
        return value

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.low_money.currency != self.high_money.currency:
            raise refuse(f"both ends in {self.low_money.currency}", self.high_money.currency)
        if self.low_money.amount > self.high_money.amount:
            raise refuse(f"`high` of at least {self.low_money.amount:g}", f"{self.high_money.amount:g}")
        return self


class Uncertainty(StrictModel):
    """How far what is not known may lie off, either way, where no range says so; assumed unless stated."""

    price_ratio: Share | None = None
    """Of a part's price that is an estimate, a kit's, or of low confidence."""
    electricity_ratio: Share | None = None
    growth_ratio: Share | None = None
    """Growth per year, in points: 5 % off a growth of 20 % is 15 % to 25 %."""


class MoneyTerms(StrictModel):
    """Currency, budget and prices that the plan is costed with."""

    currency: str = Field(pattern="^[A-Z]{3}$")
    budget_money: Money | None = None
    electricity_money_per_j: EnergyPrice | None = None
    tariff: list[HourPrice] = Field(default_factory=list)
    """In place of `electricity`: a price for every hour of the day."""
    horizon_years: float = Field(gt=0, le=100)
    discount_rate_ratio: Share = 0.0
    exchange_rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Price of one unit of another currency in the scenario's currency."""
    prices: dict[str, PartPrice] = Field(default_factory=dict)
    """Prices of parts, by id, in place of those of the database."""
    missing_prices: Literal["ask", "assume"] = "ask"
    """Whether a cost question asks for a price that nobody states, or assumes that of parts of its form."""
    space_money: Money | None = None
    """A rack unit for a year."""
    maintenance_ratio: Share = 0.0
    """Of the capital, each year."""
    uplink_money: Money | None = None
    """The link to the site for a year."""
    residual_ratio: Share = 0.0
    """Of the capital, left at the end of the horizon."""
    uncertainty: Uncertainty = Field(default_factory=Uncertainty)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        conflicts = [*self._other_currencies(), *gaps_and_overlaps("tariff", list(self.tariff))]
        if (self.electricity_money_per_j is None) == (not self.tariff):
            got = "both" if self.tariff else "neither"
            conflicts.append(Conflict((), "either `electricity` or a `tariff` by hour", got))
        if conflicts:
            raise refuse_all(conflicts)
        return self

    def _other_currencies(self) -> list[Conflict]:
        """Amounts that have to be in the scenario's own currency and are not."""
        stated: dict[tuple[str | int, ...], Money | EnergyPrice | None] = {
            ("budget",): self.budget_money,
            ("electricity",): self.electricity_money_per_j,
            ("space",): self.space_money,
            ("uplink",): self.uplink_money,
            **{("tariff", n, "price"): entry.price_money_per_j for n, entry in enumerate(self.tariff)},
        }
        return [
            Conflict(path, f"{path[-1]} in {self.currency}", price.currency)
            for path, price in stated.items()
            if price is not None and price.currency != self.currency
        ]


class CarbonSpec(StrictModel):
    """How much carbon dioxide a unit of energy emits: always the same, or by the hour of the day."""

    intensity_kg_per_j: Annotated[KilogramPerJoule, Field(ge=0)] | None = None
    by_hour: list[HourCarbon] = Field(default_factory=list)
    note: str | None = None
    """Where and when the figures come from."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.intensity_kg_per_j is None) == (not self.by_hour):
            raise refuse("either `intensity` or `by_hour`", "both" if self.by_hour else "neither")
        if conflicts := gaps_and_overlaps("by_hour", list(self.by_hour)):
            raise refuse_all(conflicts)
        return self
