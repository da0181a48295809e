"""What the chosen option and its best rivals have cost by the end of each year, and what that depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.plan.cost.model import CostModel
from planner.plan.cost.sensitivity import Tornado, tornado
from planner.plan.money.prices import price_of
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.schema.scenario.scenario import Scenario

MOST_RIVALS = 3


@dataclass(frozen=True, slots=True)
class SpendingLine:
    """One option; `spent` is what it has cost by the end of each year."""

    option: Option
    spent: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Spending:
    """The chosen option first, then the best feasible one of each other part; those without a price are left
    out.

    `tornado` is None where nothing was chosen or the price is unknown.
    """

    currency: str
    horizon_years: float
    years: tuple[float, ...]
    lines: tuple[SpendingLine, ...]
    tornado: Tornado | None


def spending(
    scenario: Scenario,
    estimator: Estimator,
    options: Sequence[Option],
    chosen: Option | None,
    counts: Sequence[int] = (),
) -> Spending:
    """Capital and what follows year by year; `counts` are the chosen option's devices in each."""
    terms = scenario.money
    years = _years(terms.horizon_years)
    shown = _shown(options, chosen) if chosen else []
    lines = [_line(option, years) for option in shown if option.cost.capital is not None]
    priced = chosen is not None and price_of(scenario, chosen.part) is not None
    found = tornado(CostModel(scenario, estimator, chosen, counts)) if chosen and priced else None
    return Spending(terms.currency, terms.horizon_years, years, tuple(lines), found)


def _years(horizon: float) -> tuple[float, ...]:
    whole = tuple(float(year) for year in range(int(horizon) + 1))
    return whole if whole[-1] == horizon else (*whole, horizon)


def _shown(options: Sequence[Option], chosen: Option) -> list[Option]:
    """The chosen option, then the best feasible one of each other part."""
    best: dict[str, Option] = {chosen.device: chosen}
    for option in options:
        if option.feasible:
            best.setdefault(option.device, option)
    return list(best.values())[: MOST_RIVALS + 1]


def _line(option: Option, years: tuple[float, ...]) -> SpendingLine:
    capital = option.cost.capital or 0.0
    return SpendingLine(option, tuple(capital + year * option.cost.running_per_year for year in years))
