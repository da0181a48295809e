"""What asks for inferences: streams, when their requests come, and how soon they want an answer."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.reading.quantity import (
    PerSecond,
    Ratio,
    Seconds,
    refuse,
)
from planner.schema.reading.strict import StrictModel
from planner.schema.scenario.around import StepAround

Share = Annotated[Ratio, Field(ge=0, le=1)]


LONGEST_PHASE_S = 31_536_000.0
"""A year. What lasts longer never changes within a run; say it by another rate."""


class Slo(StrictModel):
    """The service level: this share of requests is answered within this time."""

    latency_s: Seconds
    quantile_ratio: Annotated[Ratio, Field(gt=0, lt=1)] = 0.99


class BurstsSpec(StrictModel):
    """Calm and burst in turn: mean time in each, and how many times the calm rate a burst has."""

    calm_s: Annotated[Seconds, Field(gt=0, le=LONGEST_PHASE_S)]
    burst_s: Annotated[Seconds, Field(gt=0, le=LONGEST_PHASE_S)]
    factor: float = Field(ge=1, le=10_000)


class ProfileSpec(StrictModel):
    """The rate over a period: shares of the stated rate, in equal parts of the period."""

    shares_ratio: list[Share] = Field(min_length=1)
    period_s: Annotated[Seconds, Field(gt=0)] = 86400.0
    start_s: Seconds | None = None
    """Where in the period a run begins; None: where the load is greatest."""


class DropOutsSpec(StrictModel):
    """A source that goes silent: mean time between outages, and mean length of one."""

    up_s: Annotated[Seconds, Field(gt=0, le=LONGEST_PHASE_S)]
    down_s: Annotated[Seconds, Field(gt=0, le=LONGEST_PHASE_S)]


class Stream(StrictModel):
    """A group of like sources that send frames or requests to one network."""

    name: str = Field(min_length=1)
    count: int = Field(ge=1, le=1_000_000)
    model: str
    arrivals: Literal["periodic", "poisson", "gamma", "mmpp", "trace"]
    rate_per_s: Annotated[PerSecond, Field(gt=0, le=1e6)]
    jitter_s: Seconds = 0.0
    slo: Slo
    queue_limit: int | None = Field(default=None, ge=1)
    overflow: Literal["drop_oldest", "drop_newest", "skip_frame"] = "drop_oldest"
    priority: int = Field(default=0, ge=-1_000_000, le=1_000_000)
    gap_cv: float | None = Field(default=None, gt=0, le=100)
    bursts: BurstsSpec | None = None
    trace: str | None = None
    profile: ProfileSpec | None = None
    drop_outs: DropOutsSpec | None = None
    before: list[StepAround] = Field(default_factory=list)
    after: list[StepAround] = Field(default_factory=list)

    @model_validator(mode="after")
    def _jitter_keeps_order(self) -> Self:
        if self.arrivals != "periodic" and self.jitter_s:
            raise refuse(f"no jitter with {self.arrivals} arrivals", f"{self.jitter_s} s")
        if self.jitter_s > 0.5 / self.rate_per_s:
            raise refuse(
                f"jitter of at most half a period, {0.5 / self.rate_per_s:.4g} s", f"{self.jitter_s} s"
            )
        return self
