"""What a part costs a site of a fleet over the years: purchases at falling prices, from the year it opens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.plan.fleet.site_answer import PartAnswer, SiteAnswer
from planner.plan.money.economics import SECONDS_PER_YEAR
from planner.schema.fleet.fleet import FleetSpec

FALLING = ("devices", "spares", "replacements")
"""Lines that follow the price of the part."""


@dataclass(frozen=True, slots=True)
class SiteYear:
    """One year of one site, money in the fleet's currency and of that year; `visits` is a mean."""

    capital: float
    running: float
    energy: float
    """Of the running cost: energy with cooling and losses."""
    energy_j: float
    carbon_kg: float | None
    installed: int
    added: int
    visits: float


@dataclass(frozen=True, slots=True)
class SiteMoney:
    """A part at a site that opens in a year (from one): year by year of the fleet, and the present value."""

    years: tuple[SiteYear, ...]
    """From the first year of the fleet; before it opens a site has none of anything."""
    present_value: float
    visits_value: float
    """Present value of the visits, not in the former."""


_NOTHING = SiteYear(0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0.0)


def money_of(spec: FleetSpec, answer: SiteAnswer, part: PartAnswer, opens: int) -> SiteMoney:
    """The money of a part at a site; the part has to have a price.

    Without falling prices a site that opens in the first year pays what `planner cost` says, to the bit.
    """
    rate = rate_of(spec, answer["currency"])
    before = opens - 1
    later = (1.0 + answer["discount_rate"]) ** -before
    lines: dict[str, float] = {}
    spans = len(part["installed"])
    capital, running, energy = [0.0] * spans, [0.0] * spans, [0.0] * spans
    for year, length, name, when, amount, value in part["paid"]:
        cheaper = price_factor(spec, before + year) if name in FALLING else 1.0
        lines[name] = lines.get(name, 0.0) + value * cheaper * later * rate
        if when == "at purchase":
            capital[year] += amount * cheaper * rate
        elif when == "each year":
            running[year] += amount * length * cheaper * rate
            energy[year] += amount * length * rate if name in ("energy", "cooling and losses") else 0.0
    visits = visits_of(spec, answer, part)
    years = [_NOTHING] * before
    for number in range(spans):
        installed = part["installed"][number]
        years.append(
            SiteYear(
                capital[number],
                running[number],
                energy[number],
                part["energy_j"][number],
                part["carbon_kg"][number],
                installed,
                installed - (part["installed"][number - 1] if number else 0),
                visits[number],
            )
        )
    price = 0.0 if spec.visits is None else spec.visits.price_money.amount
    visits_value = sum(
        number * price * discount(spec, before + year + 1) for year, number in enumerate(visits)
    )
    return SiteMoney(tuple(years), sum(lines.values()), visits_value)


def visits_of(spec: FleetSpec, answer: SiteAnswer, part: PartAnswer, failures: float = 1.0) -> list[float]:
    """Mean visits in each year of a site: planned ones, one for each purchase, one for each failure.

    `failures` times as many failures as stated.
    """
    planned = 0.0 if spec.visits is None else spec.visits.planned_per_year
    mtbf_s = mtbf_of(spec, answer)
    found = []
    for number, installed in enumerate(part["installed"]):
        length = min(1.0, answer["horizon_years"] - number)
        before = part["installed"][number - 1] if number else 0
        # Failures at a constant rate: their mean is devices x time / MTBF; time in repair is not taken off.
        failed = 0.0 if mtbf_s is None else failures * installed * length * SECONDS_PER_YEAR / mtbf_s
        found.append(planned * length + (installed > before) + failed)
    return found


def mtbf_of(spec: FleetSpec, answer: SiteAnswer) -> float | None:
    """Mean time between failures of a device: the template's, else the pool's; None where no one says."""
    if answer["mtbf_s"] is not None:
        return answer["mtbf_s"]
    return None if spec.spares is None else spec.spares.mtbf_s


def rate_of(spec: FleetSpec, currency: str) -> float:
    """What one unit of a site's currency is in the fleet's."""
    return 1.0 if currency == spec.currency else spec.exchange_rates[currency]


def price_factor(spec: FleetSpec, year: int) -> float:
    """What a part costs in a year, counted from zero, over today's price."""
    return float((1.0 - spec.falling_prices_ratio) ** year)


def discount(spec: FleetSpec, after_years: float) -> float:
    """Present value of one unit of the fleet's own money after this time."""
    return float((1.0 + spec.discount_rate_ratio) ** -after_years)


def fleet_years(answers: Sequence[tuple[SiteAnswer, int]]) -> int:
    """Years from the first opening to the end of the last site's horizon."""
    return max((math.ceil(answer["horizon_years"]) + opens - 1 for answer, opens in answers), default=0)
