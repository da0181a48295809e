"""An option's money line by line over the horizon, what a thousand inferences cost, and the carbon beside it.

Growth of the load is met by buying devices at the beginning of the year that needs them. `unabsorbed` is the
part of what does not follow the load - devices, spares, carriers, space, maintenance, uplink, less what is
left - that pays for capacity which no request uses: one less the mean of what is asked over what all
installed devices could serve with full batches. It is shown beside the lines and is part of them, not added
to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from planner.plan.money.economics import (
    SECONDS_PER_YEAR,
    balancer_price,
    carriers_price,
    coolers_price,
    discounted,
    yearly_lines,
    years,
)
from planner.plan.money.prices import QuotedPrice
from planner.plan.money.tariff import carbon_kg_per_j
from planner.plan.options.coolers import STATED
from planner.plan.options.hosting import hosting_of
from planner.plan.options.option import Draw
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

FOLLOWS_THE_LOAD = ("energy", "cooling and losses")

PaymentTime = Literal["at purchase", "each year", "at the end"]


@dataclass(frozen=True, slots=True)
class Year:
    """One year of a rack: devices that carry the load, those installed, what is asked and what they draw.

    `absorbed` is what is asked over what all installed devices could serve with full batches.
    """

    count: int
    installed: int
    requests_per_s: float
    absorbed: float
    draw: Draw


@dataclass(frozen=True, slots=True)
class Line:
    """One cost: when it falls due, what it is in its first year, and its present value over the horizon."""

    name: str
    when: PaymentTime
    first: float
    present_value: float
    basis: str


@dataclass(frozen=True, slots=True)
class Carbon:
    """Carbon dioxide of the energy, cooling included; that of making the parts is not known and not in it."""

    kg_first_year: float
    kg_total: float
    kg_per_thousand_inferences: float


@dataclass(frozen=True, slots=True)
class Bill:
    """What an option costs over the horizon; money in `currency`, present values at the discount rate."""

    currency: str
    horizon_years: float
    discount_rate: float
    lines: tuple[Line, ...]
    price: QuotedPrice
    capital: float
    running_cost_per_year: float
    total_cost: float
    cost_per_thousand_inferences: float
    inferences: float
    """Over the horizon, not discounted."""
    unabsorbed_share: float
    unabsorbed_cost: float
    energy_j: float
    """Over the horizon, cooling and losses included."""
    carbon: Carbon | None

    def to_frame(self) -> pd.DataFrame:
        """One row a line; money is in `currency`."""
        import pandas as pd

        return pd.DataFrame({**asdict(line), "currency": self.currency} for line in self.lines)


def bill_of(scenario: Scenario, device: Device, price: QuotedPrice, life: Sequence[Year]) -> Bill:
    """The bill of a rack of one kind of device through the years of its horizon."""
    lengths = years(scenario)
    lines = _lines(scenario, device, price, life)
    total = sum(line.present_value for line in lines)
    spans = list(zip(lengths, life, strict=True))
    requests = [year.requests_per_s * length * SECONDS_PER_YEAR for length, year in spans]
    worth = sum(
        number * discounted(scenario, start + length)
        for start, (length, number) in enumerate(zip(lengths, requests, strict=True))
    )
    unused = 1.0 - sum(year.absorbed * length for length, year in spans) / scenario.money.horizon_years
    standing = sum(line.present_value for line in lines if line.name not in FOLLOWS_THE_LOAD)
    pue = scenario.site.pue
    energies_j = [year.draw.mean_w * pue * length * SECONDS_PER_YEAR for length, year in spans]
    return Bill(
        currency=scenario.money.currency,
        horizon_years=scenario.money.horizon_years,
        discount_rate=scenario.money.discount_rate_ratio,
        lines=lines,
        price=price,
        capital=sum(line.first for line in lines if line.when == "at purchase"),
        running_cost_per_year=sum(line.first for line in lines if line.when == "each year"),
        total_cost=total,
        # Inferences are discounted like money: a levelised cost, the price a thousand would have to fetch.
        cost_per_thousand_inferences=1e3 * total / worth,
        inferences=sum(requests),
        unabsorbed_share=unused,
        unabsorbed_cost=standing * unused,
        energy_j=sum(energies_j),
        carbon=_carbon(scenario, life, energies_j, sum(requests)),
    )


@dataclass(slots=True)
class _Running:
    """A line as it adds up over the years."""

    when: PaymentTime
    basis: str
    first: float = 0.0
    present_value: float = 0.0


@dataclass(frozen=True, slots=True)
class Payment:
    """An amount of one line in one year of the horizon, counted from zero, of money of that year.

    What falls due each year is the amount of a whole year; `length` says how much of one it is.
    """

    year: int
    length: float
    name: str
    when: PaymentTime
    amount: float

    def present_value(self, scenario: Scenario) -> float:
        """Purchases fall due at the beginning of a year, running costs at its end, the rest at the end."""
        if self.when == "at purchase":
            return self.amount * discounted(scenario, self.year)
        if self.when == "each year":
            return self.amount * self.length * discounted(scenario, self.year + self.length)
        return self.amount * discounted(scenario, scenario.money.horizon_years)


def payments(
    scenario: Scenario, device: Device, price: QuotedPrice, life: Sequence[Year]
) -> Iterator[Payment]:
    """What is paid for a rack of one kind of device, year by year and line by line."""
    held: dict[str, float] = {}
    for start, (length, year) in enumerate(zip(years(scenario), life, strict=True)):
        value = {
            "devices": year.count * price.mid,
            "spares": (year.installed - year.count) * price.mid,
            "carriers": carriers_price(scenario, device, year.installed) or 0.0,
        }
        coolers = coolers_price(scenario, device, year.installed)
        if coolers:
            value["coolers"] = coolers
        if scenario.balancer is not None:
            value["balancer"] = balancer_price(scenario) or 0.0
        for name, amount in value.items():
            # Devices are added and never sold: a year that needs fewer buys none.
            bought = max(0.0, amount - held.get(name, 0.0))
            held[name] = held.get(name, 0.0) + bought
            yield Payment(start, length, name, "at purchase", bought)
        for name, amount in yearly_lines(
            scenario, device, year.installed, year.draw, sum(held.values()), price.mid
        ):
            yield Payment(start, length, name, "each year", amount)
    if scenario.money.residual_ratio:
        left = sum(held.values()) * scenario.money.residual_ratio
        yield Payment(len(life) - 1, 1.0, "residual value", "at the end", -left)


def _lines(scenario: Scenario, device: Device, price: QuotedPrice, life: Sequence[Year]) -> tuple[Line, ...]:
    bases = {
        **_BASES,
        "devices": _price_text(price),
        "spares": "devices on standby, at the same price",
        "carriers": _carriers_text(scenario, device),
        "coolers": _coolers_text(device),
        "balancer": "" if scenario.balancer is None else scenario.balancer.note,
        "residual value": "share of the capital that is left",
    }
    found: dict[str, _Running] = {}
    for item in payments(scenario, device, price, life):
        line = found.setdefault(item.name, _Running(item.when, bases[item.name]))
        line.first += item.amount if item.year == 0 or item.when == "at the end" else 0.0
        line.present_value += item.present_value(scenario)
    return tuple(
        Line(name, line.when, line.first, line.present_value, line.basis) for name, line in found.items()
    )


_BASES = {
    "energy": "mean power of the rack, at the tariff of each hour",
    "cooling and losses": "energy beyond the rack's own, by the PUE",
    "space": "rack units taken, at the scenario's price",
    "maintenance": "share of the capital a year",
    "uplink": "as the scenario prices it",
    "replacements": "failures a year times the price of what fails",
}


def _coolers_text(device: Device) -> str:
    """The price of one cooler that is sold apart, and where it comes from."""
    cooler = device.thermal.in_use
    price = cooler.price_money
    if price is None:
        return ""
    each = f"{price.value.amount:g} {price.value.currency} each"
    if price.source == STATED:
        return f"{each}, as the scenario states"
    return f"{cooler.name or cooler.id}, {each}, {price.status}: {price.source}"


def _carriers_text(scenario: Scenario, device: Device) -> str:
    """Who prices what the devices sit in: the scenario, or the database for a computer that they need."""
    hosting = hosting_of(scenario, device)
    if hosting is None:
        return "as the scenario prices them"
    price = hosting.host.price
    amount = price.amount_money
    return (
        f"{hosting.host.name}, {amount.value.amount:,.0f} {amount.value.currency} each, {price.date}, "
        f"{amount.status.value}: {amount.note or hosting.host.sources[amount.source].title}"
    )


def _price_text(price: QuotedPrice) -> str:
    rate = "" if price.rate == 1.0 else f" at {price.rate:g}"
    return (
        f"{price.quoted.amount:,.0f} {price.quoted.currency}{rate} each, {price.date}, {price.status.value}: "
        f"{price.source}"
    )


def _carbon(
    scenario: Scenario, life: Sequence[Year], energies_j: Sequence[float], requests: float
) -> Carbon | None:
    kilograms = [
        energy_j * intensity
        for year, energy_j in zip(life, energies_j, strict=True)
        if (intensity := carbon_kg_per_j(scenario, year.draw)) is not None
    ]
    if not kilograms:
        return None
    return Carbon(kilograms[0], sum(kilograms), 1e3 * sum(kilograms) / requests)
