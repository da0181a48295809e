"""The scenario's control settings as the policies of the rack."""

from __future__ import annotations

from planner.rack.description.control import Policy
from planner.rack.policies.clock import PowerCap, ProportionalIntegral, TwoThresholds
from planner.rack.policies.filling import AdaptToSlo, FillToSlo, FullBatches
from planner.rack.policies.openness import AvoidHot, NaiveScheduler, ResourceGuard, StableScheduler
from planner.schema.scenario.rack_study import Control


def rack_policies(control: Control) -> tuple[Policy, ...]:
    """The policies that are on, with their usual parameters."""
    by_name: dict[str, Policy] = {
        "two_threshold": TwoThresholds(),
        "pi": ProportionalIntegral(),
        "full_batches": FullBatches(),
        "to_slo": FillToSlo(),
        "adaptive": AdaptToSlo(),
        "naive": NaiveScheduler(),
        "stable": StableScheduler(),
    }
    batching = "full_batches" if control.batching == "full" else control.batching
    found = [by_name[name] for name in (control.clock, batching, control.scheduler) if name in by_name]
    if control.power_cap_w is not None:
        found.append(PowerCap(control.power_cap_w))
    if control.avoid_hot_c is not None:
        found.append(AvoidHot(control.avoid_hot_c, control.forecast_s))
    if control.guard_c is not None:
        found.append(ResourceGuard(control.guard_c))
    return tuple(found)
