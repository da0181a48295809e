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
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all
from planner.schema.scenario.around import StepAround
from planner.schema.scenario.video import ChainStep, Video, chain_conflicts

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
    """A group of like sources that send frames or requests to one network, or through a chain of steps."""

    name: str = Field(min_length=1)
    count: int = Field(ge=1, le=1_000_000)
    model: str
    """The network; of a chain its first one, which need not be named again."""
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
    video: Video | None = None
    """What the camera sends; frames come decoded unless given."""
    chain: list[ChainStep] = Field(default_factory=list, max_length=32)
    """The steps of each frame; with `video` alone: decode, convert, the network."""

    @model_validator(mode="before")
    @classmethod
    def _model_of_the_chain(cls, value: object) -> object:
        """The first network of a chain is the stream's, where it names none itself."""
        if not isinstance(value, dict) or "model" in value or not isinstance(value.get("chain"), list):
            return value
        steps = [step for step in value["chain"] if isinstance(step, dict) and "network" in step]
        return {**value, "model": steps[0]["network"]} if steps else value

    @model_validator(mode="after")
    def _chain_holds_together(self) -> Self:
        conflicts = list(chain_conflicts(self.chain, self.video, self.rate_per_s)) if self.chain else []
        networks = [step.network for step in self.chain if step.network is not None]
        if self.chain and networks[:1] != [self.model]:
            got = networks[0] if networks else "no network"
            conflicts.append(Conflict(("chain",), f"{self.model} as the first network", got))
        camera_per_s = self.video.rate_per_s if self.video else None
        if camera_per_s is not None and self.rate_per_s > camera_per_s:
            expected = f"at most the {camera_per_s:g} frames a second that the camera sends (`video.rate`)"
            conflicts.append(Conflict(("rate",), expected, f"{self.rate_per_s:g} /s", of_values=True))
        if conflicts:
            raise refuse_all(conflicts)
        return self

    @property
    def models(self) -> tuple[str, ...]:
        """Every network that its frames go through, the first one first, each once."""
        chained = (step.network for step in self.chain if step.network is not None)
        return tuple(dict.fromkeys((self.model, *chained)))

    @property
    def chained(self) -> bool:
        """Whether more happens to its frames than one network."""
        return self.video is not None or bool(self.chain)

    @model_validator(mode="after")
    def _jitter_keeps_order(self) -> Self:
        if self.arrivals != "periodic" and self.jitter_s:
            raise refuse(f"no jitter with {self.arrivals} arrivals", f"{self.jitter_s} s")
        if self.jitter_s > 0.5 / self.rate_per_s:
            raise refuse(
                f"jitter of at most half a period, {0.5 / self.rate_per_s:.4g} s", f"{self.jitter_s} s"
            )
        return self
