"""Energy by the hour of the day: what a joule costs and how much carbon it emits, by the time at which it is
drawn.

A load with a daily profile draws more in some hours; its dynamic power is spread over the day as its requests
are, idle power and fans evenly. Streams without a profile of one day are the same at every hour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planner.plan.options.option import Draw
from planner.schema.scenario.money import HOURS, CarbonSpec, MoneyTerms
from planner.schema.scenario.scenario import Scenario
from planner.schema.scenario.streams import Stream

_DAY_S = 86400.0

Hours = NDArray[np.float64]


def energy_price_per_j(scenario: Scenario, draw: Draw) -> float:
    """What a joule of this draw costs on average over a day, in the scenario's currency."""
    return _mean(price_by_hour(scenario.money), scenario, draw)


def carbon_kg_per_j(scenario: Scenario, draw: Draw) -> float | None:
    """Kilograms of carbon dioxide a joule of this draw; None where the scenario states no intensity."""
    return None if scenario.carbon is None else _mean(carbon_by_hour(scenario.carbon), scenario, draw)


def price_by_hour(money: MoneyTerms) -> Hours:
    """The price of a joule in each hour of the day."""
    if money.electricity_money_per_j is not None:
        return np.full(HOURS, money.electricity_money_per_j.amount_per_joule)
    prices = np.empty(HOURS)
    for entry in money.tariff:
        prices[list(entry.covered)] = entry.price_money_per_j.amount_per_joule
    return prices


def carbon_by_hour(carbon: CarbonSpec) -> Hours:
    """Kilograms a joule in each hour of the day."""
    if carbon.intensity_kg_per_j is not None:
        return np.full(HOURS, carbon.intensity_kg_per_j)
    found = np.empty(HOURS)
    for entry in carbon.by_hour:
        found[list(entry.covered)] = entry.intensity_kg_per_j
    return found


def load_by_hour(streams: Sequence[Stream]) -> Hours:
    """The load in each hour of the day over its mean; conversations, which have no profile, are even."""
    if not streams:
        return np.ones(HOURS)
    total = np.zeros(HOURS)
    for stream in streams:
        rate_per_s = stream.count * stream.rate_per_s
        profile = stream.profile
        if profile is None or profile.period_s != _DAY_S:
            mean = 1.0 if profile is None else float(np.mean(profile.shares_ratio))
            total += rate_per_s * mean
        else:
            total += rate_per_s * _hourly(profile.shares_ratio)
    over_mean: Hours = total / total.mean()
    return over_mean


def _hourly(shares: Sequence[float]) -> Hours:
    """A day's profile of any number of equal parts as means over its hours."""
    edges = np.linspace(0.0, HOURS, len(shares) + 1)
    # Integrate the profile and read the integral off at full hours: exact means, however its parts and hours
    # lie.
    filled = np.concatenate([[0.0], np.cumsum(np.asarray(shares) * np.diff(edges))])
    return np.diff(np.interp(np.arange(HOURS + 1), edges, filled))


def _mean(hourly: Hours, scenario: Scenario, draw: Draw) -> float:
    if draw.mean_w <= 0:
        return float(hourly.mean())
    power_w = draw.fixed_w + draw.load_w * load_by_hour(scenario.streams)
    return float(hourly @ power_w / power_w.sum())
