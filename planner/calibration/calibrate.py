"""A calibration from probes: run them within a budget, fit the kernels, learn how far sums can be trusted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from planner.calibration.fit import MeasuredKernel, fit_classes
from planner.calibration.journal import ProbeJournal
from planner.calibration.network_fit import fit_error, fit_profiler
from planner.calibration.probe_run import ProbeKernels, ProbeResult, ProbeSetup, kernels_of_probe
from planner.calibration.supervisor import Supervisor
from planner.engines.measure import engine_version, require_engine
from planner.engines.session import EngineError
from planner.hardware.processor import cpu_name
from planner.latency.calibrated.calibration import Calibration, CalibrationSetting, Conditions
from planner.latency.calibrated.store import THIS_MACHINE
from planner.units import format_percent

PROBE_S = 0.12
TOO_NOISY = 0.35
"""Spread of the reference (5 to 95 %) over its median above which nothing can be learnt."""
_FIT_S = 30.0
"""Kept back from the budget for the fit."""
_LEAST_PROBES = 40
_MOST_MACS, _MOST_MACS_OF_FEW, _FEW = 1.5e9, 5e9, 8
_WHOLE_EVERY = 3
_SLOWED = 1.25
_LEAST_CPU_SHARE = 0.85
_MOST_STEAL = 0.02


class TooNoisyError(EngineError):
    """The machine's own speed moves too much to learn from it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to calibrate, within how many seconds, and where an unfinished run is kept."""

    engine: str
    threads: int
    precision: str
    budget_s: float
    journal: Path


def calibrate(request: Request, progress: Callable[[str], None] = lambda _: None) -> Calibration:
    """Probe, fit and judge; an interrupted run goes on from its journal.

    Raises `EngineError` for an engine that is not installed or runs too few probes, `TooNoisyError` for a
    machine whose reference moves by more than `TOO_NOISY`.
    """
    require_engine(request.engine)
    setup = ProbeSetup(request.engine, request.threads, request.precision, PROBE_S)
    journal = ProbeJournal(request.journal, setup, cpu_name(), engine_version(request.engine))
    collect(setup, journal, request.budget_s - _FIT_S, progress)
    progress("fitting")
    return fitted(setup, tuple(journal.results()), engine_version(request.engine))


def collect(
    setup: ProbeSetup,
    journal: ProbeJournal,
    budget_s: float,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the next seeds until the time is over; every answer is in the journal at once."""
    start = time.monotonic()
    measured = sum(1 for _ in journal.results())
    with Supervisor(setup) as supervisor:
        while (spent := time.monotonic() - start) < budget_s:
            seed = journal.next_seed
            most = _MOST_MACS if seed % _FEW else _MOST_MACS_OF_FEW
            answer = supervisor.run(seed, most_macs=most, whole=seed % _WHOLE_EVERY == 0)
            journal.add(answer)
            measured += "nodes" in answer
            progress(f"{measured} probes, {spent:.0f} of {budget_s:.0f} s")


def fitted(setup: ProbeSetup, results: Sequence[ProbeResult], version: str) -> Calibration:
    """The calibration that these probes give; the same for the same probes."""
    reference_s = statistics.median(result.reference_s for result in results) if results else 0.0
    kept = [result for result in results if _trusted(result, reference_s)]
    if len(kept) < _LEAST_PROBES:
        raise EngineError(
            f"expected at least {_LEAST_PROBES} probes measured undisturbed, got {len(kept)} of "
            f"{len(results)}; give more time with --budget, or let the machine come to rest"
        )
    spread = _spread([result.reference_s for result in kept])
    if spread > TOO_NOISY:
        raise TooNoisyError(
            f"expected a machine whose speed moves by at most {format_percent(TOO_NOISY)}, got "
            f"{format_percent(spread)}; stop other work, fix the clock, or try later"
        )
    pairs = [(result, kernels) for result in kept if (kernels := kernels_of_probe(result, setup))]
    profiler = fit_profiler(pairs)
    probes = [_measured(result, kernels, reference_s, profiler.true_seconds) for result, kernels in pairs]
    models = fit_classes([kernel for probe in probes for kernel in probe])
    return Calibration(
        CalibrationSetting(
            setup.engine, version, cpu_name(), THIS_MACHINE, "cpu", setup.threads, setup.precision,
            date.today().isoformat(),
        ),
        Conditions(
            len(pairs), len(results) - len(pairs), sum(len(probe) for probe in probes), reference_s,
            round(spread, 4), statistics.median(result.copy_s for result in kept), profiler.scale,
            profiler.per_node_s,
        ),
        profiler.fixed_s,
        # From 5 to 95 % a normal variable spans 3.3 standard deviations.
        fit_error(models, probes, spread / 3.3),
        models,
    )  # fmt: skip


def _trusted(result: ProbeResult, reference_s: float) -> bool:
    """Whether the process had the processor, the host took none of it, and the reference ran as usual."""
    return (
        result.reference_s <= _SLOWED * reference_s
        and result.cpu_share >= _LEAST_CPU_SHARE
        and result.steal_share <= _MOST_STEAL
    )


def _measured(
    result: ProbeResult,
    kernels: ProbeKernels,
    reference_s: float,
    true_seconds: Callable[[float, float], float],
) -> list[MeasuredKernel]:
    """The probe's kernels without the profiler, at the usual speed of the reference."""
    # The reference ran beside the probe: when it took 10 % longer, so did the probe's kernels.
    drift = result.reference_s / reference_s
    return [
        MeasuredKernel(shape, true_seconds(seconds, nodes) / drift)
        for shape, seconds, nodes in zip(kernels.shapes, kernels.seconds, kernels.nodes, strict=True)
    ]


def _spread(values: Sequence[float]) -> float:
    low, high = np.quantile(values, (0.05, 0.95))
    return float((high - low) / np.median(values))
