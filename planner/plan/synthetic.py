"""A scenario whose device is given by numbers, as the rack that is simulated."""

from __future__ import annotations

import math

from planner.errors import InputError, Problem
from planner.plan.rack_control import rack_policies
from planner.plan.rack_events import rack_life
from planner.plan.rack_model import rack_air, stream_groups
from planner.rack.description import Batching, Device, Leakage, Rack, Service, Thermal
from planner.schema.rack_study import SYNTHETIC, Accelerator
from planner.schema.scenario import Scenario


def synthetic_rack(scenario: Scenario) -> Rack:
    """The rack of a scenario with `deployment.synthetic`; its carriers are in the device's own power."""
    given = scenario.deployment
    if given is None or given.synthetic is None:
        raise InputError(scenario.id, [Problem("deployment.synthetic", "a device given by numbers", "none")])
    run = scenario.simulation
    return Rack(
        device=_device(given.synthetic),
        count=given.count,
        streams=stream_groups(scenario),
        batching=Batching(),
        dispatch=run.dispatch,
        air=rack_air(scenario),
        fan_w=scenario.site.fan_w,
        duration_s=run.duration_s,
        warmup_s=run.warmup_s,
        seed=run.seed,
        replications=run.replications,
        horizon=run.horizon,
        policies=rack_policies(run.control),
        life=rack_life(run.events),
    )


def refuse_synthetic(scenario: Scenario) -> None:
    """Refuse what needs real parts and networks."""
    if scenario.synthetic is not None:
        problem = Problem(
            "deployment.synthetic",
            "a part and a network, to size and to price",
            scenario.synthetic.name,
            "`planner simulate` and `planner density` run this scenario",
        )
        raise InputError(scenario.id, [problem])


def _device(given: Accelerator) -> Device:
    leakage = None
    if given.leakage is not None:
        per_k = math.log(2.0) / given.leakage.doubles_over_k
        leakage = Leakage(given.leakage.reference_w, given.leakage.at_c, per_k)
    service = Service(
        network=SYNTHETIC,
        batch_s=(given.service_s,),
        clocked_share=given.clocked_ratio,
        busy_w=given.serving_w - given.idle_w,
        service_distribution=given.distribution,
    )
    return Device(
        name=given.name,
        idle_w=given.idle_w,
        services=(service,),
        thermal=Thermal(
            resistance_k_per_w=given.resistance_k_per_w,
            heat_capacity_j_per_k=given.heat_capacity_j_per_k,
            throttle_c=given.throttle_c,
            hysteresis_k=given.hysteresis_k,
            shutdown_c=given.shutdown_c,
            throttled_clock=given.throttled_clock_ratio,
            leakage=leakage,
        ),
    )
