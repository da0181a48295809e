"""The rack as it was simulated: its streams, its devices, and both over time."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

Verdict = Literal["PASS", "FAIL", "UNDECIDED"]


class StreamLatencyRecord(TypedDict):
    """Simulated latency of one stream, with the interval of its 99th percentile over replications."""

    mean: float | None
    p50: float | None
    p90: float | None
    p99: float | None
    p99_low: float | None
    p99_high: float | None
    p99_worst: float | None


class AtBoundRecord(TypedDict):
    """A stream with latencies at one end of their band."""

    p99: float | None
    slo_latency_s: float | None
    verdict: Verdict


class StreamBoundsRecord(TypedDict):
    """A stream with latencies at the low end, the middle and the high end of their band."""

    low: AtBoundRecord
    mid: AtBoundRecord
    high: AtBoundRecord


class StreamResultRecord(TypedDict):
    """What became of one stream's requests."""

    name: str
    requests: int
    served: int
    dropped: int
    latency_s: StreamLatencyRecord
    unfinished: int
    slo_latency_s: float | None
    slo_s: float | None
    slo_quantile: float
    verdict: Verdict
    verdict_reason: str
    latency_band: StreamBoundsRecord | None
    installations_broken: NotRequired[float | None]


class TemperatureRecord(TypedDict):
    """Mean and maximum over devices and time."""

    mean: float | None
    max: float | None


class RackDevicesRecord(TypedDict):
    """Averages over the devices of the rack."""

    utilisation: float | None
    throttled_share: float | None
    temperature_c: TemperatureRecord
    shutdowns: float
    mean_batch: float | None
    open_changes: float
    runaway_margin: float | None
    out_share: float
    outages: float
    host_utilisation: float | None


class SeriesRecord(TypedDict):
    """The rack over time, one value per instant."""

    time_s: list[float]
    queue: list[float | None]
    power_w: list[float | None]
    temperature_mean_c: list[float | None]
    temperature_max_c: list[float | None]
    inlet_c: list[float | None]
    throttled_share: list[float | None]
    utilisation: list[float | None]
    out_share: list[float | None]


class HistogramRecord(TypedDict):
    """Latencies of one stream: one more edge than counts."""

    stream: str
    edges_s: list[float]
    counts: list[float]


class BatchingRecord(TypedDict):
    """How requests are gathered before a batch starts."""

    max_size: int
    max_wait_s: float


class RackRecord(TypedDict):
    """The simulated rack."""

    device: str
    batching: BatchingRecord
    partial: bool
    throughput_per_s: float
    offered_utilisation: float
    warnings: list[str]
    count: int
    dispatch: str
    replications: int
    duration_s: float
    warmup_s: float
    seed: int
    streams: list[StreamResultRecord]
    devices: RackDevicesRecord
    throttle_c: float | None
    power_w: float | None
    energy_j: float | None
    energy_per_request_j: float | None
    inlet_c: float | None
    invariants: dict[str, float | None]
    series: SeriesRecord
    latency_histogram: list[HistogramRecord]


class ElevationRecord(TypedDict):
    """Heights in rack units, slots of a carrier, and the devices in them: those in use first, then spares."""

    rack_units: float
    carrier_units: float
    slots: int
    carriers: int
    count: int
    spares: int


class SlotsRecord(TypedDict):
    """One row an instant, one column a device in use."""

    time_s: list[float]
    temperature_c: list[list[float]]


class HourRecord(TypedDict):
    """One hour of a day; `None` where more is asked than can be served."""

    hour: int
    load_ratio: float
    supply_c: float
    inlet_c: float | None
    temperature_mean_c: float | None
    temperature_max_c: float | None
    power_w: float | None
    queue_mean: float | None
    queue_max: float | None
    utilisation: float | None
    p99_s: float | None
