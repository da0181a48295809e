"""Two racks compared on the same requests: differences replication by replication, and what that spared.

Every source draws from a random stream of its own, so both racks see the same cameras at the same phases
(common random numbers). What the two share drops out of the difference, and its interval is the narrower for
it (Law, Simulation Modeling and Analysis, 5th edition, section 11.2: the paired-t interval).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.errors import InputError, Problem
from planner.rack.counts.statistics import latency_quantile, t_interval
from planner.rack.counts.tally import RunTally
from planner.rack.description.rack import Rack
from planner.rack.simulation import SimulationEngine, run_replication


@dataclass(frozen=True, slots=True)
class Difference:
    """The second rack less the first, with its 95 % paired-t interval.

    `variance_ratio` is the variance that independent runs would have over that of the paired differences:
    how many times more replications they would take. None where the differences do not vary.
    """

    what: str
    mean: float
    low: float
    high: float
    variance_ratio: float | None


def compare_racks(one: Rack, other: Rack, *, engine: SimulationEngine = "compiled") -> tuple[Difference, ...]:
    """Differences of power (W) and of each stream's p99 (s); both racks need the same streams and seed."""
    for name in ("streams", "seed", "replications", "duration_s", "warmup_s"):
        if getattr(one, name) != getattr(other, name):
            advice = "compare racks that see the same requests"
            problem = Problem(name, "the same in both racks", "other values", advice)
            raise InputError("comparison", [problem])
    if one.replications < 2:
        problem = Problem("replications", "two or more", str(one.replications))
        raise InputError("comparison", [problem])
    runs = [
        (run_replication(one, engine, number), run_replication(other, engine, number))
        for number in range(one.replications)
    ]
    measures = [[_measures(rack, run) for rack, run in zip((one, other), pair, strict=True)] for pair in runs]
    return tuple(
        _difference(what, [pair[0][what] for pair in measures], [pair[1][what] for pair in measures])
        for what in measures[0][0]
    )


def _measures(rack: Rack, run: RunTally) -> dict[str, float]:
    sums = run.epochs.accounts
    found = {"power_w": rack.plug_w(sums.drawn_j / sums.length_s)}
    for group, stream in zip(rack.streams, run.streams, strict=True):
        found[f"{group.name} p99_s"] = latency_quantile(stream.latencies, 0.99)
    return found


def _difference(what: str, first: list[float], second: list[float]) -> Difference:
    differences = np.array(second) - np.array(first)
    low, high = t_interval(differences.tolist()) or (float("nan"), float("nan"))
    paired = float(np.var(differences, ddof=1))
    alone = float(np.var(first, ddof=1) + np.var(second, ddof=1))
    return Difference(what, float(differences.mean()), low, high, alone / paired if paired > 0 else None)
