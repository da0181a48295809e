"""A scenario and a sized option as the rack that is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.chain.description import PartChains
from planner.hardware.surroundings import surroundings
from planner.latency.band import BandEnd, planned_bound
from planner.latency.calibrated.store import THIS_MACHINE
from planner.plan.chain.rack_steps import host_of_chain, with_chains
from planner.plan.money.economics import carrier_of, carriers_needed
from planner.plan.options.batches import batch_sizes
from planner.plan.rack.control import rack_policies
from planner.plan.rack.events import rack_life, rack_shares, spares_of
from planner.plan.rack.heat import in_thin_air, thermal_of_part
from planner.plan.rack.in_service import InService, in_service, replayed_services
from planner.plan.rack.run_length import run_window
from planner.provenance import Provenance
from planner.rack.description.device import Host, Unit
from planner.rack.description.heat_path import VerticalRecirculation
from planner.rack.description.pipelines import host_with_pipeline, with_tails
from planner.rack.description.rack import Air, Batching, Rack, RackDevice, Service
from planner.rack.description.streams import Bursts, DayProfile, DropOuts, HostStep, StreamGroup
from planner.rack.heat.air import air_density_kg_per_m3
from planner.rack.heat.cabinet import sealed_cabinet
from planner.rack.heat.fans import AirPath, FanCurve, airflow_m3_per_s, in_parallel
from planner.rack.heat.recirculation import returned_share
from planner.schema.hardware.device import Device, Mode, UnitKind
from planner.schema.scenario import streams as asked
from planner.schema.scenario.around import StepAround
from planner.schema.scenario.rack_study import RackFans
from planner.schema.scenario.scenario import Scenario, Site

if TYPE_CHECKING:
    from planner.latency.result import Estimate
    from planner.plan.options.estimator import Estimator
    from planner.plan.options.option import NetworkOnPart


def mode_of(device: Device, mode: str) -> Mode:
    """One power mode of a part."""
    return next(item for item in device.modes if item.id == mode)


def services_of(
    scenario: Scenario,
    estimator: Estimator,
    device: Device,
    networks: tuple[NetworkOnPart, ...],
    bound: BandEnd | None = None,
) -> tuple[Service, ...]:
    """Service times of batches of one to the networks' batch, and power while serving.

    As the plan counts, or with all latencies and powers at one bound of their bands.
    """
    at = bound or planned_bound(scenario.planning.plan_for)
    from planner.latency.units.compete import instances_of

    instances = instances_of(device, [item.estimate for item in networks])
    services = tuple(service_of(estimator, device, item, at, instances) for item in networks)
    unit = networks[0].estimate.unit if networks else next(iter(device.units))
    found = in_service(scenario, device.units[unit].kind)
    if found is None:
        return replayed_services(scenario, services)
    middle = tuple(service_of(estimator, device, item, "mid", instances) for item in networks)
    return tuple(
        found.applied(service, mid, at, calibrated=_calibrated_here(device, item.estimate, found))
        for service, mid, item in zip(services, middle, networks, strict=True)
    )


def _calibrated_here(device: Device, point: Estimate, found: InService) -> bool:
    """Whether an estimate is one of this machine's calibration for the engine that was served with."""
    here = device.id == THIS_MACHINE and point.provenance is Provenance.CALIBRATED
    return here and found.same_engine(point.engine, point.precision)


