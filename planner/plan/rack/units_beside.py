"""Units of a part that serve beside the one that its plan rests on, as a scenario asks."""

from __future__ import annotations

from dataclasses import replace

from planner.errors import PlannerError
from planner.latency.band import BandEnd, planned_bound
from planner.latency.planning import planning_band, shortfall
from planner.latency.units.compete import instances_of
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import NetworkOnPart
from planner.plan.rack.rack_model import mode_of, served_as, service_of
from planner.rack.description.device import Service, Unit
from planner.schema.hardware.device import Device, UnitKind
from planner.schema.scenario.scenario import Scenario


def units_beside(
    scenario: Scenario,
    estimator: Estimator,
    device: Device,
    networks: tuple[NetworkOnPart, ...],
    bound: BandEnd | None = None,
) -> tuple[Unit, ...]:
    """The units of the kinds asked for that serve some of the networks, beside the one that the plan rests
    on.

    A network that a unit cannot run stays with the others. All units together draw no more than the limit of
    the power mode: what the main one leaves of it is divided among those beside.
    """
    main = networks[0].estimate
    at = bound or planned_bound(scenario.planning.plan_for)
    found: dict[UnitKind, Unit] = {}
    for unit_id, unit in device.units.items():
        kinds = (device.units[main.unit].kind, *found)
        if unit.kind not in scenario.candidates.beside or unit.kind in kinds:
            continue
        services = [_on_unit(estimator, device, item, unit_id, at) for item in networks]
        served = served_as(scenario, unit.kind, tuple(service for service in services if service is not None))
        if served:
            found[unit.kind] = Unit(unit.kind, served, unit.count.value)
    mode = mode_of(device, main.mode)
    main_w = max(item.estimate.part_power_w.at(at) for item in networks) - mode.idle_w.value
    instances = instances_of(device, [item.estimate for item in networks])
    left_w = mode.power_limit_w.value - mode.idle_w.value - instances * main_w
    share_w = max(0.0, left_w) / max(1, sum(unit.count for unit in found.values()))
    return tuple(replace(unit, services=_capped(unit.services, share_w)) for unit in found.values())


def _capped(services: tuple[Service, ...], most_w: float) -> tuple[Service, ...]:
    return tuple(replace(service, busy_w=min(service.busy_w, most_w)) for service in services)


def network_on_unit(
    estimator: Estimator, device: Device, item: NetworkOnPart, unit_id: str
) -> NetworkOnPart | None:
    """A network as it would run on another unit of its part; None where the unit cannot run it."""
    point = item.estimate
    try:
        result = estimator.estimate(
            item.model,
            device,
            unit=unit_id,
            mode=point.mode,
            precision=point.precision,
            batch=point.batch,
        )
        correction = shortfall(device, result)
    except PlannerError:
        return None
    return NetworkOnPart(item.model, result, planning_band(result, correction), correction)


def _on_unit(
    estimator: Estimator, device: Device, item: NetworkOnPart, unit_id: str, bound: BandEnd
) -> Service | None:
    there = network_on_unit(estimator, device, item, unit_id)
    return None if there is None else service_of(estimator, device, there, bound)
