"""How probable it is that a device throttles, over what the resistance of its cooler may be."""

from __future__ import annotations

import math

from planner.formulas import formula
from planner.plan.options.coolers import ResistanceBand

_END_OF_90 = 1.6448536269514722
"""Standard deviations from the middle to either end of a band of 90 % (normal distribution)."""


@formula("throttle_probability")
def throttle_probability(band: ResistanceBand, inlet_c: float, die_c: float, throttle_c: float) -> float:
    """The probability that a device which is planned at `die_c` throttles.

    With power and inlet as planned, the rise is in proportion to the resistance: it throttles from the ratio
    r = (T_throttle - T_inlet) / (T_die - T_inlet) on. The logarithm of the resistance over its middle is
    taken as normal, each half with its own width, so that 5 % lie beyond either end of the band. Devices of
    one plan share most of what makes a cooler better or worse than its file says (paste, case, airflow), so
    this is of all of them together, and not of each by itself.
    """
    if inlet_c >= throttle_c:
        return 1.0
    if die_c <= inlet_c:
        return 0.0
    ratio = math.log((throttle_c - inlet_c) / (die_c - inlet_c))
    end = band.high_k_per_w if ratio > 0 else band.low_k_per_w
    width = abs(math.log(end / band.mid_k_per_w)) / _END_OF_90
    if width == 0.0:
        return 0.0 if ratio > 0 else 1.0
    return 0.5 * math.erfc(ratio / (width * math.sqrt(2.0)))
