"""Rows that came after the fits, scored: what `planner validate --published` writes."""

from __future__ import annotations

from typing_extensions import TypedDict


class LaterScoreRecord(TypedDict):
    """Errors of one group as factors; `held`: the share inside the band, `bias`: measured over predicted."""

    came: str
    scored: str
    when: str
    mode: str
    group: str
    rows: int
    median: float
    p90: float
    within_two: float
    held: float
    bias: float
    half_width: float


class LaterRowRecord(TypedDict):
    """One row with what the product says of it now."""

    id: str
    device: str
    engine: str
    mode: str
    model: str
    precision: str
    batch: int
    measured_s: float
    predicted_s: float
    low_s: float
    high_s: float
    provenance: str
    source: str


class LaterRefusedRecord(TypedDict):
    """A row that could not be predicted, and why."""

    id: str
    reason: str


class LaterRecord(TypedDict):
    """Scores as the rows came, those of the product now, every row, and those that were not predicted."""

    kept: list[LaterScoreRecord]
    now: list[LaterScoreRecord]
    rows: list[LaterRowRecord]
    refused: list[LaterRefusedRecord]
