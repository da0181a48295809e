"""Scores that were kept when rows came, before any of them could change a model."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from planner.calibration.later.groups import GroupScore
from planner.calibration.later.score import Asked, Score
from planner.data_files import database_dir
from planner.read_files import read_bounded_text


@dataclass(frozen=True, slots=True)
class KeptScore:
    """One group of one table of rows, scored on a day."""

    came: str
    """The day of the table."""
    scored: str
    """The day of the score."""
    when: str
    """"as they came": before anything was changed; every other is one of the product at a later day."""
    mode: str
    """likely or default, for rows that name none."""
    group: str
    score: Score


_HEAD = ("came", "scored", "when", "mode", "group")
_NUMBERS = tuple(field.name for field in fields(Score))


def kept_file() -> Path:
    """The table of kept scores."""
    return database_dir() / "later" / "scores.csv"


@functools.cache
def kept_scores() -> tuple[KeptScore, ...]:
    """All of them, in the order of the file."""
    rows = csv.DictReader(io.StringIO(read_bounded_text(kept_file())))
    found = []
    for row in rows:
        numbers = {name: float(row[name]) for name in _NUMBERS if name != "rows"}
        score = Score(rows=int(row["rows"]), **numbers)
        came, scored, when, mode, group = (row[name] for name in _HEAD)
        found.append(KeptScore(came, scored, when, mode, group, score))
    return tuple(found)


def as_text(kept: Iterable[KeptScore]) -> str:
    """Kept scores as the text of their file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_HEAD, *_NUMBERS])
    for item in kept:
        numbers = [f"{getattr(item.score, name):.4g}" for name in _NUMBERS]
        writer.writerow([*(getattr(item, name) for name in _HEAD), *numbers])
    return out.getvalue()


def kept_now(came: str, today: str, when: str, mode: Asked, found: Iterable[GroupScore]) -> list[KeptScore]:
    """Scores of today, to be added to the file."""
    return [KeptScore(came, today, when, mode, item.group, item.score) for item in found]
