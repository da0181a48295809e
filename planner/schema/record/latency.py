"""Where the time goes: kernels under their roofs, precisions and batches, rival parts."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from planner.schema.record.options import BandRecord


class CeilingRecord(TypedDict):
    """A roof below the datasheet's: either operations or bytes per second."""

    name: str
    ops_per_s: float | None
    bytes_per_s: float | None
    source: str | None


class KernelRecord(TypedDict):
    """One kernel on one compute unit."""

    name: str
    op_types: list[str]
    op_class: str
    macs: float
    flops: float
    bytes: float
    latency_s: float
    share: float
    bound: Literal["compute", "memory", "overhead"]


class RooflineRecord(TypedDict):
    """All kernels of one network on the chosen part, and the roofs above them."""

    model: str
    device: str
    unit: str
    mode: str | None
    precision: str
    batch: int
    peak_ops_per_s: float
    bandwidth_bytes_per_s: float
    ceilings: list[CeilingRecord]
    kernels: list[KernelRecord]


class RungRecord(TypedDict):
    """The chosen part at one precision and batch."""

    model: str
    device: str
    mode: str | None
    precision: str
    batch: int
    latency_s: BandRecord | None
    planning_latency_s: BandRecord | None
    throughput_per_s: float | None
    fits: bool


class RivalRecord(TypedDict):
    """The best latency of one part."""

    device: str
    name: str
    mode: str | None
    precision: str
    batch: int
    latency_s: BandRecord
    planning_latency_s: BandRecord | None
    slo_s: float | None
    model: str
    feasible: bool


class FootprintRecord(TypedDict):
    """Memory of one network against what the chosen unit has, and energy of one inference while serving."""

    model: str
    precision: str
    batch: int
    weights_bytes: float
    peak_activation_bytes: float
    total_bytes: float
    capacity_bytes: float
    power_w: BandRecord
    power_boundary: NotRequired[str]
    energy_per_inference_j: BandRecord
    planned_energy_per_inference_j: float
