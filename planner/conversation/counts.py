"""What both engines count, bit by bit alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.arrays import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Counts:
    """Of each turn, then of each device; a turn that never came has no arrival."""

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

    @classmethod
    def empty(cls, turns: int, devices: int) -> Counts:
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
        )
