"""All replications of a rack, one after another or side by side, and their summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from planner.errors import InputError, Problem
from planner.forks import in_turns
from planner.rack.counts.one_run import is_one_run
from planner.rack.counts.results import RackResult
from planner.rack.counts.statistics import latency_quantile, summarise, t_interval
from planner.rack.counts.tally import RunTally, tally_records
from planner.rack.description.rack import Rack
from planner.rack.load.expected import refuse_overload
from planner.rack.load.run_size import refuse_long_run
from planner.rack.run.device_log import device_log
from planner.units import format_percent
from planner.wording.message import message

SimulationEngine = Literal["compiled", "simpy"]
"""The compiled engine is the usual one; the SimPy engine is the reference that it is checked against."""

Run = Callable[[Rack, SimulationEngine, int], RunTally]
"""How one replication is run, where it is not by `run_replication`."""

_FEWEST = 10

Progress = Callable[[int, int], None]
"""Called with the replications done and all of them, after each."""


def run_replication(rack: Rack, engine: SimulationEngine, replication: int) -> RunTally:
    """One replication of a rack by an engine, counted.

    Both serve the same requests at the same times; the compiled one counts latencies in bins (see
    `planner.rack.counts.latencies`), the reference keeps each.
    """
    if engine == "compiled":
        from planner.rack.compiled import engine as compiled_engine

        return compiled_engine.run_replication(rack, replication)
    from planner.rack.reference import engine as simpy_engine

    return tally_records(rack, simpy_engine.run_replication(rack, replication))


def make_ready(engine: SimulationEngine, tell: Callable[[str], None]) -> None:
    """Compile the engine where that was not done yet, after a line that says so.

    Racks run without it too; the first one then takes ten seconds longer, and in silence.
    """
    if engine == "compiled":
        from planner.rack.compiled.ready import make_ready as compile_entries

        compile_entries(tell)


def log_replication(
    rack: Rack, path: Path, *, engine: SimulationEngine = "compiled", replication: int = 0, every: int = 1
) -> None:
    """Write what every device does in one replication, each so many epochs, to a CSV or Parquet file.

    It is the replication that `simulate` counts under that number; see `planner.rack.run.device_log` for
    columns, and for what an interruption leaves.
    """
    with device_log(path, every=every) as on_epoch:
        if engine == "compiled":
            from planner.rack.compiled import engine as compiled_engine

            compiled_engine.run_replication(rack, replication, on_epoch)
        else:
            from planner.rack.reference import engine as simpy_engine

            simpy_engine.run_replication(rack, replication, on_epoch)


def simulate(
    rack: Rack,
    *,
    engine: SimulationEngine = "compiled",
    progress: Progress | None = None,
    processes: int = 1,
    keep_partial: bool = False,
    run: Run | None = None,
) -> RackResult:
    """Simulate a rack and count; the answer is the same, byte for byte, for any number of processes.

    A rack that is asked more than it can serve is refused with the shortfall, unless all queues are limited.
    With `keep_partial` an interruption (Ctrl-C) after the first replication ends the run early: the answer is
    then of the replications that were finished, and marked; they are then run one after another.
    """
    refuse_overload(rack)
    refuse_long_run(rack)
    if run is None and is_one_run(rack):
        rack = replace(rack, replications=1)
    replication = partial(run or run_replication, rack, engine)
    runs = each(replication, range(rack.replications), 1 if keep_partial else processes)
    return _counted(rack, runs, progress, keep_partial=keep_partial)


def each(run: Callable[[int], RunTally], numbers: range, processes: int) -> Iterable[RunTally]:
    """The replications of these numbers in order: each as it is asked for, or all of them side by side."""
    if processes <= 1:
        return map(run, numbers)
    return in_turns(lambda place: run(numbers[place]), len(numbers), processes)


def simulate_to_precision(
    rack: Rack,
    *,
    half_width: float,
    most_replications: int = 200,
    engine: SimulationEngine = "compiled",
    progress: Progress | None = None,
) -> RackResult:
    """Simulate a rack until each stream's p99 is known well enough, or the replications are used up.

    Begins with the rack's own replications (ten at least) and adds one at a time until the half-width of
    every p99's interval is at most `half_width` of the p99; a warning says where it is not. To stop when
    the interval happens to be narrow makes it cover a little less often than it says (Law, section 9.4.1).
    """
    if not 0 < half_width < 1:
        raise InputError("simulation", [Problem("half_width", "a share between 0 and 1", str(half_width))])
    refuse_overload(rack)
    refuse_long_run(rack)
    fewest = max(_FEWEST, rack.replications)
    if is_one_run(rack):
        return simulate(rack, engine=engine, progress=progress)
    runs: list[RunTally] = []
    for number in range(max(fewest, most_replications)):
        runs.append(run_replication(rack, engine, number))
        if progress is not None:
            progress(len(runs), max(fewest, most_replications))
        if len(runs) >= fewest and not _too_wide(rack, runs, half_width):
            break
    result = summarise(rack, runs)
    missed = tuple(
        message("simulated.not_known", stream=repr(name), share=format_percent(half_width, 1), runs=len(runs))
        for name in _too_wide(rack, runs, half_width)
    )
    return replace(result, warnings=result.warnings + missed)


def _too_wide(rack: Rack, runs: Sequence[RunTally], half_width: float) -> list[str]:
    """The streams whose p99 has too wide an interval; one without served requests has none to narrow."""
    wide = []
    for index, group in enumerate(rack.streams):
        latencies = [run.streams[index].latencies for run in runs]
        p99s = [latency_quantile(run, 0.99) for run in latencies if run.count]
        low, high = t_interval(p99s) or (0.0, 0.0)
        if (high - low) / 2 > half_width * sum(p99s) / max(1, len(p99s)):
            wide.append(group.name)
    return wide


def _counted(
    rack: Rack, runs: Iterable[RunTally], progress: Progress | None, *, keep_partial: bool
) -> RackResult:
    counted: list[RunTally] = []
    try:
        for run in runs:
            counted.append(run)
            if progress is not None:
                progress(len(counted), rack.replications)
    except KeyboardInterrupt:
        if not (keep_partial and counted):
            raise
        return cut_short(summarise(rack, counted), len(counted), rack.replications)
    return summarise(rack, counted)


def cut_short(result: RackResult, finished: int, wanted: int) -> RackResult:
    """A result marked as that of the replications that an interruption left."""
    why = message("simulated.interrupted", finished=finished, wanted=wanted)
    return replace(result, warnings=(why, *result.warnings), partial=True)
