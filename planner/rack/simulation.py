"""All replications of a rack, one after another or side by side, and their summary."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Literal

from planner.rack.description import Rack
from planner.rack.load import refuse_overload
from planner.rack.results import RackResult
from planner.rack.statistics import summarise
from planner.rack.tally import RunTally, tally_records

Engine = Literal["compiled", "simpy"]
"""The compiled engine is the usual one; the SimPy engine is the reference that it is checked against."""

Progress = Callable[[int, int], None]
"""Called with the replications done and all of them, after each."""


def run_replication(rack: Rack, engine: Engine, replication: int) -> RunTally:
    """One replication of a rack by an engine, counted.

    Both serve the same requests at the same times; the compiled one counts latencies in bins (see
    `planner.rack.latencies`), the reference keeps each.
    """
    if engine == "compiled":
        from planner.rack import compiled_engine

        return compiled_engine.run_replication(rack, replication)
    from planner.rack import simpy_engine

    return tally_records(rack, simpy_engine.run_replication(rack, replication))


def simulate(
    rack: Rack, *, engine: Engine = "compiled", progress: Progress | None = None, processes: int = 1
) -> RackResult:
    """Simulate a rack and count; the answer is the same, byte for byte, for any number of processes.

    A rack that is asked more than it can serve is refused with the shortfall, unless all queues are limited.
    """
    refuse_overload(rack)
    numbers = range(rack.replications)
    run = partial(run_replication, rack, engine)
    if processes <= 1 or rack.replications == 1:
        return summarise(rack, _collect(map(run, numbers), rack.replications, progress))
    context = multiprocessing.get_context("spawn")
    workers = min(processes, rack.replications)
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return summarise(rack, _collect(pool.map(run, numbers), rack.replications, progress))


def _collect(runs: Iterable[RunTally], total: int, progress: Progress | None) -> list[RunTally]:
    counted: list[RunTally] = []
    for run in runs:
        counted.append(run)
        if progress is not None:
            progress(len(counted), total)
    return counted
