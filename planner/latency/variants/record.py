"""Variants as JSON: the keys that `planner what-if --format json` promises."""

from __future__ import annotations

from collections.abc import Sequence

from planner.latency.record import band_record
from planner.latency.variants.accuracy_risk import AccuracyRisk
from planner.latency.variants.variants import Variant, baseline, compression_methods


def variants_record(found: Sequence[Variant]) -> list[dict[str, object]]:
    """One entry a variant; null where it is refused."""
    reference = baseline(tuple(found))
    return [_record(item, reference) for item in found]


def _record(item: Variant, reference: Variant | None) -> dict[str, object]:
    estimate, latency = item.estimate, item.latency_s
    if estimate is None or latency is None:
        numbers: dict[str, object] = dict.fromkeys(
            ("precision", "latency_s", "speedup", "power_w", "energy_per_inference_j", "memory_bytes",
             "moved_bytes", "bandwidth_bytes_per_s", "provenance")
        )  # fmt: skip
    else:
        moved = item.moved_bytes
        base_s = reference.latency_s.mid if reference and reference.latency_s else latency.mid
        memory = estimate.memory
        numbers = {
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
    return {
        "id": item.id,
        "title": item.title,
        "state": item.state,
        "reason": item.reason,
        "advice": item.advice,
        **numbers,
        "accuracy": _risk_record(item.risk),
    }


def _risk_record(risk: AccuracyRisk | None) -> dict[str, object] | None:
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
