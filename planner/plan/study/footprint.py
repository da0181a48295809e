"""What each network takes of the chosen part: memory against what there is, and energy for one inference."""

from __future__ import annotations

from dataclasses import dataclass

from planner.latency.band import Band
from planner.latency.result import Estimate
from planner.plan.options.option import NetworkOnPart, Option


@dataclass(frozen=True, slots=True)
class Footprint:
    """One network on the chosen part; energies are those of one inference while serving."""

    estimate: Estimate
    energy_per_inference_j: Band
    planned_energy_per_inference_j: float


def footprint(option: Option, item: NetworkOnPart) -> Footprint:
    """Energy of one inference while serving: power over latency and batch, and the same as planned."""
    estimate = item.estimate
    each = estimate.part_power_w.mid / estimate.batch
    energy_j = Band(
        estimate.part_power_w.low * estimate.latency_s.low / estimate.batch,
        each * estimate.latency_s.mid,
        estimate.part_power_w.high * item.planning_latency_s.high / estimate.batch,
    )
    return Footprint(estimate, energy_j, each * item.planned_latency_s(option.plan_for))
