"""A verdict on a rack that is looked at again and again: replications are added until it is settled.

To look several times and to stop at the first interval that settles the matter errs more often than one look
does. The error of 5 % is therefore divided among the looks that the budget allows (Bonferroni), so that the
whole series errs no more often than a single look would, at the price of a little more width. Replication n
is the same whatever the rack (common random numbers), so that racks of two sizes see the same requests.
"""

from __future__ import annotations

import math
from functools import partial

from planner.errors import InputError, Problem
from planner.formulas import formula
from planner.rack import simulation
from planner.rack.counts.enough import runs_that_decide
from planner.rack.counts.latencies import BIN_WIDTH
from planner.rack.counts.one_run import is_one_run
from planner.rack.counts.results import RackResult, Verdict
from planner.rack.counts.statistics import CONFIDENCE, Certainty, installations_needed, summarise
from planner.rack.counts.tally import RunTally
from planner.rack.description.rack import Rack
from planner.rack.load.expected import refuse_overload
from planner.rack.load.run_size import refuse_long_run
from planner.rack.simulation import Progress, Run, SimulationEngine, cut_short, each


def looks(first: int, most: int) -> tuple[int, ...]:
    """Numbers of replications at which the verdict is looked at: the first, doubled, and the most."""
    if not 2 <= first <= most:
        problem = Problem("replications", f"two or more, and at most {most}", str(first))
        raise InputError("sequential test", [problem])
    # Doubling keeps looks few, so that the error divided among them stays large enough to decide.
    doubled = [first * 2**k for k in range(math.ceil(math.log2(most / first)))]
    return (*doubled, most)


_MOST_LOOKS = 16
"""More than doubling from two makes of any number of replications that a share of installations takes."""


def _for_installations(rack: Rack) -> int:
    """Replications that may be needed where a share of installations has to keep the promise.

    Twice as many as suffice where none breaks it, each look with its part of the error: a few may.
    """
    if rack.installations is None or not any(group.keeps_phases for group in rack.streams):
        return 0
    return 2 * installations_needed(rack.installations, 1.0 - (1.0 - CONFIDENCE) / _MOST_LOOKS)


def rack_verdict(result: RackResult) -> Verdict:
    """The worst verdict over the streams: one that fails, fails the rack."""
    verdicts = {stream.verdict for stream in result.streams}
    for verdict in (Verdict.FAIL, Verdict.UNDECIDED):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS


def _stays_too_short(rack: Rack, result: RackResult, most: int) -> bool:
    """Whether runs of this length show too little however many of them the budget allows."""
    pairs = zip(rack.streams, result.streams, strict=True)
    return any(
        stream.too_short and not group.silent and runs_that_decide(rack, group) > most
        for group, stream in pairs
    )


@formula("divided_error")
def simulate_until_settled(
    rack: Rack,
    *,
    most_replications: int,
    engine: SimulationEngine = "compiled",
    progress: Progress | None = None,
    run: Run | None = None,
    keep_partial: bool = False,
    processes: int = 1,
) -> RackResult:
    """Simulate a rack until its verdict is PASS or FAIL, or the replications are used up (then UNDECIDED).

    Begins with the rack's own number of replications. With the compiled engine every interval is widened by
    the width of a latency bin. `keep_partial` and `processes` are as in `planner.rack.simulation.simulate`.
    """
    refuse_overload(rack)
    refuse_long_run(rack)
    if run is None and is_one_run(rack):
        # More of it would be copies, and nothing that they say is new.
        return simulation.simulate(rack, engine=engine, progress=progress, keep_partial=keep_partial)
    most = max(rack.replications, most_replications, _for_installations(rack))
    schedule = looks(rack.replications, most)
    # Bonferroni: each look may err by its part of 5 %.
    certainty = Certainty(
        1.0 - (1.0 - CONFIDENCE) / len(schedule), BIN_WIDTH if engine == "compiled" else 0.0
    )
    replication = partial(run or simulation.run_replication, rack, engine)
    runs: list[RunTally] = []
    result: RackResult | None = None
    for wanted in schedule:
        try:
            for tally in each(replication, range(len(runs), wanted), 1 if keep_partial else processes):
                runs.append(tally)
                if progress is not None:
                    progress(len(runs), wanted)
        except KeyboardInterrupt:
            if not (keep_partial and runs):
                raise
            return cut_short(summarise(rack, runs, certainty=certainty), len(runs), wanted)
        result = summarise(rack, runs, certainty=certainty)
        if rack_verdict(result) is not Verdict.UNDECIDED or _stays_too_short(rack, result, most):
            break
    assert result is not None  # noqa: S101 - a schedule has at least one look
    return result
