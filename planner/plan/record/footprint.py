"""Memory and energy of a network on the chosen part as JSON."""

from __future__ import annotations

from planner.latency.record import band_record
from planner.plan.study.footprint import Footprint
from planner.schema.record import FootprintRecord


def footprint_record(found: Footprint) -> FootprintRecord:
    """One network, in bytes and joules."""
    estimate, energy_j = found.estimate, found.energy_per_inference_j
    return {
        "model": estimate.model,
        "precision": str(estimate.precision),
        "batch": estimate.batch,
        "weights_bytes": estimate.memory.weights_bytes,
        "peak_activation_bytes": estimate.memory.peak_activation_bytes,
        "total_bytes": estimate.memory.total_bytes,
        "capacity_bytes": estimate.memory.capacity_bytes,
        "power_w": band_record(estimate.power_w),
        "power_boundary": estimate.power_boundary,
        "energy_per_inference_j": {"low": energy_j.low, "mid": energy_j.mid, "high": energy_j.high},
        "planned_energy_per_inference_j": found.planned_energy_per_inference_j,
    }
