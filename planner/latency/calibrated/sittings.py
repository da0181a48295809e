"""The band of a calibrated estimate by its parts: within one sitting, and between sittings."""

from __future__ import annotations

import math

BAND_DEVIATIONS = 1.645
"""Of a normal distribution, from its middle to either end of 90 %."""
_LEAST = 0.2


def within_sitting(deviation: float, between: float) -> float:
    """What is left of a deviation without that between sittings: the two are independent.

    Never less than a fifth of the whole: rounded ends of a band would leave nothing.
    """
    return math.sqrt(max(deviation**2 - between**2, (_LEAST * deviation) ** 2))
