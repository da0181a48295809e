"""One network over the units of a part: what `planner estimate --unit auto` adds to an estimate."""

from __future__ import annotations

from typing_extensions import TypedDict

from planner.schema.record.estimate import EstimateRecord


class FallBackRecord(TypedDict):
    """A kernel that runs on another unit than the main one."""

    name: str
    op_types: list[str]
    unit: str


class TriedUnitRecord(TypedDict):
    """A unit as the main one: its numbers, or the reason that it has none."""

    unit: str
    latency_s: float | None
    energy_per_inference_j: float | None
    falls_back: int | None
    crossings: int | None
    reason: str


class PlacementRecord(TypedDict):
    """Which unit runs which kernel, and what crosses between units."""

    main: str
    kernels: dict[str, int]
    operators_known: bool
    crossings: int
    crossing_bytes: float
    crossing_s: float
    falls_back: list[FallBackRecord]
    tried: list[TriedUnitRecord]


class UnitStreamRecord(TypedDict):
    """A unit that serves whole inferences beside others."""

    unit: str
    count: int
    precision: str
    throughput_per_s: float
    latency_s: float


class TogetherRecord(TypedDict):
    """Streams over all units at once."""

    throughput_per_s: float
    alone_per_s: float
    bandwidth_share: float
    part_power_w: float
    limited_by: str | None
    units: list[UnitStreamRecord]


class AutoRecord(TypedDict):
    """The fastest placement; `together` null: only one unit can serve whole inferences."""

    placement: PlacementRecord
    together: TogetherRecord | None


class AutoEstimateRecord(EstimateRecord, AutoRecord):
    """An estimate of the fastest placement."""
