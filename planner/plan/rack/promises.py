"""How few devices of a rack still keep every promise, found by simulation: what its availability rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from planner.rack.counts.results import RackResult, Verdict
from planner.rack.description.life import NOTHING_HAPPENS
from planner.rack.description.rack import Rack
from planner.rack.load.expected import grows_without_end
from planner.rack.sequential import rack_verdict, simulate_until_settled
from planner.rack.simulation import SimulationEngine
from planner.schema.scenario.scenario import Scenario


def least_serving(rack: Rack, settle: Callable[[Rack], RackResult]) -> int | None:
    """The least devices that keep every promise when nothing happens; None where all of them do not.

    `settle` simulates a rack until its verdict is settled, on the same requests whatever its count. More
    devices never make a promise harder to keep, so the counts between are halved.
    """

    def keeps(count: int) -> bool:
        # At least as many as hard shares name; one device less than that is another rack.
        if count < max(1, len(rack.shares)):
            return False
        fewer = replace(rack, count=count, life=NOTHING_HAPPENS)
        return not grows_without_end(fewer) and rack_verdict(settle(fewer)) is Verdict.PASS

    if not keeps(rack.count):
        return None
    fails, holds = 0, rack.count
    while holds - fails > 1:
        middle = (fails + holds) // 2
        if keeps(middle):
            holds = middle
        else:
            fails = middle
    return holds


def needed_of(scenario: Scenario, rack: Rack, engine: SimulationEngine = "compiled") -> int | None:
    """The same of a rack by itself; None as well where the scenario states no failures."""
    if scenario.failures is None:
        return None
    most = scenario.simulation.most_replications
    return least_serving(rack, partial(simulate_until_settled, most_replications=most, engine=engine))
