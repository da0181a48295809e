"""A scenario and a sized option as the rack that is simulated."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from planner.latency.planning import planning_band
from planner.plan.economics import carriers_needed
from planner.plan.estimator import Estimator
from planner.plan.option import NetworkOnPart, Option
from planner.rack.air import air_density_kg_per_m3
from planner.rack.cabinet import sealed_cabinet
from planner.rack.description import Air, Batching, Leakage, Rack, Service, StreamGroup, Thermal
from planner.rack.description import Device as RackDevice
from planner.rack.heat_path import VerticalRecirculation
from planner.schema.device import Device
from planner.schema.scenario import Scenario


def rack_air(scenario: Scenario) -> Air:
    """The rack's air as the site describes it."""
    site = scenario.site
    if site.sealed is not None:
        return sealed_cabinet(site.supply_c, site.sealed.loss_w_per_k, site.sealed.solar_w)
    rising, vertical = site.rising_exhaust, None
    if rising is not None:
        vertical = VerticalRecirculation(rising.own_ratio, rising.above_ratio, rising.decay_ratio)
    open_air = Air(site.supply_c, site.airflow_m3_per_s, site.recirculation_ratio, vertical=vertical)
    thinner = air_density_kg_per_m3(site.supply_c, site.altitude_m) / air_density_kg_per_m3(site.supply_c)
    return replace(open_air, density_kg_per_m3=open_air.density_kg_per_m3 * thinner)


def fixed_power_w(scenario: Scenario, device: Device, installed: int) -> float:
    """What fans and carriers draw whatever the load."""
    carrier = scenario.site.carriers[device.form]
    return scenario.site.fan_w + carriers_needed(installed, carrier.slots) * carrier.power_w


def build_rack(
    scenario: Scenario, estimator: Estimator, device: Device, option: Option, *, count: int
) -> Rack:
    """The rack of `count` devices that carries the scenario's streams; spares are out of service."""
    run = scenario.simulation
    idle_w = next(mode for mode in device.modes if mode.id == option.mode).idle_w.value
    services = tuple(_service(estimator, device, option, item, idle_w) for item in option.networks)
    return Rack(
        device=RackDevice(
            name=device.id,
            idle_w=idle_w,
            services=services,
            thermal=_thermal(device),
        ),
        count=count,
        streams=stream_groups(scenario),
        batching=Batching(option.batch, scenario.candidates.max_wait_s if option.batch > 1 else 0.0),
        dispatch=run.dispatch,
        air=rack_air(scenario),
        fan_w=fixed_power_w(scenario, device, count + option.spares),
        duration_s=run.duration_s,
        warmup_s=run.warmup_s,
        epoch_s=1.0,
        seed=run.seed,
        replications=run.replications,
    )


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
        )
        for stream in scenario.streams
    )


def _service(
    estimator: Estimator, device: Device, option: Option, item: NetworkOnPart, idle_w: float
) -> Service:
    """Service times of batches of one to the option's: estimated at powers of two, interpolated between."""
    sizes = sorted({1, option.batch, *(2**k for k in range(int(math.log2(option.batch)) + 1))})
    times = []
    for batch in sizes:
        result = item.estimate
        if batch != result.batch:
            result = estimator.estimate(
                item.model,
                device,
                unit=option.unit,
                mode=option.mode,
                precision=item.estimate.precision,
                batch=batch,
                engine=option.engine,
            )
        band = planning_band(result, item.shortfall)
        times.append(band.high if option.plan_for == "cautious" else band.mid)
    power = item.estimate.power_w
    serving_w = power.high if option.plan_for == "cautious" else power.mid
    return Service(
        network=item.model,
        batch_s=tuple(float(t) for t in np.interp(range(1, option.batch + 1), sizes, times)),
        clocked_share=1.0 - item.estimate.bound.memory,
        busy_w=serving_w - idle_w,
    )
