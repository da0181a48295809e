"""Schema of the file of a calibration; the measured kernels lie in a table beside it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planner.schema.reading.quantity import BytesPerSecond, OpsPerSecond, Ratio, Seconds
from planner.schema.reading.strict import StrictModel

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class KernelBase(StrictModel):
    """Time of a kernel before any learnt factor; a class without products has no peak."""

    launch_s: Seconds
    peak_ops_per_s: OpsPerSecond | None = None
    bandwidth_bytes_per_s: BytesPerSecond | None = None
    cold_bandwidth_bytes_per_s: BytesPerSecond | None = None
    """What weights take on top where they come from memory."""


class KernelClass(StrictModel):
    """The fitted numbers of one class of kernels; lengths are those of the features in their order."""

    base: KernelBase
    mean: float
    spread: Positive
    noise: Positive
    shared: Share
    lengths: dict[str, Positive]
    absent: dict[str, Share] = Field(default_factory=dict)


class ProbeConditions(StrictModel):
    """How many probes, and what the machine did meanwhile."""

    probes: int = Field(ge=1)
    rejected: int = Field(ge=0)
    kernels: int = Field(ge=1)
    reference_s: Seconds
    reference_spread_ratio: Ratio
    copy_s: Seconds
    profiler_scale: Positive
    profiler_per_node_s: Seconds


class NetworkBand(StrictModel):
    """How the band of a network follows from the spreads of its kernels."""

    level: Share
    floor: Positive
    share: float = Field(ge=0)
    own: float = Field(ge=0)
    quantile: Positive
    between_runs: float = Field(default=0.0, ge=0, le=0.5)
    """Standard deviation of the machine's own speed between this calibration and a later run."""


class KernelTableFile(StrictModel):
    """The table of measured kernels beside the file, and its SHA-256."""

    file: str
    sha256: str


class CalibrationFile(StrictModel):
    """One engine on one unit of one machine, at so many threads and a precision."""

    schema_version: Literal[1] = Field(alias="schema")
    engine: str
    engine_version: str
    cpu: str
    device: str
    unit: str
    threads: int = Field(ge=1)
    precision: Literal["fp32", "bf16", "int8"]
    date: str
    conditions: ProbeConditions
    fixed_s: Seconds
    band: NetworkBand
    table: KernelTableFile
    classes: dict[str, KernelClass] = Field(min_length=1)
