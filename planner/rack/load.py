"""What the streams ask of the devices: service times, offered utilisation, and the load to expect of it.

Service time follows the clock as t(c) = t(1) * (s/c + 1 - s), where s is the share of the time that
computes and 1 - s waits for memory, which keeps its pace. Power above idle follows clock **
`clock_power_exponent`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError, Problem
from planner.rack.description import Device, Rack, Service
from planner.rack.rooms import networks_of, parts_of_devices, parts_of_networks
from planner.units import format_percent

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
    full_s = float(np.interp(size, np.arange(1, len(service.batch_s) + 1), service.batch_s))
    return float(full_s * slowdown(service, clock))


def slowdown(service: Service, clock: Ratio) -> Ratio:
    """What a clock ratio multiplies the service's time by."""
    slower: Ratio = service.clocked_share / clock + 1.0 - service.clocked_share
    return slower


def busy_power_w(device: Device, service: Service, clock: Ratio) -> Ratio:
    """Power above idle while serving at a clock ratio."""
    power_w: Ratio = service.busy_w * clock**device.clock_power_exponent
    return power_w


def offered_utilisation(rack: Rack, clock: float = 1.0) -> float:
    """Work asked over work possible, with every batch full; at one or above, queues grow without end.

    Full batches are what a saturated device serves, so this is the exact edge of stability for one network,
    and for several under first come first served. With hard shares it is that of the busiest share.
    """
    size = rack.batching.max_size
    networks = networks_of(rack)
    parts = parts_of_networks(rack, networks)
    busy_devices = np.zeros(len(rack.shares) or 1)
    for group in rack.streams:
        service_s = service_time_s(rack.device.service(group.network), size, clock)
        busy_devices[parts[networks.index(group.network)]] += group.offered_per_s * service_s / size
    return float(np.max(busy_devices / np.bincount(parts_of_devices(rack))))


def shortfall_per_s(rack: Rack) -> float:
    """Requests per second, averaged over profiles, that are offered beyond what full clock can serve."""
    excess = 1.0 - 1.0 / max(1.0, offered_utilisation(rack))
    return excess * sum(group.offered_per_s for group in rack.streams)


def grows_without_end(rack: Rack) -> bool:
    """Whether more is asked than can be served while a queue has no limit: nothing settles."""
    unlimited = any(group.queue_limit is None for group in rack.streams)
    return unlimited and offered_utilisation(rack) >= 1


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
        f"{math.ceil(rack.count * offered * (1 + 1e-9))} devices would carry it; to "
        f"simulate it as it is, give a queue_limit to {', '.join(unlimited)}"
    )
    expected = "less work than all devices can do with full batches at full clock"
    got = f"{format_percent(offered)} of it: {shortfall_per_s(rack):.4g} requests a second too many"
    raise InputError("rack", [Problem("streams", expected, got, advice)])


def expected_load(rack: Rack, clock: float = 1.0) -> ExpectedLoad:
    """An estimate of one device's load at a clock, where the batch size follows from the load itself.

    A batch holds what arrives while the oldest request waits to fill it or while the batches before it are
    served (fluid approximation, without chance): b = clip(max(1 + rate * max_wait, rate * sum of t(b)), 1,
    max_size). Good enough to start temperatures from; utilisation is counted from the run.
    """
    device, batching = rack.device, rack.batching
    offered: dict[str, float] = {}
    for group in rack.streams:
        offered[group.network] = offered.get(group.network, 0.0) + group.offered_per_s / rack.count
    services = [device.service(network) for network in offered]
    rates = np.array(list(offered.values()))
    sharing = rack.count if rack.dispatch == "central_queue" else 1
    filled = 1.0 + rates * sharing * batching.max_wait_s
    sizes = np.ones(len(services))
    times_s = np.array([service_time_s(service, 1, clock) for service in services])
    for _ in range(_ROUNDS):
        before, sizes = sizes, np.clip(np.maximum(filled, rates * times_s.sum()), 1, batching.max_size)
        times_s = np.array(
            [service_time_s(service, size, clock) for service, size in zip(services, sizes, strict=True)]
        )
        if np.array_equal(before, sizes):
            break
    busy = rates * times_s / sizes
    powers_w = np.array([busy_power_w(device, service, clock) for service in services])
    overload = max(1.0, float(busy.sum()))
    return ExpectedLoad(float(busy.sum()) / overload, float(busy @ powers_w) / overload)
