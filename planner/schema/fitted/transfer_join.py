"""Schema of `hardware_db/transfers/join.yaml`: how published rows are matched."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.engine import VersionText
from planner.schema.hardware.measurements import Alias
from planner.schema.reading.quantity import refuse
from planner.schema.reading.strict import StrictModel


class Clocks(StrictModel):
    """Patterns that find clocks in Hz (or MHz in a mode's name) in what a publisher notes."""

    why: str
    gpu: str
    dla: str
    memory: str
    gpu_mode: str


class SourceProfile(StrictModel):
    """A way of measuring that rows of these id prefixes share."""

    id: str
    rows: list[str] = Field(min_length=1)
    why: str
    caller: bool = False
    """Whether a program around the engine is in the figures."""
    bare_heads: bool = False
    """Whether networks end at their last convolutions and products: nothing that only decodes is timed."""


class ExcludedRows(StrictModel):
    """Rows of one id prefix that say nothing about an engine alone, and why."""

    rows: str
    reason: str


class LeftOutNetworks(StrictModel):
    """Networks that the model does not cover, and why."""

    names: list[str] = Field(min_length=1)
    reason: str


class LeftOutParts(StrictModel):
    """Parts that no fit may see until their blind score is kept, and why."""

    names: list[str] = Field(min_length=1)
    reason: str


class PublishedVersion(StrictModel):
    """Which version of an engine rows ran: that of a text in their column, or of all that a prefix names."""

    engine: str
    published: str | None = None
    """Regular expression; the first that matches decides."""
    rows: str | None = None
    """Prefix of ids, for rows whose column says nothing that matches."""
    version: VersionText | None = None
    """Left out, the first group of the expression."""
    why: str

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.published is None) == (self.rows is None) or (self.rows and self.version is None):
            raise refuse("`published`, or `rows` with `version`", "neither or both")
        return self


class OwnKernels(StrictModel):
    """Networks that a publisher built anew with kernels of his own: whatever an engine joins runs joined."""

    rows: str
    networks: list[str] = Field(min_length=1)
    """Shell patterns of names."""
    why: str


class NetworkFamily(StrictModel):
    """Networks that share their building blocks; left out together when a prediction is judged."""

    family: str
    names: list[str] = Field(min_length=1)


class JoinRules(StrictModel):
    """All rules of the match."""

    schema_version: Literal[1] = Field(alias="schema")
    engines: list[Alias]
    precisions: list[Alias]
    power_modes: list[Alias]
    statistics: list[str]
    clocks: Clocks
    profiles: list[SourceProfile]
    left_out: list[ExcludedRows]
    left_out_networks: list[LeftOutNetworks]
    left_out_parts: list[LeftOutParts] = Field(default_factory=list)
    networks: list[NetworkFamily]
    engine_versions: list[PublishedVersion] = Field(default_factory=list)
    own_kernels: list[OwnKernels] = Field(default_factory=list)
