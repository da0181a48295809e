"""A scenario and a sized option as the rack that is simulated."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from planner.latency.band import Bound, planned_bound
from planner.latency.planning import planning_band
from planner.plan.batches import batch_sizes
from planner.plan.economics import carrier_of, carriers_needed
from planner.plan.estimator import Estimator
from planner.plan.option import NetworkOnPart
from planner.plan.rack_control import rack_policies
from planner.plan.rack_events import rack_life, rack_shares
from planner.rack.air import air_density_kg_per_m3
from planner.rack.cabinet import sealed_cabinet
from planner.rack.description import Air, Batching, Leakage, Rack, Service, Thermal
from planner.rack.description import Device as RackDevice
from planner.rack.heat_path import VerticalRecirculation
from planner.rack.streams import Bursts, DropOuts, Profile, StreamGroup
from planner.schema import scenario as scenarios
from planner.schema.device import Device, Mode
from planner.schema.scenario import Scenario


def mode_of(device: Device, mode: str) -> Mode:
    """One power mode of a part."""
    return next(item for item in device.modes if item.id == mode)


def services_of(
    scenario: Scenario,
    estimator: Estimator,
    device: Device,
    networks: tuple[NetworkOnPart, ...],
    bound: Bound | None = None,
) -> tuple[Service, ...]:
    """Service times of batches of one to the networks' batch, and power while serving.

    As the plan counts, or with all latencies and powers at one bound of their bands.
    """
    at = bound or planned_bound(scenario.planning.plan_for)
    return tuple(_service(estimator, device, item, at) for item in networks)


def build_rack(
    scenario: Scenario,
    device: Device,
    mode: str,
    batch: int,
    services: tuple[Service, ...],
    count: int,
    *,
    racks: int = 1,
    events: bool = True,
) -> Rack:
    """The rack of `count` devices that carries the scenario's streams; spares only idle.

    Several racks are simulated as one with the air and the fans of all: the devices are spread evenly, and
    any of them may get any request. Without `events` it is the rack as it is sized: nothing happens to its
    devices.
    """
    run = scenario.simulation
    idle_w = mode_of(device, mode).idle_w.value
    return Rack(
        device=RackDevice(
            name=device.id,
            idle_w=idle_w,
            services=services,
            thermal=_thermal(device),
        ),
        count=count,
        streams=stream_groups(scenario),
        batching=Batching(batch, scenario.candidates.max_wait_s if batch > 1 else 0.0),
        dispatch=run.dispatch,
        air=rack_air(scenario, racks),
        fan_w=fixed_power_w(scenario, device, mode, count, racks),
        duration_s=run.duration_s,
        warmup_s=run.warmup_s,
        epoch_s=1.0,
        seed=run.seed,
        replications=run.replications,
        horizon=run.horizon,
        policies=rack_policies(run.control),
        shares=rack_shares(run),
        life=rack_life(run.events if events else None),
    )


def rack_air(scenario: Scenario, racks: int = 1) -> Air:
    """The air of one rack, or of several alike, as the site describes it."""
    site = scenario.site
    if site.sealed is not None:
        return sealed_cabinet(site.supply_c, racks * site.sealed.loss_w_per_k, racks * site.sealed.solar_w)
    rising, vertical = site.rising_exhaust, None
    if rising is not None:
        vertical = VerticalRecirculation(rising.own_ratio, rising.above_ratio, rising.decay_ratio)
    airflow_m3_per_s = racks * site.airflow_m3_per_s
    open_air = Air(site.supply_c, airflow_m3_per_s, site.recirculation_ratio, vertical=vertical)
    thinner = air_density_kg_per_m3(site.supply_c, site.altitude_m) / air_density_kg_per_m3(site.supply_c)
    return replace(open_air, density_kg_per_m3=open_air.density_kg_per_m3 * thinner)


def fixed_power_w(scenario: Scenario, device: Device, mode: str, count: int, racks: int = 1) -> float:
    """What is drawn whatever the load: fans, the carriers of all devices, and spares that idle."""
    carrier = carrier_of(scenario, device)
    spares = scenario.planning.spares
    carriers_w = carriers_needed(count + spares, carrier.slots) * carrier.power_w
    return racks * scenario.site.fan_w + carriers_w + spares * mode_of(device, mode).idle_w.value


def _thermal(device: Device) -> Thermal:
    """The part's heat as the rack simulates it."""
    thermal, leakage = device.thermal, None
    if thermal.leakage is not None:
        leakage = Leakage(
            reference_w=thermal.leakage.reference_w.value,
            reference_c=thermal.leakage.at_c.value,
            per_k=math.log(2.0) / thermal.leakage.doubles_over_k.value,
        )
    return Thermal(
        resistance_k_per_w=thermal.resistance_k_per_w.value,
        heat_capacity_j_per_k=thermal.heat_capacity_j_per_k.value,
        throttle_c=thermal.throttle_c.value,
        hysteresis_k=thermal.hysteresis_k.value,
        shutdown_c=thermal.shutdown_c.value,
        throttled_clock=thermal.throttled_clock_ratio.value,
        leakage=leakage,
        clock_steps=tuple(step.value for step in thermal.clock_steps_ratio),
    )


def stream_groups(scenario: Scenario) -> tuple[StreamGroup, ...]:
    """The scenario's streams as the rack serves them."""
    return tuple(
        StreamGroup(
            name=stream.name,
            sources=stream.count,
            rate_per_s=stream.rate_per_s,
            network=stream.model,
            slo_s=stream.slo.latency_s,
            arrivals=stream.arrivals,
            jitter_s=stream.jitter_s,
            slo_quantile=stream.slo.quantile_ratio,
            queue_limit=stream.queue_limit,
            overflow=stream.overflow,
            priority=stream.priority,
            gap_cv=stream.gap_cv,
            bursts=_bursts(stream.bursts),
            trace=stream.trace,
            profile=_profile(stream.profile),
            drop_outs=_drop_outs(stream.drop_outs),
        )
        for stream in scenario.streams
    )


def _bursts(given: scenarios.Bursts | None) -> Bursts | None:
    return None if given is None else Bursts(given.calm_s, given.burst_s, given.factor)


def _profile(given: scenarios.Profile | None) -> Profile | None:
    return None if given is None else Profile(tuple(given.shares_ratio), given.period_s, given.start_s)


def _drop_outs(given: scenarios.DropOuts | None) -> DropOuts | None:
    return None if given is None else DropOuts(given.up_s, given.down_s)


def _service(estimator: Estimator, device: Device, item: NetworkOnPart, bound: Bound) -> Service:
    """Estimated at powers of two, interpolated between."""
    point = item.estimate
    sizes = batch_sizes(point.batch)
    times_s = []
    for batch in sizes:
        result = estimator.estimate(
            item.model,
            device,
            unit=point.unit,
            mode=point.mode,
            precision=point.precision,
            batch=batch,
            engine=point.engine,
        )
        times_s.append(planning_band(result, item.shortfall).at(bound))
    return Service(
        network=item.model,
        batch_s=tuple(float(t) for t in np.interp(range(1, point.batch + 1), sizes, times_s)),
        clocked_share=1.0 - point.bound.memory,
        busy_w=point.power_w.at(bound) - mode_of(device, point.mode).idle_w.value,
    )
