"""A scenario whose device is given by numbers, as the rack that is simulated."""

from __future__ import annotations

from dataclasses import replace

from planner.errors import InputError, Problem
from planner.plan.rack.control import rack_policies
from planner.plan.rack.events import rack_life, spares_of
from planner.plan.rack.heat import in_thin_air, thermal_of_accelerator
from planner.plan.rack.rack_model import (
    contention_of,
    host_of,
    rack_air,
    rack_fan_w,
    request_times_s,
    served_as,
    stream_groups,
    supply_loss,
)
from planner.plan.rack.run_length import run_window
from planner.rack.description.rack import Batching, Rack, RackDevice, Service
from planner.schema.hardware.device import UnitKind
from planner.schema.scenario.accelerator import Accelerator
from planner.schema.scenario.scenario import Scenario

_UNIT: UnitKind = "gpu"
"""The kind of unit that a device given by numbers counts as."""


def synthetic_rack(scenario: Scenario) -> Rack:
    """The rack of a scenario with `deployment.synthetic`; its carriers are in the device's own power."""
    given = scenario.deployment
    if given is None or given.synthetic is None:
        raise InputError(scenario.id, [Problem("deployment.synthetic", "a device given by numbers", "none")])
    run, air = scenario.simulation, rack_air(scenario, devices=given.count)
    device = _device(scenario, given.synthetic)
    thermal = in_thin_air(device.thermal, air.density_kg_per_m3)
    stated = scenario.site.supply_efficiency_ratio is not None
    window = run_window(scenario, stream_groups(scenario), request_times_s(device.services))
    return Rack(
        device=replace(device, thermal=thermal, host=host_of(scenario)),
        count=given.count,
        streams=window.streams,
        batching=_batching(scenario, device),
        dispatch=run.dispatch,
        spill_at=run.spill_at,
        installations=scenario.planning.installations_ratio,
        air=air,
        fan_w=rack_fan_w(scenario.site),
        duration_s=window.duration_s,
        warmup_s=run.warmup_s,
        seed=run.seed,
        replications=run.replications,
        horizon=run.horizon,
        policies=rack_policies(run.control),
        life=rack_life(run.events, given.count, spares_of(scenario)),
        # The numbers of such a device are taken at the plug unless its supply is described.
        supply_loss=supply_loss(scenario.site) if stated else 0.0,
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


def _batching(scenario: Scenario, device: RackDevice) -> Batching:
    """Batches as large as the candidates' and as the times that are given for every network."""
    known = min(len(service.batch_s) for service in device.services)
    size = min(scenario.candidates.max_batch, known)
    return Batching(size, scenario.candidates.max_wait_s if size > 1 else 0.0)


def _device(scenario: Scenario, given: Accelerator) -> RackDevice:
    services = tuple(
        Service(
            network=name,
            batch_s=tuple(served.batches_s),
            clocked_share=given.clocked_ratio,
            busy_w=(given.serving_w if served.serving_w is None else served.serving_w) - given.idle_w,
            service_distribution=given.distribution,
        )
        for name, served in given.served.items()
    )
    return RackDevice(
        name=given.name,
        idle_w=given.idle_w,
        services=served_as(scenario, _UNIT, services),
        thermal=thermal_of_accelerator(given),
        instances=given.instances,
        contention=contention_of(scenario, _UNIT) if given.instances > 1 else 0.0,
    )
