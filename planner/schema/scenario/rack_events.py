"""What may happen to the devices of a simulated rack: keys of `simulation.events` in a scenario."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from planner.schema.reading.quantity import Ratio, Seconds, refuse
from planner.schema.reading.strict import StrictModel

Above = Annotated[Ratio, Field(gt=0)]


class OutageEvent(StrictModel):
    """Devices that fail at a time, for a while: so many of them from number `first` on, bottom first.

    With `carriers` whole trays, boards or hosts fail, and `first` counts these.
    """

    at_s: Seconds
    lasts_s: Annotated[Seconds, Field(gt=0)]
    devices: int | None = Field(default=None, ge=1)
    carriers: int | None = Field(default=None, ge=1)
    first: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.devices is not None and self.carriers is not None:
            raise refuse("either `devices` or `carriers`", "both")
        return self


class MeanTimes(StrictModel):
    """Mean time between failures, and from a failure to the end of its repair."""

    mtbf_s: Annotated[Seconds, Field(gt=0)]
    mttr_s: Annotated[Seconds, Field(gt=0)]


class FailuresInRun(MeanTimes):
    """Mean times of one device, as short as the run has to show some, and of the carrier that it is in."""

    carrier: MeanTimes | None = None


class UpdateInRun(StrictModel):
    """A new model that goes round the rack in waves while it serves."""

    at_s: Seconds
    interruption_s: Seconds
    """How long a device does not serve; zero is a hot swap."""
    at_once: int = Field(default=1, ge=1)
    first_ratio: Annotated[Ratio, Field(gt=0, le=1)] = 1.0
    """Share of the devices that have the new model first (grey release)."""
    soak_s: Seconds = 0.0
    """How long these are watched before the others follow."""
    drain_s: Seconds = 1.0
    """How long before its interruption a device takes no new requests."""
    new_time_ratio: Above = 1.0
    """Time of a batch with the new model over that with the old one."""
    new_power_ratio: Above = 1.0
    """The same of the power above idle."""
    roll_back_over_ratio: Above | None = None
    """The first devices go back to the old model when the new one takes more than this."""
    new_errors_ratio: Annotated[Ratio, Field(ge=0, le=1)] = 0.0
    """Share of the requests that the new model does not answer."""
    roll_back_p99_s: Annotated[Seconds, Field(gt=0)] | None = None
    """They go back when the p99 that is measured on them during the soak is longer."""
    roll_back_errors_ratio: Annotated[Ratio, Field(ge=0, le=1)] | None = None
    """They go back when a larger share comes to nothing on them during the soak."""

    @model_validator(mode="after")
    def _time_to_measure(self) -> Self:
        measured = self.roll_back_p99_s is not None or self.roll_back_errors_ratio is not None
        if measured and self.soak_s == 0:
            raise refuse("a `soak` to measure the new model in", "0 s")
        return self


class Events(StrictModel):
    """What takes devices out of service while the rack runs."""

    outages: list[OutageEvent] = Field(default_factory=list)
    failures: FailuresInRun | None = None
    update: UpdateInRun | None = None
