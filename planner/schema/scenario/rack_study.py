"""Parts of a scenario that ask about the rack: air, densities, updates, clocks."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.surroundings import InletClassName
from planner.schema.reading.quantity import (
    Bytes,
    BytesPerSecond,
    Celsius,
    CubicMetrePerSecond,
    JoulePerKelvin,
    Kelvin,
    KelvinPerWatt,
    Money,
    Pascals,
    PerSecond,
    Ratio,
    Seconds,
    SquareMetres,
    WattPerKelvin,
    WattPerSquareMetre,
    WattPerSquareMetreKelvin,
    Watts,
    refuse,
)
from planner.schema.reading.strict import StrictModel
from planner.schema.scenario.rack_events import FailuresInRun

Share = Annotated[Ratio, Field(le=1.0)]


class Sun(StrictModel):
    """The sun on a cabinet: what falls on the lit walls, and the share of it that they pass inwards."""

    irradiance_w_per_m2: Annotated[WattPerSquareMetre, Field(le=1500)] = 1000.0
    """On the lit walls; 1000 W/m2 is the standard test condition of IEC 60904-3, a clear noon."""
    lit_m2: Annotated[SquareMetres, Field(gt=0)]
    absorbed_ratio: Share
    """Of a white wall a quarter, of a grey one a half to two thirds, of a dark one nearly all (assumed)."""


class SealedCabinet(StrictModel):
    """A closed cabinet that loses its heat through the walls: as a whole, or by area and coefficient."""

    loss_w_per_k: Annotated[WattPerKelvin, Field(gt=0)] | None = None
    """Area of the walls times their heat transfer coefficient."""
    area_m2: Annotated[SquareMetres, Field(gt=0)] | None = None
    wall_w_per_m2_k: Annotated[WattPerSquareMetreKelvin, Field(gt=0)] = 5.5
    """Of painted steel in still air, as makers of cabinets size with (assumed)."""
    solar_w: Watts = 0.0
    """What the walls take up of the sun and pass inwards, in place of `sun`."""
    sun: Sun | None = None
    heat_capacity_j_per_k: JoulePerKelvin = 0.0
    """Of walls, air and what is in it beside the devices; the inside follows the heat at once without."""

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if (self.loss_w_per_k is None) == (self.area_m2 is None):
            got = "both" if self.area_m2 else "neither"
            raise refuse("either `loss: 9 W/K` or `area: 1.6 m2` of the walls", got)
        if self.sun is not None and self.solar_w:
            raise refuse("either `solar` or `sun`", "both")
        if self.sun is not None and self.area_m2 is not None and self.sun.lit_m2 > self.area_m2:
            raise refuse(f"lit walls of at most the {self.area_m2:g} m2 there are", f"{self.sun.lit_m2:g} m2")
        return self

    @property
    def walls_w_per_k(self) -> float:
        """What the walls lose for each kelvin: as stated, or area times coefficient."""
        return self.loss_w_per_k or (self.area_m2 or 0.0) * self.wall_w_per_m2_k

    @property
    def sun_w(self) -> float:
        """What the sun adds inside: as stated, or irradiance times lit area times what is absorbed."""
        if self.sun is None:
            return self.solar_w
        return self.sun.irradiance_w_per_m2 * self.sun.lit_m2 * self.sun.absorbed_ratio


class RisingExhaust(StrictModel):
    """Where exhaust goes that does not leave: back to its own inlet, and to those above."""

    own_ratio: Share
    above_ratio: Share
    """Of the lowest device's exhaust, all that enters inlets above it."""
    decay_ratio: Annotated[Ratio, Field(gt=0, le=1)]
    """What the next inlet up takes over what the one below it takes."""

    @model_validator(mode="after")
    def _some_leaves(self) -> Self:
        if self.own_ratio + self.above_ratio >= 1:
            raise refuse("`own` and `above` below 100 % in all", self.own_ratio + self.above_ratio)
        return self


class RackFans(StrictModel):
    """Fans of the rack and the resistance of the air path; they make the airflow, by how many devices there
    are.
    """

    count: int = Field(default=1, ge=1)
    stall_pa: Annotated[Pascals, Field(gt=0)]
    """Pressure of one fan at full speed that stops its flow."""
    free_m3_per_s: Annotated[CubicMetrePerSecond, Field(gt=0)]
    """Flow of one fan at full speed with nothing in its way."""
    rated_w: Watts
    """Power of one fan at full speed."""
    speed_ratio: Annotated[Ratio, Field(gt=0, le=1)] = 1.0
    at_m3_per_s: Annotated[CubicMetrePerSecond, Field(gt=0)]
    """The flow at which the two pressures below were measured or stated."""
    empty_pa: Pascals
    """What that flow takes through the empty rack."""
    per_device_pa: Pascals
    """What each device adds."""


class PublishedDensityRow(StrictModel):
    """A published row: devices in the rack, mean temperature rise, power of one device."""

    devices: int = Field(ge=1, le=100_000)
    temperature_rise_k: Annotated[Kelvin, Field(gt=0, le=200)]
    power_per_device_w: Annotated[Watts, Field(gt=0, le=100_000)]


AirflowReading = Literal[
    "site", "best", "constant", "offset", "power_law", "sixth_root", "blocked_fan", "growing_recirculation"
]


class Liquid(StrictModel):
    """Cold plates in place of air: the loop, what a plate resists, and what stays in the air."""

    supply_c: Celsius
    flow_m3_per_s: Annotated[CubicMetrePerSecond, Field(gt=0)]
    plate_k_per_w: Annotated[KelvinPerWatt, Field(gt=0)]
    """From a device's junction to the coolant at the plate's inlet."""
    air_ratio: Share = 0.15
    """Share of the heat that stays in the air."""
    highest_return_c: Celsius


