"""What each network takes of the chosen part: memory against what there is, and energy for one inference."""

from __future__ import annotations

from planner.latency.record import band_record
from planner.plan.options.option import NetworkOnPart, Option
from planner.plan.study.study import Study


def footprint_record(study: Study) -> list[dict[str, object]]:
    """One row a network, in bytes and joules; none where no option was chosen."""
    if study.simulated is None:
        return []
    option = study.simulated.option
    return [_row(option, item) for item in option.networks]


def _row(option: Option, item: NetworkOnPart) -> dict[str, object]:
    """Energy of one inference while serving: power over latency and batch, and the same as planned."""
    estimate = item.estimate
    each = estimate.part_power_w.mid / estimate.batch
    return {
        "model": estimate.model,
        "precision": str(estimate.precision),
        "batch": estimate.batch,
        "weights_bytes": estimate.memory.weights_bytes,
        "peak_activation_bytes": estimate.memory.peak_activation_bytes,
        "total_bytes": estimate.memory.total_bytes,
        "capacity_bytes": estimate.memory.capacity_bytes,
        "power_w": band_record(estimate.part_power_w),
        "energy_per_inference_j": {
            "low": estimate.part_power_w.low * estimate.latency_s.low / estimate.batch,
            "mid": each * estimate.latency_s.mid,
            "high": estimate.part_power_w.high * item.planning_latency_s.high / estimate.batch,
        },
        "planned_energy_per_inference_j": each * item.planned_latency_s(option.plan_for),
    }
