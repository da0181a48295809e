"""A cooler that a scenario states by numbers: one's own, or one that nobody has published."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from planner.schema.hardware.cooler import CoolerKind
from planner.schema.reading.quantity import Celsius, KelvinPerWatt, Kilograms, Money, Seconds, Watts, refuse
from planner.schema.reading.strict import StrictModel
from planner.schema.scenario.accelerator import AcceleratorFan, HeatStorePlain

_SUM_TOLERANCE = 0.005
_J_PER_KG_K = {"aluminium": 897.0, "copper": 385.0}
"""Specific heat at 25 degC: CRC Handbook of Chemistry and Physics, heat capacity of the elements."""


class Reading(StrictModel):
    """What one unit settled at: its power, its temperature and that of the air."""

    power_w: Annotated[Watts, Field(gt=0)]
    temperature_c: Celsius
    ambient_c: Celsius

    @model_validator(mode="after")
    def _warmer(self) -> Self:
        if self.temperature_c <= self.ambient_c:
            raise refuse(f"a temperature above the ambient {self.ambient_c:g} degC", self.temperature_c)
        return self

    @property
    def resistance_k_per_w(self) -> float:
        """Kelvins over the air for each watt."""
        return (self.temperature_c - self.ambient_c) / self.power_w


class StatedRange(StrictModel):
    """What a stated resistance may be at least and at most."""

    low_k_per_w: Annotated[KelvinPerWatt, Field(gt=0)]
    high_k_per_w: Annotated[KelvinPerWatt, Field(gt=0)]


class OwnCooler(StrictModel):
    """A cooler in place of those that the part's file lists: a resistance, or a reading that gives one."""

    resistance_k_per_w: Annotated[KelvinPerWatt, Field(gt=0)] | None = None
    """From the junction to the inlet air, the fan at full speed."""
    measured: Reading | None = None
    time_constant_s: Annotated[Seconds, Field(gt=0)] | None = None
    """Of the sink against the air; that of the part's own cooler unless given."""
    mass_kg: Annotated[Kilograms, Field(gt=0)] | None = None
    """Of the sink, in place of a time constant: with its metal it gives the heat capacity."""
    metal: Literal["aluminium", "copper"] = "aluminium"
    stores: list[HeatStorePlain] = Field(default_factory=list)
    """The whole divided, the die first, in place of a time constant."""
    fan: AcceleratorFan | None = None
    range: StatedRange | None = None
    kind: CoolerKind = "unknown"
    price_money: Money | None = None
    """Of one, where it is bought apart from the part."""
    status: Literal["measured", "assumed"] | None = None
    """`measured` where the resistance was measured on a unit like those of the plan."""
    note: str | None = None

    @model_validator(mode="after")
    def _one_resistance(self) -> Self:
        if (self.resistance_k_per_w is None) == (self.measured is None):
            got = "both" if self.measured else "neither"
            raise refuse("either `resistance: 3.2 K/W` or `measured: {power, temperature, ambient}`", got)
        told = [
            key
            for key, given in (
                ("mass", self.mass_kg),
                ("time_constant", self.time_constant_s),
                ("stores", self.stores or None),
            )
            if given is not None
        ]
        if len(told) > 1:
            raise refuse("one of `mass`, `time_constant` and `stores`", " and ".join(told))
        whole = sum(store.resistance_k_per_w for store in self.stores)
        if self.stores and abs(whole - self.whole_k_per_w) > _SUM_TOLERANCE * self.whole_k_per_w:
            raise refuse(f"stores that add up to {self.whole_k_per_w:g} K/W", f"{whole:g} K/W")
        ends = self.range
        if ends is not None and not ends.low_k_per_w <= self.whole_k_per_w <= ends.high_k_per_w:
            got = f"{ends.low_k_per_w:g} to {ends.high_k_per_w:g} K/W"
            raise refuse(f"a range around {self.whole_k_per_w:g} K/W", got)
        return self

    @property
    def sink_j_per_k(self) -> float | None:
        """Heat capacity of the sink by its mass, m c; None where no mass is given."""
        return None if self.mass_kg is None else self.mass_kg * _J_PER_KG_K[self.metal]

    @property
    def whole_k_per_w(self) -> float:
        """As stated, or as the reading gives it."""
        if self.measured is not None:
            return self.measured.resistance_k_per_w
        return self.resistance_k_per_w or 0.0

    @property
    def known_as(self) -> Literal["measured", "assumed"]:
        """A reading is a measurement; a resistance is one where the scenario says so."""
        return self.status or ("measured" if self.measured else "assumed")


def starts_with_a_number(text: str) -> bool:
    """Whether a cooler is written as a resistance, such as 3.2 K/W, and not by its name."""
    return re.match(r"\s*[-+]?\.?\d", text) is not None


def _written_short(value: object) -> object:
    """A resistance alone is a cooler of that resistance."""
    short = isinstance(value, str) and starts_with_a_number(value)
    return {"resistance": value} if short or isinstance(value, int | float) else value


def _way_it_is_written(value: object) -> str:
    """By name or by numbers: what is wrong with one of them is not compared with the other."""
    return "[name]" if isinstance(value, str) else "[numbers]"


CoolerAsked = Annotated[
    Annotated[str, Tag("[name]")] | Annotated[OwnCooler, Tag("[numbers]")],
    Discriminator(_way_it_is_written),
    BeforeValidator(_written_short),
]
"""A cooler of the part by its id or kind, or one by numbers; `3.2 K/W` alone is one by numbers."""
