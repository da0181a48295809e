"""Pooling: kernel area - 1 comparisons (or additions and a scaling) per output element."""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operators.counting_rule import ROOT, Call, Count, CountingRule

_BILINEAR = 7  # 4 multiplies and 3 adds


def _area(call: Call) -> int:
    return math.prod(call.integers("kernel_shape") or (1,))


def _max_pool(call: Call) -> Count:
    return Count("pool", (_area(call) - 1) * call.written)


def _average_pool(call: Call) -> Count:
    """Area - 1 additions and one multiplication by the reciprocal of the area."""
    return Count("pool", _area(call) * call.written)


def _lp_pool(call: Call) -> Count:
    return Count("pool", (2 * _area(call) - 1 + ROOT) * call.written)


def _global_max(call: Call) -> Count:
    return Count("pool", call.read - call.written)


def _global_average(call: Call) -> Count:
    """One addition per input element but the first of each mean, and one multiplication per mean."""
    return Count("pool", call.read)


def _global_lp(call: Call) -> Count:
    return Count("pool", 2 * call.read - call.written + ROOT * call.written)


def _max_unpool(_call: Call) -> Count:
    return Count("movement")


def _roi_align(call: Call) -> Count:
    """Bilinear samples averaged; an adaptive sampling grid (ratio 0) counts as 2 x 2 per output."""
    ratio = call.integer("sampling_ratio", 0) or 2
    samples = ratio * ratio * call.written
    return Count("pool", samples * (_BILINEAR + 1), reads={0: min(call.read, 4 * samples)})


def _max_roi_pool(call: Call) -> Count:
    """Every region of interest is compared through, at most the whole map each."""
    regions, channels = call.output()[:2]
    batch_map = math.prod(call.input(0)[2:])
    return Count("pool", regions * channels * batch_map)


RULES: Mapping[str, CountingRule] = {
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "LpPool": _lp_pool,
    "GlobalMaxPool": _global_max,
    "GlobalAveragePool": _global_average,
    "GlobalLpPool": _global_lp,
    "MaxUnpool": _max_unpool,
    "RoiAlign": _roi_align,
    "MaxRoiPool": _max_roi_pool,
}
