"""What an estimate says beside its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from planner.hardware.operating_point import OperatingPoint
from planner.latency.memory_use import MemoryUse
from planner.latency.network_time import LayerEstimate
from planner.schema.device import Precision
from planner.wording.message import message
from planner.workload.workload import Workload


def _fallback_remark(layers: Sequence[LayerEstimate], operators: frozenset[str]) -> str:
    """Which layers a unit cannot run, by operator type; limits on their sizes are not known here."""
    lost = [layer for layer in layers if operators and not operators.issuperset(layer.op_types)]
    if not lost:
        return message("estimated.size_limits")
    kinds = sorted({op for layer in lost for op in layer.op_types} - operators)
    return message("estimated.lost_kernels", lost=len(lost), kernels=len(layers), types=", ".join(kinds))


def remarks(
    workload: Workload, memory: MemoryUse, layers: Sequence[LayerEstimate], point: OperatingPoint
) -> list[str]:
    """What a reader of the estimate has to know: what does not fit, was assumed, or is left out."""
    found: list[str] = []
    if not memory.fits:
        needed, has = f"{memory.total_bytes / 1e9:.2f}", f"{memory.capacity_bytes / 1e9:.2f}"
        found.append(message("estimated.does_not_fit", needed=needed, device=point.device, has=has))
    found += [message("estimated.assumed", text=text) for text in workload.assumptions]
    if workload.unresolved:
        found.append(message("estimated.unresolved", number=len(workload.unresolved)))
    if any(kernel.precision is Precision.INT8 for kernel in layers) and point.precision is not Precision.INT8:
        found.append(message("estimated.quantised", precision=point.precision))
    if any(layer.op_class == "recurrent" for layer in layers):
        found.append(message("estimated.recurrent"))
    if point.operators:
        found.append(_fallback_remark(layers, point.operators))
    return found
