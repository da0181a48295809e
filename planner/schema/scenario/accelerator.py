"""A device that a scenario gives by numbers, in place of a part and a network."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.reading.quantity import (
    Celsius,
    JoulePerKelvin,
    Kelvin,
    KelvinPerWatt,
    Ratio,
    Seconds,
    Watts,
    refuse,
)
from planner.schema.reading.strict import StrictModel

Share = Annotated[Ratio, Field(le=1.0)]
LARGEST_W = 100_000.0
"""No single device draws more: a rack of servers does not."""
SYNTHETIC = "synthetic"
"""What streams write as their `model` when the scenario gives the service time itself."""


class HeatStorePlain(StrictModel):
    """One store of heat from the die outwards, and the resistance to the next."""

    heat_capacity_j_per_k: Annotated[JoulePerKelvin, Field(gt=0)]
    resistance_k_per_w: Annotated[KelvinPerWatt, Field(gt=0)]


class AcceleratorFan(StrictModel):
    """A fan on the device: its speed below the first trip, and from each trip on."""

    trips_c: list[Celsius]
    speeds_ratio: list[Annotated[Ratio, Field(gt=0, le=1)]] = Field(min_length=1)
    hysteresis_k: Kelvin
    rated_w: Watts
    fixed_ratio: Annotated[Ratio, Field(ge=0, le=1)] = 0.0
    """The share of the outermost resistance that the fan does not move."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if len(self.speeds_ratio) != len(self.trips_c) + 1:
            raise refuse(f"{len(self.trips_c) + 1} speeds, one more than trips", len(self.speeds_ratio))
        if self.trips_c != sorted(set(self.trips_c)):
            raise refuse("trips that rise", ", ".join(f"{trip_c:g} degC" for trip_c in self.trips_c))
        if self.speeds_ratio != sorted(set(self.speeds_ratio)):
            speeds = ", ".join(f"{100 * speed:g} %" for speed in self.speeds_ratio)
            raise refuse("speeds that rise from trip to trip", speeds)
        return self


class ClockCapPlain(StrictModel):
    """A temperature from which on the clock is at most so much."""

    at_c: Celsius
    clock_ratio: Annotated[Ratio, Field(gt=0, lt=1)]


class LeakageGrowth(StrictModel):
    """Power that doubles over some kelvins of the die's temperature, on top of idle."""

    reference_w: Watts
    at_c: Celsius
    doubles_over_k: Annotated[Kelvin, Field(ge=1, le=1000)]


class ServedNetwork(StrictModel):
    """One of several networks that a device given by numbers serves."""

    batches_s: list[Annotated[Seconds, Field(gt=0)]] = Field(min_length=1, max_length=256)
    """Time of a batch of one, of two and so on, at full clock."""
    serving_w: Annotated[Watts, Field(le=LARGEST_W)] | None = None
    """Power of the whole device meanwhile; the device's unless given."""


