"""Reported figures of a network on a part, to be compared with what is predicted."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from planner.schema.hardware.device import PrecisionName
from planner.schema.reading.quantity import Bytes, BytesPerSecond, Seconds, Watts, refuse
from planner.schema.reading.strict import StrictModel


class Claim(StrictModel):
    """One network on one part, and at least one reported figure."""

    name: str = Field(min_length=1)
    model: str
    device: str
    unit: str | None = None
    mode: str | None = None
    precision: PrecisionName | None = None
    engine: str | None = None
    batch: int = Field(default=1, ge=1)
    latency_s: Annotated[Seconds, Field(gt=0)] | None = None
    power_w: Annotated[Watts, Field(gt=0)] | None = None
    memory_bytes: Annotated[Bytes, Field(gt=0)] | None = None
    bandwidth_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)] | None = None
    explained: str | None = None
    """Why a figure may lie outside what is predicted."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        reported = (self.latency_s, self.power_w, self.memory_bytes, self.bandwidth_bytes_per_s)
        if all(figure is None for figure in reported):
            raise refuse("a latency, power, memory or bandwidth", "none of them")
        return self
