"""What takes devices out of service in a run beside heat: outages, failures, a new model sent round in waves.

All of it is a function of time, drawn before the run: two racks with the same seed lose the same devices at
the same moments. It takes effect when the epoch in which it falls has ended. A device that fails draws
nothing and loses the batch in it; one that is updated stops taking requests `drain_s` before, draws idle
power meanwhile, and hands what still waits to the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.arrays import Flags
from planner.formulas import formula
from planner.rack.description.life import Failures
from planner.rack.run.rolling_update import BEGUN, Trial, TrialOutcome, UpdateTimeline

if TYPE_CHECKING:
    from planner.rack.description.rack import Rack

_FAILURES = 3


@dataclass(frozen=True, slots=True, eq=False)
class DeviceAvailability:
    """State of each device: failed, being updated, closed to new requests before that, on the new model;
    and whether what it answers with the new model is watched.
    """

    failed: Flags
    updating: Flags
    draining: Flags
    updated: Flags
    watched: Flags


class AvailabilityTimeline:
    """The life of one replication's devices, from beginning to end."""

    def __init__(self, rack: Rack, replication: int) -> None:
        self._count = rack.count
        self._life = rack.life
        self._failed = [
            (outage.at_s, outage.at_s + outage.lasts_s, device)
            for outage in rack.life.outages
            for device in range(outage.first, outage.first + outage.devices)
        ]
        if rack.life.failures is not None:
            for device in range(rack.count):
                key = (replication, device, _FAILURES)
                chance = np.random.default_rng(np.random.SeedSequence(rack.seed, spawn_key=key))
                spans = _drawn(rack.life.failures, chance, rack.duration_s)
                self._failed += [(start_s, end_s, device) for start_s, end_s in spans]
        self._course = UpdateTimeline(rack.life.update, rack.count) if rack.life.update else None

    @property
    def outcome(self) -> TrialOutcome | None:
        """What was seen of the new model, and whether it went back; None while open, or unmeasured."""
        return self._course.outcome if self._course else None

    def see(self, seen: Trial) -> None:
        """What watched devices have answered in the epoch that ends now."""
        if self._course:
            self._course.see(seen)

    def at(self, now_s: float) -> DeviceAvailability:
        """State of the devices in the epoch that begins now."""
        # An instant that is meant to be the end of an epoch may lie a rounding behind it.
        now_s += BEGUN
        standing = DeviceAvailability(*(np.zeros(self._count, dtype=np.bool_) for _ in range(5)))
        for start_s, end_s, device in self._failed:
            # Half open, so that a device whose repair ends now serves in the epoch that begins now.
            if start_s <= now_s < end_s:
                standing.failed[device] = True
        if self._course is None:
            return standing
        drain_s = self._course.update.drain_s
        for step in self._course.steps_known_at(now_s):
            standing.updating[step.device] |= step.start_s <= now_s < step.end_s
            standing.draining[step.device] |= step.start_s - drain_s <= now_s < step.start_s
            # In order of time: the last change that is over decides which model a device has.
            if step.end_s <= now_s:
                standing.updated[step.device] = step.to_new
        if self._course.watches_at(now_s):
            standing.watched[:] = standing.updated
        return standing


@formula("availability")
def _drawn(failures: Failures, chance: np.random.Generator, until_s: float) -> Iterator[tuple[float, float]]:
    """Spans out of service; at the beginning a device is down as often as in the long run."""
    # A run begins in the long run's mix; exponential times have no age, so the first span needs no
    # correction.
    up = bool(chance.random() < failures.mtbf_s / (failures.mtbf_s + failures.mttr_s))
    now_s = 0.0
    while now_s < until_s:
        length_s = float(chance.exponential(failures.mtbf_s if up else failures.mttr_s))
        if not up:
            yield now_s, now_s + length_s
        now_s, up = now_s + length_s, not up
