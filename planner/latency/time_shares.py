"""Where a network's time goes, and how much of the unit it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.hardware.operating_point import OperatingPoint
from planner.latency.network_time import LayerEstimate
from planner.schema.device import Precision


@dataclass(frozen=True, slots=True)
class BoundShares:
    """Shares of time spent bound by arithmetic, by traffic and in launches; they sum to one."""

    compute: float
    memory: float
    overhead: float


def unit_use(layers: Sequence[LayerEstimate], latency_s: float, point: OperatingPoint) -> float:
    """Multiply-accumulates and bytes over what the unit could do in the time, the larger of both."""
    arithmetic_s = sum(
        2.0 * layer.macs / point.peaks_ops_per_s.get(Precision(layer.precision), point.peak_ops_per_s)
        for layer in layers
    )
    traffic_s = sum(layer.bytes for layer in layers) / point.bandwidth_bytes_per_s
    return min(1.0, max(arithmetic_s, traffic_s) / latency_s) if latency_s > 0 else 0.0


def bound_shares(layers: Sequence[LayerEstimate], fixed_s: float) -> BoundShares:
    """Where the time of the kernels and the fixed cost goes."""
    time = {"compute": 0.0, "memory": 0.0, "overhead": fixed_s}
    for layer in layers:
        longer = "compute" if layer.time.compute_s >= layer.time.memory_s else "memory"
        time[longer] += max(layer.time.compute_s, layer.time.memory_s)
        time["overhead"] += layer.time.overhead_s
    total = sum(time.values()) or 1.0
    return BoundShares(time["compute"] / total, time["memory"] / total, time["overhead"] / total)
