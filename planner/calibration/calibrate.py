"""A calibration from probes: run them within a budget, fit the kernels, learn how far sums can be trusted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from planner.calibration.budget import Budget
from planner.calibration.fit import MeasuredKernel, fit_classes
from planner.calibration.journal import ProbeJournal
from planner.calibration.network_fit import Profiler, fit_error, fit_profiler
from planner.calibration.probe_run import ProbeKernels, ProbeResult, ProbeSetup, kernels_of_probe
from planner.calibration.supervisor import Supervisor
from planner.engines.measure import engine_version, require_engine
from planner.engines.session import EngineError
from planner.engines.timing import share_of_processor
from planner.hardware.processor import cpu_name, this_processor
from planner.latency.calibrated.calibration import Calibration, CalibrationSetting, Conditions
from planner.latency.calibrated.store import THIS_MACHINE
from planner.units import format_percent

PROBE_S = 0.12
TOO_NOISY = 0.35
"""Spread of the reference (5 to 95 %) over its median above which nothing can be learnt."""
LEAST_PROBES = 20
"""With fewer than nine no band of 90 % can be read off what was left out, and classes lack kernels."""
_MOST_MACS, _MOST_MACS_OF_FEW, _FEW = 1.5e9, 5e9, 8
_FURTHEST_SUM = 1.4
"""A sum of kernels further from its whole inference than this was disturbed, and is left as it is."""
_SLOWED = 1.25
_LEAST_CPU_SHARE = 0.85
_MOST_STEAL = 0.02
_WAIT_S = 1.0


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
    budget = Budget(request.budget_s)

    def fit(until_s: float | None) -> Calibration:
        return fitted(setup, tuple(journal.results()), engine_version(request.engine), until_s=until_s)

    collect(setup, journal, budget, fit, progress)
    progress("fitting")
    return fit(budget.end_s)


def collect(
    setup: ProbeSetup,
    journal: ProbeJournal,
    budget: Budget,
    fit: Callable[[float | None], object] = lambda _: None,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the next seeds until the rest of the time goes to the fit; every answer is in the journal at once.

    `fit` is run on the way, to learn how long the last one will take.
    """
    measured = sum(1 for _ in journal.results())
    with Supervisor(setup) as supervisor:
        while budget.left_for_probes_s(measured) > 0:
            if budget.wants_trial(measured, LEAST_PROBES):
                with budget.trial(measured), suppress(EngineError):
                    fit(budget.end_s)
                continue
            seed = journal.next_seed
            most = _MOST_MACS if seed % _FEW else _MOST_MACS_OF_FEW
            limit_s = budget.left_for_probes_s(measured)
            answer = supervisor.run(seed, most_macs=most, whole=True, limit_s=limit_s)
            if answer is None:  # the budget ended in the middle of it: the next run has it again
                break
            journal.add(answer)
            measured += "nodes" in answer
            progress(f"{measured} probes, {budget.spent_s:.0f} of {budget.whole_s:.0f} s")
            if _lost_the_processor(answer):
                wait_for_rest(partial(budget.left_for_probes_s, measured), progress)


def _lost_the_processor(answer: Mapping[str, object]) -> bool:
    share = answer.get("cpu_share")
    return isinstance(share, float) and share < _LEAST_CPU_SHARE


def wait_for_rest(left_s: Callable[[], float], progress: Callable[[str], None]) -> None:
    """Let other programs end, as long as there is time: a probe beside them would be thrown away."""
    while (left := left_s()) > 0 and (share := share_of_processor()) < _LEAST_CPU_SHARE:
        progress(
            f"waiting, {left:.0f} s at most: other programs take {format_percent(1 - share)} of a processor"
        )
        time.sleep(_WAIT_S)


def fitted(
    setup: ProbeSetup, results: Sequence[ProbeResult], version: str, *, until_s: float | None = None
) -> Calibration:
    """The calibration that these probes give; the same for the same probes.

    From `until_s` on (of the monotonic clock) searches for length scales end where they are.
    """
    reference_s = statistics.median(result.reference_s for result in results) if results else 0.0
    kept = [result for result in results if _trusted(result, reference_s)]
    if len(kept) < LEAST_PROBES:
        raise EngineError(
            f"expected at least {LEAST_PROBES} probes measured undisturbed, got {len(kept)} of "
            f"{len(results)}{_disturbed(results)}; they are kept, and the same command goes on from them: "
            "give more time with --budget, or let the machine come to rest"
        )
    spread = _spread([result.reference_s for result in kept])
    if spread > TOO_NOISY:
        raise TooNoisyError(
            f"expected a machine whose speed moves by at most {format_percent(TOO_NOISY)}, got "
            f"{format_percent(spread)}; stop other work, fix the clock, or try later"
        )
    pairs = [(result, kernels) for result in kept if (kernels := kernels_of_probe(result, setup))]
    profiler = fit_profiler(pairs)
    probes = [_measured(result, kernels, reference_s, profiler) for result, kernels in pairs]
    models = fit_classes([kernel for probe in probes for kernel in probe], until_s=until_s)
    return Calibration(
        CalibrationSetting(
            setup.engine, version, cpu_name(), THIS_MACHINE, "cpu", setup.threads, setup.precision,
            date.today().isoformat(), this_processor(),
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


def _disturbed(results: Sequence[ProbeResult]) -> str:
    """How much of the processor the probes had, where others took it."""
    if not results:
        return ""
    share = statistics.median(result.cpu_share for result in results)
    if share >= _LEAST_CPU_SHARE:
        return ""
    return f" (half of them had {format_percent(share)} of the processor or less: other programs run)"


def _measured(
    result: ProbeResult, kernels: ProbeKernels, reference_s: float, profiler: Profiler
) -> list[MeasuredKernel]:
    """The probe's kernels without the profiler, at the usual speed of the reference.

    Together they take what the whole inference took: what the profiler adds differs from probe to probe.
    """
    # The reference ran beside the probe: when it took 10 % longer, so did the probe's kernels.
    drift = result.reference_s / reference_s
    true = [profiler.true_seconds(s, n) for s, n in zip(kernels.seconds, kernels.nodes, strict=True)]
    more = _whole_over_sum(result.total_s, sum(true), profiler.fixed_s)
    return [
        MeasuredKernel(shape, seconds * more / drift)
        for shape, seconds in zip(kernels.shapes, true, strict=True)
    ]


def _whole_over_sum(total_s: float | None, sum_s: float, fixed_s: float) -> float:
    """How much longer a whole inference takes than its kernels; one where it is not known."""
    if total_s is None or sum_s <= 0:
        return 1.0
    found = (total_s - fixed_s) / sum_s
    return found if 1 / _FURTHEST_SUM < found < _FURTHEST_SUM else 1.0


def _spread(values: Sequence[float]) -> float:
    low, high = np.quantile(values, (0.05, 0.95))
    return float((high - low) / np.median(values))
