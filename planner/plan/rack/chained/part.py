"""The chains of a scenario on one part, with the times of its networks over their bands."""

from __future__ import annotations

from planner.chain.description import PartChains
from planner.chain.prediction import busy_of
from planner.hardware.physics import BITS
from planner.latency.band import Band, BandEnd, planned_bound
from planner.latency.units.compete import instances_of
from planner.plan.chain.around_part import LINK, AroundPart
from planner.plan.chain.on_part import chains_on
from planner.plan.chain.visits import NetworkTimes
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import NetworkOnPart
from planner.plan.rack.rack_model import services_of
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario

_ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")


def part_chains(
    scenario: Scenario, estimator: Estimator, device: Device, networks: tuple[NetworkOnPart, ...]
) -> PartChains:
    """What one device would be asked for by all streams; a stream of one network is a chain of one step."""
    first = networks[0].estimate
    ends = [services_of(scenario, estimator, device, networks, bound) for bound in _ENDS]
    times = {}
    for number, item in enumerate(networks):
        by_size = zip(*(services[number].batch_s for services in ends), strict=True)
        workload = estimator.workloads[item.model]
        elements = sum(tensor.elements for tensor in workload.inputs.values()) / workload.batch
        moved = sum(layer.bytes for layer in item.estimate.layers) / item.estimate.batch
        times[item.model] = NetworkTimes(
            times=tuple(Band(*(float(time_s) for time_s in sorted(size))) for size in by_size),
            input_bytes=elements * BITS[item.estimate.precision] / 8,
            moved_bytes=None if device.memory.on_chip else moved,
        )
    instances = instances_of(device, [item.estimate for item in networks])
    return chains_on(AroundPart(scenario, device, first.mode, first.unit, instances), times)


def busiest_beside(part: PartChains, plan_for: str) -> float:
    """The busy share of the busiest unit that the simulated rack does not have, were all on one device.

    Encoders, links, the memory and the cameras' network: what limits the count beside queues.
    """
    bound = planned_bound(plan_for)
    beside = ("encoder", "link", "memory", "network")
    units = [unit for unit in part.chains.units if unit.role in beside]
    return max((busy_of(part.chains, unit, bound) for unit in units), default=0.0)


def link_bytes_per_s(part: PartChains, rate_bytes_per_s: float) -> float:
    """What all streams send over the link of one device."""
    units = [unit for unit in part.chains.units if unit.id == LINK]
    return sum(busy_of(part.chains, unit, "mid") for unit in units) * rate_bytes_per_s
