"""Schema of `hardware_db/surroundings/limits.yaml`: what is taken where a scenario does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.source import Source
from planner.schema.reading.quantity import (
    Celsius,
    Ratio,
    Sourced,
    SourcedBlock,
    source_conflicts,
)
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all

InletClassName = Literal["A1", "A2", "A3", "A4", "TS2"]


class RatioBand(SourcedBlock):
    """Low, usual and high value of a ratio."""

    low_ratio: Sourced[Ratio]
    mid_ratio: Sourced[Ratio]
    high_ratio: Sourced[Ratio]


class ThinAir(SourcedBlock):
    """How a resistance to the air rises as the air gets thinner."""

    exponent: Sourced[float]


class DefaultInlet(SourcedBlock):
    """The class of a site that states none, and the warmest inlet that any class allows."""

    default_class: InletClassName
    widest_c: Sourced[Celsius]


class DefaultExhaust(SourcedBlock):
    """The warmest exhaust that what lies in it usually stands, and the warmest that anything does."""

    usual_c: Sourced[Celsius]
    widest_c: Sourced[Celsius]


class DefaultGear(SourcedBlock):
    """The warmest air that gear usually stands, and the warmest that any of its kind does."""

    highest_c: Sourced[Celsius]
    widest_c: Sourced[Celsius]


class Surroundings(StrictModel):
    """All of it."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    sources: dict[str, Source]
    thin_air: ThinAir
    inlet: DefaultInlet
    exhaust: DefaultExhaust
    gear: dict[str, DefaultGear]
    supply: RatioBand
    """Power given over power taken."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        conflicts = [*source_conflicts(self, self.sources), *self._bands()]
        if conflicts:
            raise refuse_all(conflicts)
        return self

    def _bands(self) -> Iterator[Conflict]:
        for name, band in (("supply", self.supply),):
            values = [band.low_ratio.value, band.mid_ratio.value, band.high_ratio.value]
            if not 0 < values[0] <= values[1] <= values[2]:
                got = ", ".join(f"{100 * value:g} %" for value in values)
                yield Conflict((name,), "low, mid and high above 0 % that do not fall", got)
