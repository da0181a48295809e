"""Where requests wait: one queue at each device, or one for all, within each network's share of devices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.rack.description import Rack

Ints = NDArray[np.int64]


def networks_of(rack: Rack) -> tuple[str, ...]:
    """The networks that the streams ask for, each once, in their order; engines number them so."""
    return tuple(dict.fromkeys(group.network for group in rack.streams))


def parts_of_devices(rack: Rack) -> Ints:
    """The part of the rack that each device belongs to; 0 for all where no shares are set.

    With hard shares each named network has a part of its own, rounded to whole devices by the largest
    remainder and one at least; devices are dealt from the bottom up.
    """
    if not rack.shares:
        return np.zeros(rack.count, dtype=np.int64)
    asked = np.array([share.share for share in rack.shares]) * rack.count
    devices = np.maximum(np.floor(asked), 1.0)
    while devices.sum() < rack.count:
        devices[int(np.argmax(asked - devices))] += 1
    while devices.sum() > rack.count:
        spare = np.where(devices > 1, devices - asked, -np.inf)
        devices[int(np.argmax(spare))] -= 1
    return np.repeat(np.arange(len(devices)), devices.astype(np.int64))


def parts_of_networks(rack: Rack, networks: tuple[str, ...]) -> Ints:
    """The part that serves each network."""
    if not rack.shares:
        return np.zeros(len(networks), dtype=np.int64)
    order = [share.network for share in rack.shares]
    return np.array([order.index(network) for network in networks], dtype=np.int64)


def room_of_device(rack: Rack) -> Ints:
    """The queue that each device takes from."""
    if rack.dispatch == "central_queue":
        return parts_of_devices(rack)
    return np.arange(rack.count, dtype=np.int64)


def part_of_room(rack: Rack) -> Ints:
    """The part that each queue belongs to."""
    parts = parts_of_devices(rack)
    return np.unique(parts) if rack.dispatch == "central_queue" else parts


def open_rooms(rack: Rack, open_devices: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which queues are open to new requests: those of which a device is."""
    rooms = room_of_device(rack)
    return np.bincount(rooms, weights=open_devices) > 0
