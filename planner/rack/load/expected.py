"""What the streams ask of the devices: service times, offered utilisation, and the load to expect of it.

Service time follows the clock as t(c) = t(1) * (s/c + 1 - s), where s is the share of the time that
computes and 1 - s waits for memory, whose rate does not follow the clock. Power above idle follows clock **
`clock_power_exponent`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError, Problem
from planner.formulas import formula
from planner.rack.description.rack import Rack, RackDevice, Service, Unit
from planner.rack.description.streams import StreamGroup
from planner.rack.load.capacity import Sharing, devices_of_parts, pool_busy, shared_among_units
from planner.rack.load.placement import StreamPlacement, placed
from planner.rack.load.topology import HOST, NONE, networks_of, parts_of_networks, paths_of, topology_of
from planner.units import format_number, format_percent

_ROUNDS = 100
"""Rounds of the batch-size iteration; it contracts below saturation and is clipped above it."""


@dataclass(frozen=True, slots=True)
class ExpectedLoad:
    """What one device does on average: share of the time that it serves, and power above idle."""

    busy_share: float
    dynamic_w: float


Ratio = TypeVar("Ratio", float, NDArray[np.float64])


def service_time_s(service: Service, size: float, clock: float = 1.0) -> float:
    """Time to serve a batch at a clock ratio; a mean size between whole ones is interpolated."""
    # A mean of whole batch sizes is no whole number; time is nearly linear in size, so the mean time is near.
    full_s = float(np.interp(size, np.arange(1, len(service.batch_s) + 1), service.batch_s))
    return float(full_s * slowdown(service, clock))


@formula("clock_slowdown")
def slowdown(service: Service, clock: Ratio) -> Ratio:
    """What a clock ratio multiplies the service's time by."""
    # The roofline in two parts: arithmetic goes with the clock, waiting for memory does not.
    slower: Ratio = service.clocked_share / clock + 1.0 - service.clocked_share
    return slower


@formula("clock_power")
def busy_power_w(device: RackDevice, service: Service, clock: Ratio) -> Ratio:
    """Power above idle while serving at a clock ratio."""
    power_w: Ratio = service.busy_w * clock**device.clock_power_exponent
    return power_w


@formula("utilisation")
def offered_utilisation(rack: Rack, clock: float = 1.0) -> float:
    """Work asked over work possible, with every batch full; at one or above, queues grow without end.

    Full batches are what a saturated device serves, so this is the exact edge of stability for one network,
    and for several under first come first served. With hard shares it is that of the busiest share; with
    several units in a device that of the best sharing among them (a dispatch rule may reach less), all of
    them at work and in each other's way; with work on hosts and copies that of the busiest of all; where
    sources are pinned that of the unit with most work.
    """
    networks = networks_of(rack)
    if rack.dispatch == "pinned":
        # Nobody can help the device to which most was given.
        return max(float(placement_of(rack, clock).load.max()), *pool_busy(rack), 0.0)
    sizes = [rack.batching.max_size] * len(networks)
    units = max(sharing.busiest for _, sharing in _sharings(rack, sizes, clock))
    return max(units, *pool_busy(rack), 0.0)


def placement_of(rack: Rack, clock: float = 1.0) -> StreamPlacement:
    """Where each source is pinned, by the work that it asks of a unit with full batches; not on spares."""
    topology, networks = topology_of(rack), networks_of(rack)
    units, size = rack.device.units, rack.batching.max_size
    serving = topology.server_device[: topology.unit_servers] < rack.count
    # Spares have no lane here: nothing is placed on them.
    station_lane = np.where(serving, topology.station_lane[: topology.unit_servers], NONE)
    loads: list[list[float]] = []
    lanes: list[tuple[int, ...]] = []
    for group in rack.streams:
        own = topology.lanes_of[networks.index(group.network)]
        kinds = [units[lane % len(units)] for lane in own]
        work = [group.source_per_s * request_time_s(rack, unit, group.network, size, clock) for unit in kinds]
        loads += [work] * group.sources
        lanes += [own] * group.sources
    return placed(loads, lanes, station_lane)


