"""What a two-threshold clock governor saves: the band, over what nobody states.

At a constant demand u (share of full clock's work) a clock c is kept while lower <= u / c <= raise: below,
the governor steps down, above, it steps up. Power is idle + (1 - idle) * u * c ** (k - 1), as a share of that
at saturation: busy u / c of the time at c ** k. Where several clocks can be kept, the past decides which; the
fastest gives the low end of the saving and the slowest the high end. It holds for demands that change slower
than the governor and for work that scales with the clock. Memory-bound work saves more at less loss, and idle
states that a slow clock reaches are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from planner.rack.description.checks import Checks

_DEMANDS = 2001


@dataclass(frozen=True, slots=True)
class ClockThresholds:
    """Clock ratios and the utilisations below and above which the governor steps."""

    clocks: tuple[float, ...]
    lower_below: float
    raise_above: float

    def __post_init__(self) -> None:
        checks = Checks("clock governor")
        checks.rising(clocks=self.clocks)
        checks.require(
            self.clocks and self.clocks[0] > 0 and self.clocks[-1] == 1,
            "clocks",
            "ratios from above 0 up to 1",
            self.clocks,
        )
        checks.require(
            0 <= self.lower_below < self.raise_above <= 1,
            "lower_below",
            f"a share below raise_above ({self.raise_above:g})",
            self.lower_below,
        )
        checks.finish()

    def clocks_kept(self, demand: float) -> tuple[float, float]:
        """The slowest and the fastest clock that the governor stays at for a constant demand."""
        kept = [
            clock
            for index, clock in enumerate(self.clocks)
            if (demand / clock >= self.lower_below or index == 0)
            and (demand / clock <= self.raise_above or clock == 1.0)
        ]
        return kept[0], kept[-1]


@dataclass(frozen=True, slots=True)
class Saving:
    """Share of energy saved under one load: over the idle shares and exponents given, and its parts."""

    load: str
    low: float
    high: float
    cases: tuple[SavingCase, ...]


@dataclass(frozen=True, slots=True)
class SavingCase:
    """One idle share and exponent: the saving with the fastest and with the slowest clock kept."""

    idle_share: float
    exponent: float
    low: float
    high: float


def saving_band(
    governor: ClockThresholds,
    load: str,
    shape: tuple[float, float],
    idle_shares: Sequence[float],
    exponents: Sequence[float],
) -> Saving:
    """The saving over a Beta(a, b) load for every idle share and exponent."""
    from scipy.stats import beta

    a, b = shape
    checks = Checks("load")
    checks.positive(a=a, b=b)
    checks.finish()
    # Midpoints of equal classes of demand, weighed by the probability of each class.
    demands = (np.arange(_DEMANDS) + 0.5) / _DEMANDS
    weights = np.diff(beta.cdf(np.linspace(0.0, 1.0, _DEMANDS + 1), a, b))
    kept = np.array([governor.clocks_kept(float(demand)) for demand in demands])
    cases = []
    for idle, exponent in product(idle_shares, exponents):
        full = idle + (1.0 - idle) * float(weights @ demands)
        slow, fast = (
            idle + (1.0 - idle) * float(weights @ (demands * clock ** (exponent - 1.0))) for clock in kept.T
        )
        cases.append(SavingCase(idle, exponent, 1.0 - fast / full, 1.0 - slow / full))
    return Saving(load, min(c.low for c in cases), max(c.high for c in cases), tuple(cases))
