"""What it is worth to measure one network on one unit of a part before ordering many.

The truth is taken to lie in the band of the latency as in a normal distribution of its logarithm, each side
with its own width. Whatever it is, a measurement leaves the scatter between runs and machines, and the plan
counts again with that. The value is the money that the plan then moves by, the mean over the band: chance
times money (Raiffa and Schlaifer, Applied Statistical Decision Theory, 1961, value of sample information).
Counts follow the work that the network asks for; limits of heat, height and power are not looked at again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist, fmean

from planner.latency.anchoring.measured import least_deviation
from planner.latency.band import Band
from planner.plan.options.option import NetworkOnPart, Option
from planner.schema.scenario.scenario import Scenario

_POINTS = 39
"""Quantiles of the band that are looked at, evenly spaced."""
_NINETY = 1.645


@dataclass(frozen=True, slots=True)
class Worth:
    """`chance` that the count, the part or an open verdict changes; `money` is what the plan moves by on the
    average, None where a price is not known."""

    chance: float
    money: float | None
    decides: bool
    """Whether the verdict is open for the latency, which the measurement settles."""


@dataclass(frozen=True, slots=True)
class Rival:
    """What the plan buys instead: the best other option, or the first where this is not it."""

    capital: float | None
    first: bool
    """Whether the option that would be measured is the plan's first."""


def worth_measuring(
    scenario: Scenario, option: Option, item: NetworkOnPart, rival: Rival | None, *, open_verdict: bool
) -> Worth:
    """The value of measuring one network of an option; by a plan's own closed form of work and devices.

    `open_verdict` is whether the ends of the latency band disagree about the promise.
    """
    band, planned = item.planning_latency_s, item.planned_latency_s(option.plan_for)
    left = least_deviation(option.device)
    counts = [
        option.count + _more(scenario, option, item, truth_s * _margin(option.plan_for, left) - planned)
        for truth_s in _truths(band)
    ]
    settled = _settled(band, left) if open_verdict else 0.0
    chance, money = _moved(option, [max(1, count) for count in counts], rival)
    capital = option.cost.capital
    if settled and capital is not None:
        # An order whose verdict is open may be all wrong.
        money = max(money or 0.0, settled * capital)
    return Worth(max(chance, settled), money, open_verdict)


def work_of(scenario: Scenario, option: Option, item: NetworkOnPart) -> float:
    """Devices as busy as the plan allows that one second of a network's batch keeps at work."""
    rate_per_s = sum(
        stream.rate_per_s * stream.count for stream in scenario.streams if stream.model == item.model
    )
    return rate_per_s / option.batch / option.instances / scenario.planning.utilisation_limit_ratio


def _more(scenario: Scenario, option: Option, item: NetworkOnPart, longer_s: float) -> int:
    """Devices beside the planned ones where one network takes longer by so much."""
    planned = sum(
        work_of(scenario, option, each) * each.planned_latency_s(option.plan_for) for each in option.networks
    )
    changed = planned + work_of(scenario, option, item) * longer_s
    return math.ceil(changed - 1e-9) - math.ceil(planned - 1e-9)


def _moved(option: Option, counts: list[int], rival: Rival | None) -> tuple[float, float | None]:
    """The chance that the plan buys other than it would, and by how much money on the average."""
    capital = option.cost.capital
    other = rival.capital if rival else None
    first = rival is None or rival.first
    if capital is None:
        return (fmean(count != option.count for count in counts) if first else 0.0), None
    each = capital / (option.count + option.spares)
    costs = [capital + each * (count - option.count) for count in counts]
    if first:
        after = [cost if other is None else min(cost, other) for cost in costs]
        changed = fmean(
            count != option.count or (other is not None and cost > other)
            for count, cost in zip(counts, costs, strict=True)
        )
        return changed, fmean(abs(cost - capital) for cost in after)
    if other is None:
        return 0.0, 0.0
    saved = [max(0.0, other - cost) for cost in costs]
    return fmean(each_saved > 0 for each_saved in saved), fmean(saved)


def _truths(band: Band) -> Iterator[float]:
    # Equally likely values of a log-normal truth whose 5 and 95 % quantiles are the ends of the band, each
    # side with a spread of its own.
    normal = NormalDist()
    for number in range(_POINTS):
        deviate = normal.inv_cdf((number + 0.5) / _POINTS)
        end_s = band.high if deviate > 0 else band.low
        yield band.mid * (end_s / band.mid) ** (abs(deviate) / _NINETY)


def _margin(plan_for: str, left: float) -> float:
    """What a cautious plan adds to a measured latency."""
    return math.exp(_NINETY * left) if plan_for == "cautious" else 1.0


def _settled(band: Band, left: float) -> float:
    """The share of the band in which the truth may lie without the measured band reaching the promise."""
    width = math.log(band.high / band.low) if band.low > 0 else math.inf
    return max(0.0, 1.0 - 2.0 * _NINETY * left / width) if width > 0 else 0.0
