"""All replications of a rack, one after another or side by side, and their summary."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from planner.rack.description import Rack
from planner.rack.records import Records
from planner.rack.results import RackResult
from planner.rack.simpy_engine import run_replication
from planner.rack.statistics import summarise

Progress = Callable[[int, int], None]
"""Called with the replications done and all of them, after each."""


def simulate(rack: Rack, *, progress: Progress | None = None, processes: int = 1) -> RackResult:
    """Simulate a rack and count; the answer is the same, byte for byte, for any number of processes.

    An overloaded rack is simulated as asked, with a warning in the result; `offered_utilisation` tells
    beforehand.
    """
    numbers = range(rack.replications)
    run = partial(run_replication, rack)
    if processes <= 1 or rack.replications == 1:
        return summarise(rack, _collect(map(run, numbers), rack.replications, progress))
    context = multiprocessing.get_context("spawn")
    workers = min(processes, rack.replications)
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return summarise(rack, _collect(pool.map(run, numbers), rack.replications, progress))


def _collect(runs: Iterable[Records], total: int, progress: Progress | None) -> list[Records]:
    records: list[Records] = []
    for run in runs:
        records.append(run)
        if progress is not None:
            progress(len(records), total)
    return records
