"""Which parts the fleet buys: each site its own best, one standard for all, a standard for each group, a few.

A plan of a few kinds gives each site the first of them in the order in which `planner size` ranks them there.
Plans are compared by the sites that they leave without a part, then by verdicts and margins that are open,
then by money: sites over their years, visits, what each kind costs beside its parts, and the shelf of spares.
Fewer kinds than the sites would choose by themselves are taken where they cost less in all; a plan with as
many kinds as that, and other parts, is never taken in its place.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError, Problem
from planner.plan.fleet.money import SiteMoney, discount, money_of, mtbf_of, price_factor, rate_of
from planner.plan.fleet.pool import least_stock
from planner.plan.fleet.site_answer import PartAnswer, SiteAnswer
from planner.schema.fleet.fleet import FleetSpec

NONE = -1
"""In place of a part, where none of a plan serves a site."""
_NEVER = 1_000_000
MOST_SUBSETS = 20_000

Picks = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SiteClass:
    """Sites of one group that ask the same and open in the same year, and how many they are."""

    question: int
    group: str
    opens: int
    sites: int


@dataclass(frozen=True, slots=True)
class FleetChoice:
    """One way to equip the fleet: its parts, whom they serve, and the present value of what it costs."""

    parts: tuple[str, ...]
    served: int
    open: int
    """Of the sites that are served, those whose verdict is not PASS."""
    unserved: int
    devices: int
    """In the last year of each site, spares at the sites among them."""
    sites_cost: float
    visits_cost: float
    kinds_cost: float
    pool_cost: float
    picks: tuple[int, ...]
    """The part of each class by its number in the table, `NONE` where none serves it."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.sites_cost + self.visits_cost + self.kinds_cost + self.pool_cost


class ChoiceTable:
    """What each part is and costs in each class of sites; classes are added one by one."""

    def __init__(self, spec: FleetSpec, years: int) -> None:
        self._spec, self._years = spec, years
        self.classes: list[SiteClass] = []
        self.parts: list[str] = []
        self.names: dict[str, str] = {}
        self._prices: dict[str, float] = {}
        self._entries: list[dict[str, _Entry]] = []
        self.unpriced: dict[str, int] = {}
        """Parts that serve sites and have no price there, with the number of these sites."""

    def add(self, item: SiteClass, answer: SiteAnswer) -> None:
        """One more class of sites with the answer to its question."""
        entries: dict[str, _Entry] = {}
        for rank, part in enumerate(answer["parts"]):
            if not part["serves"]:
                continue
            if part["price"] is None or part["bill_total"] is None:
                self.unpriced[part["device"]] = self.unpriced.get(part["device"], 0) + item.sites
                continue
            if part["device"] not in self._prices:
                self.parts.append(part["device"])
                self.names[part["device"]] = part["name"]
                self._prices[part["device"]] = part["price"] * rate_of(self._spec, answer["currency"])
            money = money_of(self._spec, answer, part, item.opens)
            entries[part["device"]] = _entry(self._spec, answer, part, money, rank, self._years)
        self.classes.append(item)
        self._entries.append(entries)

    def closed(self) -> FleetChooser:
        """The table as arrays, once all classes are in it."""
        return FleetChooser(self._spec, self._years, self.classes, self.parts, self._entries, self._prices)


@dataclass(frozen=True, slots=True)
class _Entry:
    rank: int
    open: bool
    value: float
    visits_value: float
    installed: tuple[float, ...]
    """In each year of the fleet."""
    failures_per_s: float
    """Of one device."""


def _entry(
    spec: FleetSpec, answer: SiteAnswer, part: PartAnswer, money: SiteMoney, rank: int, years: int
) -> _Entry:
    installed = [float(year.installed) for year in money.years]
    mtbf_s = mtbf_of(spec, answer)
    return _Entry(
        rank,
        part["verdict"] != "PASS",
        money.present_value,
        money.visits_value,
        (*installed, *[0.0] * (years - len(installed))),
        0.0 if mtbf_s is None else 1.0 / mtbf_s,
    )


