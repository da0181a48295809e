"""Schema of a file of anchors: a user's own measurements, one entry each."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from planner.schema.hardware.device import PrecisionName
from planner.schema.reading.quantity import Celsius, Seconds, Watts, refuse
from planner.schema.reading.strict import StrictModel

LONGEST_S = 86_400.0
"""A day; no inference on a device takes longer."""


class AnchorEntry(StrictModel):
    """One measured latency; what is left out is that of the estimate it is for."""

    network: str
    """`zoo:NAME`, an ONNX file, or the name of the network that is asked about."""
    latency_s: Annotated[Seconds, Field(gt=0, le=LONGEST_S)] | None = None
    power_w: Annotated[Watts, Field(gt=0)] | None = None
    """Of the part while the network runs without a pause."""
    temperature_c: Celsius | None = None
    """Of its junction, settled at that power."""
    ambient_c: Celsius | None = None
    """Of the air around it."""
    device: str | None = None
    unit: str | None = None
    mode: str | None = None
    engine: str | None = None
    precision: PrecisionName | None = None
    batch: Annotated[int, Field(ge=1)] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    link: str | None = None
    """To the host; the one that the part asked about has unless given."""
    note: str = ""

    @model_validator(mode="after")
    def _something_measured(self) -> Self:
        if self.latency_s is None and self.power_w is None:
            raise refuse("a `latency` or a `power`", "neither")
        if self.temperature_c is not None and self.power_w is None:
            raise refuse("the `power` at which the temperature settled", "a `temperature` alone")
        return self


class AnchorList(StrictModel):
    """A plain list of measurements."""

    measurements: list[AnchorEntry] = Field(min_length=1)


class MeasuredTiming(StrictModel):
    """What `planner measure` writes of the runs; the rest is not needed here."""

    model_config = ConfigDict(extra="ignore")
    median_s: Annotated[float, Field(gt=0, le=LONGEST_S)] = Field(alias="median_s")
    p10_s: Annotated[float, Field(ge=0, le=LONGEST_S)] | None = Field(default=None, alias="p10_s")
    p90_s: Annotated[float, Field(ge=0, le=LONGEST_S)] | None = Field(default=None, alias="p90_s")


class MeasuredEntry(StrictModel):
    """One network of a record of `planner measure`; no timing where the engine refused it."""

    model_config = ConfigDict(extra="ignore")
    model: str
    engine: str
    cpu: str
    threads: int
    batch: int
    precision: PrecisionName
    timing: MeasuredTiming | None


class MeasuredRecord(StrictModel):
    """A record of `planner measure --format json`."""

    measurements: list[MeasuredEntry] = Field(min_length=1)


class ImportedLatency(StrictModel):
    """Quantiles over the runs of an imported profile."""

    model_config = ConfigDict(extra="ignore")
    median: Annotated[float, Field(gt=0, le=LONGEST_S)]
    p10: Annotated[float, Field(ge=0, le=LONGEST_S)] | None = None
    p90: Annotated[float, Field(ge=0, le=LONGEST_S)] | None = None


class ImportedSeries(StrictModel):
    """One quantity of a log over time; the name carries the unit."""

    model_config = ConfigDict(extra="ignore")
    name: str
    mean: float
    low: float
    high: float
    samples: Annotated[int, Field(ge=1)] = 1


class ImportedRecord(StrictModel):
    """A record of `planner import --format json`."""

    model_config = ConfigDict(extra="ignore")
    tool: Literal["trtexec", "onnxruntime", "openvino", "msprof", "tegrastats"]
    model: str | None = None
    series: list[ImportedSeries] = Field(default_factory=list)
    latency_s: ImportedLatency | None = Field(default=None, alias="latency_s")
