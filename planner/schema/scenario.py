"""What may stand in `scenarios/<id>.yaml`: the streams, the candidates, the site, the limits and the run."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.device import Form, PrecisionName
from planner.schema.quantity import (
    Celsius,
    CubicMetrePerSecond,
    EnergyPrice,
    Metres,
    Money,
    PerSecond,
    Ratio,
    Seconds,
    Watts,
    refuse,
)
from planner.schema.rack_study import (
    SYNTHETIC,
    Accelerator,
    ClockScaling,
    Density,
    Failures,
    Offload,
    RisingExhaust,
    SealedCabinet,
    Update,
)
from planner.schema.strict import StrictModel

Share = Annotated[Ratio, Field(le=1.0)]


class Slo(StrictModel):
    """The service level: this share of requests is answered within this time."""

    latency_s: Seconds
    quantile_ratio: Share = 0.99


class Stream(StrictModel):
    """A group of like sources that send frames or requests to one network."""

    name: str = Field(min_length=1)
    count: int = Field(ge=1)
    model: str
    arrivals: Literal["periodic", "poisson"]
    rate_per_s: Annotated[PerSecond, Field(gt=0)]
    jitter_s: Seconds = 0.0
    slo: Slo
    queue_limit: int | None = Field(default=None, ge=1)


class Candidates(StrictModel):
    """Which parts, in which modes and precisions, at which batch sizes."""

    devices: list[str] = Field(min_length=1)
    """Device ids or globs such as `jetson-*`."""
    modes: Literal["default", "all"] | list[str] = "default"
    precisions: list[PrecisionName] = Field(min_length=1)
    max_batch: int = Field(default=1, ge=1, le=256)
    max_wait_s: Seconds = 0.0
    """How long a batch may wait to fill."""


class Carrier(StrictModel):
    """What parts of one form sit in: carrier board, host server, enclosure share."""

    slots: int = Field(default=1, ge=1)
    power_w: Watts
    price_money: Money
    rack_units: float = Field(gt=0)
    note: str


class Site(StrictModel):
    """The rack and the room around it."""

    supply_c: Celsius
    airflow_m3_per_s: Annotated[CubicMetrePerSecond, Field(gt=0)]
    recirculation_ratio: Share
    fan_w: Watts
    rack_units: float = Field(gt=0)
    power_limit_w: Annotated[Watts, Field(gt=0)]
    pue: float = Field(ge=1.0)
    """Facility energy over IT energy; cooling and losses."""
    carriers: dict[Form, Carrier]
    altitude_m: Annotated[Metres, Field(le=3050)] = 0.0
    sealed: SealedCabinet | None = None
    rising_exhaust: RisingExhaust | None = None

    @model_validator(mode="after")
    def _one_way_back(self) -> Self:
        if self.sealed and self.recirculation_ratio != 1:
            raise refuse("recirculation of 100 % in a sealed cabinet", f"{self.recirculation_ratio:.0%}")
        if self.rising_exhaust and self.recirculation_ratio != 0:
            expected = "recirculation of 0 % beside `rising_exhaust`, which says where exhaust goes"
            raise refuse(expected, f"{self.recirculation_ratio:.0%}")
        if self.sealed and self.rising_exhaust:
            raise refuse("either `sealed` or `rising_exhaust`", "both")
        return self


class MoneyTerms(StrictModel):
    """Currency, budget and prices that the plan is costed with."""

    currency: str = Field(pattern="^[A-Z]{3}$")
    budget_money: Money | None = None
    electricity_money_per_j: EnergyPrice
    horizon_years: float = Field(gt=0)
    exchange_rates: dict[str, float] = Field(default_factory=dict)
    """Price of one unit of another currency in the scenario's currency."""

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        if self.budget_money and self.budget_money.currency != self.currency:
            raise refuse(f"budget in {self.currency}", self.budget_money.currency)
        if self.electricity_money_per_j.currency != self.currency:
            raise refuse(f"electricity in {self.currency}", self.electricity_money_per_j.currency)
        return self


class Planning(StrictModel):
    """How careful the plan is."""

    utilisation_limit_ratio: Annotated[Ratio, Field(gt=0, lt=1)] = 0.7
    spares: int = Field(default=0, ge=0)
    plan_for: Literal["typical", "cautious"] = "cautious"
    """Which latency the count rests on: the middle of the planning band or its high end."""


class Simulation(StrictModel):
    """How long and how often the rack is simulated."""

    duration_s: Annotated[Seconds, Field(gt=0)]
    warmup_s: Seconds
    replications: int = Field(ge=2)
    seed: int = Field(ge=0)
    dispatch: Literal["shortest_queue", "round_robin", "central_queue"] = "shortest_queue"

    @model_validator(mode="after")
    def _warm(self) -> Self:
        if self.warmup_s >= self.duration_s:
            raise refuse("warmup shorter than duration", f"{self.warmup_s} s of {self.duration_s} s")
        return self


class Deployment(StrictModel):
    """A rack that is given and not searched for: of a part, or of a device given by numbers."""

    device: str | None = None
    count: int = Field(ge=1)
    mode: str | None = None
    precision: PrecisionName | None = None
    synthetic: Accelerator | None = None

    @model_validator(mode="after")
    def _one_device(self) -> Self:
        if (self.device is None) == (self.synthetic is None):
            raise refuse("either `device` or `synthetic`", "both" if self.device else "neither")
        return self


class Scenario(StrictModel):
    """One question a user asks, whole."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    title: str
    question: str
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    streams: list[Stream] = Field(min_length=1)
    candidates: Candidates
    site: Site
    money: MoneyTerms
    planning: Planning = Field(default_factory=Planning)
    simulation: Simulation
    deployment: Deployment | None = None
    density: Density | None = None
    update: Update | None = None
    clock_scaling: ClockScaling | None = None
    failures: Failures | None = None
    offload: Offload | None = None
    notes: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [stream.name for stream in self.streams]
        if len(set(names)) != len(names):
            raise refuse("stream names that differ", sorted(names))
        return self

    @property
    def synthetic(self) -> Accelerator | None:
        """The device given by numbers, where the scenario has one."""
        return self.deployment.synthetic if self.deployment else None

    @model_validator(mode="after")
    def _synthetic_everywhere(self) -> Self:
        for stream in self.streams:
            if (stream.model == SYNTHETIC) != (self.synthetic is not None):
                expected = f"`model: {SYNTHETIC}` in every stream, and only, with `deployment.synthetic`"
                raise refuse(expected, stream.model)
        return self

    @model_validator(mode="after")
    def _offload_in_the_currency(self) -> Self:
        if self.offload and self.offload.price_per_million_money.currency != self.money.currency:
            raise refuse(f"offload priced in {self.money.currency}", self.offload.price_per_million_money)
        return self
