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
    """Energy of one inference while serving, as `planner estimate` gives it, and as planned.

    Planned is the middle of the watts for the time that is planned with: the highest watts and the longest
    time of one unit together are rarer than either.
    """
    estimate = item.estimate
    each = estimate.power_w.mid / estimate.batch
    planned_j = each * item.planned_latency_s(option.plan_for)
    return Footprint(estimate, estimate.energy_per_inference_j, planned_j)
