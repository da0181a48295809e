"""All plain cameras of a group at once: their frames as a matrix, one row a camera.

The times are those of `planner.rack.arrivals.processes`, bit by bit: each camera draws its phase and then its
jitters from a generator of its own, whatever the others do. A matrix takes a tenth of the time and memory of
as many sources apart, which is what ten thousand devices with their cameras need.
"""

from __future__ import annotations

import numpy as np

from planner.arrays import Floats, Ints
from planner.rack.description.streams import StreamGroup


def is_plain(group: StreamGroup) -> bool:
    """Whether a group's sources are periodic cameras that nothing else changes."""
    return group.arrivals == "periodic" and group.profile is None and group.drop_outs is None


class PeriodicCameras:
    """The frames of a group's cameras that are drawn and not yet taken."""

    def __init__(self, group: StreamGroup, chances: list[np.random.Generator], block: int) -> None:
        self._period_s = 1.0 / group.rate_per_s
        self._jitter_s = group.jitter_s
        self._phase_s = np.array([chance.uniform(0.0, self._period_s) for chance in chances])
        # Without jitter nothing more is drawn, and a generator is a kilobyte for each camera.
        self._chances = chances if group.jitter_s > 0 else []
        self._block = block
        # From the period before zero on, because jitter may bring its frame into the run.
        self._following = -1
        self._rest_s = np.empty((len(chances), 0))
        self._taken_to_s = 0.0

    def times_before(self, until_s: float) -> tuple[Floats, Ints]:
        """The frames up to a time and not taken before, camera after camera, and how many of each."""
        blocks = [self._rest_s]
        while not blocks[-1].shape[1] or blocks[-1][:, -1].min() < until_s:
            blocks.append(self._drawn())
        if len(blocks) > 1:
            self._rest_s = np.hstack(blocks)
        # Rows rise, so what was taken before lies before the last cut. One on a cut belongs behind it.
        early = self._rest_s < until_s
        taken = early & (self._rest_s >= self._taken_to_s)
        time_s = self._rest_s[taken]
        self._taken_to_s = until_s
        done = int(early.all(axis=0).sum())
        self._rest_s = self._rest_s[:, done:].copy()
        return time_s, np.count_nonzero(taken, axis=1)

    def _drawn(self) -> Floats:
        frames = np.arange(self._following, self._following + self._block)
        self._following += self._block
        # The same sums as for one source alone: another order would round otherwise.
        time_s = self._phase_s[:, None] + frames * self._period_s
        for number, chance in enumerate(self._chances):
            time_s[number] += chance.uniform(-self._jitter_s, self._jitter_s, size=self._block)
        return np.asarray(time_s)
