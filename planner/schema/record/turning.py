"""What a reader may turn: the chosen part at other counts, batches, precisions and loads."""

from __future__ import annotations

from typing_extensions import TypedDict

from planner.schema.record.options import BandRecord


class WhatIfRecord(TypedDict):
    """Four axes, and one list a quantity: precision outermost, then batch, load and devices.

    `None` is given where the part cannot run; `reason` is the first thing that rules a point out.
    """

    precisions: list[str]
    batches: list[int]
    loads: list[float]
    devices: list[int]
    feasible: list[bool | None]
    reason: list[str | None]
    utilisation: list[float | None]
    offered_utilisation: list[float | None]
    planning_latency_s: list[BandRecord | None]
    power_w: list[float | None]
    temperature_c: list[float | None]
    capital: list[float | None]
    total_cost: list[float | None]