class Accelerator(StrictModel):
    """A device given by what it does, in place of a part and a network."""

    name: str = "synthetic device"
    service_s: Annotated[Seconds, Field(gt=0)] | None = None
    """Time of one request at full clock; requests are served one by one."""
    batches_s: list[Annotated[Seconds, Field(gt=0)]] | None = Field(
        default=None, min_length=1, max_length=256
    )
    """In place of `service`: time of a batch of one, of two and so on."""
    networks: dict[str, ServedNetwork] = Field(default_factory=dict)
    """In place of both: several networks, by the streams' `model`."""
    instances: int = Field(default=1, ge=1, le=1000)
    """Units of the device that serve side by side."""
    distribution: Literal["deterministic", "exponential"] = "deterministic"
    clocked_ratio: Share = 1.0
    """The part of the service time that grows as the clock falls."""
    idle_w: Annotated[Watts, Field(le=LARGEST_W)]
    serving_w: Annotated[Watts, Field(le=LARGEST_W)]
    """Power of the whole device while it serves, without leakage."""
    resistance_k_per_w: Annotated[KelvinPerWatt, Field(gt=0)]
    heat_capacity_j_per_k: Annotated[JoulePerKelvin, Field(gt=0)]
    throttle_c: Celsius
    shutdown_c: Celsius
    hysteresis_k: Kelvin
    throttled_clock_ratio: Share
    leakage: LeakageGrowth | None = None
    clock_steps_ratio: list[Annotated[Ratio, Field(gt=0, lt=1)]] = Field(default_factory=list)
    """Clocks between full and the slowest, fastest first."""
    caps: list[ClockCapPlain] = Field(default_factory=list)
    """Limits beside the steps, the coolest first."""
    stores: list[HeatStorePlain] = Field(default_factory=list)
    """The whole divided, the die first; one store unless given."""
    fan: AcceleratorFan | None = None
    power_cap_w: Annotated[Watts, Field(gt=0)] | None = None
    note: str
    """Where the numbers come from."""

    @model_validator(mode="after")
    def _served_one_way(self) -> Self:
        given = [name for name in ("service_s", "batches_s", "networks") if getattr(self, name)]
        if len(given) != 1:
            got = ", ".join(name.removesuffix("_s") for name in given) or "none"
            raise refuse("one of `service`, `batches` and `networks`", got)
        powers = [network.serving_w for network in self.networks.values() if network.serving_w is not None]
        if any(power_w < self.idle_w for power_w in powers):
            raise refuse(f"serving power of at least the idle {self.idle_w:g} W", f"{min(powers):g} W")
        return self

    @property
    def served(self) -> dict[str, ServedNetwork]:
        """Every network by the streams' `model`, with its times by batch."""
        if self.networks:
            return self.networks
        times_s = self.batches_s if self.service_s is None else [self.service_s]
        return {SYNTHETIC: ServedNetwork.model_construct(batches_s=times_s or [])}

    @model_validator(mode="after")
    def _heat_fits(self) -> Self:
        if self.throttle_c >= self.shutdown_c:
            raise refuse(f"a throttle below the shutdown of {self.shutdown_c:g} degC", self.throttle_c)
        if not 0 < self.throttled_clock_ratio <= 1:
            raise refuse("a throttled_clock above 0 %", self.throttled_clock_ratio)
        clocks = [1.0, *self.clock_steps_ratio, self.throttled_clock_ratio]
        if self.clock_steps_ratio and clocks != sorted(set(clocks), reverse=True):
            raise refuse("clock_steps that fall from 100 % to throttled_clock", self.clock_steps_ratio)
        caps = [(cap.at_c, -cap.clock_ratio) for cap in self.caps]
        if caps != sorted(set(caps)) or any(cap.clock_ratio < clocks[-1] for cap in self.caps):
            raise refuse("caps that fall as the temperature rises, to throttled_clock at most", caps)
        for name in ("resistance_k_per_w", "heat_capacity_j_per_k"):
            whole, parts = getattr(self, name), sum(getattr(store, name) for store in self.stores)
            if self.stores and abs(parts - whole) > 0.005 * whole:
                raise refuse(f"stores that add up to the {name.rsplit('_', 3)[0]} of {whole:g}", parts)
        return self

    @model_validator(mode="after")
    def _powers_rise(self) -> Self:
        if self.serving_w < self.idle_w:
            raise refuse(f"serving power of at least the idle {self.idle_w:g} W", f"{self.serving_w:g} W")
        return self


def refuse_model(model: str, given: Accelerator | None) -> None:
    """Refuse a stream's network that a device by numbers does not serve, or that needs such a device."""
    served = given.served if given is not None else {}
    if served and SYNTHETIC not in served and model not in served:
        raise refuse(f"a network of `deployment.synthetic`: {', '.join(served)}", model)
    if (model == SYNTHETIC) != (SYNTHETIC in served):
        raise refuse(f"`model: {SYNTHETIC}` in every stream, and only, with `deployment.synthetic`", model)
