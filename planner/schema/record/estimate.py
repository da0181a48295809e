"""One network on one part: what `planner estimate` writes."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from planner.schema.record.options import BandRecord, OptionalBandRecord, OtherUnitRecord
from planner.schema.record.question import UnresolvedRecord


class PowerRecord(BandRecord):
    """Power while inferring, of the boundary that it is named for."""

    provenance: str
    boundary: str
    model: str | None


class PowerPlacesRecord(TypedDict):
    """The same power at four places; null where it is not known or there is no such place."""

    rail_w: BandRecord | None
    module_w: BandRecord | None
    board_input_w: BandRecord | None
    wall_w: BandRecord | None


class EfficiencyBandRecord(TypedDict):
    """A band without a stated probability."""

    low: float
    mid: float
    high: float


class EfficiencyRecord(TypedDict):
    """What the datasheet promises for a watt beside what the network gets of it."""

    peak_ops_per_j: float
    useful_ops_per_j: float | None
    inferences_per_j: EfficiencyBandRecord | None
    use: float | None


class MemoryRecord(TypedDict):
    """Bytes that the network takes, and what the unit has."""

    weights: float
    peak_activation: float
    total: float
    capacity: float


class BoundRecord(TypedDict):
    """Shares of the latency by what takes longest."""

    compute: float
    memory: float
    overhead: float


class AnchorRecord(TypedDict):
    """A measurement that the estimate blends with."""

    measurement: str
    ratio: float
    weight: float


class HiddenCostRecord(TypedDict):
    """One cost around inference; `time_s` null: not known; zero: known to be none."""

    id: str
    when: str
    time_s: BandRecord | None
    bytes: int | None
    in_latency: bool
    reason: str
    source: str | None


class OutsideLatencyRecord(BandRecord):
    """What an inference takes beyond its latency, and the costs that nobody knows."""

    unknown: list[str]


class LayerRecord(TypedDict):
    """One kernel."""

    name: str
    op_types: list[str]
    macs: int
    flops: int
    bytes: int
    latency_s: float
    latency_low_s: float
    latency_high_s: float
    bound: str
    unit: str
    precision: str


class SoakEndRecord(TypedDict):
    """One device from cold under full load; null where it never throttled, or stayed on."""

    time_to_throttle_s: float | None
    shutdown_s: float | None
    first_minute_per_s: float
    last_minute_per_s: float
    hottest_c: float
    throttled_share: float


class SoakRecord(TypedDict):
    """The estimate held for a time under one cooler, and at both ends of the cooler's range."""

    duration_s: float
    ambient_c: float
    altitude_m: NotRequired[float]
    power_w: float
    cooler: str
    resistance_k_per_w: EfficiencyBandRecord
    status: str
    throttle_c: float
    best: SoakEndRecord
    planned: SoakEndRecord
    worst: SoakEndRecord


class MeasuredNowRecord(TypedDict):
    """The network run on this machine, beside its prediction; times of one batch."""

    engine: str
    engine_version: str
    threads: int
    median_s: float
    low_s: float | None
    high_s: float | None
    """The median with 95 %."""
    p90_s: float | None
    noise: str
    processors: float | None
    """How many processors the process had; below one other programs had them meanwhile."""
    error: float
    """Predicted / measured - 1."""
    inside_band: bool
    drift: float | None
    """How long a reference kernel takes now over what it took during the calibration; null without one."""


class FastestModeRecord(TypedDict):
    """The same unit in its fastest power mode, where the part is delivered in a slower one."""

    mode: str
    latency_s: BandRecord


class LinkUseRecord(TypedDict):
    """The link between host and part, and what a batch takes of it."""

    id: str
    name: str
    kind: str
    generation: int
    lanes: int
    duplex: str
    rate_bytes_per_s: float
    """Of all lanes in one direction, after the line code."""
    delivered_bytes_per_s: EfficiencyBandRecord
    """What payloads reach of it."""
    measured_over: str
    """The link over which rates and latencies behind the estimate were measured."""
    transfer_in_s: BandRecord
    transfer_out_s: BandRecord
    weights_s: BandRecord
    """Weights that do not stay on the chip and come with every batch."""
    busy_s: BandRecord
    interval_bound: str
    """What the interval between batches is bound by: chip, link or host."""


class EstimateRecord(TypedDict):
    """Latency, throughput, power, energy and memory; null where the network does not fit."""

    model: str
    device: str
    unit: str
    mode: str
    engine: str
    engine_version: str | None
    """The version that was asked for or is usual there; null where versions make no known difference."""
    precision: str
    batch: int
    latency_s: OptionalBandRecord
    """Of one batch, from in to out."""
    interval_s: OptionalBandRecord
    """Between batches; shorter than the latency on chips that take the next before one is out."""
    throughput_per_s: float | None
    power_w: PowerRecord
    part_power_w: BandRecord
    power_at: PowerPlacesRecord
    power_assumed: list[str]
    load: str
    sustained_over_burst: float
    idle_w: float
    energy_j: float | None
    energy_per_inference_j: OptionalBandRecord
    efficiency: EfficiencyRecord
    memory_bytes: MemoryRecord
    fits: bool
    bound: BoundRecord
    kernels: int
    fixed_s: float
    caller_s: float
    transfer: str | None
    calibration: str | None
    anchors: list[AnchorRecord]
    provenance: str
    warnings: list[str]
    unresolved: list[UnresolvedRecord]
    hidden_costs: NotRequired[list[HiddenCostRecord]]
    outside_latency_s: NotRequired[OutsideLatencyRecord]
    link: NotRequired[LinkUseRecord]
    fastest_mode: NotRequired[FastestModeRecord]
    other_units: NotRequired[list[OtherUnitRecord]]
    layers: NotRequired[list[LayerRecord]]
    soak: NotRequired[SoakRecord]
    measured_now: NotRequired[MeasuredNowRecord]
