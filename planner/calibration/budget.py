"""A budget of time: how much of it probes may have, so that the fit after them still ends in time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TIMES_MORE, _MOST_FOR_TRIAL = 3.0, 0.1
"""A fit is timed again at so many times the probes, where it takes no larger share of the budget: all trials
together take less than half of the last fit."""
_GROWTH = 1.5
"""A fit of n probes takes n to this power: between the line of reading them and the cube of exact fits, which
rest on at most 400 kernels a class. Measured: 1.1 s of processor time for 40 probes, 3.9 s for 112."""
_FIRST_GUESS_S = 0.06
"""Seconds of the fit for each probe before one was timed."""


class Budget:
    """Time from its making on; `clock` is in seconds and only runs forward."""

    def __init__(self, whole_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.whole_s = whole_s
        self._clock = clock
        self._start_s = clock()
        self._timed: tuple[int, float] | None = None

    @property
    def spent_s(self) -> float:
        """Seconds so far."""
        return self._clock() - self._start_s

    @property
    def end_s(self) -> float:
        """When it is over, by its clock."""
        return self._start_s + self.whole_s

    def fit_s(self, probes: int) -> float:
        """What the fit of so many probes is expected to take."""
        if self._timed is None:
            return _FIRST_GUESS_S * probes
        timed, seconds = self._timed
        return seconds * math.pow(probes / timed, _GROWTH)

    def left_for_probes_s(self, probes: int) -> float:
        """Seconds until the fit of the probes so far has to begin."""
        return self.whole_s - self.spent_s - self.fit_s(probes)

    def wants_trial(self, probes: int, least: int) -> bool:
        """Whether a fit of the probes so far should be timed now."""
        if self._timed is None:
            return probes >= least
        return probes >= _TIMES_MORE * self._timed[0] and self.fit_s(probes) <= _MOST_FOR_TRIAL * self.whole_s

    @contextmanager
    def trial(self, probes: int) -> Iterator[None]:
        """Times a fit of so many probes."""
        start_s = self._clock()
        yield
        self._timed = probes, self._clock() - start_s