def _sharings(rack: Rack, sizes: Sequence[float], clock: float) -> list[tuple[list[int], Sharing]]:
    """For each part of the rack its networks and how its units share their load, batches of these sizes."""
    networks = networks_of(rack)
    parts, devices = parts_of_networks(rack, networks), devices_of_parts(rack)
    rates_per_s = _rates_per_s(rack)
    time_s = np.array(
        [
            [request_time_s(rack, unit, network, size, clock) for unit in rack.device.units]
            for network, size in zip(networks, sizes, strict=True)
        ]
    )
    found = []
    for part, count in enumerate(devices):
        own = np.flatnonzero(parts == part).tolist()
        servers = np.array([float(unit.count * count) for unit in rack.device.units])
        # At saturation all units that serve are always at work, so each batch is slowed by all the others.
        others = _units_at_work(rack, own) - 1
        contended_s = time_s[own] * (1.0 + rack.device.contention * others)
        found.append((own, shared_among_units(rates_per_s[own], contended_s, servers)))
    return found


def _units_at_work(rack: Rack, networks: Sequence[int]) -> int:
    """Units of one device that serve any of these networks."""
    names = [networks_of(rack)[number] for number in networks]
    units = rack.device.units
    return sum(unit.count for unit in units if any(unit.service(name) is not None for name in names))


def _rates_per_s(rack: Rack) -> NDArray[np.float64]:
    """Requests a second of each network, on average."""
    networks = networks_of(rack)
    rates_per_s = np.zeros(len(networks))
    for group in rack.streams:
        rates_per_s[networks.index(group.network)] += group.offered_per_s
    return rates_per_s


def request_time_s(rack: Rack, unit: Unit, network: str, size: float, clock: float = 1.0) -> float:
    """A request's share of a batch's time on a unit, its steps there included; infinite without service."""
    service = unit.service(network)
    if service is None:
        return math.inf
    groups = [group for group in rack.streams if group.network == network]
    steps_s = sum(group.offered_per_s * group.unit_s for group in groups)
    # Mean over the network's requests, weighed by how often each group sends.
    added_s = steps_s / sum(group.offered_per_s for group in groups)
    return service_time_s(service, size, clock) / size + added_s * slowdown(service, clock)


def over_the_period(rack: Rack) -> Rack:
    """The same rack with each stream's mean load over the whole period of its profile."""
    return replace(rack, streams=tuple(group.over_the_period() for group in rack.streams))


def in_phase_s(rack: Rack, group: StreamGroup) -> float:
    """A bound on the latency of a group whose sources keep their phases: all sources send at once.

    The work of one frame of every source, shared by all units of the main kind, behind a batch in service,
    the wait for its own to fill and its own service. It holds below saturation, where the rack has served
    what came at once before the next frames come.
    """
    if rack.varies:
        # The mean of a service time that scatters is no bound.
        return math.inf
    main = rack.device.units[0]
    full = rack.batching.max_size
    if sum(other.sources for other in rack.streams) == 1:
        # A lone source meets no other, whatever its phase.
        return request_time_s(rack, main, group.network, 1) + rack.batching.max_wait_s
    times_s = {network: request_time_s(rack, main, network, full) for network in networks_of(rack)}
    at_once_s = sum(other.sources * times_s[other.network] for other in rack.streams)
    batches_s = full * (max(times_s.values()) + times_s[group.network])
    around_s = sum(step.time_s for step in (*group.before, *group.after) if step.where != "unit")
    return at_once_s / (rack.count * main.count) + batches_s + rack.batching.max_wait_s + around_s


def shortfall_per_s(rack: Rack) -> float:
    """Requests per second, averaged over profiles, that are offered beyond what full clock can serve."""
    # At an offered utilisation of u the share 1 / u can be served.
    excess = 1.0 - 1.0 / max(1.0, offered_utilisation(rack))
    return excess * sum(group.offered_per_s for group in rack.streams)


def grows_without_end(rack: Rack) -> bool:
    """Whether more is asked than can be served while a queue has no limit: nothing settles.

    What traces pile up has an end, and is an answer; only what is asked beside them may grow for ever.
    """
    unlimited = any(group.queue_limit is None for group in rack.streams)
    if not unlimited or offered_utilisation(rack) < 1:
        return False
    endless = tuple(group for group in rack.streams if group.arrivals != "trace")
    if len(endless) == len(rack.streams) or rack.shares:
        return True
    return bool(endless) and offered_utilisation(replace(rack, streams=endless)) >= 1


