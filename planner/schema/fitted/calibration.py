"""Schema of the file of a calibration; the measured kernels lie in a table beside it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planner.schema.reading.quantity import BytesPerSecond, OpsPerSecond, Ratio, Seconds
from planner.schema.reading.strict import StrictModel

LARGEST_LOG = 10.0
"""Of a fitted factor, as a logarithm: e^10 is 22,000 times the time that the base gives, and no fit."""

Positive = Annotated[float, Field(ge=1e-6, le=1e6)]
Logarithm = Annotated[float, Field(ge=0, le=LARGEST_LOG)]
Hour = Annotated[Seconds, Field(le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]


class KernelBase(StrictModel):
    """Time of a kernel before any learnt factor; a class without products has no peak."""

    launch_s: Hour
    peak_ops_per_s: Annotated[OpsPerSecond, Field(ge=1e3)] | None = None
    bandwidth_bytes_per_s: Annotated[BytesPerSecond, Field(ge=1e3)] | None = None
    cold_bandwidth_bytes_per_s: Annotated[BytesPerSecond, Field(ge=1e3)] | None = None
    """What weights take on top where they come from memory."""


class KernelClass(StrictModel):
    """The fitted numbers of one class of kernels; lengths are those of the features in their order."""

    base: KernelBase
    mean: Annotated[float, Field(ge=-LARGEST_LOG, le=LARGEST_LOG)]
    spread: Annotated[Positive, Field(le=LARGEST_LOG)]
    noise: Annotated[Positive, Field(le=LARGEST_LOG)]
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
    floor: Annotated[Positive, Field(le=LARGEST_LOG)]
    share: Logarithm
    own: Logarithm
    quantile: Annotated[Positive, Field(le=100)]
    between_runs: float = Field(default=0.0, ge=0, le=0.5)
    """Standard deviation of the machine's own speed between this calibration and a later run."""


class KernelTableFile(StrictModel):
    """The table of measured kernels beside the file, and its SHA-256."""

    file: str
    sha256: str


class StoredProcessor(StrictModel):
    """What decides the speed of a machine beside the name of its processor; absent where it is unknown."""

    cores: int | None = Field(default=None, ge=1, le=100_000)
    threads_per_core: int | None = Field(default=None, ge=1, le=64)
    kinds: str | None = Field(default=None, max_length=200)
    quota: float | None = Field(default=None, gt=0, le=100_000)
    extensions: str | None = Field(default=None, max_length=1000)


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
    processor: StoredProcessor | None = None
    conditions: ProbeConditions
    fixed_s: Hour
    band: NetworkBand
    table: KernelTableFile
    classes: dict[str, KernelClass] = Field(min_length=1)
