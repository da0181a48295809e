"""Schema of `hardware_db/surroundings/coolers.yaml`: what is taken of a cooler by its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.cooler import CoolerKind
from planner.schema.hardware.device import Form
from planner.schema.hardware.source import Source
from planner.schema.reading.quantity import Ratio, Seconds, Sourced, SourcedBlock, source_conflicts
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all


class Spread(SourcedBlock):
    """What a resistance may be at least and at most, as ratios of the one stated: a band of 90 %."""

    low_ratio: Sourced[Ratio]
    high_ratio: Sourced[Ratio]


@dataclass(frozen=True, slots=True)
class Division:
    """How a cooler divides into two stores: the die's share of the resistance, and its time constant."""

    die_ratio: float
    die_time_s: float

    def heat_capacity_j_per_k(self, sink_s: float, resistance_k_per_w: float) -> float:
        """Of die and sink together, where the sink has this time constant against the air."""
        inner = self.die_ratio * resistance_k_per_w
        return sink_s / (resistance_k_per_w - inner) + self.die_time_s / inner


class KindOfCooler(Spread):
    """A kind of cooler: how an assumed resistance of it is spread, and how it divides into two stores."""

    die_ratio: Sourced[Ratio] | None = None
    """The share of the resistance between the die and the sink; one store where it is not stated."""
    die_time_s: Sourced[Seconds] | None = None
    module_die_ratio: Sourced[Ratio] | None = None
    """The same share where the part is a module, whose plate lies between die and sink; else as above."""
    sink_time_s: Sourced[Seconds] | None = None
    """Of the sink against the air; what an assumed heat capacity of this kind in a part's file rests on."""

    def divided(self, form: Form) -> Division | None:
        """How a cooler of this kind divides under a part of a form; None where it is one store."""
        if self.die_ratio is None or self.die_time_s is None:
            return None
        of_module = self.module_die_ratio if form == "module" else None
        return Division((of_module or self.die_ratio).value, self.die_time_s.value)


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
