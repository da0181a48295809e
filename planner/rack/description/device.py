"""What one device is: what it serves on which of its units, what it draws, how it heats.

Each value refuses nonsense when it is made, all of its problems at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from planner.rack.description.checks import Checks
from planner.rack.description.heat_path import ClockCap, DeviceFan, HeatNode
from planner.rack.description.variation import Replayed, Variation
from planner.schema.hardware.device import UnitKind

ServiceDistribution = Literal["deterministic", "exponential"]
Pool = Literal["host", "copy", "decoder", "scaler", "pipeline"]
"""Where work around inference runs beside the units: cores of the host, engines that copy to and fro, and
what decodes video or resizes frames."""


@dataclass(frozen=True, slots=True)
class Service:
    """How long a device serves a batch of one network, and what it draws meanwhile.

    `batch_s[b - 1]` is the time of a batch of b at full clock; `clocked_share` of it grows as 1/clock and
    the rest (memory) stays. `busy_w` is the power above idle while serving at full clock. `exponential`
    service multiplies the time by a unit-mean exponential draw of the oldest request in the batch: for
    queueing theory, not for devices. `variation` multiplies it by a factor of mean one, which the batches of
    each server remember, or by factors that are replayed.
    """

    network: str
    batch_s: tuple[float, ...]
    clocked_share: float
    busy_w: float
    service_distribution: ServiceDistribution = "deterministic"
    variation: Variation | Replayed | None = None
    tail_s: float = 0.0
    """How long a batch is still under way in a pipeline when the unit takes the next; a step after inference
    of the streams (`StreamGroup.after`) has it in a rack."""

    def __post_init__(self) -> None:
        checks = Checks(f"service of {self.network!r}")
        checks.one_of(get_args(ServiceDistribution), service_distribution=self.service_distribution)
        checks.require(self.batch_s, "batch_s", "the time of a batch of one, of two, ...", "none")
        checks.positive(**{f"batch_s[{i}]": time_s for i, time_s in enumerate(self.batch_s)})
        checks.between(0, 1, clocked_share=self.clocked_share)
        checks.non_negative(busy_w=self.busy_w, tail_s=self.tail_s)
        checks.finish()


@dataclass(frozen=True, slots=True)
class Leakage:
    """Power that grows with temperature, on top of idle power: reference_w * exp(per_k * (T - reference_c)).

    The exponential is confirmed on application processors from 20 to 85 C (De Vogeleer et al.,
    arXiv:1404.3381).
    """

    reference_w: float
    reference_c: float
    per_k: float

    def __post_init__(self) -> None:
        checks = Checks("leakage")
        checks.non_negative(reference_w=self.reference_w, per_k=self.per_k)
        checks.finite(reference_c=self.reference_c)
        checks.finish()


@dataclass(frozen=True, slots=True)
class Thermal:
    """One device as heat stores behind resistances to its inlet air, with a trip and a shutdown.

    The device is one node of the stated capacity and resistance, or the `nodes` that divide them, die first
    (`temperature_c` is then the die's). Once an epoch a governor moves the clock by one step: down at or
    above `throttle_c` or over `power_cap_w`, up again below `throttle_c - hysteresis_k` where the next
    clock keeps the cap. From the temperature of each of `caps` on it is at once at the first step that
    keeps it. The steps are full clock, `clock_steps`, and `throttled_clock` last; see
    `planner.rack.heat.governor`. At or above `shutdown_c` the device switches off for the rest of the run. No
    leakage means that it is unknown: idle power is then the same at every temperature, and the result says
    so.
    """

    resistance_k_per_w: float
    heat_capacity_j_per_k: float
    throttle_c: float
    hysteresis_k: float
    shutdown_c: float
    throttled_clock: float
    leakage: Leakage | None = None
    nodes: tuple[HeatNode, ...] = ()
    clock_steps: tuple[float, ...] = ()
    fan: DeviceFan | None = None
    power_cap_w: float | None = None
    caps: tuple[ClockCap, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks("thermal")
        checks.positive(
            resistance_k_per_w=self.resistance_k_per_w, heat_capacity_j_per_k=self.heat_capacity_j_per_k
        )
        checks.non_negative(hysteresis_k=self.hysteresis_k)
        checks.finite(throttle_c=self.throttle_c, shutdown_c=self.shutdown_c)
        checks.require(
            self.shutdown_c > self.throttle_c,
            "shutdown_c",
            f"above throttle_c ({self.throttle_c:g})",
            self.shutdown_c,
        )
        checks.require(
            0 < self.throttled_clock <= 1,
            "throttled_clock",
            "a ratio above 0 and at most 1",
            self.throttled_clock,
        )
        if self.clock_steps:
            checks.rising(clocks_from_the_slowest=self.clocks[::-1])
        for cap in self.caps:
            checks.require(
                cap.clock >= self.throttled_clock, "caps", f"{self.throttled_clock:g} or more", cap.clock
            )
        if self.power_cap_w is not None:
            checks.positive(power_cap_w=self.power_cap_w)
        self._check_nodes(checks)
        checks.finish()

    def _check_nodes(self, checks: Checks) -> None:
        for name in ("resistance_k_per_w", "heat_capacity_j_per_k") if self.nodes else ():
            whole, parts = getattr(self, name), sum(getattr(node, name) for node in self.nodes)
            checks.require(
                math.isclose(whole, parts, rel_tol=1e-6), f"nodes.{name}", f"{whole:g} in all", f"{parts:g}"
            )

    @property
    def coolest_trip_c(self) -> float:
        """The least temperature at which anything slows the clock down."""
        return min(self.throttle_c, *(cap.at_c for cap in self.caps), self.shutdown_c)

    @property
    def clocks(self) -> tuple[float, ...]:
        """Every clock ratio that the governor may set, full clock first."""
        return (1.0, *self.clock_steps, self.throttled_clock)


@dataclass(frozen=True, slots=True)
class Unit:
    """Compute units of one kind in a device, `count` of them alike, each with a queue and batches of its own.

    Units of a device share its clock, heat and power, and its memory (`RackDevice.contention`).
    """

    kind: UnitKind
    services: tuple[Service, ...]
    count: int = 1

    def __post_init__(self) -> None:
        checks = Checks(f"unit {self.kind!r}")
        checks.one_of(get_args(UnitKind), kind=self.kind)
        checks.require(self.count >= 1, "count", "one or more", self.count)
        checks.require(self.services, "services", "at least one network's service", "none")
        checks.distinct("services", [service.network for service in self.services])
        checks.finish()

    def service(self, network: str) -> Service | None:
        """The service of a network; None where the unit has none."""
        return next((service for service in self.services if service.network == network), None)


@dataclass(frozen=True, slots=True)
class Host:
    """What works around inference: cores that decode, resize and read out, engines that copy, and what a part
    has for video.

    Every device has its own. A core draws `core_w` above idle while it works, under the device's heat sink (0
    for a host in another housing); none of them slows down with the device's clock.
    """

    cores: int
    core_w: float = 0.0
    copies: int = 1
    decoders: int = 0
    scalers: int = 0
    pipeline: int = 0
    """Frames that may be under way behind a compute unit that took the next already."""

    def __post_init__(self) -> None:
        checks = Checks("host")
        checks.require(self.cores >= 1, "cores", "one or more", self.cores)
        checks.require(self.copies >= 1, "copies", "one or more at a time", self.copies)
        checks.non_negative(core_w=self.core_w, decoders=self.decoders, scalers=self.scalers)
        checks.non_negative(pipeline=self.pipeline)
        checks.finish()

    def servers(self, pool: Pool) -> int:
        """How many of a pool there are."""
        sizes: dict[Pool, int] = {
            "host": self.cores,
            "copy": self.copies,
            "decoder": self.decoders,
            "scaler": self.scalers,
            "pipeline": self.pipeline,
        }
        return sizes[pool]


@dataclass(frozen=True, slots=True)
class RackDevice:
    """One device: what it draws idle, what it serves, how it heats.

    `services` are those of its main unit, of kind `unit`, which serves every network, on `instances` of it
    alike (cores of an NPU, chips of a card), each with a queue and batches of its own; `beside` are units
    that serve some of them too. Power above idle follows clock ** `clock_power_exponent`: 1 is a slower clock
    at the same voltage (the cautious assumption), towards 3 when voltage falls with it. A batch takes
    `contention` of its time longer for each other unit of the device that is at work when it begins: what
    they lose to each other at the memory, linear in their number and none unless stated. A unit that begins
    later does not slow those down that are at work, so a pair pays once: too little for a short batch in a
    long one's way, exact while all units are busy.
    """

    name: str
    idle_w: float
    services: tuple[Service, ...]
    thermal: Thermal
    clock_power_exponent: float = 1.0
    unit: UnitKind = "gpu"
    instances: int = 1
    beside: tuple[Unit, ...] = ()
    host: Host | None = None
    contention: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks(f"device {self.name!r}")
        checks.non_negative(
            idle_w=self.idle_w, clock_power_exponent=self.clock_power_exponent, contention=self.contention
        )
        checks.one_of(get_args(UnitKind), unit=self.unit)
        checks.require(self.instances >= 1, "instances", "one or more", self.instances)
        checks.require(self.services, "services", "at least one network's service", "none")
        checks.distinct("services", [service.network for service in self.services])
        checks.distinct("unit, beside", [self.unit, *(unit.kind for unit in self.beside)])
        checks.finish()

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units that serve, the main one first."""
        return (Unit(self.unit, self.services, self.instances), *self.beside)

    def service(self, network: str) -> Service:
        """The main unit's service of a network; a KeyError where the device has none."""
        for service in self.services:
            if service.network == network:
                return service
        raise KeyError(network)
