"""The scenario's events and hard shares as the rack has them."""

from __future__ import annotations

from planner.rack.description.life import NOTHING_HAPPENS, Failures, Life, Outage
from planner.rack.description.rack import NetworkShare
from planner.rack.description.rolling_update import RollingUpdate
from planner.schema.scenario.rack_events import Events, UpdateInRun
from planner.schema.scenario.scenario import Simulation


def rack_life(events: Events | None) -> Life:
    """What takes devices out of service in the run."""
    if events is None:
        return NOTHING_HAPPENS
    failures = events.failures
    return Life(
        outages=tuple(Outage(o.at_s, o.lasts_s, o.devices, o.first) for o in events.outages),
        failures=Failures(failures.mtbf_s, failures.mttr_s) if failures else None,
        update=_update(events.update) if events.update else None,
    )


def _update(given: UpdateInRun) -> RollingUpdate:
    return RollingUpdate(
        at_s=given.at_s,
        interruption_s=given.interruption_s,
        at_once=given.at_once,
        first_share=given.first_ratio,
        soak_s=given.soak_s,
        drain_s=given.drain_s,
        time_ratio=given.new_time_ratio,
        power_ratio=given.new_power_ratio,
        roll_back_over=given.roll_back_over_ratio,
        error_ratio=given.new_errors_ratio,
        roll_back_p99_s=given.roll_back_p99_s,
        roll_back_errors=given.roll_back_errors_ratio,
    )


def rack_shares(run: Simulation) -> tuple[NetworkShare, ...]:
    """The devices that are each network's alone; none unless the scenario divides them."""
    return tuple(NetworkShare(model, share) for model, share in run.shares_ratio.items())
