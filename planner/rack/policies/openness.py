"""Who takes new requests: how many devices, which of them are too hot, and which streams are let in."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.rack.description.checks import Checks
from planner.rack.description.control import Controls, Seen

if TYPE_CHECKING:
    from planner.rack.description.rack import Rack


@dataclass(frozen=True, slots=True)
class NaiveScheduler:
    """As many devices open as the last epoch's load takes at `target` busy share, anew every epoch."""

    target: float = 0.7

    def __post_init__(self) -> None:
        _check_target(self.target)

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Nothing to remember."""
        return _first_open(rack, controls, math.ceil(_load(seen) / self.target)), memory


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the stable scheduler remembers: loads, open devices, when that changed, when each is ready."""

    loads: tuple[float, ...]
    devices: int
    changed_s: float
    ready_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StableScheduler:
    """Devices open for the mean load of the last `history_s` plus `sigmas` standard deviations.

    A change comes `dwell_s` after the last one at the earliest, and only where it is at least `least_change`
    of the devices that are open. A device that is opened takes requests `migration_s` later: its networks
    have to be loaded.
    """

    target: float = 0.7
    history_s: float = 300.0
    sigmas: float = 1.5
    dwell_s: float = 30.0
    least_change: float = 0.15
    migration_s: float = 2.0

    def __post_init__(self) -> None:
        _check_target(self.target)
        checks = Checks("stable scheduler")
        checks.positive(history_s=self.history_s)
        checks.non_negative(
            sigmas=self.sigmas,
            dwell_s=self.dwell_s,
            least_change=self.least_change,
            migration_s=self.migration_s,
        )
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Remembers the loads and its last change."""
        start = _Plan((), rack.count, 0.0, (0.0,) * rack.count)
        plan = memory if isinstance(memory, _Plan) else start
        # Devices' worth of work and not busy shares: a slowed device is busier with the same load.
        loads = (*plan.loads, _load(seen))[-max(1, round(self.history_s / rack.epoch_s)) :]
        plan = replace(plan, loads=loads)
        # A normal load is above its mean plus 1.5 deviations in 7 % of the epochs; a target below one leaves
        # room for these.
        wanted = math.ceil((np.mean(loads) + self.sigmas * np.std(loads)) / self.target)
        wanted = min(max(wanted, 1), rack.count)
        rested = seen.end_s - plan.changed_s >= self.dwell_s
        step = abs(wanted - plan.devices)
        if rested and step > 0 and step >= self.least_change * plan.devices:
            ready_s = seen.end_s + self.migration_s
            opened = range(plan.devices, wanted)
            readiness = tuple(ready_s if d in opened else at for d, at in enumerate(plan.ready_s))
            plan = _Plan(loads, wanted, seen.end_s, readiness)
        # A spare that serves is open at once: it only serves where another device has failed.
        ready = np.append(
            np.array(plan.ready_s) <= seen.end_s, np.ones(rack.installed - rack.count, np.bool_)
        )
        opened_only = _first_open(rack, controls, plan.devices)
        return replace(opened_only, open=opened_only.open & ready), plan


@dataclass(frozen=True, slots=True)
class AvoidHot:
    """No new requests for a device that is, or in `forecast_s` will be, at or above a temperature.

    Zero seconds is the reactive policy; the forecast continues the last epoch's slope.
    """

    limit_c: float
    forecast_s: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks("avoid hot devices")
        checks.finite(limit_c=self.limit_c)
        checks.non_negative(forecast_s=self.forecast_s)
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Remembers the temperatures."""
        now_c = seen.temperature_c
        before_c = memory if isinstance(memory, np.ndarray) else now_c
        # A straight line from the last two epochs; a device that cools is taken at what it is now.
        foreseen_c = now_c + np.maximum(now_c - before_c, 0.0) * self.forecast_s / rack.epoch_s
        return replace(controls, open=controls.open & (foreseen_c < self.limit_c)), now_c


@dataclass(frozen=True, slots=True)
class ResourceGuard:
    """While a device is at or above a temperature, one priority more is refused each epoch, lowest first.

    The highest priority is never refused. Below the limit less the hysteresis one is let in again.
    """

    limit_c: float
    hysteresis_k: float = 3.0

    def __post_init__(self) -> None:
        checks = Checks("resource guard")
        checks.finite(limit_c=self.limit_c)
        checks.non_negative(hysteresis_k=self.hysteresis_k)
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Remembers how many priorities are refused."""
        priorities = np.array([group.priority for group in rack.streams])
        levels = np.unique(priorities)
        refused = memory if isinstance(memory, int) else 0
        hottest_c = float(seen.temperature_c.max())
        if hottest_c >= self.limit_c:
            # The highest level is never among the refused ones.
            refused = min(refused + 1, len(levels) - 1)
        elif hottest_c < self.limit_c - self.hysteresis_k:
            refused = max(refused - 1, 0)
        return replace(controls, admitted=controls.admitted & (priorities >= levels[refused])), refused


def _load(seen: Seen) -> float:
    """Devices' worth of work at full clock in the last epoch."""
    return float((seen.busy_share * seen.clock).sum())


def _first_open(rack: Rack, controls: Controls, devices: int) -> Controls:
    number = np.arange(rack.installed)
    return replace(controls, open=controls.open & ((number < max(devices, 1)) | (number >= rack.count)))


def _check_target(target: float) -> None:
    checks = Checks("scheduler")
    checks.require(0 < target <= 1, "target", "a share above 0 and at most 1", target)
    checks.finish()
