"""Schema of `hardware_db/surroundings/coolers.yaml`: what is taken of a cooler by its kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.cooler import CoolerKind
from planner.schema.hardware.source import Source
from planner.schema.reading.quantity import Ratio, Seconds, Sourced, SourcedBlock, source_conflicts
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all


class Spread(SourcedBlock):
    """What a resistance may be at least and at most, as ratios of the one stated: a band of 90 %."""

    low_ratio: Sourced[Ratio]
    high_ratio: Sourced[Ratio]


class KindOfCooler(Spread):
    """A kind of cooler: how an assumed resistance of it is spread, and how it divides into two stores."""

    die_ratio: Sourced[Ratio] | None = None
    """The share of the resistance between the die and the sink; one store where it is not stated."""
    die_time_s: Sourced[Seconds] | None = None


class CoolerKinds(StrictModel):
    """All kinds, and the spread of resistances that are not assumed."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    sources: dict[str, Source]
    kinds: dict[CoolerKind, KindOfCooler]
    known: dict[Literal["measured", "own", "stated"], Spread]
    """Published measurements of other units; one's own of a unit; makers' figures and what follows."""

    rise: dict[Literal["assumed", "known"], Spread]
    """What a heat capacity may be, as ratios of the one stated: with it goes the time that a rise takes."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        conflicts = [*source_conflicts(self, self.sources), *self._spreads()]
        if conflicts:
            raise refuse_all(conflicts)
        return self

    def _spreads(self) -> Iterator[Conflict]:
        spreads: list[tuple[str, str, Spread]] = [
            *(("kinds", name, spread) for name, spread in self.kinds.items()),
            *(("known", name, spread) for name, spread in self.known.items()),
            *(("rise", name, spread) for name, spread in self.rise.items()),
        ]
        for group, name, spread in spreads:
            low, high = spread.low_ratio.value, spread.high_ratio.value
            if not 0 < low <= 1 <= high:
                got = f"{100 * low:g} and {100 * high:g} %"
                yield Conflict((group, name), "low and high around 100 %", got)
