"""The heat of a part as its file states it: resistances, stores, trips, its own fan, its power cap."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pydantic import Field

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

_SUM_TOLERANCE = 0.005
"""By how much the stores may miss the whole, so that rounded numbers can be written."""


class JunctionLeakage(SourcedBlock):
    """Power on top of idle that doubles over some kelvins of the junction's temperature."""

    reference_w: Sourced[Watts]
    at_c: Sourced[Celsius]
    doubles_over_k: Sourced[Kelvin]


class HeatStore(SourcedBlock):
    """One store of heat on the way from the junction to the air, and the resistance to the next outwards."""

    heat_capacity_j_per_k: Sourced[JoulePerKelvin]
    resistance_k_per_w: Sourced[KelvinPerWatt]


class OwnFan(SourcedBlock):
    """The part's own fan: its speed below the first trip and from each trip on."""

    trips_c: list[Sourced[Celsius]]
    speeds_ratio: list[Sourced[Ratio]] = Field(min_length=1)
    hysteresis_k: Sourced[Kelvin]
    rated_w: Sourced[Watts]
    """At full speed; the outermost resistance is stated for that too."""
    fixed_ratio: Sourced[Ratio] | None = None
    """The share of the outermost resistance that the fan does not move; none unless said."""


class ThermalSpec(SourcedBlock):
    """Thermal resistance from the junction to the inlet air in all, its stores where known, and the trips."""

    resistance_k_per_w: Sourced[KelvinPerWatt]
    heat_capacity_j_per_k: Sourced[JoulePerKelvin]
    throttle_c: Sourced[Celsius]
    shutdown_c: Sourced[Celsius]
    hysteresis_k: Sourced[Kelvin]
    throttled_clock_ratio: Sourced[Ratio]
    """The slowest clock that throttling goes down to."""
    clock_steps_ratio: list[Sourced[Ratio]] = Field(default_factory=list)
    """Clocks between full and the slowest, fastest first; throttling takes one a second."""
    leakage: JunctionLeakage | None = None
    """Unknown unless given, which every simulation says."""
    stores: list[HeatStore] = Field(default_factory=list)
    """The whole divided into stores, the die first; one store unless given."""
    fan: OwnFan | None = None
    power_cap_w: Sourced[Watts] | None = None
    """Mean power of a second above which the clock goes down a step (over-current throttling)."""


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
    yield from _store_conflicts(thermal)
    yield from _fan_conflicts(thermal)


def _store_conflicts(thermal: ThermalSpec) -> Iterator[Conflict]:
    if not thermal.stores:
        return
    for name, unit in (("resistance_k_per_w", "K/W"), ("heat_capacity_j_per_k", "J/K")):
        values = [getattr(store, name).value for store in thermal.stores]
        whole = getattr(thermal, name).value
        if min(values) <= 0:
            yield Conflict(("thermal", "stores"), f"each above 0 {unit}", f"{min(values):g} {unit}")
        elif abs(sum(values) - whole) > _SUM_TOLERANCE * whole:
            expected = f"{whole:g} {unit} in all, as `{name.rsplit('_', 3)[0]}` says"
            yield Conflict(("thermal", "stores"), expected, f"{sum(values):g} {unit}", of_values=True)


def _fan_conflicts(thermal: ThermalSpec) -> Iterator[Conflict]:
    fan = thermal.fan
    if fan is None:
        return
    trips_c, speeds = [trip.value for trip in fan.trips_c], [speed.value for speed in fan.speeds_ratio]
    where = ("thermal", "fan")
    if len(speeds) != len(trips_c) + 1:
        yield Conflict((*where, "speeds"), f"{len(trips_c) + 1}, one more than trips", str(len(speeds)))
    if not all(lower < upper for lower, upper in pairwise(trips_c)):
        yield Conflict((*where, "trips"), "trips that rise", ", ".join(f"{t:g} degC" for t in trips_c))
    if not all(lower < upper for lower, upper in pairwise((0.0, *speeds))) or speeds[-1] > 1:
        got = ", ".join(f"{100 * speed:g} %" for speed in speeds)
        yield Conflict((*where, "speeds"), "speeds above 0 % that rise to at most 100 %", got)
    if fan.fixed_ratio is not None and not 0 <= fan.fixed_ratio.value <= 1:
        got = f"{100 * fan.fixed_ratio.value:g} %"
        yield Conflict((*where, "fixed"), "a share from 0 to 100 %", got)
