"""The rack as it was simulated: its streams, its devices, and both over time."""

from __future__ import annotations

from typing_extensions import TypedDict


class StreamLatencyRecord(TypedDict):
    """Simulated latency of one stream, with the interval of its 99th percentile over replications."""

    mean: float | None
    p50: float | None
    p90: float | None
    p99: float | None
    p99_low: float | None
    p99_high: float | None


class StreamResultRecord(TypedDict):
    """What became of one stream's requests."""

    name: str
    requests: int
    served: int
    dropped: int
    latency_s: StreamLatencyRecord
    slo_s: float | None
    verdict: str


class TemperatureRecord(TypedDict):
    """Mean and maximum over devices and time."""

    mean: float | None
    max: float | None


class RackDevicesRecord(TypedDict):
    """Averages over the devices of the rack."""

    utilisation: float | None
    throttled_share: float | None
    temperature_c: TemperatureRecord


class SeriesRecord(TypedDict):
    """The rack over time, one value per instant."""

    time_s: list[float]
    queue: list[float | None]
    power_w: list[float | None]
    temperature_mean_c: list[float | None]
    temperature_max_c: list[float | None]
    inlet_c: list[float | None]


class HistogramRecord(TypedDict):
    """Latencies of one stream: one more edge than counts."""

    stream: str
    edges_s: list[float]
    counts: list[float]


class RackRecord(TypedDict):
    """The simulated rack."""

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


class DensityRowRecord(TypedDict):
    """The settled rack with so many devices, each with the load that it has in the plan."""

    devices: int
    inlet_c: float
    device_c: float
    power_per_device_w: float
    throttled_share: float
    throughput_per_s: float


class DensityLimitRecord(TypedDict):
    """The most devices with which nothing is wrong, and what is wrong with one more."""

    devices: int
    reason: str


class DensityRecord(TypedDict):
    """The rack as it fills."""

    rows: list[DensityRowRecord]
    limit: DensityLimitRecord
