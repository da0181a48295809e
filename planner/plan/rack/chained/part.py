"""The chains of a scenario on one part, with the times of its networks over their bands."""

from __future__ import annotations

from planner.chain.description import ChainUnit, PartChains
from planner.chain.prediction import busy_of
from planner.hardware.physics import BITS
from planner.latency.band import Band, BandEnd, planned_bound
from planner.latency.units.compete import instances_of
from planner.plan.chain.around_part import LINK, AroundPart
from planner.plan.chain.on_part import chains_on
from planner.plan.chain.visits import AskedOn, NetworkTimes
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import NetworkOnPart
from planner.plan.rack.rack_model import service_of, services_of
from planner.plan.rack.units_beside import network_on_unit
from planner.rack.description.rack import Service
from planner.schema.hardware.device import Device, UnitKind
from planner.schema.scenario.scenario import Scenario

_ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")


def part_chains(
    scenario: Scenario, estimator: Estimator, device: Device, networks: tuple[NetworkOnPart, ...]
) -> PartChains:
    """What one device would be asked for by all streams; a stream of one network is a chain of one step."""
    first = networks[0].estimate
    ends = [services_of(scenario, estimator, device, networks, bound) for bound in _ENDS]
    times: dict[AskedOn, NetworkTimes] = {}
    for number, item in enumerate(networks):
        found = _times(estimator, device, item, [services[number] for services in ends])
        # A step that names the kind that the plan rests on asks for the same unit.
        times[item.model, None] = times[item.model, device.units[first.unit].kind] = found
    for model, kind in _on_other_units(scenario):
        if (model, kind) not in times:
            there = _elsewhere(
                estimator, device, next(item for item in networks if item.model == model), kind
            )
            if there is not None:
                times[model, kind] = there
    instances = instances_of(device, [item.estimate for item in networks])
    return chains_on(AroundPart(scenario, device, first.mode, first.unit, instances), times)


def _times(
    estimator: Estimator,
    device: Device,
    item: NetworkOnPart,
    ends: list[Service],
    unit: ChainUnit | None = None,
) -> NetworkTimes:
    """A network's times by size of batch, its services at the three ends given."""
    by_size = zip(*(service.batch_s for service in ends), strict=True)
    workload = estimator.workloads[item.model]
    elements = sum(tensor.elements for tensor in workload.inputs.values()) / workload.batch
    moved = sum(layer.bytes for layer in item.estimate.layers) / item.estimate.batch
    return NetworkTimes(
        times=tuple(Band(*(float(time_s) for time_s in sorted(size))) for size in by_size),
        input_bytes=elements * BITS[item.estimate.precision] / 8,
        moved_bytes=None if device.memory.on_chip else moved,
        unit=unit,
    )


def _on_other_units(scenario: Scenario) -> set[tuple[str, UnitKind]]:
    """Networks that steps want on a kind of unit that they name."""
    return {
        (step.network or stream.model, step.unit)
        for stream in scenario.streams
        for step in stream.chain
        if step.kind == "network" and step.unit is not None
    }


def _elsewhere(
    estimator: Estimator, device: Device, item: NetworkOnPart, kind: UnitKind
) -> NetworkTimes | None:
    """A network on the part's unit of another kind; None where it has none or that cannot run it."""
    unit_id = next((name for name, unit in device.units.items() if unit.kind == kind), None)
    if unit_id is None:
        return None
    there = network_on_unit(estimator, device, item, unit_id)
    if there is None:
        return None
    instances = device.units[unit_id].count.value
    ends = [service_of(estimator, device, there, bound, instances) for bound in _ENDS]
    unit = ChainUnit(unit_id, "accelerator", device.units[unit_id].name, instances, there.estimate.provenance)
    return _times(estimator, device, there, ends, unit)


def busiest_beside(part: PartChains, plan_for: str) -> float:
    """The busy share of the busiest unit that the simulated rack does not have, were all on one device.

    Encoders, links, the memory, the cameras' network, and compute units beside the one that the plan rests
    on: what limits the count beside queues.
    """
    bound = planned_bound(plan_for)
    beside = ("encoder", "link", "memory", "network")
    units = [
        unit
        for unit in part.chains.units
        if unit.role in beside or (unit.role == "accelerator" and unit.id != part.main)
    ]
    return max((busy_of(part.chains, unit, bound) for unit in units), default=0.0)


def link_bytes_per_s(part: PartChains, rate_bytes_per_s: float) -> float:
    """What all streams send over the link of one device."""
    units = [unit for unit in part.chains.units if unit.id == LINK]
    return sum(busy_of(part.chains, unit, "mid") for unit in units) * rate_bytes_per_s
