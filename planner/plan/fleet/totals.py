"""Rows of the sites, and their sums by group and by year, once the plan is chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from planner.plan.fleet.choices import FleetChoice, FleetChooser
from planner.plan.fleet.money import SiteMoney, SiteYear, money_of, price_factor, rate_of
from planner.plan.fleet.pool import shelf
from planner.plan.fleet.result import SITE_COLUMNS, Order, PoolRow, SiteRow, Totals, YearTotals
from planner.plan.fleet.site_answer import PartAnswer, SiteAnswer
from planner.plan.fleet.sites.rows import FleetSite
from planner.plan.money.economics import SECONDS_PER_YEAR
from planner.schema.fleet.fleet import FleetSpec

NO_PART = "NONE"
"""The verdict of a site that no part of the plan serves."""


def part_of(answer: SiteAnswer, device: str) -> PartAnswer | None:
    """A part of an answer that serves the site; None where it does not."""
    found = (part for part in answer["parts"] if part["device"] == device and part["serves"])
    return next(found, None)


def reason_of(answer: SiteAnswer) -> str:
    """Why nothing serves a site: what was refused, or the reason against the part that came nearest."""
    if answer["refused"] is not None:
        return answer["refused"]
    serving = next((part for part in answer["parts"] if part["serves"]), None)
    if serving is not None:
        if serving["price"] is None:
            return f"{serving['device']} serves it, but its price is unknown"
        return f"only {serving['device']} serves it, which is not among the parts of the plan"
    if answer["parts"]:
        return f"{answer['parts'][0]['device']}: {answer['parts'][0]['reason']}"
    return "; ".join(f"{device}: {reason}" for device, reason in answer["cannot"]) or "no candidate"


def site_row(
    spec: FleetSpec,
    site: FleetSite,
    answer: SiteAnswer,
    device: str | None,
    money: SiteMoney | None,
    alike: int,
) -> SiteRow:
    """The row of one site; money in the fleet's currency."""
    row: dict[str, object] = dict.fromkeys(SITE_COLUMNS)
    own = site.own
    row |= {
        "site": site.id,
        "group": site.group,
        "template": site.template,
        "climate": own.climate or None,
        "latitude": own.latitude,
        "longitude": own.longitude,
        "opens": own.opens_in,
        "sources": answer["sources"],
        "requests_per_s": answer["requests_per_s"],
        "verdict": NO_PART,
        "alike": alike,
    }
    best = next((part for part in answer["parts"] if part["serves"] and part["price"] is not None), None)
    if best is not None:
        rate = rate_of(spec, answer["currency"])
        row |= {
            "best_device": best["device"],
            "best_count": best["count"],
            "best_total_cost": None if best["total_cost"] is None else best["total_cost"] * rate,
        }
    part = None if device is None else part_of(answer, device)
    if part is None or money is None or best is None:
        return {**row, "reason": reason_of(answer)}
    own_best = money_of(spec, answer, best, own.opens_in)
    return {**row, **_figures(spec, answer, part, money), "extra_value": _value(money) - _value(own_best)}


def _value(money: SiteMoney) -> float:
    return money.present_value + money.visits_value


def _figures(spec: FleetSpec, answer: SiteAnswer, part: PartAnswer, money: SiteMoney) -> dict[str, object]:
    rate = rate_of(spec, answer["currency"])
    carbon = [year.carbon_kg for year in money.years]
    same = ("device", "mode", "unit", "engine", "precision", "batch", "count", "spares", "utilisation")
    also = ("headroom", "tightness", "power_w", "temperature_c", "provenance", "verdict", "reason")
    amounts = {
        "capital": part["capital"],
        "running_cost_per_year": part["running_cost_per_year"],
        "total_cost": part["total_cost"],
    }
    plain: dict[str, object] = dict(part)
    return {
        **{name: plain[name] for name in (*same, *also)},
        **{name: None if amount is None else amount * rate for name, amount in amounts.items()},
        "present_value": _value(money),
        "energy_j": math.fsum(year.energy_j for year in money.years),
        "carbon_kg": None if None in carbon else math.fsum(kg for kg in carbon if kg is not None),
        "visits": math.fsum(year.visits for year in money.years),
    }


