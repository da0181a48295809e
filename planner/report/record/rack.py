"""The rack as it was simulated: its streams, its devices, and both over time."""

from __future__ import annotations

from typing import TypedDict


class StreamLatency(TypedDict):
    """Simulated latency of one stream, with the interval of its 99th percentile over replications."""

    mean: float | None
    p50: float | None
    p90: float | None
    p99: float | None
    p99_low: float | None
    p99_high: float | None


class StreamResult(TypedDict):
    """What became of one stream's requests."""

    name: str
    requests: int
    served: int
    dropped: int
    latency_s: StreamLatency
    slo_s: float | None
    verdict: str


class Temperature(TypedDict):
    """Mean and maximum over devices and time."""

    mean: float | None
    max: float | None


class RackDevices(TypedDict):
    """Averages over the devices of the rack."""

    utilisation: float | None
    throttled_share: float | None
    temperature_c: Temperature


class Series(TypedDict):
    """The rack over time, one value per instant."""

    time_s: list[float]
    queue: list[float | None]
    power_w: list[float | None]
    temperature_mean_c: list[float | None]
    temperature_max_c: list[float | None]
    inlet_c: list[float | None]


class Histogram(TypedDict):
    """Latencies of one stream: one more edge than counts."""

    stream: str
    edges_s: list[float]
    counts: list[float]


class Rack(TypedDict):
    """The simulated rack."""

    count: int
    dispatch: str
    replications: int
    duration_s: float
    warmup_s: float
    seed: int
    streams: list[StreamResult]
    devices: RackDevices
    throttle_c: float | None
    power_w: float | None
    energy_j: float | None
    energy_per_request_j: float | None
    inlet_c: float | None
    invariants: dict[str, float | None]
    series: Series
    latency_histogram: list[Histogram]
