"""N+k: how often a rack has all the devices that it needs, by the number that stand by."""

from __future__ import annotations

from dataclasses import dataclass

from planner.plan.money.economics import capital_of
from planner.plan.options.option import Option
from planner.rack.studies.reliability import availability, enough_up, spares_for
from planner.schema.scenario.scenario import Scenario

_FEWEST_ROWS = 3


@dataclass(frozen=True, slots=True)
class SpareRow:
    """`spares` on top of the count: the share of time that the count is up, and the capital of all."""

    spares: int
    enough_up: float
    capital: float | None
    meets_target: bool


def spare_rows(scenario: Scenario, option: Option) -> tuple[SpareRow, ...]:
    """One row for each number of spares up to what the target asks; none where failures are not stated."""
    asked = scenario.failures
    if asked is None:
        return ()
    up = availability(asked.mtbf_s, asked.mttr_s)
    most = max(_FEWEST_ROWS - 1, option.spares, spares_for(option.count, up, asked.target_ratio))
    rows = []
    for spares in range(most + 1):
        share = enough_up(option.count, spares, up)
        capital = capital_of(scenario, option.part, option.count + spares)
        rows.append(SpareRow(spares, share, capital, share >= asked.target_ratio))
    return tuple(rows)
