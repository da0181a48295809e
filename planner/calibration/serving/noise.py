"""How noisy a machine is: a loop that does nothing but the same small work again, and what it lost."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

_WORK = 2_000
_LATE = 1.5
"""Over the median: a turn of the loop that took longer was interrupted or slowed down."""
NOISY_LOST = 0.03
NOISY_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Noise:
    """What an empty loop saw on one core.

    `lost` is the share of time that went to interruptions: what turns took beyond the median where it was
    half as long again. `spread` is how far medians of tenths of a second scatter, as a share: a clock that
    changes, a neighbour on the same core. `longest_s` is the longest turn.
    """

    lost: float
    spread: float
    longest_s: float

    @property
    def noisy(self) -> bool:
        """Whether what is measured beside such noise says more of the machine than of the network."""
        return self.lost > NOISY_LOST or self.spread > NOISY_SPREAD


def empty_loop(seconds: float) -> Noise:
    """Watch the core that this thread runs on for about so long."""
    turns_s: list[float] = []
    at_s: list[float] = []
    begun_s = before_s = time.perf_counter()
    while before_s < begun_s + seconds:
        for _ in range(_WORK):
            pass
        now_s = time.perf_counter()
        turns_s.append(now_s - before_s)
        at_s.append(now_s - begun_s)
        before_s = now_s
    turns = np.array(turns_s)
    median_s = float(np.median(turns))
    late = turns > _LATE * median_s
    tenths = np.floor(np.array(at_s) * 10)
    medians = np.array([np.median(turns[tenths == tenth]) for tenth in np.unique(tenths)[:-1]] or [median_s])
    return Noise(
        lost=float((turns[late] - median_s).sum() / turns.sum()),
        spread=float(np.std(medians) / np.mean(medians)),
        longest_s=float(turns.max()),
    )