def served_as(scenario: Scenario, unit: UnitKind, services: tuple[Service, ...]) -> tuple[Service, ...]:
    """Services of a benchmark loop as the scenario says that they are in a server."""
    found = in_service(scenario, unit)
    if found is not None:
        services = tuple(found.applied(service) for service in services)
    return replayed_services(scenario, services)


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
    unit: str | None = None,
    instances: int = 1,
    beside: tuple[Unit, ...] = (),
    chain: PartChains | None = None,
) -> Rack:
    """The rack of `count` devices that carries the scenario's streams; spares serve where devices fail.

    Several racks are simulated as one with the air and the fans of all: the devices are spread evenly, and
    any of them may get any request. Without `events` it is the rack as it is sized: nothing happens to its
    devices. `services` are those of a `unit` (the first of the part unless said), of which so many
    `instances` serve side by side; `beside` are others that serve beside it. `chain` is what happens to
    frames before and after their first network.
    """
    run = scenario.simulation
    idle_w, air = mode_of(device, mode).idle_w.value, rack_air(scenario, racks, count)
    main = device.units[unit or next(iter(device.units))]
    groups = with_chains(stream_groups(scenario), chain, planned_bound(scenario.planning.plan_for))
    groups = with_tails(groups, services)
    host = host_of(scenario) if chain is None else host_of_chain(chain, host_of(scenario))
    window = run_window(scenario, groups, request_times_s(services))
    carrier = carrier_of(scenario, device)
    slots, air = carrier.slots, replace(air, in_row=carrier.in_row)
    life = rack_life(run.events if events else None, count, spares_of(scenario), slots)
    # Spares that are devices of the simulated rack draw their power there.
    drawn_w = life.spares.count * idle_w * (1.0 + supply_loss(scenario.site)) if life.spares.hot else 0.0
    return Rack(
        device=RackDevice(
            name=device.id,
            idle_w=idle_w,
            services=services,
            thermal=in_thin_air(thermal_of_part(device), air.density_kg_per_m3),
            unit=main.kind,
            instances=instances,
            beside=beside,
            host=host_with_pipeline(host, services, instances),
            contention=contention_of(scenario, main.kind) if beside or instances > 1 else 0.0,
        ),
        count=count,
        streams=window.streams,
        batching=Batching(batch, scenario.candidates.max_wait_s if batch > 1 else 0.0),
        dispatch=run.dispatch,
        spill_at=run.spill_at,
        installations=scenario.planning.installations_ratio,
        air=air,
        fan_w=fixed_power_w(scenario, device, mode, count, racks) - drawn_w,
        duration_s=window.duration_s,
        warmup_s=run.warmup_s,
        epoch_s=1.0,
        seed=run.seed,
        replications=run.replications,
        horizon=run.horizon,
        policies=rack_policies(run.control),
        shares=rack_shares(run),
        life=life,
        supply_loss=supply_loss(scenario.site),
    )


def request_times_s(services: Sequence[Service]) -> dict[str, float]:
    """What a request of each network takes in a full batch, to weigh loads by."""
    return {service.network: service.batch_s[-1] / len(service.batch_s) for service in services}


def host_of(scenario: Scenario) -> Host | None:
    """What each device has for work around inference."""
    given = scenario.host
    return None if given is None else Host(given.cores, given.core_w, given.copies)


def contention_of(scenario: Scenario, unit: UnitKind) -> float:
    """What units of one device lose to each other: a share of a batch's time for each other one at work.

    As `candidates.contention` states it, else as the scenario's `variation` has it.
    """
    given = scenario.candidates.contention
    if given is not None:
        return given.each_ratio
    found = in_service(scenario, unit)
    return found.neighbours if found is not None else 0.0


def rack_air(scenario: Scenario, racks: int = 1, devices: int = 1) -> Air:
    """The air of one rack, or of several alike among which the devices are spread, as the site describes
    it."""
    site, sealed = scenario.site, scenario.site.sealed
    if sealed is not None:
        # The sun warms the air that the devices get before they do, and thins it.
        inside_c = site.supply_c + sealed.sun_w / sealed.walls_w_per_k
        return sealed_cabinet(
            site.supply_c,
            racks * sealed.walls_w_per_k,
            racks * sealed.sun_w,
            stored_j_per_k=racks * sealed.heat_capacity_j_per_k,
            passing_m3_per_s=racks * site.airflow_m3_per_s,
            density_kg_per_m3=air_density_kg_per_m3(inside_c, site.altitude_m),
        )
    rising, vertical = site.rising_exhaust, None
    if rising is not None:
        vertical = VerticalRecirculation(rising.own_ratio, rising.above_ratio, rising.decay_ratio)
    flow_m3_per_s = site.airflow_m3_per_s if site.fans is None else _fan_flow(site.fans, devices / racks)
    air = Air(
        site.supply_c,
        racks * flow_m3_per_s,
        site.recirculation_ratio,
        density_kg_per_m3=air_density_kg_per_m3(site.supply_c, site.altitude_m),
        vertical=vertical,
    )
    # All of it comes back only where published rows say what leaves; the flow is then the one that leaves.
    leaving = 1.0 - returned_share(air, devices) if site.recirculation_ratio < 1 else 1.0
    return replace(air, airflow_m3_per_s=leaving * air.airflow_m3_per_s)