def refuse_overload(rack: Rack) -> None:
    """Refuse a rack that is asked more than it can serve, unless every queue has a limit.

    Without limits its queues would grow for as long as one looks. With them it can be simulated: requests
    are lost, and how many is an answer.
    """
    if not grows_without_end(rack):
        return
    offered = offered_utilisation(rack)
    unlimited = [group.name for group in rack.streams if group.queue_limit is None]
    advice = (
        # At exactly one, queues grow without end: a count that only just carries the load has to come out one
        # higher.
        f"{math.ceil(rack.count * offered * (1 + 1e-9))} devices would carry it; to "
        f"simulate it as it is, give a queue_limit to {', '.join(unlimited)}"
    )
    expected = "less work than all devices can do with full batches at full clock"
    missing = format_number(shortfall_per_s(rack), 4)
    got = f"{format_percent(offered)} of it: {missing} requests a second too many"
    raise InputError("rack", [Problem("streams", expected, got, advice)])


def expected_load(rack: Rack, clock: float = 1.0) -> ExpectedLoad:
    """An estimate of one device's load at a clock, where the batch size follows from the load itself.

    A batch holds what arrives while the oldest request waits to fill it or while the batches before it are
    served (fluid approximation, without chance): b = clip(max(1 + rate * max_wait, rate * sum of t(b)), 1,
    max_size). Good enough to start temperatures from; utilisation is counted from the run.
    """
    networks, sizes = networks_of(rack), _expected_sizes(rack, clock)
    busy = np.zeros((len(networks), len(rack.device.units)))
    for own, sharing in _sharings(rack, sizes, clock):
        for place, network in enumerate(own):
            for number, unit in enumerate(rack.device.units):
                rate_per_s = sharing.rates_per_s[place, number] / rack.count
                if rate_per_s > 0:
                    time_s = request_time_s(rack, unit, networks[network], sizes[network], clock)
                    busy[network, number] = rate_per_s * time_s
    units = sum(unit.count for unit in rack.device.units)
    # Times first without others in the way, then lengthened by how often these are at work.
    busy *= _contended(rack.device.contention * (units - 1), float(busy.sum()) / units)
    busy_share = float(busy.sum()) / units
    # A device cannot be busy for more than all of the time; power is cut down with it.
    overload = max(1.0, busy_share)
    return ExpectedLoad(busy_share / overload, (_served_w(rack, busy, clock) + _host_w(rack)) / overload)


@formula("contention")
def _contended(most: float, alone: float) -> float:
    """What units at work beside each other multiply their time by, `most` more where all are always at work.

    A batch finds the others at work as often as any is (mean field): busy = alone * (1 + most * busy).
    """
    # Solved for the factor; past saturation all are always at work and the factor is at its most.
    return 1.0 + most if alone * (1.0 + most) >= 1.0 else 1.0 / (1.0 - most * alone)


@formula("batch_fill")
def _expected_sizes(rack: Rack, clock: float) -> list[float]:
    """Mean batch of each network, as if all units were like the main one."""
    batching, networks = rack.batching, networks_of(rack)
    rates = _rates_per_s(rack) / (rack.count * sum(unit.count for unit in rack.device.units))
    # A central queue fills a batch with the requests of all devices, so it fills that much sooner.
    sharing = rack.count if rack.dispatch == "central_queue" else 1
    filled = 1.0 + rates * sharing * batching.max_wait_s
    main = rack.device.units[0]
    sizes = np.ones(len(networks))
    for _ in range(_ROUNDS):
        times_s = [
            size * request_time_s(rack, main, network, size, clock)
            for network, size in zip(networks, sizes.tolist(), strict=True)
        ]
        # Batches of all networks take turns on a unit: while one round of them is served, the next round
        # arrives.
        before, sizes = sizes, np.clip(np.maximum(filled, rates * sum(times_s)), 1, batching.max_size)
        if np.array_equal(before, sizes):
            break
    return [float(size) for size in sizes]


def _served_w(rack: Rack, busy: NDArray[np.float64], clock: float) -> float:
    """Power above idle of one device whose units are busy for these shares, `[network, unit]`."""
    power_w = 0.0
    for number, network in enumerate(networks_of(rack)):
        for place, unit in enumerate(rack.device.units):
            service = unit.service(network)
            if service is not None:
                power_w += float(busy[number, place]) * busy_power_w(rack.device, service, clock)
    return power_w


def _host_w(rack: Rack) -> float:
    """Power above idle of the cores of one device's host."""
    host = rack.device.host
    if host is None:
        return 0.0
    busy = sum(
        group.offered_per_s * time_s
        for group, path in zip(rack.streams, paths_of(rack), strict=True)
        for pool, time_s in path
        if pool == HOST
    )
    return host.core_w * busy / rack.count
