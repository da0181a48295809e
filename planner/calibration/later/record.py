"""Rows that came later and their scores, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.calibration.later.kept import KeptScore
from planner.calibration.later.score import Refused, ScoredRow
from planner.schema.record.commands.later import LaterRecord, LaterRowRecord, LaterScoreRecord


@dataclass(frozen=True, slots=True)
class LaterScores:
    """What was kept when rows came, and the product now on the same rows."""

    kept: tuple[KeptScore, ...]
    now: tuple[KeptScore, ...]
    rows: tuple[ScoredRow, ...]
    refused: tuple[Refused, ...]

    def record(self) -> LaterRecord:
        """All of it, times in seconds."""
        return {
            "kept": [score_record(item) for item in self.kept],
            "now": [score_record(item) for item in self.now],
            "rows": [_row(item) for item in self.rows],
            "refused": [{"id": item.row.id, "reason": item.reason} for item in self.refused],
        }


def score_record(item: KeptScore) -> LaterScoreRecord:
    """One group's score."""
    score = item.score
    return {
        "came": item.came,
        "scored": item.scored,
        "when": item.when,
        "mode": item.mode,
        "group": item.group,
        "rows": score.rows,
        "median": score.median,
        "p90": score.p90,
        "within_two": score.within_two,
        "held": score.held,
        "bias": score.bias,
        "half_width": score.half_width,
    }


def _row(item: ScoredRow) -> LaterRowRecord:
    row = item.row
    return {
        "id": row.id,
        "device": row.device,
        "engine": item.engine,
        "mode": item.mode,
        "model": row.model,
        "precision": item.precision.value,
        "batch": row.batch,
        "measured_s": row.seconds,
        "predicted_s": item.band.mid,
        "low_s": item.band.low,
        "high_s": item.band.high,
        "provenance": item.provenance.value,
        "source": row.source,
    }


def group_for(engine: str, unit_kind: str, form: str) -> str:
    """The group of `planner.calibration.later.groups` that a choice of part and engine is of."""
    if engine == "tensorrt" and unit_kind == "gpu":
        return "tensorrt, Jetson" if form == "module" else "tensorrt, cards"
    return {"acl": "acl, Ascend"}.get(engine, f"{engine}, CPU" if unit_kind == "cpu" else engine)


def kept_for(kept: Sequence[KeptScore], engine: str, unit_kind: str, form: str) -> KeptScore | None:
    """The score of rows as they came that fits a choice; of several tables the one with most rows."""
    group = group_for(engine, unit_kind, form)
    fitting = [
        item for item in kept if (item.group, item.mode, item.when) == (group, "likely", "as they came")
    ]
    return max(fitting, key=lambda item: item.score.rows, default=None)