def _fan_flow(given: RackFans, devices: float) -> float:
    """Where the fans' curve meets what the rack and its devices take."""
    fan = in_parallel(FanCurve(given.stall_pa, given.free_m3_per_s, given.rated_w), given.count)
    squared = given.at_m3_per_s**2
    path = AirPath(given.empty_pa / squared, given.per_device_pa / squared)
    return airflow_m3_per_s(fan, path, devices, given.speed_ratio)


def rack_fan_w(site: Site) -> float:
    """What the fans of one rack draw: as stated, or by their curve's rated power and speed."""
    return site.fan_w if site.fans is None else site.fans.count * site.fans.rated_w * site.fans.speed_ratio**3


def fixed_power_w(scenario: Scenario, device: Device, mode: str, count: int, racks: int = 1) -> float:
    """What is drawn whatever the load: fans, carriers of all devices, spares that idle, a balancer."""
    carrier = carrier_of(scenario, device)
    carriers_w = carriers_needed(count + scenario.spares, carrier.slots) * carrier.power_w
    # Devices are metered behind the supply, which loses its share of theirs; all else is stated at the plug.
    spares_w = standby_w(scenario, device, mode) * (1.0 + supply_loss(scenario.site))
    balancer_w = scenario.balancer.power_w if scenario.balancer else 0.0
    return racks * rack_fan_w(scenario.site) + carriers_w + spares_w + balancer_w


def standby_w(scenario: Scenario, device: Device, mode: str) -> float:
    """What the spares draw while they stand by: hot ones idle, cold ones are off."""
    hot = scenario.planning.standby == "hot"
    return scenario.spares * mode_of(device, mode).idle_w.value if hot else 0.0


def supply_efficiency(site: Site) -> float:
    """Power given to devices over power taken from the plug: as stated, or what is usual."""
    stated = site.supply_efficiency_ratio
    return surroundings().supply.mid_ratio.value if stated is None else stated


def supply_loss(site: Site) -> float:
    """What the supply loses of each watt that it gives to the devices."""
    return 1.0 / supply_efficiency(site) - 1.0


def stream_groups(scenario: Scenario) -> tuple[StreamGroup, ...]:
    """The scenario's streams with the mean load of their profiles, as a year of the rack sees them."""
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
            before=_steps(stream.before),
            after=_steps(stream.after),
        )
        for stream in scenario.streams
    )


def _bursts(given: asked.BurstsSpec | None) -> Bursts | None:
    return None if given is None else Bursts(given.calm_s, given.burst_s, given.factor)


def _profile(given: asked.ProfileSpec | None) -> DayProfile | None:
    return (
        None if given is None else DayProfile(tuple(given.shares_ratio), given.period_s, given.start_s or 0.0)
    )


def _steps(given: list[StepAround]) -> tuple[HostStep, ...]:
    return tuple(HostStep(step.where, step.time_s) for step in given)


def _drop_outs(given: asked.DropOutsSpec | None) -> DropOuts | None:
    return None if given is None else DropOuts(given.up_s, given.down_s)


def service_of(
    estimator: Estimator, device: Device, item: NetworkOnPart, bound: BandEnd, instances: int = 1
) -> Service:
    """One network's service on the unit of its estimate: at powers of two, interpolated between.

    Where several instances of the unit serve, each has requests of its own. All of them together draw no more
    than the power mode allows, of which each gets its share, and read no faster than their memory where they
    share one.
    """
    from planner.latency.planning import planning_band

    point = item.estimate
    mode = mode_of(device, point.mode)
    share_w = (mode.power_limit_w.value - mode.idle_w.value) / instances
    busy_w = point.part_power_w.at(bound) - mode.idle_w.value
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
        time_s = planning_band(result, item.shortfall).at(bound)
        times_s.append(max(time_s, _shared_traffic_s(device, result, instances)))
    return Service(
        network=item.model,
        batch_s=tuple(float(t) for t in np.interp(range(1, point.batch + 1), sizes, times_s)),
        clocked_share=1.0 - point.bound.memory,
        busy_w=min(busy_w, share_w) if instances > 1 else busy_w,
        # A chip whose layers all work at once takes the next frame long before the last is out.
        tail_s=point.through_s.at(bound) - point.latency_s.at(bound),
    )


def _shared_traffic_s(device: Device, estimate: Estimate, instances: int) -> float:
    """The least time of a batch while all instances of a unit read from the memory that they share."""
    if instances == 1 or not device.memory.shared:
        return 0.0
    moved = instances * sum(layer.bytes for layer in estimate.layers)
    return moved / device.memory.bandwidth_bytes_per_s[estimate.mode].value
