"""Throughput and latency as batch, threads or streams grow: what `planner curve` writes."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from planner.schema.record.options import BandRecord


class CurveSizeRecord(TypedDict):
    """The size of a point, under the name of what grows."""

    batch: NotRequired[int]
    threads: NotRequired[int]
    streams: NotRequired[int]


class CurvePointRecord(CurveSizeRecord):
    """One size; throughput and energy are null where it does not fit."""

    latency_s: BandRecord
    throughput_per_s: float | None
    energy_per_inference_j: float | None
    fits: bool


class CurveRecord(TypedDict):
    """All sizes on one unit, and where the bounds meet."""

    model: str
    device: str
    unit: str
    mode: str
    engine: str
    precision: str
    over: Literal["batch", "threads", "streams"]
    knee_at: float | None
    rows: list[CurvePointRecord]
