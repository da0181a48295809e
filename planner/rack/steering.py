"""The slow clock of both engines: at the end of an epoch heat moves on, then policies, then settings."""

from __future__ import annotations

import numpy as np

from planner.rack.control import Controls, Flags, Floats, Seen, checked, free
from planner.rack.description import Rack
from planner.rack.governor import clock_ratio
from planner.rack.heat import advance, initial_state
from planner.rack.load import busy_power_w, slowdown
from planner.rack.records import EpochRow
from planner.rack.thermal import fan_w


def networks_of(rack: Rack) -> tuple[str, ...]:
    """The networks that the streams ask for, each once, in their order; engines number them so."""
    return tuple(dict.fromkeys(group.network for group in rack.streams))


class Steering:
    """Heat, settings and pace of one replication. `slow[d, n]` multiplies the service times of network n on
    device d, `busy_w[d, n]` is its power above idle, `fell` and `rose` say which devices went off and on at
    the end of the last epoch.
    """

    def __init__(self, rack: Rack) -> None:
        self._rack = rack
        self._services = [rack.device.service(network) for network in networks_of(rack)]
        self._memories: list[object] = [None] * len(rack.policies)
        self.heat = initial_state(rack)
        self.controls: Controls = free(rack)
        self.fell: Flags = np.zeros(rack.count, dtype=np.bool_)
        self.rose: Flags = self.fell
        self._end_s = 0.0
        self._set_pace(self._heat_clock())

    def _heat_clock(self) -> Floats:
        """The highest clock that each device's governor allows."""
        return clock_ratio(self._rack.device.thermal, self.heat.clock_step)

    def _set_pace(self, clock: Floats) -> None:
        self.clock = clock
        device = self._rack.device
        self.slow = np.column_stack([slowdown(service, clock) for service in self._services])
        self.busy_w = np.column_stack([busy_power_w(device, service, clock) for service in self._services])

    def close(
        self,
        end_s: float,
        *,
        dynamic_w: Floats,
        busy_share: Floats,
        waiting: float,
        in_system: float,
        arrived: int,
    ) -> EpochRow:
        """Close an epoch with what the engine measured in it, and make the settings of the next."""
        before, thermal = self.heat, self._rack.device.thermal
        heat, self.heat = advance(self._rack, before, dynamic_w)
        self.fell = self.heat.off & ~before.off
        self.rose = before.off & ~self.heat.off
        opened, length_s = self.controls.open, end_s - self._end_s
        self._end_s = end_s
        if self._rack.policies:
            on = ~self.heat.off
            self._ask_policies(
                Seen(
                    end_s,
                    heat.power_w,
                    self.heat.temperature_c,
                    busy_share,
                    self.clock,
                    on,
                    waiting,
                    arrived,
                )
            )
        row = EpochRow(
            end_s=end_s,
            length_s=length_s,
            power_w=heat.power_w,
            start_c=before.temperature_c,
            temperature_c=self.heat.temperature_c,
            inlet_c=heat.inlet_c,
            exhaust_c=heat.exhaust_c,
            clock=np.where(before.off, 0.0, self.clock),
            throttled=before.throttled,
            fell=self.fell,
            busy_share=busy_share,
            waiting=waiting,
            in_system=in_system,
            changed=not np.array_equal(opened, self.controls.open),
            start_inner_c=before.inner_c,
            inner_c=self.heat.inner_c,
            own_fan_w=fan_w(thermal, before.fan) * ~before.off if thermal.fan else None,
        )
        clock = np.minimum(self.controls.clock, self._heat_clock())
        if not np.array_equal(clock, self.clock):
            self._set_pace(clock)
        return row

    def _ask_policies(self, seen: Seen) -> None:
        self.controls = free(self._rack)
        for number, policy in enumerate(self._rack.policies):
            proposed, memory = policy.steer(self._rack, seen, self.controls, self._memories[number])
            self.controls, self._memories[number] = checked(policy, proposed, self.controls), memory
