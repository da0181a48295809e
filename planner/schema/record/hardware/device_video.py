"""What a part has for video, as `planner devices show` writes it."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from planner.schema.record.hardware.devices import OriginRecord, WeakestRecord


class VideoEngineOrigins(TypedDict):
    """Origins of an engine's numbers; those by codec or mode have one each."""

    count: OriginRecord
    rates_px_per_s: dict[str, OriginRecord]
    frame_s: dict[str, OriginRecord]
    bits: dict[str, OriginRecord]
    clock_hz: NotRequired[OriginRecord]
    clocks_hz: dict[str, OriginRecord]
    most_streams: NotRequired[OriginRecord]


class VideoEngineRecord(WeakestRecord):
    """A decoder or encoder; rates are those of one instance, by codec."""

    id: str
    name: str
    count: int
    rates_px_per_s: dict[str, float]
    frame_s: dict[str, float]
    bits: dict[str, int]
    lands: str
    clock_hz: float | None
    clocks_hz: dict[str, float]
    most_streams: int | None
    remarks: str | None
    provenance: VideoEngineOrigins


class ScalerOrigins(TypedDict):
    """Origins of a scaler's numbers."""

    count: OriginRecord
    reads_px_per_s: OriginRecord


class ScalerRecord(WeakestRecord):
    """A unit that resizes and converts frames."""

    id: str
    name: str
    count: int
    reads_px_per_s: float
    provenance: ScalerOrigins


class OwnCoresOrigins(TypedDict):
    """Origins of the cores' numbers."""

    count: OriginRecord
    clock_hz: OriginRecord
    ops_per_clock: OriginRecord


class OwnCoresRecord(WeakestRecord):
    """Processor cores of a part whose file lists no CPU."""

    count: int
    clock_hz: float
    ops_per_clock: float
    provenance: OwnCoresOrigins


class DeviceVideoRecord(TypedDict):
    """Decoders, encoders and scalers of a part, or why it has none."""

    decoders: list[VideoEngineRecord]
    encoders: list[VideoEngineRecord]
    scalers: list[ScalerRecord]
    cores: OwnCoresRecord | None
    no_decoder: str | None
    no_encoder: str | None
