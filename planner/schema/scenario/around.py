"""What goes on around inference in a scenario: steps of requests, their host, other units at the memory."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planner.schema.reading.quantity import Ratio, Seconds, Watts
from planner.schema.reading.strict import StrictModel


class StepAround(StrictModel):
    """Work on one request before or after its inference: decoding, resizing, a copy, reading out."""

    where: Literal["unit", "host", "copy"]
    """`unit` holds the unit up (a blocking copy, work on the GPU itself); `host` takes a core, `copy` an
    engine that copies while the unit computes."""
    time_s: Annotated[Seconds, Field(gt=0, le=3600)]
    what: str | None = None


class HostCores(StrictModel):
    """What each device has for such steps: its own cores, or its share of a host server's."""

    cores: int = Field(ge=1, le=1024)
    core_w: Watts = 0.0
    """What a core draws above idle under the device's own heat sink; nothing for a host in another housing.
    """
    copies: int = Field(default=1, ge=1, le=1024)
    """Copies that run at a time."""


class Contention(StrictModel):
    """How much longer a batch takes for each other unit of its device that is at work."""

    each_ratio: Annotated[Ratio, Field(ge=0)]
    status: Literal["measured", "assumed"]
    note: Annotated[str, Field(min_length=1)]
    """Who measured it on what, or why it is plausible."""
