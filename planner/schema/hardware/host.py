"""Computers that parts sit in: what a part needs of one, and schema of `hardware_db/hosts/<id>.yaml`."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from planner.schema.hardware.source import SourcedFile
from planner.schema.reading.quantity import (
    BytesPerSecond,
    Money,
    Ratio,
    Seconds,
    Sourced,
    SourcedBlock,
    Watts,
    refuse,
)
from planner.schema.reading.strict import StrictModel

Attachment = Literal["m2", "usb", "pcie", "oam", "sxm"]
_LINK_ID = re.compile(r"pcie[1-5]x(1|2|4|8|16)|usb[23]")


def _link_id(text: str) -> str:
    if not _LINK_ID.fullmatch(text):
        expected = "a link such as pcie3x4 (generation x lanes), usb2 or usb3"
        raise refuse(expected, text, "pcie3x1")
    return text


LinkId = Annotated[str, AfterValidator(_link_id)]
"""A link to a host: `pcie3x4` is generation 3 with four lanes, `usb3` is USB 3."""


class PartLink(SourcedBlock):
    """Links that a part can have to its host, where they are not simply those of its slot.

    Without `others` a PCIe link works at every lower generation and with fewer lanes, and USB 3 at USB 2.
    """

    delivered: LinkId
    others: list[LinkId] | None = None
    measured_over: LinkId | None = None
    """Over which link published rates were measured; the one that is delivered unless given."""
    sets_host: bool = False
    """Whether the host has that link whatever its slot is delivered with: the part, or somebody, sets it."""


class LinkKind(SourcedBlock):
    """What one kind of link carries, and what each transfer over it costs beside its bytes."""

    bus: Literal["pcie", "usb"]
    duplex: Literal["full", "half"]
    """Whether both directions go at once."""
    lanes: list[int] = Field(min_length=1)
    rates_bytes_per_s: dict[str, Sourced[BytesPerSecond]] = Field(min_length=1)
    """Of a lane in one direction, after the line code, by generation."""
    low_share_ratio: Sourced[Ratio]
    mid_share_ratio: Sourced[Ratio]
    high_share_ratio: Sourced[Ratio]
    """What payloads reach of the rate."""
    low_transfer_s: Sourced[Seconds]
    mid_transfer_s: Sourced[Seconds]
    high_transfer_s: Sourced[Seconds]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        shares = (self.low_share_ratio, self.mid_share_ratio, self.high_share_ratio)
        transfers = (self.low_transfer_s, self.mid_transfer_s, self.high_transfer_s)
        for name, ends in (("share", shares), ("transfer", transfers)):
            values = [end.value for end in ends]
            if values != sorted(values):
                raise refuse(f"low, mid and high of {name} in order", ", ".join(f"{v:g}" for v in values))
        if self.low_share_ratio.value <= 0 or self.high_share_ratio.value > 1:
            raise refuse("shares above 0 and up to 100 %", f"{self.high_share_ratio.value:g}")
        return self


class LinkKinds(SourcedFile):
    """`hardware_db/surroundings/links.yaml`."""

    links: dict[str, LinkKind] = Field(min_length=1)


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


class HostMachine(SourcedFile):
    """A computer that takes accelerators."""

    name: str
    default_for: list[Attachment]
    """Kinds of parts that are put in it where a scenario names no host."""
    processor: str | None = None
    """The part of the database whose cores and decoders work for what is put in it."""
    slots: dict[Attachment, HostSlots] = Field(min_length=1)
    price: HostPrice
    power_w: Sourced[Watts]
    """At the plug, without the parts in it, while it feeds them."""
    rack_units: Sourced[float]
