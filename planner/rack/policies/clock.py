"""Clock policies (DVFS): each device's clock from its load, and all clocks from the power of the rack."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.arrays import Floats
from planner.rack.description.checks import Checks
from planner.rack.description.control import Controls, Seen

if TYPE_CHECKING:
    from planner.rack.description.rack import Rack


@dataclass(frozen=True, slots=True)
class FixedClock:
    """Every device at one clock ratio."""

    ratio: float

    def __post_init__(self) -> None:
        checks = Checks("fixed clock")
        checks.require(0 < self.ratio <= 1, "ratio", "a ratio above 0 and at most 1", self.ratio)
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """The ratio, always."""
        return _at_most(controls, np.full(rack.installed, self.ratio)), memory


@dataclass(frozen=True, slots=True)
class TwoThresholds:
    """A device busier than `high` goes to full clock at once, one less busy than `low` a level down."""

    low: float = 0.3
    high: float = 0.7
    levels: tuple[float, ...] = (0.6, 0.8, 1.0)

    def __post_init__(self) -> None:
        checks = Checks("two-threshold clock")
        ordered = 0 <= self.low < self.high <= 1
        checks.require(ordered, "low, high", "shares from 0 to 1 that rise", (self.low, self.high))
        rising = all(slow < fast for slow, fast in pairwise((0.0, *self.levels)))
        checks.require(rising and 1.0 in self.levels[-1:], "levels", "ratios that rise to 1", self.levels)
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Remembers each device's level."""
        top = len(self.levels) - 1
        level = memory if isinstance(memory, np.ndarray) else np.full(rack.installed, top)
        down = np.where(seen.busy_share < self.low, np.maximum(level - 1, 0), level)
        level = np.where(seen.busy_share > self.high, top, down)
        return _at_most(controls, np.array(self.levels)[level]), level


@dataclass(frozen=True, slots=True)
class ProportionalIntegral:
    """Holds each device's busy share at `target`: the clock moves with the error and with its change."""

    target: float = 0.6
    gain: float = 0.5
    integral_per_s: float = 0.2
    slowest: float = 0.4

    def __post_init__(self) -> None:
        checks = Checks("proportional-integral clock")
        checks.between(0, 1, target=self.target)
        checks.non_negative(gain=self.gain, integral_per_s=self.integral_per_s)
        checks.require(0 < self.slowest <= 1, "slowest", "a ratio above 0 and at most 1", self.slowest)
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Remembers each device's clock and error."""
        error = seen.busy_share - self.target
        clock, before = memory if isinstance(memory, tuple) else (np.ones(rack.installed), error)
        # The velocity form of a PI controller: it stores the clock itself, so clipping cannot wind up an
        # integral.
        moved = clock + self.gain * (error - before) + self.integral_per_s * rack.epoch_s * error
        clock = np.clip(moved, self.slowest, 1.0)
        return _at_most(controls, clock), (clock, error)


@dataclass(frozen=True, slots=True)
class PowerCap:
    """All clocks a step down while devices and fans draw more than the limit, a step up below 95 % of it."""

    limit_w: float
    step: float = 0.05
    slowest: float = 0.3

    def __post_init__(self) -> None:
        checks = Checks("power cap")
        checks.positive(limit_w=self.limit_w, step=self.step)
        checks.require(0 < self.slowest <= 1, "slowest", "a ratio above 0 and at most 1", self.slowest)
        checks.finish()

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """Remembers the ratio that all clocks are held to."""
        ratio = memory if isinstance(memory, float) else 1.0
        power_w = rack.plug_w(float(seen.power_w.sum()))
        if power_w > self.limit_w:
            ratio = max(self.slowest, ratio - self.step)
        # Between 95 % and the limit nothing moves. Where one step changes the power by more than that, the
        # clock swings between two steps.
        elif power_w < 0.95 * self.limit_w:
            ratio = min(1.0, ratio + self.step)
        return _at_most(controls, np.full(rack.installed, ratio)), ratio


def _at_most(controls: Controls, clock: Floats) -> Controls:
    return replace(controls, clock=np.minimum(controls.clock, clock))


CLOCK_POLICIES = (FixedClock, TwoThresholds, ProportionalIntegral, PowerCap)
"""Those that change clocks and nothing else."""
