"""`planner calibrate --engine llama.cpp`: probes, a fit for each number of threads, bands.

The split is in `planner.calibration.llama.split`. Bands are quantiles of the errors of probes whose
architecture and format were both left out, at 3 and 97 % as few rows say little of their ends.
"""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

from planner.calibration.llama.fit import PassObservation, fit_prompts, fit_steps
from planner.calibration.llama.probing import PassJournal, collect, measured_passes, observations, work_of
from planner.calibration.llama.split import PROBES, SizedModel, probe
from planner.engines.llama.run import llama_version, require_llama
from planner.engines.session import EngineError
from planner.hardware.processor import cpu_name
from planner.language.calibrated.calibration import LlamaCalibration, ThreadCosts
from planner.schema.language.calibrated import LeftOutErrors
from planner.units import format_percent

LEVEL = 0.9
_ENDS = (0.03, 0.97)
_LEAST_ROWS = 60
TOO_NOISY = 0.4
_FEW = 8


def usual_threads() -> tuple[int, ...]:
    """One, and all processors."""
    return tuple(sorted({1, os.cpu_count() or 1}))


def calibrate_llama(
    journal_path: Path,
    *,
    threads: Sequence[int] = (),
    budget_s: float = 300.0,
    progress: Callable[[str], None] = lambda _: None,
) -> LlamaCalibration:
    """Probe until all have an answer, then fit; an interrupted run goes on from its journal.

    Raises `EngineError` for a package that is missing, processors that are busy, a budget that was over
    first, and too few passes that nothing disturbed.
    """
    require_llama()
    counts = tuple(threads) or usual_threads()
    journal = PassJournal(journal_path, "calibrate", counts)
    collect([probe(number) for number in range(PROBES)], journal, counts, budget_s, progress)
    progress("fitting")
    return fitted(journal.entries, counts)


def fitted(entries: Sequence[Mapping[str, Any]], threads: Sequence[int]) -> LlamaCalibration:
    """The calibration that these answers give; the same for the same answers."""
    measured = [entry for entry in entries if entry.get("passes")]
    references = [float(entry["reference_s"]) for entry in measured]
    if not references:
        reason = next((str(entry["reason"]) for entry in entries if entry.get("reason")), "no answer")
        raise EngineError(f"expected probes that llama.cpp runs, got none: {reason}")
    reference_s = statistics.median(references)
    low, high = np.quantile(references, (0.05, 0.95))
    spread = float((high - low) / reference_s)
    if spread > TOO_NOISY:
        raise EngineError(
            f"expected a machine whose speed moves by at most {format_percent(TOO_NOISY)}, got "
            f"{format_percent(spread)}; stop other work, fix the clock, or try later"
        )
    every = sum(len(measured_passes(entry)) for entry in measured)
    kept = {count: observations(measured, count, reference_s) for count in threads}
    for count, rows in kept.items():
        if len(rows) < _LEAST_ROWS:
            raise EngineError(
                f"expected at least {_LEAST_ROWS} passes on {count} threads that nothing disturbed, got "
                f"{len(rows)}; let the machine come to rest, remove the journal and calibrate again"
            )
    works = [work_of(SizedModel(**entry["model"])) for entry in measured]
    return LlamaCalibration(
        llama_version(), cpu_name(), date.today().isoformat(), len(measured),
        every - sum(map(len, kept.values())), reference_s, round(spread, 4),
        max(work.step_bytes for work in works), LEVEL,
        tuple(_costs(count, rows) for count, rows in kept.items()),
    )  # fmt: skip


def _costs(threads: int, rows: Sequence[PassObservation]) -> ThreadCosts:
    step = fit_steps(rows)
    return ThreadCosts(threads, step, fit_prompts(rows, step), _main_types(rows), tuple(_errors(rows)))


def _main_types(rows: Sequence[PassObservation]) -> tuple[str, ...]:
    return tuple(sorted({row.work.main_type for row in rows}))


def _errors(rows: Sequence[PassObservation]) -> Iterator[LeftOutErrors]:
    found = left_out_errors(rows)
    kinds: tuple[Literal["step", "prompt"], ...] = ("step", "prompt")
    for kind in kinds:
        for known in (True, False):
            errors = [error for own, knew, error in found if own == kind and knew == known]
            if len(errors) >= _FEW:
                low, high = np.exp(np.quantile(errors, _ENDS))
                mape = statistics.mean(abs(math.exp(-error) - 1.0) for error in errors)
                yield LeftOutErrors(
                    kind=kind, known=known, rows=len(errors), mape=round(mape, 5),
                    low=min(1.0, float(low)), high=max(1.0, float(high)),
                )  # fmt: skip


def left_out_errors(rows: Sequence[PassObservation]) -> list[tuple[str, bool, float]]:
    """Kind, whether its format was in the fit, and the logarithm of measured over predicted time of each row.

    Of each row twice: by a fit without its architecture, and by one that has its format neither.
    """
    found: list[tuple[str, bool, float]] = []
    for architecture, form in sorted({row.group for row in rows}):
        judged = [row for row in rows if row.group == (architecture, form)]
        others = [row for row in rows if row.group[0] != architecture]
        found += _predicted([row for row in others if row.group[1] != form], judged, known=False)
    for architecture in sorted({row.group[0] for row in rows}):
        others = [row for row in rows if row.group[0] != architecture]
        found += _predicted(others, [row for row in rows if row.group[0] == architecture], known=True)
    return found


def _predicted(
    rest: Sequence[PassObservation], judged: Sequence[PassObservation], *, known: bool
) -> list[tuple[str, bool, float]]:
    if len(rest) < _FEW:
        return []
    step = fit_steps(rest)
    prompt = fit_prompts(rest, step)
    found = []
    for row in judged:
        if row.kind == "step":
            predicted = step.seconds(row.work, row.tokens)
        else:
            predicted = prompt.seconds(row.work, row.tokens, step)
        found.append((row.kind, known, math.log(row.seconds / predicted)))
    return found
