"""Schema of `hardware_db/hidden/costs.yaml`: what runs around inference costs, with sources."""

from __future__ import annotations

from pydantic import Field

from planner.schema.hardware.device import Form, UnitKind
from planner.schema.hardware.source import SourcedFile
from planner.schema.reading.quantity import (
    Ratio,
    Seconds,
    Sourced,
    SourcedBlock,
)


class EngineBuild(SourcedBlock):
    """How long engines take to get a network ready before its first inference; not part of any inference."""

    engines: list[str] = Field(min_length=1)
    forms: list[Form] = Field(min_length=1)
    ahead: bool
    """Whether the result can be kept in a file, so that it is paid once and not at every start."""
    low_s: Sourced[Seconds]
    mid_s: Sourced[Seconds]
    high_s: Sourced[Seconds]
    reason: str


class FirstRun(SourcedBlock):
    """What the first inference takes beyond the later ones, as somebody saw it once."""

    engines: list[str] = Field(min_length=1)
    unit_kinds: list[UnitKind] = Field(min_length=1)
    mid_s: Sourced[Seconds]
    reason: str


class SharedMemory(SourcedBlock):
    """Why units in the host's memory need no copies."""

    reason: str


class CrossingCost(SourcedBlock):
    """What it costs to go on with a network on another unit of the part, whatever is handed over."""

    low_s: Sourced[Seconds]
    mid_s: Sourced[Seconds]
    high_s: Sourced[Seconds]


class Reformat(SourcedBlock):
    """Conversions between number formats as kernels of their own."""

    high_factor_ratio: Sourced[Ratio]
    """High end over a launch and the traffic at the memory's rate."""


class ImageSteps(SourcedBlock):
    """Resizing and normalising one image before, and reading out a classification after inference."""

    unit_kinds: list[UnitKind] = Field(min_length=1)
    forms: list[Form] = Field(min_length=1)
    pixels: Sourced[int]
    before_s: Sourced[Seconds]
    after_s: Sourced[Seconds]
    answers: Sourced[int]
    """Most numbers an image that a classification answers with."""
    spread_ratio: Sourced[Ratio]
    """The ends of the band are the middle over and times this."""
    reason: str


class OverheadCatalog(SourcedFile):
    """All of them."""

    engine_build: list[EngineBuild]
    first_run: list[FirstRun]
    shared_memory: SharedMemory
    crossing: CrossingCost
    reformat: Reformat
    image_steps: ImageSteps
