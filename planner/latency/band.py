"""A number with its low and high end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BandEnd = Literal["low", "mid", "high"]
"""An end of a band, or its middle."""


@dataclass(frozen=True, slots=True)
class Band:
    """Low, middle and high of one quantity.

    `level` is the probability that the truth lies inside, where one was measured; None when the ends are
    those of a model (perfect overlap and none) and carry no probability.
    """

    low: float
    mid: float
    high: float
    level: float | None = None

    def at(self, bound: BandEnd) -> float:
        """The value at an end of the band, or in its middle."""
        return {"low": self.low, "mid": self.mid, "high": self.high}[bound]

    def planned(self, plan_for: str) -> float:
        """The value that a `cautious` plan counts with (the high end), a `typical` (middle) or the `best`."""
        return self.at(planned_bound(plan_for))

    def scaled(self, factor: float) -> Band:
        """The same band times a factor above zero."""
        return Band(self.low * factor, self.mid * factor, self.high * factor, self.level)

    def shifted(self, offset: float) -> Band:
        """The same band plus an offset."""
        return Band(self.low + offset, self.mid + offset, self.high + offset, self.level)


def planned_bound(plan_for: str) -> BandEnd:
    """Where in a band a plan counts: `cautious` ones high, `typical` in the middle, the `best` case low."""
    ends: dict[str, BandEnd] = {"cautious": "high", "best": "low"}
    return ends.get(plan_for, "mid")
