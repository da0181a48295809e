"""The heat of a part as its file states it: resistances, stores, trips, its own fan, its power cap."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from planner.schema.hardware.cooler import (
    OWN,
    Cooler,
    HeatStore,
    OwnFan,
    cooler_conflicts,
    with_the_default_cooler,
)
from planner.schema.reading.quantity import (
    Celsius,
    JoulePerKelvin,
    Kelvin,
    KelvinPerWatt,
    Ratio,
    Sourced,
    SourcedBlock,
    Watts,
)
from planner.schema.reading.strict import Conflict


class JunctionLeakage(SourcedBlock):
    """Power on top of idle that doubles over some kelvins of the junction's temperature."""

    reference_w: Sourced[Watts]
    at_c: Sourced[Celsius]
    doubles_over_k: Sourced[Kelvin]


class ClockCapBlock(SourcedBlock):
    """A temperature from which on the clock is at most so much, whatever the steps."""

    at_c: Sourced[Celsius]
    clock_ratio: Sourced[Ratio]


class ThermalSpec(SourcedBlock):
    """The coolers of a part, the numbers of the one in use, and the trips.

    A file states `coolers`, or a resistance and a heat capacity alone, which then are its only cooler.
    """

    resistance_k_per_w: Sourced[KelvinPerWatt]
    heat_capacity_j_per_k: Sourced[JoulePerKelvin]
    throttle_c: Sourced[Celsius]
    shutdown_c: Sourced[Celsius]
    hysteresis_k: Sourced[Kelvin]
    throttled_clock_ratio: Sourced[Ratio]
    """The slowest clock that throttling goes down to."""
    clock_steps_ratio: list[Sourced[Ratio]] = Field(default_factory=list)
    """Clocks between full and the slowest, fastest first; throttling takes one a second."""
    caps: list[ClockCapBlock] = Field(default_factory=list)
    """Soft and hard limits of firmware, the coolest first; left again below the hysteresis."""
    leakage: JunctionLeakage | None = None
    """Unknown unless given, which every simulation says."""
    stores: list[HeatStore] = Field(default_factory=list)
    """The whole divided into stores, the die first; one store unless given."""
    fan: OwnFan | None = None
    power_cap_w: Sourced[Watts] | None = None
    """Mean power of a second above which the clock goes down a step (over-current throttling)."""
    cooler: str = OWN
    """The cooler in use, whose resistance, heat capacity, stores and fan the numbers here are."""
    coolers: list[Cooler] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _default_cooler(cls, value: object) -> object:
        return with_the_default_cooler(value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Neither resistance nor heat capacity is required where coolers are listed."""
        written = super().__get_pydantic_json_schema__(schema, handler)
        whole = handler.resolve_ref_schema(written)
        whole["required"] = [key for key in whole["required"] if key not in ("resistance", "heat_capacity")]
        return written

    def repeats(self) -> frozenset[str]:
        """The numbers of the cooler in use, or the only cooler of a file that names none."""
        if self.cooler == OWN:
            return frozenset({"coolers"})
        return frozenset({"resistance_k_per_w", "heat_capacity_j_per_k", "stores", "fan"})

    @property
    def in_use(self) -> Cooler:
        """The cooler whose numbers these are."""
        return next(item for item in self.coolers if item.id == self.cooler)


def thermal_conflicts(thermal: ThermalSpec) -> Iterator[Conflict]:
    """What does not fit together in one part's heat."""
    throttle_c, shutdown_c = thermal.throttle_c.value, thermal.shutdown_c.value
    if throttle_c >= shutdown_c:
        expected = f"below the shutdown of {shutdown_c:g} degC"
        yield Conflict(("thermal", "throttle"), expected, f"{throttle_c:g} degC", of_values=True)
    clocks = [1.0, *(step.value for step in thermal.clock_steps_ratio), thermal.throttled_clock_ratio.value]
    if thermal.clock_steps_ratio and not all(fast > slow for fast, slow in pairwise(clocks)):
        got = ", ".join(f"{100 * clock:g} %" for clock in clocks[1:])
        yield Conflict(("thermal", "clock_steps"), "clocks that fall from 100 % to throttled_clock", got)
    ats = [cap.at_c.value for cap in thermal.caps]
    ceilings = [cap.clock_ratio.value for cap in thermal.caps]
    if ats != sorted(set(ats)) or ceilings != sorted(set(ceilings), reverse=True):
        got = ", ".join(f"{at:g} degC {100 * to:g} %" for at, to in zip(ats, ceilings, strict=True))
        yield Conflict(("thermal", "caps"), "caps that fall as the temperature rises", got)
    elif ceilings and not clocks[-1] <= ceilings[-1] < 1:
        expected = f"caps below 100 % and from throttled_clock, {100 * clocks[-1]:g} %, on"
        yield Conflict(("thermal", "caps"), expected, f"{100 * ceilings[-1]:g} %", of_values=True)
    yield from cooler_conflicts(thermal.coolers, thermal.cooler)