def totals_of(name: str, rows: Sequence[SiteRow]) -> Totals:
    """Sums of the rows."""
    served = [row for row in rows if row["device"] is not None]

    def total(column: str) -> float:
        return math.fsum(value for row in served if isinstance(value := row[column], float | int))

    parts: dict[str, int] = {}
    for row in served:
        device = str(row["device"])
        parts[device] = parts.get(device, 0) + _whole(row["count"]) + _whole(row["spares"])
    return Totals(
        name=name,
        sites=len(rows),
        served=len(served),
        open=sum(row["verdict"] != "PASS" for row in served),
        devices=sum(_whole(row["count"]) for row in served),
        spares=sum(_whole(row["spares"]) for row in served),
        capital=total("capital"),
        running_cost_per_year=total("running_cost_per_year"),
        total_cost=total("total_cost"),
        present_value=total("present_value"),
        power_w=total("power_w"),
        energy_j=total("energy_j"),
        carbon_kg=None if any(row["carbon_kg"] is None for row in served) else total("carbon_kg"),
        visits=total("visits"),
        parts=dict(sorted(parts.items())),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


@dataclass(slots=True)
class YearSums:
    """Sums of each year while the classes of sites come by."""

    years: int
    sites: list[int] = field(default_factory=list)
    found: list[dict[str, list[float]]] = field(default_factory=list)
    unknown_carbon: bool = False
    bought: list[dict[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sites = [0] * self.years
        self.found = [{} for _ in range(self.years)]
        self.bought = [{} for _ in range(self.years)]

    def add(self, device: str, money: SiteMoney, sites: int) -> None:
        """So many sites with this part."""
        for number, year in enumerate(money.years):
            self.sites[number] += sites if year.installed else 0
            self.unknown_carbon |= year.carbon_kg is None
            for name, value in _amounts(year):
                self.found[number].setdefault(name, []).append(value * sites)
            bought = self.bought[number]
            bought[device] = bought.get(device, 0) + year.added * sites

    def totals(self, spec: FleetSpec, chooser: FleetChooser, plan: FleetChoice) -> tuple[YearTotals, ...]:
        """Every year, with what the fleet pays as a whole."""
        kinds = spec.kinds
        visit = 0.0 if spec.visits is None else spec.visits.price_money.amount
        shelf_bought = chooser.bought_for_shelves(plan)
        return tuple(
            YearTotals(
                year=number + 1,
                sites=self.sites[number],
                devices=int(self._sum(number, "installed")),
                capital=self._sum(number, "capital"),
                running=self._sum(number, "running"),
                energy_cost=self._sum(number, "energy"),
                energy_j=self._sum(number, "energy_j"),
                carbon_kg=None if self.unknown_carbon else self._sum(number, "carbon_kg"),
                visits=self._sum(number, "visits"),
                visits_cost=visit * self._sum(number, "visits"),
                kinds_cost=0.0
                if kinds is None
                else len(plan.parts)
                * (kinds.per_year_money.amount + (kinds.once_money.amount if number == 0 else 0.0)),
                spares_cost=math.fsum(
                    count * chooser.price(part) * price_factor(spec, number)
                    for part, count in shelf_bought[number].items()
                ),
            )
            for number in range(self.years)
        )

    def _sum(self, number: int, name: str) -> float:
        return math.fsum(self.found[number].get(name, ()))

    def orders(
        self, spec: FleetSpec, chooser: FleetChooser, plan: FleetChoice, names: dict[str, str]
    ) -> tuple[Order, ...]:
        """What is ordered of each part in each year."""
        shelf_bought = chooser.bought_for_shelves(plan)
        found = []
        for number in range(self.years):
            for part in plan.parts:
                own, pooled = self.bought[number].get(part, 0), shelf_bought[number].get(part, 0)
                if own or pooled:
                    price = chooser.price(part) * price_factor(spec, number)
                    found.append(Order(number + 1, part, names[part], own, pooled, price))
        return tuple(found)


def _amounts(year: SiteYear) -> Iterable[tuple[str, float]]:
    yield "capital", year.capital
    yield "running", year.running
    yield "energy", year.energy
    yield "energy_j", year.energy_j
    yield "carbon_kg", year.carbon_kg or 0.0
    yield "visits", year.visits
    yield "installed", float(year.installed)


def pool_rows(spec: FleetSpec, chooser: FleetChooser, plan: FleetChoice) -> tuple[PoolRow, ...]:
    """Every shelf of the plan in the year with the most failures."""
    pool = spec.spares
    if pool is None:
        return ()
    found = []
    for part, name, rates, stocks, devices in chooser.shelves(plan):
        most = max(range(len(rates)), key=rates.__getitem__)
        rate = rates[most]
        stock = max(stocks)
        found.append(
            PoolRow(name, part, devices[most], rate * SECONDS_PER_YEAR, shelf(rate, pool.turnaround_s, stock))
        )
    return tuple(found)
