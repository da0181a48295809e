"""Schema of `hardware_db/power/system.yaml`: a model of system power fitted on published watts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from planner.schema.fitted.transfer import FittedRows, Parameter
from planner.schema.hardware.device import Form, UnitKind
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all

Common = Literal[
    "carrier_w", "converter", "gaps", "arithmetic", "traffic", "threads", "clock_power", "host_w"
]


class PowerResiduals(StrictModel):
    """How far measured watts lay from predictions with their device left out: measured over predicted."""

    observations: int
    devices: int
    low: float = Field(gt=0)
    high: float = Field(gt=0)


class PowerFamily(StrictModel):
    """A kind of unit in a form of part: the share of the part's dynamic power that it takes when busy."""

    name: str
    unit_kind: UnitKind
    forms: list[Form] = Field(min_length=1)
    words: list[str] = Field(min_length=1)
    """Shell patterns, one of which has to match the unit's name or the part's architecture."""
    share: Parameter
    host: bool = False
    """Whether the measured systems held a host computer beside the part."""
    whole: bool = True
    """Whether the part is a board, or a module on a carrier of its own; else what it sits in is unknown."""
    residuals: PowerResiduals | None = None
    """None where no watts of such a unit were published."""


class PowerClock(StrictModel):
    """The clock's exponent of a part with published runs in several modes, over the common one."""

    part: str
    factor: Parameter


class PowerModel(StrictModel):
    """Parameters of `planner.latency.power`, their priors, the bands and the rows they rest on."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    title: str
    boundary: str
    parameters: dict[Common, Parameter]
    clocks: list[PowerClock] = Field(default_factory=list)
    families: list[PowerFamily] = Field(min_length=1)
    anywhere: PowerResiduals
    """Of all families together: the band of a unit of which no watts were published."""
    level: float = 0.9
    rests_on: FittedRows | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if conflicts := list(self._conflicts()):
            raise refuse_all(conflicts)
        return self

    def _conflicts(self) -> Iterator[Conflict]:
        wanted: set[Common] = set(get_args(Common))
        if missing := sorted(wanted - set(self.parameters)):
            yield Conflict(("parameters",), "all of " + ", ".join(sorted(wanted)), f"no {', '.join(missing)}")
        names = [family.name for family in self.families]
        if len(set(names)) != len(names):
            yield Conflict(("families",), "each name once", ", ".join(names))


class PowerPublisher(StrictModel):
    """A publisher of measured watts, and why it is where it is."""

    publisher: str
    why: str


class PowerSplit(StrictModel):
    """Which publishers of `hardware_db/power/published.csv` a fit may use: written before the first fit."""

    schema_version: Literal[1] = Field(alias="schema")
    left_out: list[PowerPublisher] = Field(min_length=1)
    may_be_fitted: list[PowerPublisher] = Field(min_length=1)
