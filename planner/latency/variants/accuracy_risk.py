"""What compression may cost in accuracy, by what it cost others, and which layers to look at first.

No accuracy is predicted: a network's own has to be measured on data of its task. Rows of the same network
count where there are any, else those of all networks; points of different measures stand side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from statistics import median
from typing import Literal

from planner.latency.network_time import LayerEstimate
from planner.latency.result import Estimate
from planner.schema.hardware.compression_methods import AccuracyRow, CompressionMethods, SensitiveLayers

Level = Literal["low", "medium", "high", "unknown"]


@dataclass(frozen=True, slots=True)
class LayerFlag:
    """A layer that loses more than others, and why."""

    layer: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class AccuracyRisk:
    """How a method fared elsewhere. `lost_points` is least, median and most; None where nobody published."""

    level: Level
    lost_points: tuple[float, float, float] | None
    same_network: bool
    rows: tuple[AccuracyRow, ...]
    flags: tuple[LayerFlag, ...]


def accuracy_risk(methods: CompressionMethods, method: str, model: str, estimate: Estimate) -> AccuracyRisk:
    """The risk of one method for one network; `method` is the id of a variant."""
    rows = [row for row in methods.accuracy if row.method == method]
    own = [row for row in rows if row.network != "*" and fnmatchcase(model, row.network)]
    chosen = own or rows
    flags = _flags(methods.sensitive, method, estimate.layers)
    if not chosen:
        return AccuracyRisk("unknown", None, same_network=False, rows=(), flags=flags)
    lost = sorted(row.lost_points for row in chosen)
    middle = median(lost)
    low, high = methods.risk.low_points.value, methods.risk.high_points.value
    level: Level = "low" if middle < low else "high" if middle > high else "medium"
    return AccuracyRisk(level, (lost[0], middle, lost[-1]), bool(own), tuple(chosen), flags)


def _flags(
    rules: Sequence[SensitiveLayers], method: str, layers: Sequence[LayerEstimate]
) -> tuple[LayerFlag, ...]:
    weighted = [layer for layer in layers if layer.macs]
    if not weighted:
        return ()
    chosen: dict[str, list[LayerEstimate]] = {
        "first": weighted[:1],
        "last": weighted[-1:],
        "depthwise": [layer for layer in weighted if layer.op_class == "depthwise"],
        "all": weighted,
    }
    return tuple(
        LayerFlag(layer.name, rule.id, rule.why)
        for rule in rules
        if method in rule.methods
        for layer in chosen[rule.layers]
    )
