"""What an estimate says beside its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from planner.hardware.operating_point import OperatingPoint
from planner.latency.memory_use import MemoryUse
from planner.latency.network_time import LayerEstimate
from planner.schema.device import Precision
from planner.workload.workload import Workload


def _fallback_remark(layers: Sequence[LayerEstimate], operators: frozenset[str]) -> str:
    """Which layers a unit cannot run, by operator type; limits on their sizes are not known here."""
    lost = [layer for layer in layers if operators and not operators.issuperset(layer.op_types)]
    if not lost:
        return "layers over the unit's own size limits would fall back; the estimate leaves that out"
    kinds = sorted({op for layer in lost for op in layer.op_types} - operators)
    return (
        f"{len(lost)} of {len(layers)} kernels would fall back to another unit, for they hold "
        f"{', '.join(kinds)}; the estimate costs them as if they ran here"
    )


def remarks(
    workload: Workload, memory: MemoryUse, layers: Sequence[LayerEstimate], point: OperatingPoint
) -> list[str]:
    """What a reader of the estimate has to know: what does not fit, was assumed, or is left out."""
    found = []
    if not memory.fits:
        found.append(
            f"does not fit: needs {memory.total_bytes / 1e9:.2f} GB, "
            f"{point.device} has {memory.capacity_bytes / 1e9:.2f} GB"
        )
    found += [f"assumed: {text}" for text in workload.assumptions]
    if workload.unresolved:
        found.append(f"{len(workload.unresolved)} operators could not be costed and are not in the latency")
    if any(kernel.precision is Precision.INT8 for kernel in layers) and point.precision is not Precision.INT8:
        found.append("the file is quantised: its 8-bit kernels run in int8, the others in " + point.precision)
    if any(layer.op_class == "recurrent" for layer in layers):
        found.append(
            "recurrent layers are costed as if all steps ran at once; step by step they take longer, by far "
            "where their weights do not stay in a cache"
        )
    if point.operators:
        found.append(_fallback_remark(layers, point.operators))
    return found
