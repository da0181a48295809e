"""From a module to its board's input and to the wall plug: losses as a curve by load.

A carrier draws something by itself and its converters lose a share of what the module draws; both are fitted
(docs/power.md). A power supply loses a part that does not depend on the load and a share of it. Both follow
from two figures that supplies of efficiency level VI and the European code of conduct, tier 2, have to reach:
the mean efficiency over a quarter, half, three quarters and all of the rated load, and that at a tenth of it
(10 CFR 430.32(w); Code of Conduct on energy efficiency of external power supplies, version 5). Supplies are
rated at 1.5 times what their board may draw. Better supplies than the rules ask for lose less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.formulas import formula
from planner.hardware.operating_point import OperatingPoint

BOARD = "board"
RATED = 1.5
LEAST_RATED_W = 10.0
STANDING_LOSS = 0.016
"""Of the rated load: 0.79 at a tenth and a mean of 0.88 give 0.016 and a tenth of the load."""
_MEAN_INVERSE_LOAD = (1 / 0.25 + 1 / 0.5 + 1 / 0.75 + 1) / 4
MOST_EFFICIENT = 0.88


def board_input_w(module_w: float, values: Mapping[str, float]) -> float:
    """Watts at the input of a carrier for those of its module."""
    return values["carrier_w"] + values["converter"] * module_w


@formula("supply_curve")
def wall_w(input_w: float, limit_w: float) -> float:
    """Watts at the plug for those at the input of a board that may draw `limit_w` there."""
    rated_w = max(LEAST_RATED_W, RATED * limit_w)
    mean = min(MOST_EFFICIENT, 0.071 * math.log(rated_w) - 0.0014 * rated_w + 0.67)
    if rated_w > 49.0:
        mean = MOST_EFFICIENT
    # The mean of the losses over the four loads is that of the mean efficiency.
    lost_share = 1.0 / mean - 1.0 - STANDING_LOSS * _MEAN_INVERSE_LOAD
    return input_w + STANDING_LOSS * rated_w + lost_share * input_w


def module_at_wall_w(point: OperatingPoint, module_w: float, values: Mapping[str, float]) -> float:
    """Watts at the plug for those of a module on its carrier."""
    return wall_w(board_input_w(module_w, values), board_input_w(point.limit_top_w, values))