class Control(StrictModel):
    """Settings that change while the rack runs; each is off unless stated."""

    clock: Literal["full", "two_threshold", "pi"] = "full"
    power_cap_w: Annotated[Watts, Field(gt=0)] | None = None
    batching: Literal["max_wait", "full", "to_slo", "adaptive"] = "max_wait"
    scheduler: Literal["none", "naive", "stable"] = "none"
    avoid_hot_c: Celsius | None = None
    forecast_s: Seconds = 0.0
    guard_c: Celsius | None = None


class ConcurrencyRow(StrictModel):
    """A reported row: threads, batch size, throughput and mean latency."""

    threads: int = Field(ge=1)
    batch: int = Field(ge=1)
    throughput_per_s: Annotated[PerSecond, Field(gt=0)]
    latency_s: Annotated[Seconds, Field(gt=0)]


class DensitySpec(StrictModel):
    """How dense the rack may be: the counts to look at, and what the airflow follows."""

    counts: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    most: int | None = Field(default=None, ge=1)
    """The most devices that the search for the limit looks at; four times the largest count unless said."""
    airflow: AirflowReading = "site"
    """`site`, or a airflow model of the published rows."""
    published: list[PublishedDensityRow] = Field(default_factory=list)
    inlet_class: InletClassName | None = None
    liquid: Liquid | None = None

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.airflow != "site" and len({row.devices for row in self.published}) < 3:
            raise refuse(f"three published densities to read `{self.airflow}` from", len(self.published))
        return self


class Update(StrictModel):
    """A model that is sent to every device: whole, or as the difference from the one there."""

    full_bytes: Annotated[Bytes, Field(gt=0)]
    delta_bytes: Annotated[Bytes, Field(gt=0)] | None = None
    """Size of the difference as stated; measured instead where two files are given."""
    old_file: str | None = None
    new_file: str | None = None
    full_interruption_s: Seconds | None = None
    """Interruption of a device as published, for each way; what they determine is worked out."""
    delta_interruption_s: Seconds | None = None
    uplink_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)]
    """Rate of the link that all devices share."""
    verify_and_load_s: Seconds
    """Verification, loading and the first run on one device."""
    apply_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)]
    """Rate at which a device rebuilds the whole file from a difference."""
    hot_swap: bool = False
    """Whether a device serves the old model while it receives and loads the new one."""
    devices: int = Field(ge=1)
    must_serve: int = Field(ge=0)
    """Devices that have to serve at any time."""
    failing_ratio: Share = 0.0
    """Share of updates that fail verification and are rolled back."""

    @model_validator(mode="after")
    def _room(self) -> Self:
        if not self.hot_swap and self.must_serve >= self.devices:
            raise refuse(f"fewer than {self.devices} devices that must serve", self.must_serve)
        if (self.old_file is None) != (self.new_file is None):
            raise refuse("both `old_file` and `new_file`, or neither", self.old_file or self.new_file)
        if self.delta_bytes is None and self.old_file is None:
            raise refuse("`delta`, or `old_file` and `new_file` to measure it from", None)
        return self


class FailuresSpec(FailuresInRun):
    """How often a device fails, how long it is gone, and how often every promise must hold."""

    target_ratio: Annotated[Ratio, Field(gt=0, lt=1)]
    hot_spares: int = Field(default=0, ge=0)
    """Spares beside those of `planning.spares`."""
    replacement_ratio: Ratio = 1.0
    """What a failure costs, as a share of the price of what fails."""


class Offload(StrictModel):
    """A share of the requests that goes to a cloud over a link, as a what-if beside the simulation."""

    share_ratio: Annotated[Share, Field(gt=0)]
    round_trip_s: Seconds
    up_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)]
    down_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)]
    loss_ratio: Annotated[Ratio, Field(lt=1)]
    timeout_s: Seconds
    """After which a lost message is sent again."""
    request_bytes: Bytes
    answer_bytes: Bytes
    service_s: Seconds
    price_per_million_money: Money
    """What the cloud asks for a million requests."""


class LoadProfile(StrictModel):
    """How the load of a device is spread over time: Beta(a, b) between nothing and saturation."""

    name: str
    a: float = Field(gt=0)
    b: float = Field(gt=0)


class ClockScaling(StrictModel):
    """What a two-threshold clock governor saves, over ranges of what is not known."""

    clocks_ratio: list[Annotated[Ratio, Field(gt=0, le=1)]] = Field(min_length=2)
    lower_below_ratio: Share
    raise_above_ratio: Share
    idle_shares_ratio: list[Share] = Field(min_length=1)
    """Idle power over power at saturation."""
    exponents: list[Annotated[float, Field(ge=1, le=3)]] = Field(min_length=1)
    """Power above idle goes as clock to this power: 1 at one voltage, towards 3 when voltage falls too."""
    loads: list[LoadProfile] = Field(min_length=1)
    claimed_low_ratio: Share | None = None
    claimed_high_ratio: Share | None = None

    @model_validator(mode="after")
    def _band(self) -> Self:
        if self.lower_below_ratio >= self.raise_above_ratio:
            raise refuse("`lower_below` under `raise_above`", f"{self.lower_below_ratio:g}")
        if max(self.clocks_ratio) != 1.0:
            raise refuse("full clock, 100 %, among the clocks", self.clocks_ratio)
        return self
