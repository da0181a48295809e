"""A new model that goes round the rack while it serves: first to some, which are watched, then on or back.

Whether it goes back may be said beforehand (the new model is known to be slower than is allowed), or measured
in the run: the p99 of what the first devices answer while they are watched, and the share of it that comes to
nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.rack.description.rolling_update import RollingUpdate

BEGUN = 1e-9
"""Rounding of instants, s."""

_LATE_SHARE = 0.01
"""The p99 is over a limit when more than this share of the answers is."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What watched devices have inferred: requests in all, those late and those that came to nothing."""

    answered: int = 0
    late: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What was seen of the new model in one run, and whether it went back for that."""

    seen: Trial
    rolled_back: bool


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """One device out to change its model: from when to when, and whether to the new one."""

    device: int
    start_s: float
    end_s: float
    to_new: bool


class UpdateTimeline:
    """Every change of model of one run, in order of time; what follows the soak is known when it is over."""

    def __init__(self, update: RollingUpdate, count: int) -> None:
        self.update = update
        self.outcome: TrialOutcome | None = None
        self._count = count
        # 0.07 * 100 is 7.000000000000001 in floats, whose ceiling is eight devices.
        # At least one device has it first: a share below 1e-9 of the rack is rounding, not an empty wave.
        self._first = max(1, min(count, math.ceil(update.first_share * count - BEGUN)))
        self._steps = _waves(update, range(self._first), update.at_s, to_new=True)
        self._watch_s = self._steps[-1].end_s
        self._seen = Trial()
        self._decided = not update.measured
        if self._decided:
            self._follow(back=update.stated_too_slow)

    def see(self, seen: Trial) -> None:
        """What watched devices have inferred in one epoch more."""
        sums = self._seen
        self._seen = Trial(sums.answered + seen.answered, sums.late + seen.late, sums.failed + seen.failed)

    def watches_at(self, now_s: float) -> bool:
        """Whether the first devices are watched."""
        return self.update.measured and self._watch_s <= now_s < self._watch_s + self.update.soak_s

    def steps_known_at(self, now_s: float) -> list[UpdateStep]:
        """The changes of model, those after the soak once it is over."""
        if not self._decided and now_s >= self._watch_s + self.update.soak_s:
            back = self._goes_back()
            self.outcome = TrialOutcome(self._seen, back)
            self._decided = True
            self._follow(back=back)
        return self._steps

    def _goes_back(self) -> bool:
        update, seen = self.update, self._seen
        # A share above one is impossible: without a limit errors never send it back.
        errors = 1.0 if update.roll_back_errors is None else update.roll_back_errors
        return (
            update.stated_too_slow
            or seen.answered == 0
            or seen.late > _LATE_SHARE * seen.answered
            or seen.failed > errors * seen.answered
        )

    def _follow(self, *, back: bool) -> None:
        """The rest gets the new model, or the first devices the old one again."""
        devices = range(self._first) if back else range(self._first, self._count)
        from_s = self._watch_s + self.update.soak_s
        # The decision is known only at the end of the soak; devices then still need their time to drain.
        if self.update.measured:
            from_s += self.update.drain_s
        self._steps += _waves(self.update, devices, from_s, to_new=not back)


def _waves(update: RollingUpdate, devices: range, from_s: float, *, to_new: bool) -> list[UpdateStep]:
    steps = []
    for position, device in enumerate(devices):
        # Whole waves of `at_once` devices, each as long as one interruption.
        start_s = from_s + position // update.at_once * update.interruption_s
        steps.append(UpdateStep(device, start_s, start_s + update.interruption_s, to_new))
    return steps
