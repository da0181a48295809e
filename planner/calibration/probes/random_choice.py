"""Choices of a probe: the same for the same seed, spread evenly on a log scale where sizes are meant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Chooser:
    """Draws what a random network needs."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def of(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """One of the options."""
        if weights is None:
            return options[int(self._random.integers(len(options)))]
        edges = np.cumsum(weights) / sum(weights)
        return options[int(np.searchsorted(edges, self._random.random(), side="right"))]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self._random.random() < probability)

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self._random.integers(low, high + 1))

    def batch(self) -> int:
        """How many inputs at once: mostly one, up to sixteen."""
        return self.of((1, 2, 4, 8, 16), (12, 2, 1.5, 1, 1))

    def size(self, low: float, high: float, multiple: int = 1) -> int:
        """A size spread evenly on a log scale, a multiple of `multiple`."""
        drawn = math.exp(self._random.uniform(math.log(low), math.log(high)))
        return max(multiple, round(drawn / multiple) * multiple)

    def channels(self, low: float, high: float) -> int:
        """Channels as networks have them: mostly in eights, sometimes in fours, now and then odd."""
        return self.size(low, high, self.of((8, 16, 4, 2, 1), (6, 5, 2, 1, 1)))
