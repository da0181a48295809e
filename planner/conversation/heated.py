"""Heat of devices that serve conversations: at the end of each epoch the die moves on, and with it the clock.

The epoch is that of the rack of cameras (`planner.rack.heat.epoch`): both engines here call it with what each
device drew above idle. A clock holds for the steps and frames that begin under it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from planner.arrays import Flags, Floats
from planner.conversation.counts import Counts
from planner.conversation.description import Serving
from planner.rack.description.rack import Rack
from planner.rack.heat.epoch import EpochHeat, HeatState, advance, initial_state
from planner.rack.heat.governor import clock_ratio


@dataclass(frozen=True, slots=True)
class DeviceConditions:
    """What holds for each device: its clock and what follows from it; and what it has drawn.

    The arrays are changed in place, so that both engines see the same ones.
    """

    clock: Floats
    slower: Floats
    """How many times as long overheads take."""
    power: Floats
    """Power above idle, over that at full clock."""
    frame_slower: Floats
    """A row a device, a column a stream of frames."""
    drawn_w: Floats
    """Above idle, of the work that runs."""
    since_s: Floats
    """From when on it is not yet in `energy_j`."""
    energy_j: Floats
    """Of this epoch."""

    @classmethod
    def full(cls, serving: Serving) -> DeviceConditions:
        """Full clocks; nothing drawn."""
        devices = serving.devices
        return cls(
            clock=np.ones(devices),
            slower=np.ones(devices),
            power=np.ones(devices),
            frame_slower=np.ones((devices, len(serving.frames))),
            drawn_w=np.zeros(devices),
            since_s=np.zeros(devices),
            energy_j=np.zeros(devices),
        )

    def settle(self, now_s: float) -> None:
        """Count what running work has drawn until now."""
        self.energy_j[:] += self.drawn_w * (now_s - self.since_s)
        self.since_s[:] = now_s


@dataclass(frozen=True, slots=True)
class _Epoch:
    dynamic_w: Floats
    heat: EpochHeat
    end_c: Floats
    clock: Floats
    throttled: Flags
    off: Flags


@dataclass(slots=True)
class HeatedRun:
    """The slow clock of one run."""

    serving: Serving
    rack: Rack
    conditions: DeviceConditions
    state: HeatState
    epochs: list[_Epoch] = field(default_factory=list)

    @classmethod
    def begin(cls, serving: Serving, conditions: DeviceConditions) -> HeatedRun | None:
        """None where devices stay at full clock whatever they draw."""
        if serving.rack is None:
            return None
        run = cls(serving, serving.rack, conditions, initial_state(serving.rack))
        run._set_clocks()
        return run

    @property
    def end_s(self) -> float:
        """Of the coming epoch."""
        return self.rack.epoch_s * (len(self.epochs) + 1)

    def close(self) -> bool:
        """Close the epoch; whether the run goes on, for which all devices have to."""
        conditions, end_s = self.conditions, self.end_s
        conditions.settle(end_s)
        dynamic_w = conditions.energy_j / self.rack.epoch_s
        conditions.energy_j[:] = 0.0
        before = self.state
        heat, after = advance(self.rack, before, dynamic_w)
        self.epochs.append(
            _Epoch(dynamic_w, heat, after.temperature_c, conditions.clock.copy(), before.throttled, after.off)
        )
        self.state = after
        if after.step is not before.step:
            self._set_clocks()
        return not bool(after.off.any())

    def _set_clocks(self) -> None:
        conditions, device = self.conditions, self.rack.device
        clock = clock_ratio(device.thermal, self.state.clock_step)
        conditions.clock[:] = clock
        # Overheads of a step slow with the clock by a fitted power; draw above idle has one of the part.
        conditions.slower[:] = clock**-self.serving.cost.overhead_clock_power
        conditions.power[:] = clock**device.clock_power_exponent
        for place, frames in enumerate(self.serving.frames):
            # Of a frame's time the share in arithmetic follows the clock; what waits for the memory does not.
            clocked = frames.clocked_share
            conditions.frame_slower[:, place] = clocked / clock + 1.0 - clocked

    def counted(self, counts: Counts) -> Counts:
        """The counts with a row for each epoch."""
        epochs = self.epochs
        return counts._replace(
            epoch_dynamic_w=np.array([epoch.dynamic_w for epoch in epochs]),
            epoch_power_w=np.array([epoch.heat.power_w for epoch in epochs]),
            epoch_c=np.array([epoch.end_c for epoch in epochs]),
            epoch_inlet_c=np.array([epoch.heat.inlet_c for epoch in epochs]),
            epoch_clock=np.array([epoch.clock for epoch in epochs]),
            epoch_throttled=np.array([epoch.throttled for epoch in epochs]),
            epoch_exhaust_c=np.array([epoch.heat.exhaust_c for epoch in epochs]),
            epoch_off=np.array([epoch.off for epoch in epochs]),
        )
