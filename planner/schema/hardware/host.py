"""Computers that parts sit in: what a part needs of one, and schema of `hardware_db/hosts/<id>.yaml`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.source import Source
from planner.schema.reading.quantity import (
    Money,
    Sourced,
    SourcedBlock,
    Watts,
    source_conflicts,
)
from planner.schema.reading.strict import StrictModel, refuse_all

Attachment = Literal["m2", "usb", "pcie", "oam", "sxm"]


class NeedsHost(SourcedBlock):
    """What a part that is no computer needs of one: slots, and lanes and generation of the link."""

    attachment: Attachment
    slots: Sourced[int]
    lanes: Sourced[int]
    generation: Sourced[int]


class HostSlots(SourcedBlock):
    """Slots of one kind, and the lanes and generation of each."""

    count: Sourced[int]
    lanes: Sourced[int]
    generation: Sourced[int]


class HostPrice(StrictModel):
    """What the host costs, without the parts in it."""

    amount_money: Sourced[Money]
    date: str


class HostMachine(StrictModel):
    """A computer that takes accelerators."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    name: str
    default_for: list[Attachment]
    """Kinds of parts that are put in it where a scenario names no host."""
    processor: str | None = None
    """The part of the database whose cores and decoders work for what is put in it."""
    sources: dict[str, Source]
    slots: dict[Attachment, HostSlots] = Field(min_length=1)
    price: HostPrice
    power_w: Sourced[Watts]
    """At the plug, without the parts in it, while it feeds them."""
    rack_units: Sourced[float]

    @model_validator(mode="after")
    def _sources_exist(self) -> Self:
        conflicts = list(source_conflicts(self, self.sources))
        if conflicts:
            raise refuse_all(conflicts)
        return self
