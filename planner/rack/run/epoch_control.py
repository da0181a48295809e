"""The slow clock of both engines: at the end of an epoch heat moves on, then life, policies, settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.rack.description.control import Controls, Seen, checked, free
from planner.rack.description.device import Unit
from planner.rack.description.rack import Rack
from planner.rack.heat.epoch import EpochHeat, HeatState, advance, initial_state
from planner.rack.heat.governor import clock_ratio
from planner.rack.heat.ladder import fan_w
from planner.rack.load.expected import busy_power_w, slowdown
from planner.rack.load.topology import Topology, networks_of
from planner.rack.run.availability import AvailabilityTimeline, DeviceAvailability, all_in_service
from planner.rack.run.measures import Measures
from planner.rack.run.records import EpochRow
from planner.rack.run.rolling_update import TrialOutcome


class Steering:
    """Heat, life, settings and service rates of one replication.

    `slow[d, n]` multiplies the service times of network n on server s, a unit, of device d, `busy_w[d, n]` is
    its power above idle; `steers` says whether settings ever change but by heat, `out` which devices do not
    serve, `fell` and `rose` which went out of service and came back at the end of the last epoch, `moved`
    whether heat has changed anything at it.
    """

    def __init__(self, rack: Rack, topology: Topology, replication: int) -> None:
        self._rack = rack
        self._topology = topology
        self._course = None if rack.life.quiet else AvailabilityTimeline(rack, replication)
        self._all_in_service = all_in_service(rack)
        self._standing = self._stand(0.0)
        self._networks = networks_of(rack)
        self.steers = self._course is not None or bool(rack.policies)
        self._memories: list[object] = [None] * len(rack.policies)
        heat = initial_state(rack)
        self._shut = heat.off
        # Failed devices are off for heat too; those being updated draw idle power and are only out.
        self.heat = replace(heat, off=heat.off | self._standing.failed | self._standing.dark)
        self.out: Flags = self.heat.off | self._standing.updating | self._standing.standby
        self.controls: Controls = free(rack)
        self._none: Flags = np.zeros(rack.installed, dtype=np.bool_)
        self.fell = self.rose = self._none
        self.moved = False
        self._end_s = 0.0
        self._own_fan = rack.device.thermal.fan is not None
        self._set_rates(self._heat_clock())
        self._show()

    def _stand(self, now_s: float) -> DeviceAvailability:
        if self._course is not None:
            return self._course.at(now_s)
        return self._all_in_service

    @property
    def updated(self) -> Flags:
        """Which devices have the new model."""
        return self._standing.updated

    @property
    def watched(self) -> Flags:
        """Of which devices it is measured."""
        return self._standing.watched

    @property
    def routes(self) -> Ints:
        """Where the requests go that are pinned to each station; -1 where they are lost."""
        return self._topology.routes(self.out, self._standing.replaced_by)

    @property
    def outcome(self) -> TrialOutcome | None:
        """What was measured of a new model, and what followed; None without."""
        return self._course.outcome if self._course else None

    def _heat_clock(self) -> Floats:
        """The highest clock that each device's governor allows."""
        return clock_ratio(self._rack.device.thermal, self.heat.clock_step)

    def _set_rates(self, clock: Floats) -> None:
        self.clock = clock
        kinds = [self._rates(unit, clock) for unit in self._rack.device.units]
        topology = self._topology
        device = topology.server_device[: topology.unit_servers]
        unit = topology.server_unit[: topology.unit_servers]
        self.slow = np.stack([slow for slow, _ in kinds])[unit, device]
        self.busy_w = np.stack([busy_w for _, busy_w in kinds])[unit, device]
        update, updated = self._rack.life.update, self._standing.updated[device, None]
        # A new model changes service time and power by ratios of the old one's, at every clock.
        if update is not None:
            self.slow = np.where(updated, self.slow * update.time_ratio, self.slow)
            self.busy_w = np.where(updated, self.busy_w * update.power_ratio, self.busy_w)

    def _rates(self, unit: Unit, clock: Floats) -> tuple[Floats, Floats]:
        """Slowdown and power of each network on one kind of unit, device by device; ones and zeros of
        none."""
        device = self._rack.device
        slow, busy_w = np.ones((clock.size, len(self._networks))), np.zeros((clock.size, len(self._networks)))
        for number, network in enumerate(self._networks):
            service = unit.service(network)
            if service is not None:
                slow[:, number] = slowdown(service, clock)
                busy_w[:, number] = busy_power_w(device, service, clock)
        return slow, busy_w

    def close(self, end_s: float, measured: Measures) -> EpochRow:
        """Close an epoch with what the engine measured in it, and make the settings of the next."""
        before, stood, controls = self.heat, self._standing, self.controls
        clock, out, length_s = self._clock_shown, self._out_shown, end_s - self._end_s
        self._end_s = end_s
        # The order matters: heat of the epoch that ends, then who fails and comes back, then policies on what
        # they can see of both, and last the service times of the next epoch.
        heat, after = advance(self._rack, before, measured.dynamic_w)
        # What was watched counts before the course is asked, for the soak may end with this epoch.
        if self._course is not None:
            self._course.see(measured.trial)
        self._standing = self._stand(end_s)
        shut = self._change_service(after, stood)
        self._settle(end_s, heat, measured)
        closed = EpochRow(
            end_s=end_s,
            length_s=length_s,
            power_w=heat.power_w,
            start_c=before.temperature_c,
            temperature_c=after.temperature_c,
            inlet_c=heat.inlet_c,
            exhaust_c=heat.exhaust_c,
            enclosure_w=heat.enclosure_w,
            # Clock, throttling and who is out are those in force during the epoch; the new ones hold from
            # here on.
            clock=clock,
            throttled=before.throttled,
            fell=shut,
            out=out,
            busy_share=measured.busy_share,
            host_busy=measured.host_busy,
            copy_busy=measured.copy_busy,
            waiting=measured.waiting,
            in_system=measured.in_system,
            queued=measured.queued,
            changed=self.controls is not controls and not np.array_equal(self.controls.open, controls.open),
            start_inner_c=before.inner_c,
            inner_c=after.inner_c,
            # Off devices draw nothing, their fans neither.
            own_fan_w=fan_w(self._rack.device.thermal, before.fan) * ~before.off if self._own_fan else None,
        )
        self._change_pace(before, stood, controls)
        return closed

    def _change_service(self, after: HeatState, stood: DeviceAvailability) -> Flags:
        """Who is out from here on, and who of them has shut down from heat at this moment."""
        before, was_out, had_shut = self.heat, self.out, self._shut
        self.heat, self.fell, self.rose, self.moved = after, self._none, self._none, False
        # `advance` hands on the flags that it was given where no device shuts down: nothing to look at.
        if self._standing is stood and after.off is before.off:
            return self._none
        # A device that has failed is off without having shut down from heat; whether it had is remembered
        # apart, since only a failure ends.
        self._shut = np.where(stood.failed | stood.dark, had_shut, after.off)
        self.heat = replace(after, off=self._shut | self._standing.failed | self._standing.dark)
        self.out = self.heat.off | self._standing.updating | self._standing.standby
        self.fell, self.rose = self.out & ~was_out, was_out & ~self.out
        self.moved = bool(self.fell.any() or self.rose.any())
        self._show()
        return np.asarray(self._shut & ~had_shut)

    def _change_pace(self, before: HeatState, stood: DeviceAvailability, controls: Controls) -> None:
        """The service times of the next epoch, where clocks or models are others than before."""
        heat = self.heat
        same_heat = heat.step is before.step and heat.throttled is before.throttled
        if same_heat and self.controls is controls and self._standing is stood:
            return
        # Policies may slow a device down; they cannot lift what the governor holds down.
        clock = np.minimum(self.controls.clock, self._heat_clock())
        # Pace depends on clock and model alone; in a cool rack neither changes for hours.
        if not (np.array_equal(clock, self.clock) and np.array_equal(stood.updated, self._standing.updated)):
            self._set_rates(clock)
            self.moved = True
            self._show()

    def _show(self) -> None:
        """What rows of epochs say of clocks, zero where a device is off, and of who is out of service."""
        self._clock_shown = np.where(self.heat.off, 0.0, self.clock)
        # A spare that waits for its turn is no device out of service.
        self._out_shown = self.out & ~self._standing.standby

    def _settle(self, end_s: float, heat: EpochHeat, measured: Measures) -> None:
        """The controls of the next epoch: what life closes, then each policy in turn."""
        if not self.steers:
            return
        seen = Seen(
            end_s,
            heat.power_w,
            self.heat.temperature_c,
            measured.busy_share,
            self.clock,
            ~self.out,
            measured.waiting,
            measured.arrived,
            measured.slowest_s,
        )
        # Every epoch begins with no restriction: a policy that wants to keep one says so again.
        everything = free(self._rack)
        self.controls = replace(everything, open=everything.open & ~self._standing.draining)
        for number, policy in enumerate(self._rack.policies):
            answer = policy.steer(self._rack, seen, self.controls, self._memories[number])
            self.controls, self._memories[number] = checked(policy, answer, self.controls)
