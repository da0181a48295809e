"""How far service times here lie from their estimates: what the networks of a calibration missed blindly.

Each network that `planner calibrate --serving` serves has an estimate from its file. Log of served over
estimated time has a part that all share (hand-over, gaps, the machine's speed since the kernels were
measured) and a rest. Each network is predicted from the shared part of the others; its miss is counted in
units of its own band, so that the band of another network keeps its width relative to these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.errors import InputError, Problem
from planner.formulas import formula
from planner.rack.counts.student import student_quantile

LEAST_NETWORKS = 3
"""With two, each is predicted from one other: a single distance says nothing of how far misses scatter."""
_END = 0.95
_NORMAL = 1.645
"""The same quantile of the normal distribution, by which ends of 90 % bands are laid."""


@dataclass(frozen=True, slots=True)
class Probed:
    """One served network: log of its mean service time over its estimate, and the estimate's deviation.

    `deviation` is that of the estimate's logarithm within one sitting.
    """

    network: str
    log_ratio: float
    deviation: float


@dataclass(frozen=True, slots=True)
class BlindMisses:
    """What a new network's service time is: its estimate times `factor`, its deviation times `scale`."""

    factor: float
    scale: float
    networks: int


@formula("blind_misses")
def blind_misses(probed: Sequence[Probed]) -> BlindMisses:
    """Leave each network out, predict it by the mean of the others, and take the misses' mean square.

    The misses have n - 1 degrees of freedom, as one mean is fitted; ends of a band that come from few
    networks are wider by Student's t over the normal distribution's quantile. That a miss is one of a mean of
    n - 1 networks is in it already.
    """
    if len(probed) < LEAST_NETWORKS:
        problem = Problem("networks", f"at least {LEAST_NETWORKS} that were served", str(len(probed)))
        raise InputError("calibrate", [problem])
    count, total = len(probed), sum(item.log_ratio for item in probed)
    squares = [
        ((item.log_ratio - (total - item.log_ratio) / (count - 1)) / item.deviation) ** 2 for item in probed
    ]
    few = student_quantile(count - 1, _END) / _NORMAL
    return BlindMisses(math.exp(total / count), few * math.sqrt(sum(squares) / count), count)
