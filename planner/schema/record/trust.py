"""How far to trust the answer: known mistakes that the plan makes, and how such predictions have held."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from planner.schema.record.commands.later import LaterScoreRecord
from planner.schema.record.options import BandRecord, ServiceRecord


class PitfallRecord(TypedDict):
    """One known mistake that was found; `accepted` is the reason with which the scenario accepts it."""

    id: str
    rule: str
    title: str
    severity: str
    where: str
    evidence: str
    advice: str
    source: str
    accepted: str | None


class LintRecord(TypedDict):
    """Every known mistake of a plan: what `planner lint` writes."""

    pitfalls: list[PitfallRecord]
    services: NotRequired[list[ServiceRecord]]
    """What the plan serves with; none of a device given by numbers."""


class ValidationRecord(TypedDict):
    """How latency of one network on the chosen unit is predicted, and how such predictions have held.

    `low` and `high` are measured over predicted: of what was left out of a fit, `level` lies between them.
    Without a fit, `median` and `p90` are those of published latency over the middle of the datasheet band.
    """

    model: str
    device: str
    engine: str
    basis: Literal["transferred", "datasheet", "measured"]
    title: str
    rows: int | None
    observations: int | None
    devices: list[str]
    device_names: NotRequired[list[str]]
    networks: list[str]
    device_seen: bool | None
    network_seen: bool | None
    level: float | None
    low: float | None
    high: float | None
    median: float | None
    p90: float | None
    note: str | None
    later: NotRequired[LaterScoreRecord | None]
    """Rows of the same engine and kind of part that came after the fits; null where none did."""


class MeasuredHereRecord(TypedDict):
    """A measurement of the plan's own part; `predicted` without it, `ratio` measured over predicted.

    Seconds of a batch in the plan's setting, or watts of the part.
    """

    quantity: Literal["latency", "power"]
    model: str
    name: str
    predicted: BandRecord
    ratio: float
    inside: bool


class PublishedPointRecord(TypedDict):
    """One published latency and what the fitted model says of the same setting."""

    row: str
    model: str
    device: str
    state: str
    precision: str
    batch: int
    measured_s: float
    predicted_s: float


class PlannedPointRecord(TypedDict):
    """A network of the plan, and the middle of what the model predicts for it."""

    model: str
    batch: int
    predicted_s: float


class PublishedRecord(TypedDict):
    """A fitted model beside the published latencies behind it; `low` and `high` are of the band in use,
    measured over predicted. `own` counts the points of the chosen part."""

    title: str
    device: str
    level: float
    low: float
    high: float
    own: int
    planned: list[PlannedPointRecord]
    points: list[PublishedPointRecord]
