"""One network in other precisions and compressions: what `planner what-if` writes."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from planner.schema.record.options import BandRecord


class VariantMemoryRecord(TypedDict):
    """Bytes that a variant takes."""

    weights: float
    peak_activation: float
    total: float


class LostPointsRecord(TypedDict):
    """Points of accuracy that others lost."""

    least: float
    median: float
    most: float


class AccuracyRowRecord(TypedDict):
    """What one network scored before and after."""

    network: str
    what: str
    full: float
    compressed: float
    retrained: bool
    source: str


class LayerFlagRecord(TypedDict):
    """A layer that loses more than others, and why."""

    layer: str
    id: str
    why: str


class MethodAccuracyRecord(TypedDict):
    """How a method fared elsewhere; `lost_points` null: nobody published any."""

    risk: Literal["low", "medium", "high", "unknown"]
    lost_points: LostPointsRecord | None
    same_network: bool
    rows: list[AccuracyRowRecord]
    flags: list[LayerFlagRecord]


class VariantNumbersRecord(TypedDict):
    """Numbers of a variant; all null where it is refused."""

    precision: str | None
    latency_s: BandRecord | None
    speedup: float | None
    power_w: BandRecord | None
    energy_per_inference_j: BandRecord | None
    memory_bytes: VariantMemoryRecord | None
    moved_bytes: int | None
    bandwidth_bytes_per_s: float | None
    provenance: str | None


class VariantRecord(VariantNumbersRecord):
    """One way to make the network smaller."""

    id: str
    title: str
    state: Literal["ok", "no_gain", "refused"]
    reason: str
    advice: str
    accuracy: MethodAccuracyRecord | None


class VariantsRecord(TypedDict):
    """Every variant of a network on one unit; unit, mode and engine are null where none was named or runs."""

    model: str
    device: str
    unit: str | None
    mode: str | None
    engine: str | None
    batch: int
    baseline: str | None
    variants: list[VariantRecord]
