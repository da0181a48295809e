"""What an estimate says beside its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import OperatingPoint
from planner.latency.kernels.precision import form_name, integer_form
from planner.latency.kernels.prepared import Prepared, attends, spelt_out
from planner.latency.kernels.unit_limits import Refusals
from planner.latency.memory_use import MemoryUse
from planner.latency.network_time import WHOLE, LayerEstimate
from planner.schema.hardware.device import Precision
from planner.wording.message import message

DOES_NOT_FIT = "estimated.does_not_fit"
LOST_KERNELS = "estimated.lost_kernels"
"""Names of the remarks that others look for."""


_HALF = frozenset({Precision.FP16, Precision.BF16})


def _has_floats(prepared: Prepared) -> bool:
    """Whether the file itself holds 32-bit weights."""
    graph = prepared.workload.graph
    return any(weight.spec.dtype == "float" for weight in graph.initializers.values())


def _fallback_remarks(prepared: Prepared, point: OperatingPoint, lost: Refusals) -> Iterator[str]:
    """Which kernels a unit cannot run, and what has to be done for those that it can."""
    if lost:
        kinds = sorted({reason for reasons in lost.values() for reason in reasons})
        number = len(prepared.kernels)
        yield message(LOST_KERNELS, lost=len(lost), kernels=number, types=", ".join(kinds))
    else:
        yield message("estimated.value_limits")
    kept = (kernel for index, kernel in enumerate(prepared.kernels) if index not in lost)
    if point.unit_kind == "dla" and any("GlobalAveragePool" in kernel.op_types for kernel in kept):
        yield message("estimated.pooling_rewritten")


def attention_remarks(prepared: Prepared, point: OperatingPoint) -> Iterator[str]:
    """Whether attention runs as one kernel, in which version of the engine, and what stays in floats."""
    table = read_engine(point.engine).fused_where
    if not table or not attends(prepared):
        return
    version = f"{point.engine} {point.engine_version}".rstrip()
    if apart := spelt_out(prepared):
        yield message(
            "estimated.attention_apart", engine=version, number=str(apart), precision=point.precision
        )
    else:
        yield message("estimated.attention_joint", engine=version)
    floats = sum(bool(kernel.kept) for kernel in prepared.kernels)
    if floats:
        kept = point.fusing.floats
        yield message("estimated.kept_in_floats", engine=version, number=str(floats), precision=kept)


def remarks(
    prepared: Prepared,
    memory: MemoryUse,
    layers: Sequence[LayerEstimate],
    point: OperatingPoint,
    refused: Refusals,
) -> list[str]:
    """What a reader of the estimate has to know: what does not fit, was assumed, or is left out."""
    workload = prepared.workload
    found: list[str] = []
    if not memory.fits:
        needed, has = f"{memory.total_bytes / 1e9:.2f}", f"{memory.capacity_bytes / 1e9:.2f}"
        found.append(message(DOES_NOT_FIT, needed=needed, device=point.device, has=has))
    found += [message("estimated.assumed", text=text) for text in workload.assumptions]
    if workload.unresolved:
        found.append(message("estimated.unresolved", number=len(workload.unresolved)))
    found += attention_remarks(prepared, point)
    if any(kernel.precision is Precision.INT8 for kernel in layers) and point.precision is not Precision.INT8:
        found.append(message("estimated.quantised", precision=point.precision))
    forms = {form_name(kernel) for kernel in prepared.kernels if integer_form(kernel, point)}
    if forms:
        listed = message("text.items", items=tuple(sorted(forms)))
        found.append(message("estimated.integer_forms", engine=point.engine, forms=listed))
    if point.precision in _HALF and read_engine(point.engine).runs_file_as_is and _has_floats(prepared):
        found.append(message("estimated.converted", engine=point.engine, precision=point.precision))
    at_once = point.recurrent_step_s is None and point.unit_kind in WHOLE
    if at_once and any(layer.op_class == "recurrent" for layer in layers):
        found.append(message("estimated.recurrent"))
    if point.operators:
        found += _fallback_remarks(prepared, point, refused)
    elif point.unit_kind not in WHOLE:
        found.append(message("estimated.operators_unknown", engine=point.engine, kind=point.unit_kind))
    return found
