"""What takes devices out of service in a run beside heat: outages, failures, a new model sent round in waves.

Spares replace what has failed (`_Replacements`), until it is back.

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

from planner.arrays import Flags, Ints
from planner.formulas import formula
from planner.rack.description.life import Failures
from planner.rack.load.topology import parts_of_devices
from planner.rack.run.rolling_update import BEGUN, Trial, TrialOutcome, UpdateTimeline

if TYPE_CHECKING:
    from planner.rack.description.rack import Rack

_FAILURES, _CARRIER_FAILURES = 3, 4
"""Last number of the keys of random streams; those of arrivals have others."""
NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class DeviceAvailability:
    """State of each device: failed, being updated, closed to new requests before that, on the new model;
    and whether what it answers with the new model is watched. A spare that does not serve stands by, and
    draws nothing where it is `dark`. `replaced_by` is the spare that serves in a device's place, or -1.
    """

    failed: Flags
    updating: Flags
    draining: Flags
    updated: Flags
    watched: Flags
    standby: Flags
    dark: Flags
    replaced_by: Ints


def all_in_service(rack: Rack) -> DeviceAvailability:
    """The state of a rack to whose devices nothing happens."""
    none = np.zeros(rack.installed, dtype=np.bool_)
    standby = np.arange(rack.installed) >= rack.count
    dark = standby & (not rack.life.spares.hot)
    return DeviceAvailability(none, none, none, none, none, standby, dark, np.full(rack.installed, NOBODY))


class AvailabilityTimeline:
    """The life of one replication's devices, from beginning to end."""

    def __init__(self, rack: Rack, replication: int) -> None:
        self._count = rack.installed
        self._failed = list(_failures(rack, replication))
        self._replacements = _Replacements(rack)
        self._course = UpdateTimeline(rack.life.update, rack.installed) if rack.life.update else None

    @property
    def outcome(self) -> TrialOutcome | None:
        """What was seen of the new model, and whether it went back; None while open, or unmeasured."""
        return self._course.outcome if self._course else None

    def see(self, seen: Trial) -> None:
        """What watched devices have answered in the epoch that ends now."""
        if self._course:
            self._course.see(seen)

    def at(self, now_s: float) -> DeviceAvailability:
        """State of the devices in the epoch that begins now; asked epoch after epoch."""
        # An instant that is meant to be the end of an epoch may lie a rounding behind it.
        now_s += BEGUN
        failed, updating, draining, updated, watched = (
            np.zeros(self._count, dtype=np.bool_) for _ in range(5)
        )
        for start_s, end_s, device in self._failed:
            # Half open, so that a device whose repair ends now serves in the epoch that begins now.
            if start_s <= now_s < end_s:
                failed[device] = True
        spares = self._replacements.at(now_s, failed)
        draining |= self._replacements.leaves
        standing = DeviceAvailability(failed, updating, draining, updated, watched, *spares)
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


class _Replacements:
    """Which spare serves in which failed device's place; a rule of its own, so that both engines share it.

    A spare is called when the failure shows, at the end of the epoch in which it falls: the first free one
    of the same part of the rack (hard shares divide it). It serves a stated time later. When the device is
    back it takes no new requests, finishes what it has in one epoch, and stands by again; one that fails
    itself is followed by the next.
    """

    def __init__(self, rack: Rack) -> None:
        self._count, self._spares = rack.count, rack.life.spares
        self._part = parts_of_devices(rack)
        self._replaced_by = np.full(rack.installed, NOBODY)
        self._serves_at_s = np.full(rack.installed, np.inf)
        self.leaves = np.zeros(rack.installed, dtype=np.bool_)

    def at(self, now_s: float, failed: Flags) -> tuple[Flags, Flags, Ints]:
        """Who stands by, who of them is dark, and who serves in whose place; `leaves` says who has done."""
        if self._spares.count:
            self._release(failed)
            self._call(now_s, failed)
        called = np.isfinite(self._serves_at_s)
        serves = self._serves_at_s <= now_s
        standby = (np.arange(failed.size) >= self._count) & ~serves & ~failed
        dark = standby & ~called & (not self._spares.hot)
        # A device is replaced from when its spare serves, not from when that is called.
        by = np.where(serves[self._replaced_by], self._replaced_by, NOBODY)
        return standby, dark, by

    def _release(self, failed: Flags) -> None:
        self._serves_at_s[self.leaves] = np.inf
        self.leaves = np.zeros_like(failed)
        for device in np.flatnonzero(self._replaced_by != NOBODY):
            spare = self._replaced_by[device]
            if not failed[device] or failed[spare]:
                self._replaced_by[device] = NOBODY
                self.leaves[spare] = not failed[spare]
                if failed[spare]:
                    self._serves_at_s[spare] = np.inf

    def _call(self, now_s: float, failed: Flags) -> None:
        waiting = np.flatnonzero(failed[: self._count] & (self._replaced_by[: self._count] == NOBODY))
        for device in waiting:
            free = ~failed & np.isinf(self._serves_at_s) & (self._part == self._part[device])
            free[: self._count] = False
            if free.any():
                spare = int(np.argmax(free))
                self._replaced_by[device] = spare
                self._serves_at_s[spare] = now_s + self._spares.takes_over_s


def _failures(rack: Rack, replication: int) -> Iterator[tuple[float, float, int]]:
    """From when to when which device is out: stated, by failures of its own, and by those of its carrier."""
    life, devices = rack.life, range(rack.installed)
    for outage in life.outages:
        for device in range(outage.first, outage.first + outage.devices):
            yield outage.at_s, outage.at_s + outage.lasts_s, device
    if life.failures is not None:
        for device in devices:
            chance = _chance(rack, replication, device, _FAILURES)
            for start_s, end_s in _drawn(life.failures, chance, rack.duration_s):
                yield start_s, end_s, device
    if life.carriers is not None:
        life_of_one = Failures(life.carriers.mtbf_s, life.carriers.mttr_s)
        for first in devices[:: life.carriers.slots]:
            chance = _chance(rack, replication, first // life.carriers.slots, _CARRIER_FAILURES)
            for start_s, end_s in _drawn(life_of_one, chance, rack.duration_s):
                for device in devices[first : first + life.carriers.slots]:
                    yield start_s, end_s, device


def _chance(rack: Rack, replication: int, number: int, kind: int) -> np.random.Generator:
    key = (replication, number, kind)
    return np.random.default_rng(np.random.SeedSequence(rack.seed, spawn_key=key))


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
