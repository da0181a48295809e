"""Schema of how service times in a server differ from those of a benchmark loop, and how they scatter."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.device import UnitKind
from planner.schema.hardware.source import Source
from planner.schema.reading.calendar_day import CalendarDay
from planner.schema.reading.quantity import Ratio, Seconds, refuse
from planner.schema.reading.strict import StrictModel

Correlation = Annotated[Ratio, Field(ge=0, lt=1)]


class ServiceVariation(StrictModel):
    """Service times in a server: longer than in a benchmark loop, scattering, and with memory."""

    cv_ratio: Annotated[Ratio, Field(le=3)] = 0.0
    """Coefficient of variation, outliers not counted."""
    next_ratio: Correlation = 0.0
    """Correlation of log service from one batch of a server to its next."""
    over_ten_ratio: Correlation = 0.0
    over_hundred_ratio: Correlation | None = None
    outliers_ratio: Annotated[Ratio, Field(le=0.5)] = 0.0
    """Share of batches that take `outlier_factor` times as long."""
    outlier_factor: float = Field(default=1.0, ge=1, le=1000)
    outlier_next_ratio: Correlation | None = None
    """How often the batch behind such a one is one too; independent of it unless given."""
    outlier_cv_ratio: Annotated[Ratio, Field(le=3)] = 0.0
    """Coefficient of variation of outliers' sizes about `outlier_factor`."""
    shared_ratio: Correlation = 0.0
    """Correlation of log service of two units of a device at the same time."""
    serving_factor: float = Field(default=1.0, ge=0.5, le=10)
    """Mean service time in a server over that of a benchmark loop."""
    neighbours_ratio: Annotated[Ratio, Field(le=3)] = 0.0
    """How much longer a batch takes for each other unit of its device that is at work."""
    note: str | None = None

    @model_validator(mode="after")
    def _falls(self) -> Self:
        hundred = 0.0 if self.over_hundred_ratio is None else self.over_hundred_ratio
        if not self.next_ratio >= self.over_ten_ratio >= hundred:
            expected = "correlations that fall: `next`, `over_ten`, `over_hundred`"
            raise refuse(expected, f"{self.next_ratio:g}, {self.over_ten_ratio:g}, {hundred:g}")
        if (self.outliers_ratio > 0) != (self.outlier_factor > 1):
            expected = "`outliers` above 0 % with an `outlier_factor` above 1, or neither"
            raise refuse(expected, f"{self.outliers_ratio:g} and {self.outlier_factor:g}")
        if self.shared_ratio > self.next_ratio:
            expected = "`shared` of at most `next`: what units share is a part of what a unit remembers"
            raise refuse(expected, f"{self.shared_ratio:g} and {self.next_ratio:g}")
        behind = self.outlier_next_ratio
        # So few others as are left cannot lead into so many outliers.
        if behind is not None and self.outliers_ratio * (1 - behind) > 1 - self.outliers_ratio:
            raise refuse("an `outlier_next` that so many `outliers` can have", f"{behind:g}")
        return self


class ReplayedTimes(StrictModel):
    """Measured service times that are replayed in their order."""

    times: str
    """A CSV or Parquet file beside the scenario with a column `service_s`, and `network` and `batch` where
    there are several."""
    note: str | None = None


class ServingPrior(ServiceVariation):
    """What is taken for a kind of unit that nobody has measured in a server."""

    serving_low: float = Field(ge=0.5, le=10)
    serving_high: float = Field(ge=0.5, le=10)
    """What the factor on a benchmark's time lies between."""
    status: Literal["measured", "assumed"]
    source: str
    note: str

    @model_validator(mode="after")
    def _spread(self) -> Self:
        if not self.serving_low <= self.serving_factor <= self.serving_high:
            raise refuse("serving_low <= serving_factor <= serving_high", f"{self.serving_factor:g}")
        return self


class ServingPriors(StrictModel):
    """`hardware_db/surroundings/serving.yaml`."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    sources: dict[str, Source]
    units: dict[UnitKind, ServingPrior]

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if missing := sorted({prior.source for prior in self.units.values()} - set(self.sources)):
            raise refuse(f"one of the sources {', '.join(self.sources)}", ", ".join(missing))
        return self


class ServedProbe(StrictModel):
    """One network of the calibration: its mean time in a benchmark loop, in service, and by its estimate."""

    network: str
    loop: Seconds
    served: Seconds
    estimate: Seconds | None = None
    batches: int = Field(ge=1)


class EstimatesInService(StrictModel):
    """How far service times lie from estimates, by what the networks of the calibration missed blindly."""

    factor: float = Field(ge=0.2, le=10)
    """Service time over the estimate of a benchmark loop: the middle of all networks."""
    scale: float = Field(gt=0, le=10)
    """Misses of networks left out, over their own bands within one sitting."""
    between_runs: Annotated[float, Field(ge=0, le=0.5)]
    """Standard deviation of the logarithm of the machine's speed from one sitting to another."""
    networks: int = Field(ge=3)


class MeasuredServing(StrictModel):
    """What `planner calibrate --serving` has found on one machine."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    device: str
    unit: UnitKind
    engine: str
    engine_version: str
    precision: str
    cpu: str
    threads: int = Field(ge=1)
    date: CalendarDay
    networks: list[str]
    batches: int = Field(ge=1)
    """How many were served; the process rests on them."""
    noisy: bool
    """Whether the machine was at other work while it was measured."""
    serving_low: float
    serving_high: float
    variation: ServiceVariation
    probes: list[ServedProbe] = Field(default_factory=list)
    estimates: EstimatesInService | None = None
    """None where the machine's kernels were not calibrated when it was measured."""
