"""One network between a device and a server: what `planner split` writes."""

from __future__ import annotations

from typing_extensions import TypedDict


class SideRecord(TypedDict):
    """Where one side of a cut runs."""

    id: str
    unit: str
    mode: str
    precision: str


class LinkRecord(TypedDict):
    """The link between both sides."""

    up_bytes_per_s: float
    down_bytes_per_s: float
    round_trip_s: float


class LatencyEndsRecord(TypedDict):
    """Latency with both bands added end by end, without a stated probability."""

    low: float
    mid: float
    high: float


class CutRecord(TypedDict):
    """The first kernels on the device, the others on the server."""

    kernels_on_device: int
    after: str | None
    up_bytes: int
    down_bytes: int
    device_s: float
    link_s: float
    server_s: float
    latency_s: LatencyEndsRecord
    throughput_per_s: float | None
    device_energy_j: float


class SplitRecord(TypedDict):
    """Every cut, the best, and both ends; `certain`: the best is ahead over the whole of both bands."""

    model: str
    batch: int
    device: SideRecord
    server: SideRecord
    link: LinkRecord
    best: CutRecord
    all_device: CutRecord
    all_server: CutRecord
    certain: bool
    cuts: list[CutRecord]
    warnings: list[str]