class FleetChooser:
    """Plans over a closed table."""

    def __init__(
        self,
        spec: FleetSpec,
        years: int,
        classes: Sequence[SiteClass],
        parts: Sequence[str],
        entries: Sequence[dict[str, _Entry]],
        prices: dict[str, float],
    ) -> None:
        self._spec, self._years, self.parts, self._prices = spec, years, tuple(parts), prices
        self.classes = tuple(classes)
        self._sites = np.array([item.sites for item in classes], dtype=np.int64)

        def table(value: Callable[[_Entry], float], other: float) -> Numbers:
            rows = [[value(row[p]) if p in row else other for p in parts] for row in entries]
            return np.array(rows, dtype=np.float64).reshape(len(entries), len(parts))

        self._rank = table(lambda entry: entry.rank, _NEVER)
        self._open = table(lambda entry: entry.open, 0.0)
        self._value = table(lambda entry: entry.value, 0.0)
        self._visits = table(lambda entry: entry.visits_value, 0.0)
        self._failures = table(lambda entry: entry.failures_per_s, 0.0)
        self._installed = [table(_installed_in(year), 0.0) for year in range(years)]

    def best_at_each(self) -> FleetChoice:
        """Every site with its own best part."""
        return self.of_picks(self.picks_among(range(len(self.parts))))

    def picks_among(self, parts: Iterable[int]) -> Picks:
        """The first of these parts at each class, in the order of the sizing there."""
        chosen = np.array(list(parts), dtype=np.int64)
        if not len(chosen) or not len(self.classes):
            return np.full(len(self.classes), NONE, dtype=np.int64)
        ranks = self._rank[:, chosen]
        first = ranks.argmin(axis=1)
        found: Picks = chosen[first]
        found[ranks[np.arange(len(first)), first] >= _NEVER] = NONE
        return found

    def of_picks(self, picks: Picks) -> FleetChoice:
        """What it comes to when each class has this part."""
        served = np.flatnonzero(picks != NONE)
        at = picks[served]
        weights = self._sites[served]
        used = sorted(set(at.tolist()))
        last = (
            np.max([year[served, at] for year in self._installed], axis=0) if self._years else 0.0 * weights
        )
        return FleetChoice(
            parts=tuple(self.parts[part] for part in used),
            served=int(weights.sum()),
            open=int((weights * self._open[served, at]).sum()),
            unserved=int(self._sites.sum() - weights.sum()),
            devices=int((weights * last).sum()),
            sites_cost=math.fsum(weights * self._value[served, at]),
            visits_cost=math.fsum(weights * self._visits[served, at]),
            kinds_cost=self.kinds_cost(len(used)),
            pool_cost=self._pool_cost(picks, used),
            picks=tuple(picks.tolist()),
        )

    def _pool_cost(self, picks: Picks, used: Iterable[int], failures: float = 1.0) -> float:
        return math.fsum(
            bought
            * self._prices[self.parts[part]]
            * price_factor(self._spec, year)
            * discount(self._spec, year)
            for part in used
            for stocks in self.stocks(picks, part, failures).values()
            for year, bought in enumerate(_bought(stocks))
        )

    def pool_cost(self, plan: FleetChoice, failures: float = 1.0) -> float:
        """Of a plan, with so many times the failures."""
        return self._pool_cost(np.array(plan.picks), map(self.parts.index, plan.parts), failures)

    def price(self, part: str) -> float:
        """Today's price of a part in the fleet's currency."""
        return self._prices[part]

    def bought_for_shelves(self, plan: FleetChoice) -> list[dict[str, int]]:
        """Spares of each part that are bought in each year."""
        found: list[dict[str, int]] = [{} for _ in range(self._years)]
        for part, _, _, stocks, _ in self.shelves(plan):
            for year, bought in enumerate(_bought(stocks)):
                found[year][part] = found[year].get(part, 0) + bought
        return found

    def shelves(self, plan: FleetChoice) -> Iterator[tuple[str, str, list[float], list[int], list[int]]]:
        """Each part and shelf of a plan: failures a second, stock and devices in each year."""
        picks = np.array(plan.picks, dtype=np.int64)
        for name in plan.parts:
            part = self.parts.index(name)
            stocks = self.stocks(picks, part)
            rates = self.rates_per_s(picks, part)
            drawing: dict[str, list[int]] = {}
            for number in np.flatnonzero(picks == part).tolist():
                drawing.setdefault(self._shelf(number), []).append(number)
            for shelf_name, stock in stocks.items():
                inside = drawing[shelf_name]
                devices = [
                    int(sum(self._sites[n] * self._installed[year][n, part] for n in inside))
                    for year in range(self._years)
                ]
                yield name, shelf_name, rates[shelf_name], stock, devices

    def _shelf(self, number: int) -> str:
        """The shelf that a class of sites draws on."""
        pool = self._spec.spares
        return self.classes[number].group if pool is not None and pool.per == "group" else "fleet"

    def kinds_cost(self, kinds: int) -> float:
        """Present value of what so many kinds cost beside their parts."""
        stated = self._spec.kinds
        if stated is None:
            return 0.0
        yearly = sum(discount(self._spec, year + 1) for year in range(self._years))
        return kinds * (stated.once_money.amount + stated.per_year_money.amount * yearly)

    def rates_per_s(self, picks: Picks, part: int) -> dict[str, list[float]]:
        """Failures of a part in each year, by the shelf that they draw on."""
        found: dict[str, list[float]] = {}
        for number in np.flatnonzero(picks == part).tolist():
            item = self.classes[number]
            rates = found.setdefault(self._shelf(number), [0.0] * self._years)
            for year in range(self._years):
                devices = item.sites * self._installed[year][number, part]
                rates[year] += float(devices * self._failures[number, part])
        return found

    def stocks(self, picks: Picks, part: int, failures: float = 1.0) -> dict[str, list[int]]:
        """Spares of a part on each shelf in each year; none where the fleet states no pool."""
        pool = self._spec.spares
        if pool is None:
            return {}
        return {
            name: [least_stock(rate * failures, pool.turnaround_s, pool.ready_ratio) for rate in rates]
            for name, rates in self.rates_per_s(picks, part).items()
        }

    def key(self, choice: FleetChoice) -> tuple[float, ...]:
        """What plans are compared by, the least first."""
        return (choice.unserved, choice.open, choice.total)

    def few(self, most: int) -> tuple[FleetChoice, ...]:
        """The best plan of one kind, of two, and so on, as far as more kinds are used."""
        found = []
        for kinds in range(1, min(most, len(self.parts)) + 1):
            if math.comb(len(self.parts), kinds) > MOST_SUBSETS:
                break
            plans = [
                self.of_picks(self.picks_among(chosen))
                for chosen in itertools.combinations(range(len(self.parts)), kinds)
            ]
            exact = [plan for plan in plans if len(plan.parts) == kinds]
            if exact:
                found.append(min(exact, key=self.key))
        return tuple(found)

    def singles(self) -> tuple[FleetChoice, ...]:
        """Each part alone for all sites, the best standard first."""
        plans = [self.of_picks(self.picks_among([part])) for part in range(len(self.parts))]
        return tuple(sorted((plan for plan in plans if plan.parts), key=self.key))

    def by_group(self) -> FleetChoice:
        """One standard for each group, chosen by its own sites alone."""
        inside: dict[str, list[int]] = {}
        for number, item in enumerate(self.classes):
            inside.setdefault(item.group, []).append(number)
        picks = np.full(len(self.classes), NONE, dtype=np.int64)
        for numbers in map(np.array, inside.values()):
            if self.parts:
                best = min(range(len(self.parts)), key=lambda part: self._alone(numbers, part))
                picks[numbers[self._rank[numbers, best] < _NEVER]] = best
        return self.of_picks(picks)

    def _alone(self, numbers: Picks, part: int) -> tuple[int, int, float]:
        """What a part alone comes to at some classes: sites without it, open verdicts, money."""
        served = numbers[self._rank[numbers, part] < _NEVER]
        weights = self._sites[served]
        money = math.fsum(weights * self._value[served, part])
        return (
            int(self._sites[numbers].sum() - weights.sum()),
            int((weights * self._open[served, part]).sum()),
            money + math.fsum(weights * self._visits[served, part]),
        )

    def plan(self, few: Sequence[FleetChoice]) -> FleetChoice:
        """The plan that is taken, as the head of this file says."""
        best = self.best_at_each()
        most = 3 if self._spec.kinds is None else self._spec.kinds.most
        allowed = [choice for choice in few if len(choice.parts) < len(best.parts)]
        if len(best.parts) <= most:
            allowed.append(best)
        return min(allowed, key=self.key, default=best)


def require_mtbf(spec: FleetSpec, answers: Iterable[SiteAnswer]) -> None:
    """Refuse a pool of spares for devices that fail at a rate that no one states."""
    if spec.spares is not None and any(
        answer["refused"] is None and mtbf_of(spec, answer) is None for answer in answers
    ):
        advice = "add `mtbf: 50000 h` there, or `failures` to the templates"
        raise InputError(
            f"fleet {spec.id}", [Problem("spares.mtbf", "how often a device fails", "nothing", advice)]
        )


def _installed_in(year: int) -> Callable[[_Entry], float]:
    return lambda entry: entry.installed[year]


def _bought(stocks: Sequence[int]) -> list[int]:
    """What is added in each year; a shelf never gives back."""
    held, found = 0, []
    for stock in stocks:
        found.append(max(0, stock - held))
        held = max(held, stock)
    return found
