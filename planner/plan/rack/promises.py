"""How few devices of a rack still keep every promise, found by simulation: what its availability rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from planner.rack.counts.results import Verdict
from planner.rack.description.life import NOTHING_HAPPENS
from planner.rack.description.rack import Rack
from planner.rack.load.expected import grows_without_end
from planner.rack.sequential import rack_verdict, simulate_until_settled
from planner.rack.simulation import SimulationEngine


def least_serving(
    rack: Rack,
    most_replications: int,
    *,
    engine: SimulationEngine = "compiled",
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> int | None:
    """The least devices that keep every promise when nothing happens; None where all of them do not.

    On the same requests as the rack itself. More devices never make a promise harder to keep, so the counts
    between are halved.
    """

    def keeps(count: int) -> bool:
        # At least as many as hard shares name; one device less than that is another rack.
        if count < max(1, len(rack.shares)):
            return False
        fewer = replace(rack, count=count, life=NOTHING_HAPPENS)
        if grows_without_end(fewer):
            return False
        result = simulate_until_settled(
            fewer,
            most_replications=most_replications,
            engine=engine,
            progress=progress,
            processes=processes,
        )
        return rack_verdict(result) is Verdict.PASS

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
