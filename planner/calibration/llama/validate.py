"""`planner validate --engine llama.cpp`: predictions beside measurements of models that no fit has seen.

Without models it is those of the split, whose architectures and formats no probe has.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.calibration.llama.probing import PassJournal, collect, measured_passes, work_of
from planner.calibration.llama.split import JUDGED, SizedModel, judged
from planner.calibration.llama.subject import Subject, run_subject
from planner.engines.llama.run import LlamaRun, Passes, require_llama
from planner.engines.llama.timed_pass import TimedPass
from planner.language.calibrated.calibration import LlamaCalibration
from planner.language.calibrated.work import TokenWork
from planner.schema.record.commands.llama import (
    LlamaAccuracyRecord,
    LlamaRowRecord,
    LlamaValidateRecord,
)


@dataclass(frozen=True, slots=True)
class LlamaRow:
    """One pass of one model: predicted with its band, and measured; `drift` is the reference's since then."""

    model: str
    weights: str
    kind: str
    threads: int
    tokens: int
    predicted_s: float
    low_s: float
    high_s: float
    measured_s: float
    known: bool
    drift: float

    @property
    def error(self) -> float:
        """Predicted over measured, less one."""
        return self.predicted_s / self.measured_s - 1.0

    @property
    def covered(self) -> bool:
        """Whether the measurement is within the band."""
        return self.low_s <= self.measured_s <= self.high_s

    def record(self) -> LlamaRowRecord:
        """The row as JSON."""
        return {
            "model": self.model, "weights": self.weights, "kind": self.kind, "threads": self.threads,
            "tokens": self.tokens, "predicted_s": self.predicted_s, "low_s": self.low_s,
            "high_s": self.high_s, "measured_s": self.measured_s, "error": self.error,
            "covered": self.covered, "known_types": self.known, "drift": self.drift,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class LlamaAccuracy:
    """All passes, how many were disturbed, and models that could not be run, with the reason."""

    rows: tuple[LlamaRow, ...]
    disturbed: int
    refused: tuple[tuple[str, str], ...]

    def scores(self) -> list[LlamaAccuracyRecord]:
        """Mean absolute error and coverage of steps and prompts: of all, of known types, of unknown ones."""
        found = []
        for kind in ("step", "prompt"):
            for known in (None, True, False):
                rows = [row for row in self.rows if row.kind == kind and known in (None, row.known)]
                if rows:
                    found.append(_score(kind, known, rows))
        return found

    def record(self) -> LlamaValidateRecord:
        """The validation as JSON."""
        return {
            "engine": "llama.cpp",
            "rows": [row.record() for row in self.rows],
            "scores": self.scores(),
            "disturbed": self.disturbed,
            "refused": [{"model": model, "reason": reason} for model, reason in self.refused],
        }


def _score(kind: str, known: bool | None, rows: Sequence[LlamaRow]) -> LlamaAccuracyRecord:  # noqa: FBT001
    errors = sorted(abs(row.error) for row in rows)
    return {
        "kind": kind,
        "known_types": known,
        "rows": len(rows),
        "mape": statistics.mean(errors),
        "p90_error": errors[min(len(errors) - 1, int(0.9 * len(errors)))],
        "bias": statistics.mean(row.error for row in rows),
        "coverage": statistics.mean(row.covered for row in rows),
        "half_width": statistics.median(row.high_s / row.predicted_s - 1.0 for row in rows),
    }


def validate_split(
    calibration: LlamaCalibration,
    journal_path: Path,
    *,
    budget_s: float = 300.0,
    progress: Callable[[str], None] = lambda _: None,
) -> LlamaAccuracy:
    """The models of the split on all calibrated numbers of threads; goes on from its journal.

    Raises `EngineError` where the budget was over first, and where the processors are busy.
    """
    require_llama()
    threads = tuple(item.threads for item in calibration.threads)
    journal = PassJournal(journal_path, "validate", threads)
    collect([judged(number) for number in range(JUDGED)], journal, threads, budget_s, progress)
    return compared(journal.entries, calibration)


def compared(entries: Sequence[Mapping[str, Any]], calibration: LlamaCalibration) -> LlamaAccuracy:
    """Answers of a journal beside predictions."""
    rows: list[LlamaRow] = []
    disturbed, refused = 0, []
    for entry in entries:
        model = entry["model"]
        name = f"{model['architecture']} {model['layers']}x{model['hidden']}"
        if entry.get("reason"):
            refused.append((name, str(entry["reason"])))
            continue
        passes = measured_passes(entry)
        disturbed += sum(not item.undisturbed for item in passes)
        drift = entry["reference_s"] / calibration.reference_s
        work = work_of(SizedModel(**model))
        rows += _rows((name, model["format"]), work, passes, calibration, drift)
    return LlamaAccuracy(tuple(rows), disturbed, tuple(refused))


def validate_models(
    subjects: Sequence[Subject],
    calibration: LlamaCalibration,
    wanted: Passes,
    progress: Callable[[str], None] = lambda _: None,
) -> LlamaAccuracy:
    """Models of the user's own beside predictions."""
    require_llama()
    rows: list[LlamaRow] = []
    disturbed, refused = 0, []
    for number, subject in enumerate(subjects, start=1):
        progress(f"{subject.model.name} ({number} of {len(subjects)})")
        run: LlamaRun = run_subject(subject, wanted, progress)
        if run.reason is not None:
            refused.append((run.model, run.reason))
            continue
        disturbed += sum(not item.undisturbed for item in run.passes)
        drift = (run.reference_s or calibration.reference_s) / calibration.reference_s
        rows += _rows((run.model, run.weights), subject.work, run.passes, calibration, drift)
    return LlamaAccuracy(tuple(rows), disturbed, tuple(refused))


def _rows(
    named: tuple[str, str],
    work: TokenWork,
    passes: Sequence[TimedPass],
    calibration: LlamaCalibration,
    drift: float,
) -> Iterator[LlamaRow]:
    for item in passes:
        if not item.undisturbed:
            continue
        predict = calibration.step_s if item.kind == "step" else calibration.prompt_s
        band = predict(work, item.tokens, item.threads)
        yield LlamaRow(
            *named, item.kind, item.threads, item.tokens, band.mid, band.low, band.high, item.seconds,
            calibration.costs(item.threads).knows(work), drift,
        )  # fmt: skip
