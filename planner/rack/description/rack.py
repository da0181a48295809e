"""What a rack is and what it is asked to do: plain values that say nothing of how they are run.

Each value refuses nonsense when it is made, all of its problems at once; `Rack` refuses what only shows
when the parts meet. One device is described in `planner.rack.description.device`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from planner.rack.description.checks import Checks
from planner.rack.description.control import Policy
from planner.rack.description.device import Host, Leakage, RackDevice, Service, Thermal, Unit
from planner.rack.description.heat_path import VerticalRecirculation
from planner.rack.description.life import NOTHING_HAPPENS, Life
from planner.rack.description.streams import StreamGroup
from planner.schema.hardware.device import UnitKind

__all__ = [
    "Air",
    "Batching",
    "Dispatch",
    "Horizon",
    "Host",
    "Initial",
    "Leakage",
    "NetworkShare",
    "Rack",
    "RackDevice",
    "Service",
    "Thermal",
    "Unit",
]  # fmt: skip

Dispatch = Literal[
    "shortest_queue", "round_robin", "central_queue", "power_of_two", "least_energy", "npu_first", "pinned"
]
"""Who gets a request: the unit with the fewest requests in it (ties go round), each unit in turn, one queue
that all units of a kind take from (the one that has been idle longest first), the emptier of two units drawn
at random, the unit on which it adds least energy (ties by fewest requests): the one whose batch it helps to
fill, or whose clock is slow; or kind by kind, NPUs first, the emptiest unit of the first kind that is not yet
full (`Rack.spill_at`); or always the same unit for each source, placed by load beforehand: its requests are
lost while that is out of service and no spare has replaced it. A device has one unit unless it says
otherwise."""

Horizon = Literal["steady", "terminating"]
"""What a run represents: the long run, whose warm-up is cut off and checked, or a stretch of time as it is (a
shift, a day), of which all counts."""
Initial = Literal["steady", "cold"]
"""Device temperatures at time zero: settled at the offered load, or those of a rack without load."""


@dataclass(frozen=True, slots=True)
class Air:
    """The air of the rack: `airflow_m3_per_s` is what it takes from and gives back to the room, which is what
    passes its devices less what they breathe again; `passing_m3_per_s` is what passes the devices, where
    that is more than recirculation says (a sealed cabinet).

    `recirculation` is the share of the exhaust's rise above supply that comes back to the inlets (the
    supply heat index); `gradient_k` is how much warmer the room's air is at the top position than at the
    bottom one, beside that. See `planner.rack.heat.air` for the formula and its limits. `vertical` says
    instead which inlets the exhaust reaches.
    """

    supply_c: float
    airflow_m3_per_s: float
    recirculation: float = 0.0
    gradient_k: float = 0.0
    density_kg_per_m3: float = 1.204
    heat_capacity_j_per_kg_k: float = 1006.0
    vertical: VerticalRecirculation | None = None
    passing_m3_per_s: float | None = None
    stored_j_per_k: float = 0.0
    """Heat capacity of a closed cabinet, walls and all; none where its air follows the heat at once."""
    in_row: int = 1
    """Devices one behind another in one stream, position by position: each breathes those before it."""

    @property
    def alike(self) -> bool:
        """Whether a watt of any device warms all inlets alike."""
        return self.vertical is None and self.in_row == 1

    def __post_init__(self) -> None:
        checks = Checks("air")
        checks.non_negative(stored_j_per_k=self.stored_j_per_k)
        checks.require(
            self.stored_j_per_k == 0 or self.recirculation == 1,
            "stored_j_per_k",
            "0 where the air is not that of a closed cabinet",
            self.stored_j_per_k,
        )
        checks.finite(supply_c=self.supply_c, gradient_k=self.gradient_k)
        checks.positive(
            airflow_m3_per_s=self.airflow_m3_per_s,
            density_kg_per_m3=self.density_kg_per_m3,
            heat_capacity_j_per_kg_k=self.heat_capacity_j_per_kg_k,
        )
        checks.between(0, 1, recirculation=self.recirculation)
        checks.require(self.in_row >= 1, "in_row", "1 or more", self.in_row)
        checks.require(
            self.in_row == 1 or (self.vertical is None and self.stored_j_per_k == 0),
            "in_row",
            "1 where exhaust rises, or where the air of a closed cabinet stores heat",
            self.in_row,
        )
        checks.require(
            self.in_row == 1 or self.recirculation < 1 or self.passing_m3_per_s is not None,
            "passing_m3_per_s",
            "what passes the devices, of which each row has its stream",
            self.passing_m3_per_s,
        )
        if self.passing_m3_per_s is not None:
            checks.positive(passing_m3_per_s=self.passing_m3_per_s)
        checks.require(
            self.vertical is None or self.recirculation == 0,
            "recirculation",
            "0 where `vertical` says where the exhaust goes",
            self.recirculation,
        )
        checks.finish()


@dataclass(frozen=True, slots=True)
class Batching:
    """A free device starts a batch when `max_size` requests of one network wait, or the oldest has waited
    `max_wait_s`; with no wait it takes whatever is there.
    """

    max_size: int = 1
    max_wait_s: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks("batching")
        checks.require(self.max_size >= 1, "max_size", "one or more", self.max_size)
        checks.non_negative(max_wait_s=self.max_wait_s)
        checks.finish()


@dataclass(frozen=True, slots=True)
class NetworkShare:
    """A share of the devices that is one network's alone."""

    network: str
    share: float

    def __post_init__(self) -> None:
        checks = Checks(f"share of {self.network!r}")
        checks.require(0 < self.share <= 1, "share", "a ratio above 0 and at most 1", self.share)
        checks.finish()


