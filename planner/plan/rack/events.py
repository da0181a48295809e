"""The scenario's events, spares and hard shares as the rack has them."""

from __future__ import annotations

from dataclasses import replace

from planner.errors import InputError, Problem
from planner.rack.description.life import (
    NO_SPARES,
    NOTHING_HAPPENS,
    CarrierFailures,
    Failures,
    Life,
    Outage,
    Spares,
)
from planner.rack.description.rack import NetworkShare
from planner.rack.description.rolling_update import RollingUpdate
from planner.schema.scenario.rack_events import Events, FailuresInRun, OutageEvent, UpdateInRun
from planner.schema.scenario.scenario import Scenario, Simulation

COLD_START_S = 120.0
"""From switching a cold spare on until it serves, where the plan does not say (assumed: power on, boot, load
the networks and run them once)."""


def spares_of(scenario: Scenario) -> Spares:
    """The plan's spares."""
    planning = scenario.planning
    hot, takes_over_s = planning.standby == "hot", planning.takes_over_s
    if takes_over_s is None:
        takes_over_s = 0.0 if hot else COLD_START_S
    return Spares(scenario.spares, takes_over_s, hot=hot)


def rack_life(
    events: Events | None, count: int = 1, spares: Spares = NO_SPARES, slots: int | None = None
) -> Life:
    """What takes devices out of service in the run of `count` devices, in carriers of so many slots.

    Spares take part where devices fail; else they only draw power (`fixed_power_w`).
    """
    if events is None:
        return NOTHING_HAPPENS
    failures = events.failures
    life = Life(
        outages=tuple(_outage(o, count + spares.count, slots) for o in events.outages),
        failures=Failures(failures.mtbf_s, failures.mttr_s) if failures else None,
        carriers=carrier_failures(failures, slots) if failures else None,
        update=_update(events.update) if events.update else None,
    )
    return replace(life, spares=spares) if life.fails else life


def carrier_failures(failures: FailuresInRun, slots: int | None) -> CarrierFailures | None:
    """How often carriers fail, where that is stated."""
    if failures.carrier is None:
        return None
    return CarrierFailures(_slots(slots), failures.carrier.mtbf_s, failures.carrier.mttr_s)


def _outage(given: OutageEvent, installed: int, slots: int | None) -> Outage:
    if given.carriers is None:
        return Outage(given.at_s, given.lasts_s, given.devices or 1, given.first)
    first = given.first * _slots(slots)
    # The last carrier may have empty slots; one beyond the last is refused by the rack.
    devices = max(1, min(given.carriers * _slots(slots), installed - first))
    return Outage(given.at_s, given.lasts_s, devices, first)


def _slots(slots: int | None) -> int:
    if slots is None:
        expected = "a part that sits in one of `site.carriers`, where carriers fail"
        raise InputError("scenario", [Problem("deployment.synthetic", expected, "a device given by numbers")])
    return slots


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
