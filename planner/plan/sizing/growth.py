"""Counts year by year while the load grows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.scenario.growth import scenario_in_year
from planner.plan.sizing.closed_form import sized_option
from planner.plan.sizing.search import Search
from planner.rack.counts.results import Verdict
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import message


@dataclass(frozen=True, slots=True)
class YearCount:
    """One year of the horizon: its load, and the devices that carry it.

    `added` is what has to be bought at its beginning. `verdict` is that of the simulated rack, None where
    the count is the closed form's alone. `reasons` are limits of the site that the year breaks.
    """

    year: int
    requests_per_s: float
    count: int
    added: int
    racks: int
    power_w: float
    reasons: tuple[str, ...]
    verdict: Verdict | None


def with_growth(scenario: Scenario, estimator: Estimator, option: Option) -> Option:
    """The option with what it breaks in the first year that breaks something, by closed form.

    Devices are added as the load asks for them; a rack that the scenario gives keeps its own.
    """
    if scenario.growth is None or not option.feasible:
        return option
    given = scenario.deployment is not None
    count = option.count
    for year in range(1, math.ceil(scenario.money.horizon_years)):
        needed = sized_option(
            scenario_in_year(scenario, year),
            estimator,
            option.part,
            option.networks,
            at_least=count,
            exactly=count if given else None,
        )
        if needed.reasons:
            # Years are counted from one for people.
            broken = tuple(message("reason.in_year", year=year + 1, reason=text) for text in needed.reasons)
            return replace(option, reasons=broken)
        count = needed.count
    return option


def years_of(
    scenario: Scenario, estimator: Estimator, option: Option, *, simulate: bool
) -> tuple[YearCount, ...]:
    """An option's counts over the horizon, devices never given back; `simulate` searches for each count.

    The first year is the option itself.
    """
    found: list[YearCount] = []
    count = option.count
    for year in range(math.ceil(scenario.money.horizon_years)):
        grown = scenario_in_year(scenario, year)
        needed = sized_option(grown, estimator, option.part, option.networks, at_least=count)
        verdict = None
        if simulate and needed.feasible:
            run = Search(grown, estimator).least(needed).chosen
            needed, verdict = run.option, run.verdict
        found.append(
            YearCount(
                year=year,
                requests_per_s=sum(stream.count * stream.rate_per_s for stream in grown.streams),
                count=needed.count,
                added=needed.count - count if year else needed.count + needed.spares,
                racks=needed.racks,
                power_w=needed.heat.power_w,
                reasons=needed.reasons,
                verdict=verdict,
            )
        )
        count = needed.count
    return tuple(found)
