"""N+k: how often every promise of a rack holds, by the number of its spares."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.plan.money.economics import capital_of
from planner.plan.options.option import Option
from planner.plan.rack.questions import redundancy_of
from planner.rack.studies.reliability import rack_availability, spares_for
from planner.schema.scenario.scenario import Scenario

_FEWEST_ROWS = 3


@dataclass(frozen=True, slots=True)
class SpareRow:
    """`spares` on top of the count: the share of time that every promise holds, and the capital of all.

    `availability` is None where it is not known how few devices keep the promises. `enough_up` is the share
    of time that as many devices as the count are up, whatever they promise.
    """

    spares: int
    availability: float | None
    enough_up: float
    capital: float | None
    meets_target: bool


def spare_rows(scenario: Scenario, option: Option, needed: int | None) -> tuple[SpareRow, ...]:
    """One row for each number of spares up to what the target asks; none where failures are not stated.

    `needed` devices keep every promise (`planner.plan.rack.promises`).
    """
    asked = scenario.failures
    if asked is None:
        return ()
    whole = replace(redundancy_of(scenario, option.part, option.count, option.count), takes_over_s=0.0)
    rack = redundancy_of(scenario, option.part, option.count, needed) if needed is not None else None
    wanted = spares_for(rack, asked.target_ratio) if rack else None
    rows = []
    for spares in range(max(_FEWEST_ROWS - 1, option.spares, wanted or 0) + 1):
        share = rack_availability(rack, spares) if rack else None
        rows.append(
            SpareRow(
                spares=spares,
                availability=share,
                enough_up=rack_availability(whole, spares),
                capital=capital_of(scenario, option.part, option.count + spares),
                meets_target=share is not None and share >= asked.target_ratio,
            )
        )
    return tuple(rows)
