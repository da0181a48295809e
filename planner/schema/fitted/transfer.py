"""Schema of `hardware_db/transfers/<id>.yaml`: a model fitted on published rows, open to review."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.device import UnitKind
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all

NetworkKind = Literal["cnn", "transformer"]
ActsOn = Literal[
    "rate", "winograd", "silu_bytes", "waves", "depth", "depthwise", "bandwidth", "launch", "fixed_us"
]
PublishedFact = Literal["precision", "profile", "unit", "architecture", "form"]
EffectName = Literal[
    "device",
    "device_precision",
    "device_load",
    "device_mode",
    "device_family",
    "network",
    "network_setting",
    "device_network",
    "setting",
]
"""What measured over predicted depends on: the unit; the unit at a precision and with a host overhead; the
unit under small or large batches and at a number of threads; the unit at its clocks; a family of networks on
the unit at a precision; the network; the network at a precision and batch; the network on the unit; and the
rest.
"""


class Parameter(StrictModel):
    """A fitted number: its value, what was thought before looking, and how far off that might have been."""

    value: float = Field(gt=0)
    prior: float = Field(gt=0)
    spread: float = Field(gt=0)
    """Standard deviation of the prior's logarithm; 0.1 is about 10 %."""
    why: str


class ScopedParameter(Parameter):
    """A parameter that holds only where all the facts named match; `fixed_us` adds, the others multiply."""

    name: str
    acts_on: ActsOn
    when: dict[PublishedFact, list[str]] = Field(min_length=1)
    """Fact -> shell patterns, any of which may match."""


class Covers(StrictModel):
    """The units that the model covers: one kind, and words of the unit or architecture that match."""

    unit_kind: UnitKind
    words: list[str] = Field(min_length=1)
    """Shell patterns; one has to match the unit's name or the part's architecture."""


class HostOverhead(StrictModel):
    """Networks whose publishers time them through a program of their own, and the way of measuring it is."""

    profile: str
    networks: list[str] = Field(min_length=1)
    """Shell patterns of names."""
    why: str


class Residuals(StrictModel):
    """How far measurements lay from predictions of devices and network families that were left out."""

    kind: NetworkKind
    observations: int
    low: float = Field(gt=0)
    high: float = Field(gt=0)
    """Measured over predicted: the ends of the band, one-sided quantiles over left-out groups."""
    spread: float = Field(ge=0)
    """Robust standard deviation of the logarithm."""
    publishers: int = 0
    """Publishers left out whole, which the band holds too; 0 where one alone published rows of the kind."""


class AcrossPublishers(StrictModel):
    """What the rows of others narrow, each publisher left out whole in turn."""

    publishers: int
    observations: int
    between: float = Field(ge=0)
    """Standard deviation of the logarithm of one setting's latency between publishers."""
    low: float = Field(gt=0, le=1)
    high: float = Field(gt=0, le=1)
    """Distance of the ends from the middle, in logarithms, over that of the model alone on the same rows."""


class Anchoring(StrictModel):
    """How far effects reach, and how wide a band that anchors narrow has to be."""

    effects: dict[EffectName, Annotated[float, Field(ge=0)]]
    """Standard deviations of the logarithm, estimated on what was left out."""
    low: float = Field(lt=0)
    high: float = Field(gt=0)
    """Ends of the band in conditional deviations: one-sided quantiles over left-out groups."""
    across: AcrossPublishers | None = None
    """Of published measurements; None where no two publishers were there to be left out."""


class Missed(StrictModel):
    """Published over the middle of the datasheet band, of one kind of unit, each unit left out whole."""

    median: float = Field(gt=0)
    low: float = Field(gt=0)
    high: float = Field(gt=0)
    """Ends of a band around the median, in its parts."""
    engines: list[str] = Field(min_length=1)
    """Whose rows they are of."""
    units: int
    observations: int


class SeenNetworks(StrictModel):
    """What so many families of networks of a unit tell of its others."""

    keep: float = Field(gt=0, le=1)
    """Weight of their mean over what units of the kind were missed by."""
    low: float = Field(gt=0, lt=1)
    high: float = Field(gt=1)
    """Ends of measured over predicted, of the others."""
    units: int


class SeenUnits(StrictModel):
    """How much a few networks of a unit without a fitted model tell, by units of the kind in its place."""

    schema_version: Literal[1] = Field(alias="schema")
    kind: UnitKind
    level: float
    between: float
    """Deviation of the logarithm between units."""
    within: float
    """The same between families of networks on one unit."""
    networks: dict[str, SeenNetworks] = Field(min_length=1)
    """By how many families are known; more tell no more than the most."""


class RooflineAnchoring(StrictModel):
    """How the rooflines of datasheets err, of all engines and units that somebody published."""

    schema_version: Literal[1] = Field(alias="schema")
    median_over_roofline: float = Field(gt=0)
    """Published latency over the middle of the datasheet band: median over units and engines."""
    anchoring: Anchoring
    level: float
    observations: int
    units: int
    """Pairs of an engine and a unit."""
    missed: dict[UnitKind, Missed]
    """What the roofline of a unit of which no row was ever seen misses, by its kind."""
    missed_anywhere: Missed
    """The same over all kinds, for an engine of which no row of the kind was seen."""


class FittedRows(StrictModel):
    """The published rows behind a fit."""

    rows: int
    observations: int
    devices: list[str]
    networks: list[str]
    precisions: list[str]
    sources: list[str]
    sha256: str
    """Over the sorted ids of the rows."""


class Transfer(StrictModel):
    """One engine on one family of units: parameters of `planner.latency.transfer.model`, band and origin."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    engine: str
    title: str
    covers: Covers
    constants: dict[str, float] = Field(default_factory=dict)
    """Parameters set and not fitted."""
    parameters: dict[str, Parameter]
    scoped: list[ScopedParameter] = Field(default_factory=list)
    callers: list[HostOverhead] = Field(default_factory=list)
    fitted_classes: list[str] = Field(default_factory=list)
    """Kernel classes with a material share of time among the rows; others widen the band."""
    residuals: list[Residuals] = Field(default_factory=list)
    anchoring: Anchoring | None = None
    """None where too little was left out to distinguish effects."""
    level: float = 0.9
    rests_on: FittedRows | None = None
    """None before the first fit."""

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        if conflicts := list(self._repeated()):
            raise refuse_all(conflicts)
        return self

    def _repeated(self) -> Iterator[Conflict]:
        seen: set[str] = set(self.parameters) | set(self.constants)
        for i, scoped in enumerate(self.scoped):
            if scoped.name in seen:
                yield Conflict(("scoped", i, "name"), "each name once", f"{scoped.name!r} again")
            seen.add(scoped.name)