@dataclass(frozen=True, slots=True)
class Rack:
    """Identical devices, the streams they serve, the air around them, and how long and how often to look.

    Each of `replications` runs lasts `duration_s`, of which the first `warmup_s` is not counted; both are
    whole numbers of epochs, so that every sum over the counted window is exact. `fan_w` is drawn all the
    time and heats the air. `policies` change settings at the end of each epoch, in their order. `shares`,
    where given, divide the devices among all networks and add up to one. `life` is what takes devices out of
    service in the run. With `npu_first` a kind of unit is full when its emptiest has `spill_at` requests; it
    may differ from kind to kind (2 for one that is not named). `supply_loss` is what the power supply loses
    of each watt that it gives to the devices, as heat in the same air; `fan_w` is stated at the plug. Spares
    of `life` come on top of `count`, which are the devices that serve while none has failed; they have the
    highest positions. Where `installations` is given, that share of the phases that periodic sources may have
    has to keep the promise, instead of their mean. Another `service_draw` draws other service times for the
    same arrivals.
    """

    device: RackDevice
    count: int
    streams: tuple[StreamGroup, ...]
    batching: Batching
    dispatch: Dispatch
    air: Air
    fan_w: float
    duration_s: float
    warmup_s: float
    epoch_s: float = 1.0
    seed: int = 0
    replications: int = 10
    initial: Initial = "steady"
    horizon: Horizon = "steady"
    policies: tuple[Policy, ...] = ()
    shares: tuple[NetworkShare, ...] = ()
    life: Life = NOTHING_HAPPENS
    spill_at: int | Mapping[UnitKind, int] = 2
    installations: float | None = None
    supply_loss: float = 0.0
    service_draw: int = 0

    def __post_init__(self) -> None:
        checks = Checks("rack")
        checks.one_of(get_args(Dispatch), dispatch=self.dispatch)
        checks.one_of(get_args(Initial), initial=self.initial)
        checks.one_of(get_args(Horizon), horizon=self.horizon)
        if self.horizon == "terminating":
            checks.require(self.warmup_s == 0, "warmup_s", "0 in a terminating run", self.warmup_s)
        checks.require(self.count >= 1, "count", "one device or more", self.count)
        checks.require(self.replications >= 1, "replications", "one or more", self.replications)
        if self.installations is not None:
            share = self.installations
            checks.require(0 < share < 1, "installations", "a share between 0 and 1", share)
        checks.require(self.seed >= 0, "seed", "zero or above", self.seed)
        checks.require(self.service_draw >= 0, "service_draw", "zero or above", self.service_draw)
        self._check_spilling(checks)
        checks.non_negative(fan_w=self.fan_w, supply_loss=self.supply_loss)
        self._check_window(checks)
        self._check_streams(checks)
        self._check_shares(checks)
        for number, outage in enumerate(self.life.outages):
            last = outage.first + outage.devices
            expected = f"devices among the {self.installed} of the rack"
            checks.require(
                last <= self.installed, f"life.outages[{number}]", expected, f"up to number {last}"
            )
        warmest_c = self.air.supply_c + abs(self.air.gradient_k) / 2
        checks.require(
            self.device.thermal.throttle_c > warmest_c,
            "device.thermal.throttle_c",
            f"above the warmest supply air, {warmest_c:g} C",
            self.device.thermal.throttle_c,
            "an idle device would already throttle",
        )
        checks.finish()

    def _check_spilling(self, checks: Checks) -> None:
        marks = self.spill_at if isinstance(self.spill_at, Mapping) else {"every kind": self.spill_at}
        for kind, mark in marks.items():
            checks.require(mark >= 1, f"spill_at of {kind}", "one request or more", mark)
        kinds = [unit.kind for unit in self.device.units]
        for kind in self.spill_at if isinstance(self.spill_at, Mapping) else ():
            checks.require(kind in kinds, "spill_at", f"kinds among {', '.join(kinds)}", kind)

    def spill_mark(self, kind: UnitKind) -> int:
        """From how many requests at its emptiest unit on `npu_first` takes the next kind."""
        return self.spill_at if isinstance(self.spill_at, int) else self.spill_at.get(kind, 2)

    def _check_window(self, checks: Checks) -> None:
        checks.positive(duration_s=self.duration_s, epoch_s=self.epoch_s)
        checks.require(
            0 <= self.warmup_s < self.duration_s,
            "warmup_s",
            f"zero or above, and less than the duration, {self.duration_s:g} s",
            self.warmup_s,
        )
        if self.epoch_s > 0 and math.isfinite(self.duration_s + self.warmup_s):
            for where, value in (("duration_s", self.duration_s), ("warmup_s", self.warmup_s)):
                epochs = value / self.epoch_s
                checks.require(
                    abs(epochs - round(epochs)) < 1e-6, where, f"whole epochs of {self.epoch_s:g} s", value
                )

    def _check_streams(self, checks: Checks) -> None:
        checks.require(self.streams, "streams", "at least one stream group", "none")
        checks.distinct("streams", [group.name for group in self.streams])
        longest = {service.network: len(service.batch_s) for service in self.device.services}
        for service in (service for unit in self.device.beside for service in unit.services):
            if service.network in longest:
                longest[service.network] = min(longest[service.network], len(service.batch_s))
        for group in self.streams:
            where = f"streams[{group.name!r}]"
            served = ", ".join(sorted(longest))
            checks.require(group.network in longest, f"{where}.network", f"one of {served}", group.network)
            checks.require(
                self.batching.max_size <= longest.get(group.network, self.batching.max_size),
                "batching.max_size",
                f"at most the {longest.get(group.network)} batch sizes known for {group.network!r}",
                self.batching.max_size,
            )
            limit = group.queue_limit
            checks.require(
                limit is None or self.batching.max_wait_s == 0 or limit >= self.batching.max_size,
                f"{where}.queue_limit",
                f"at least batching.max_size ({self.batching.max_size}) while batches wait to fill",
                limit,
                "a queue that drops before a batch is full would never start one",
            )
            self._check_steps(checks, where, group)

    def _check_steps(self, checks: Checks, where: str, group: StreamGroup) -> None:
        if not any(step.where != "unit" for step in (*group.before, *group.after)):
            return
        expected = "a device with a host, where a step runs on one or is copied"
        host = self.device.host
        checks.require(host is not None, f"{where}.before, after", expected, "none")
        for step in (*group.before, *group.after):
            if host is not None and step.where != "unit":
                least = f"a host with a {step.where}"
                checks.require(host.servers(step.where) >= 1, f"{where}.before, after", least, "none")
        named = [*group.before, *(step for step in group.after if step.where != "pipeline")]
        checks.require(
            self.dispatch != "central_queue" or all(step.where == "unit" for step in named),
            "dispatch",
            "a rule that names the device when a request arrives: its host works before its units do",
            self.dispatch,
        )

    def _check_shares(self, checks: Checks) -> None:
        if not self.shares:
            return
        named = sorted(share.network for share in self.shares)
        asked = sorted({group.network for group in self.streams})
        checks.require(named == asked, "shares", f"each of {', '.join(asked)} once", ", ".join(named))
        total = sum(share.share for share in self.shares)
        checks.require(abs(total - 1.0) < 1e-6, "shares", "shares that add up to 1", total)
        checks.require(
            self.count >= len(self.shares), "count", f"a device for each of {len(named)} shares", self.count
        )

    def plug_w(self, devices_w: float) -> float:
        """Power at the plug while the devices draw this much: they through the supply, fans beside it."""
        return devices_w * (1.0 + self.supply_loss) + self.fan_w

    @property
    def varies(self) -> bool:
        """Whether any service time scatters beside its arrivals' own draws."""
        return any(service.variation is not None for unit in self.device.units for service in unit.services)

    @property
    def installed(self) -> int:
        """All devices in the rack, spares among them."""
        return self.count + self.life.spares.count

    @property
    def epochs(self) -> int:
        """Epochs of one run."""
        return round(self.duration_s / self.epoch_s)

    @property
    def warmup_epochs(self) -> int:
        """Epochs of one run that are not counted."""
        return round(self.warmup_s / self.epoch_s)
