"""What both engines count, bit by bit alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.arrays import Flags, Floats, Ints


class Counts(NamedTuple):
    """Of each turn, then of each device; a turn that never came has no arrival.

    A named tuple, as machine code takes it as it is.
    """

    arrival_s: Floats
    first_s: Floats
    """The first token of a turn that was answered or begun; NaN for none."""
    end_s: Floats
    made: Ints
    """Tokens that were answered; all that were asked for, but for a turn that was refused."""
    device: Ints
    preempted: Ints
    """How often its session was given up and read again."""
    refused: Flags
    busy_s: Floats
    used_s: Floats
    """How long the unit would have been busy at its peak."""
    steps: Ints
    read: Ints
    """Prompt tokens, those among them that were read again."""
    most_sessions: Ints
    most_bytes: Floats
    """Of caches, in whole blocks."""
    frame_start_s: Floats
    """Of each frame; NaN where it was dropped."""
    frame_end_s: Floats
    frame_device: Ints
    frame_dropped: Flags
    frames_busy_s: Floats
    """Of each device, beside `busy_s` of its steps."""
    energy_j: Floats
    """Of each device above idle, work by work."""
    epoch_dynamic_w: Floats
    """The same by epochs, a row an epoch and a column a device; without heat there are no epochs."""
    epoch_power_w: Floats
    epoch_c: Floats
    """The die at the end of the epoch."""
    epoch_inlet_c: Floats
    epoch_clock: Floats
    epoch_throttled: Flags
    epoch_exhaust_c: Floats
    """Of all devices together."""
    epoch_off: Flags
    """Who has shut down from heat by the end of the epoch; nothing is simulated after it."""

    @classmethod
    def empty(cls, turns: int, devices: int, frames: int = 0) -> Counts:
        """Before a run."""
        return cls(
            arrival_s=np.full(turns, np.nan),
            first_s=np.full(turns, np.nan),
            end_s=np.full(turns, np.nan),
            made=np.zeros(turns, dtype=np.int64),
            device=np.full(turns, -1, dtype=np.int64),
            preempted=np.zeros(turns, dtype=np.int64),
            refused=np.zeros(turns, dtype=np.bool_),
            busy_s=np.zeros(devices),
            used_s=np.zeros(devices),
            steps=np.zeros(devices, dtype=np.int64),
            read=np.zeros(devices, dtype=np.int64),
            most_sessions=np.zeros(devices, dtype=np.int64),
            most_bytes=np.zeros(devices),
            frame_start_s=np.full(frames, np.nan),
            frame_end_s=np.full(frames, np.nan),
            frame_device=np.full(frames, -1, dtype=np.int64),
            frame_dropped=np.zeros(frames, dtype=np.bool_),
            frames_busy_s=np.zeros(devices),
            energy_j=np.zeros(devices),
            epoch_dynamic_w=np.zeros((0, devices)),
            epoch_power_w=np.zeros((0, devices)),
            epoch_c=np.zeros((0, devices)),
            epoch_inlet_c=np.zeros((0, devices)),
            epoch_clock=np.zeros((0, devices)),
            epoch_throttled=np.zeros((0, devices), dtype=np.bool_),
            epoch_exhaust_c=np.zeros(0),
            epoch_off=np.zeros((0, devices), dtype=np.bool_),
        )
