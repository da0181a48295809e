"""What heat passes on its way from a die to the room: stores and resistances, a fan, the air's detours."""

from __future__ import annotations

from dataclasses import dataclass

from planner.rack.description.checks import Checks


@dataclass(frozen=True, slots=True)
class HeatNode:
    """One store of heat on the way from the die to the air, and the resistance to the next one outwards."""

    heat_capacity_j_per_k: float
    resistance_k_per_w: float

    def __post_init__(self) -> None:
        checks = Checks("heat node")
        checks.positive(
            heat_capacity_j_per_k=self.heat_capacity_j_per_k, resistance_k_per_w=self.resistance_k_per_w
        )
        checks.finish()


@dataclass(frozen=True, slots=True)
class ClockCap:
    """From this temperature on the clock is at most so much of full clock."""

    at_c: float
    clock: float

    def __post_init__(self) -> None:
        checks = Checks("clock cap")
        checks.finite(at_c=self.at_c)
        checks.require(0 < self.clock < 1, "clock", "a ratio above 0 and below 1", self.clock)
        checks.finish()


@dataclass(frozen=True, slots=True)
class DeviceFan:
    """A fan on the device that turns faster at each trip.

    `speeds[0]` is the share of full speed below `trips_c[0]`, `speeds[i]` the one from `trips_c[i - 1]` on;
    a speed is left again `hysteresis_k` below its trip. At full speed the outermost resistance is as stated
    and the fan draws `rated_w`; at a share n of it the part `1 - fixed_share` of that resistance is divided
    by n ** `exponent` (forced convection) and the power falls as n ** 3 (fan laws).
    """

    trips_c: tuple[float, ...]
    speeds: tuple[float, ...]
    hysteresis_k: float
    rated_w: float
    fixed_share: float = 0.0
    exponent: float = 0.8

    def __post_init__(self) -> None:
        checks = Checks("device fan")
        count = len(self.trips_c) + 1
        checks.require(len(self.speeds) == count, "speeds", f"{count}, one more than trips", len(self.speeds))
        checks.finite(**{f"trips_c[{i}]": trip_c for i, trip_c in enumerate(self.trips_c)})
        checks.rising(trips_c=self.trips_c, speeds=(0.0, *self.speeds))
        checks.between(0, 1, **{"speeds[-1]": self.speeds[-1] if self.speeds else 1.0})
        checks.non_negative(hysteresis_k=self.hysteresis_k, rated_w=self.rated_w, exponent=self.exponent)
        checks.between(0, 1, fixed_share=self.fixed_share)
        checks.finish()


@dataclass(frozen=True, slots=True)
class VerticalRecirculation:
    """Where exhaust goes in a rack in which hot air rises: back to its own inlet and to those above.

    `own` of each device's exhaust returns to its own inlet; `above` of that of the lowest device goes to the
    inlets above it, each next one taking `decay` times as much as the one below (1 spreads it evenly).
    """

    own: float
    above: float
    decay: float

    def __post_init__(self) -> None:
        checks = Checks("vertical recirculation")
        checks.non_negative(own=self.own, above=self.above)
        checks.require(0 < self.decay <= 1, "decay", "a ratio above 0 and at most 1", self.decay)
        checks.require(
            self.own + self.above < 1, "own + above", "a share below 1 in all", self.own + self.above
        )
        checks.finish()
