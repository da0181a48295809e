"""Variants as JSON: the keys that `planner what-if --format json` promises."""

from __future__ import annotations

from collections.abc import Sequence

from planner.latency.record import band_record
from planner.latency.variants.accuracy_risk import AccuracyRisk
from planner.latency.variants.variants import Variant, baseline, compression_methods
from planner.schema.record.commands.variants import (
    MethodAccuracyRecord,
    VariantNumbersRecord,
    VariantRecord,
    VariantsRecord,
)
from planner.workload.workload import Workload

_REFUSED: VariantNumbersRecord = {
    "precision": None,
    "latency_s": None,
    "speedup": None,
    "power_w": None,
    "energy_per_inference_j": None,
    "memory_bytes": None,
    "moved_bytes": None,
    "bandwidth_bytes_per_s": None,
    "provenance": None,
}


def variants_record(
    workload: Workload,
    device: str,
    found: Sequence[Variant],
    *,
    unit: str | None,
    mode: str | None,
    engine: str | None,
) -> VariantsRecord:
    """Every variant; unit, mode and engine are as asked where no variant runs."""
    reference = baseline(tuple(found))
    usual = reference.estimate if reference else None
    return {
        "model": workload.model,
        "device": device,
        "unit": usual.unit if usual else unit,
        "mode": usual.mode if usual else mode,
        "engine": usual.engine if usual else engine,
        "batch": workload.batch,
        "baseline": reference.id if reference else None,
        "variants": [_record(item, reference) for item in found],
    }


def _record(item: Variant, reference: Variant | None) -> VariantRecord:
    return {
        "id": item.id,
        "title": item.title,
        "state": item.state,
        "reason": item.reason,
        "advice": item.advice,
        **_numbers(item, reference),
        "accuracy": _risk_record(item.risk),
    }


def _numbers(item: Variant, reference: Variant | None) -> VariantNumbersRecord:
    estimate, latency, moved = item.estimate, item.latency_s, item.moved_bytes
    if estimate is None or latency is None:
        return _REFUSED
    base_s = reference.latency_s.mid if reference and reference.latency_s else latency.mid
    memory = estimate.memory
    return {
        "precision": estimate.precision.value,
        "latency_s": band_record(latency),
        "speedup": base_s / latency.mid,
        "power_w": band_record(estimate.power_w),
        "energy_per_inference_j": band_record(item.energy_j) if item.energy_j else None,
        "memory_bytes": {
            "weights": memory.weights_bytes,
            "peak_activation": memory.peak_activation_bytes,
            "total": memory.total_bytes,
        },
        "moved_bytes": moved,
        "bandwidth_bytes_per_s": None if moved is None else moved / latency.mid,
        "provenance": estimate.provenance.value,
    }


def _risk_record(risk: AccuracyRisk | None) -> MethodAccuracyRecord | None:
    if risk is None:
        return None
    sources = compression_methods().sources
    lost = risk.lost_points
    return {
        "risk": risk.level,
        "lost_points": None if lost is None else {"least": lost[0], "median": lost[1], "most": lost[2]},
        "same_network": risk.same_network,
        "rows": [
            {
                "network": row.network,
                "what": row.what,
                "full": row.full,
                "compressed": row.compressed,
                "retrained": row.retrained,
                "source": sources[row.source].title,
            }
            for row in risk.rows
        ],
        "flags": [{"layer": flag.layer, "id": flag.id, "why": flag.why} for flag in risk.flags],
    }
