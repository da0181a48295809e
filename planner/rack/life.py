"""What takes devices out of service in a run beside heat: outages, failures, a new model sent round in waves.

All of it is a function of time, drawn before the run: two racks with the same seed lose the same devices at
the same moments. It takes effect when the epoch in which it falls has ended. A device that fails draws
nothing and loses the batch in it; one that is updated stops taking requests `drain_s` before, draws idle
power meanwhile, and hands what still waits to the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.rack.checks import Checks

if TYPE_CHECKING:
    from planner.rack.description import Rack

Flags = NDArray[np.bool_]
_FAILURES = 3
_BEGUN = 1e-9


@dataclass(frozen=True, slots=True)
class Outage:
    """`devices` of them from number `first` on, counted from the bottom, fail at a time for a while."""

    at_s: float
    lasts_s: float
    devices: int = 1
    first: int = 0

    def __post_init__(self) -> None:
        checks = Checks("outage")
        checks.non_negative(at_s=self.at_s)
        checks.positive(lasts_s=self.lasts_s)
        checks.require(self.devices >= 1, "devices", "one or more", self.devices)
        checks.require(self.first >= 0, "first", "zero or above", self.first)
        checks.finish()


@dataclass(frozen=True, slots=True)
class Failures:
    """Every device fails and is repaired again and again: mean times up and down, both exponential."""

    mtbf_s: float
    mttr_s: float

    def __post_init__(self) -> None:
        checks = Checks("failures")
        checks.positive(mtbf_s=self.mtbf_s, mttr_s=self.mttr_s)
        checks.finish()


@dataclass(frozen=True, slots=True)
class RollingUpdate:
    """A new model that reaches a first share of the devices, is watched, and then reaches the rest.

    From `at_s` on, `at_once` devices at a time are out for `interruption_s` (0: a hot swap), until
    `first_share` of them have the new model (the grey release); after `soak_s` the rest follow. A batch then
    takes `time_ratio` times what it took, at `power_ratio` times the power above idle. Where the time ratio
    is above `roll_back_over`, the first devices go back to the old model after the soak instead, each with
    the same interruption, and no others follow.
    """

    at_s: float
    interruption_s: float
    at_once: int = 1
    first_share: float = 1.0
    soak_s: float = 0.0
    drain_s: float = 1.0
    time_ratio: float = 1.0
    power_ratio: float = 1.0
    roll_back_over: float | None = None

    def __post_init__(self) -> None:
        checks = Checks("rolling update")
        checks.non_negative(
            at_s=self.at_s, interruption_s=self.interruption_s, soak_s=self.soak_s, drain_s=self.drain_s
        )
        checks.positive(time_ratio=self.time_ratio, power_ratio=self.power_ratio)
        checks.require(self.at_once >= 1, "at_once", "one device or more", self.at_once)
        checks.require(
            0 < self.first_share <= 1, "first_share", "a share above 0 and at most 1", self.first_share
        )
        if self.roll_back_over is not None:
            checks.positive(roll_back_over=self.roll_back_over)
        checks.finish()

    @property
    def rolls_back(self) -> bool:
        """Whether the new model is found too slow after the soak."""
        return self.roll_back_over is not None and self.time_ratio > self.roll_back_over


@dataclass(frozen=True, slots=True)
class Life:
    """All that happens to the devices of a rack in a run."""

    outages: tuple[Outage, ...] = ()
    failures: Failures | None = None
    update: RollingUpdate | None = None

    @property
    def quiet(self) -> bool:
        """Whether nothing happens."""
        return not self.outages and self.failures is None and self.update is None


NOTHING_HAPPENS = Life()


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How each device stands: failed, being updated, closed to new requests before that, on the new model."""

    failed: Flags
    updating: Flags
    draining: Flags
    updated: Flags


class LifeCourse:
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
        self._steps = update_steps(rack.life.update, rack.count) if rack.life.update else []

    def at(self, now_s: float) -> Standing:
        """How the devices stand in the epoch that begins now."""
        now_s += _BEGUN
        standing = Standing(*(np.zeros(self._count, dtype=np.bool_) for _ in range(4)))
        for start_s, end_s, device in self._failed:
            if start_s <= now_s < end_s:
                standing.failed[device] = True
        drain_s = self._life.update.drain_s if self._life.update else 0.0
        for step in self._steps:
            standing.updating[step.device] |= step.start_s <= now_s < step.end_s
            standing.draining[step.device] |= step.start_s - drain_s <= now_s < step.start_s
            if step.end_s <= now_s:
                standing.updated[step.device] = step.to_new
        return standing


def _drawn(failures: Failures, chance: np.random.Generator, until_s: float) -> Iterator[tuple[float, float]]:
    """Spans out of service; at the beginning a device is down as often as in the long run."""
    up = bool(chance.random() < failures.mtbf_s / (failures.mtbf_s + failures.mttr_s))
    now_s = 0.0
    while now_s < until_s:
        length_s = float(chance.exponential(failures.mtbf_s if up else failures.mttr_s))
        if not up:
            yield now_s, now_s + length_s
        now_s, up = now_s + length_s, not up


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """One device out to change its model: from when to when, and whether to the new one."""

    device: int
    start_s: float
    end_s: float
    to_new: bool


def update_steps(update: RollingUpdate, count: int) -> list[UpdateStep]:
    """Every change of model in order of time, wave by wave from the lowest device up."""
    first = min(count, math.ceil(update.first_share * count - _BEGUN))
    steps = _waves(update, range(first), update.at_s, to_new=True)
    soaked_s = steps[-1].end_s + update.soak_s
    if update.rolls_back:
        return steps + _waves(update, range(first), soaked_s, to_new=False)
    return steps + _waves(update, range(first, count), soaked_s, to_new=True)


def _waves(update: RollingUpdate, devices: range, from_s: float, *, to_new: bool) -> list[UpdateStep]:
    steps = []
    for place, device in enumerate(devices):
        start_s = from_s + place // update.at_once * update.interruption_s
        steps.append(UpdateStep(device, start_s, start_s + update.interruption_s, to_new))
    return steps
