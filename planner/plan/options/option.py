"""One way to carry a scenario's streams: a part in a mode at a precision and batch, how many, and what
follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.latency.band import Band
from planner.provenance import Provenance
from planner.rack.description.rack import Service, Unit
from planner.schema.hardware.device import ComputeUnit, Device, Mode
from planner.units import format_quantity
from planner.wording.message import Message, message

if TYPE_CHECKING:
    from planner.chain.description import PartChains
    from planner.latency.planning import Shortfall
    from planner.latency.result import Estimate, OtherUnit
    from planner.plan.options.hosting import Hosting
    from planner.plan.options.margin import Margin


@dataclass(frozen=True, slots=True)
class NetworkOnPart:
    """One of the scenario's networks at the option's batch: the estimate and what is planned with."""

    model: str
    estimate: Estimate
    planning_latency_s: Band
    shortfall: Shortfall | None
    """None where the band needs no correction, as it was earned on measurements."""

    def planned_latency_s(self, plan_for: str) -> float:
        """Latency per batch that a cautious or a typical plan rests on."""
        return self.planning_latency_s.planned(plan_for)


@dataclass(frozen=True, slots=True)
class RackHeat:
    """Power of the rack at the plug and the temperatures it settles at.

    `worst_power_w` is every device at its limit, of which `worst_devices_w` go through the power supply.
    """

    power_per_device_w: float
    power_w: float
    worst_power_w: float
    inlet_c: float
    temperature_c: float
    exhaust_c: float
    worst_devices_w: float


@dataclass(frozen=True, slots=True)
class Draw:
    """Mean power in two parts: what is drawn at all hours alike, and what follows the load over the day."""

    fixed_w: float
    load_w: float

    @property
    def mean_w(self) -> float:
        """Mean power over the day."""
        return self.fixed_w + self.load_w


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in the scenario's currency; None where a price is unknown."""

    capital: float | None
    running_per_year: float
    total: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class Option:
    """A sized candidate. `count` carries the load; `spares` stand by on top."""

    part: Device
    unit: str
    power_mode: Mode
    engine: str
    precision: str
    batch: int
    networks: tuple[NetworkOnPart, ...]
    plan_for: str
    count: int
    spares: int
    services: tuple[Service, ...]
    """Service times that the plan and the simulated rack rest on, one entry a network."""
    utilisation: float
    """Share of time each of the `count` devices is expected to be busy, with batches as full as they get."""
    offered_utilisation: float
    """Load over what full batches could carry; the rest is headroom."""
    mean_offered_utilisation: float
    """The same over the whole period of the streams' profiles, where they have some."""
    throughput_per_s: float
    """Requests of the scenario's mix that one device can serve."""
    heat: RackHeat
    draw: Draw
    """Mean power over the period of the profiles, as a year is billed; `heat` is of its busiest stretch."""
    cost: Cost
    latency_provenance: Provenance
    provenance: Provenance
    """The weakest of latency, power, heat and price."""
    racks: int = 1
    beside: tuple[Unit, ...] = ()
    """Units of each device that serve beside `unit`."""
    reasons: tuple[Message, ...] = ()
    """The limits of the scenario that it breaks; `key` tells which."""
    pareto: bool = False
    hosting: Hosting | None = None
    """The computer of the database that each part sits in, where it needs one."""
    link_bytes_per_s: float = 0.0
    """What each device is sent, or sends back where that is more: inputs and outputs of every request."""
    chain: PartChains | None = None
    """What one device would be asked for by all streams with what happens around their networks; None where
    frames go through one network alone."""
    margins: tuple[Margin, ...] = ()
    """Each limit of the site with what is left of it; of a rack that was simulated, as simulated."""

    @property
    def device(self) -> str:
        """Id of the part, for tables and JSON."""
        return self.part.id

    @property
    def device_name(self) -> str:
        """Name of the part, for people."""
        return self.part.name

    @property
    def mode(self) -> str:
        """Id of the power mode, for tables and JSON."""
        return self.power_mode.id

    @property
    def compute_unit(self) -> ComputeUnit:
        """The unit that the plan rests on."""
        return self.part.units[self.unit]

    @property
    def others(self) -> tuple[OtherUnit, ...]:
        """Units of the part that were compared in the same mode, precision and batch."""
        return self.networks[0].estimate.others

    @property
    def instances(self) -> int:
        """How many of the unit serve side by side in one device."""
        from planner.latency.units.compete import instances_of

        return instances_of(self.part, [item.estimate for item in self.networks])

    @property
    def throttle_probability(self) -> float | None:
        """That a device throttles, over what its cooler may be; None where no limits were looked at."""
        return next((margin.probability for margin in self.margins if margin.name == "die"), None)

    @property
    def runs_on(self) -> str:
        """Unit and engine in words, as in `3 x npu rknn`."""
        unit = f"{self.instances} x {self.unit}" if self.instances > 1 else self.unit
        return f"{unit} {self.engine}"

    @property
    def feasible(self) -> bool:
        """Whether no limit of the scenario is broken."""
        return not self.reasons

    @property
    def slowest(self) -> NetworkOnPart:
        """The network that takes longest per batch."""
        return max(self.networks, key=lambda item: item.planning_latency_s.mid)

    def network(self, model: str) -> NetworkOnPart:
        """One of the scenario's networks on this part."""
        return next(item for item in self.networks if item.model == model)

    @property
    def planning_text(self) -> str:
        """How the planned latency comes about, in words."""
        band = self.slowest.planning_latency_s
        chosen = self.slowest.planned_latency_s(self.plan_for)
        return message(
            "answer.planned",
            chosen=format_quantity(chosen, "s", 3),
            low=format_quantity(band.low, "s", 3),
            high=format_quantity(band.high, "s", 3),
        )
