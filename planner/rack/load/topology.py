"""Who serves and where requests wait: servers, stations and lanes, numbered as both engines number them.

A server works on one batch or one step at a time: a unit of a device, a core of its host, one of its copy
engines. A station is a queue and the servers that take from it: one at each unit, or one for all units of a
kind where a central queue serves them; one for the cores of a device's host, and one for its copies. A lane
is all stations of units of one kind within one part of the rack (hard shares divide it); a network may wait
in the lanes of the units that serve it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Floats, Ints
from planner.rack.description.device import Pool
from planner.rack.description.rack import Rack
from planner.schema.hardware.device import UnitKind

NONE = -1
POOLS: tuple[Pool, ...] = get_args(Pool)
HOST = POOLS.index("host")
SPILL_ORDER: tuple[UnitKind, ...] = ("npu", "dla", "gpu", "cpu")
"""Kinds of unit as `npu_first` tries them: the most work per joule first, the host's own cores last."""
INFERENCE = NONE
"""Marks in a path the service on a unit, between the steps in pools."""


def networks_of(rack: Rack) -> tuple[str, ...]:
    """The networks that the streams ask for, each once, in their order; engines number them so."""
    return tuple(dict.fromkeys(group.network for group in rack.streams))


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """Servers: the units of device 0, of device 1, ..., then the pools' (cores, copies) likewise.

    `server_unit` is the index in `Device.units`, NONE for a pool's server; `station_lane` and
    `station_device` have NONE for a pool's station and for a station that devices share. `pool_station[d, p]`
    is the station of a pool of a device. `lanes_of[n]` are the lanes of a network, the one to try first
    first. `spill_at` is from how many requests in its shortest queue on a lane is passed over, where dispatch
    tries them in turn.
    """

    count: int
    unit_servers: int
    pool_sizes: tuple[int, ...]
    server_device: Ints
    server_unit: Ints
    server_station: Ints
    station_lane: Ints
    station_device: Ints
    pool_station: Ints
    lanes: int
    lanes_of: tuple[tuple[int, ...], ...]
    spill_at: Ints

    @property
    def servers(self) -> int:
        """All servers."""
        return self.server_device.size

    @property
    def unit_stations(self) -> int:
        """Stations before units; those of pools come after them."""
        return int(np.count_nonzero(self.station_lane != NONE))

    def servers_of(self, device: int) -> list[int]:
        """The servers that go out of service with a device."""
        return np.flatnonzero(self.server_device == device).tolist()

    def per_device(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Sums of one value a server over each device's units, over its cores, and over its copies and video
        units.

        Servers are the last axis of what is given, devices that of the answer.
        """
        epochs, first = values.shape[:-1], self.unit_servers
        sums = [values[..., :first].reshape(*epochs, self.count, -1).sum(axis=-1)]
        for size in self.pool_sizes:
            last = first + size * self.count
            sums.append(values[..., first:last].reshape(*epochs, self.count, size).sum(axis=-1))
            first = last
        none = np.zeros((*epochs, self.count))
        units, host = (*sums, none)[:2]
        return units, host, sum(sums[2:], none)

    def queued(self, waiting: Ints) -> Ints:
        """Requests that wait in the stations of each device; those that devices share are no one's.

        Epochs are the first axis, stations (in the answer devices) the second.
        """
        own = self.station_device != NONE
        epochs = len(waiting)
        # One count for all epochs: each has a range of numbers of its own.
        numbers = np.arange(epochs)[:, None] * self.count + self.station_device[own]
        counts = np.bincount(numbers.ravel(), waiting[:, own].ravel(), minlength=epochs * self.count)
        return counts.astype(np.int64).reshape(epochs, self.count)

    def routes(self, out: NDArray[np.bool_], replaced_by: Ints) -> Ints:
        """Where what is pinned to each station before a unit goes: there, to a spare's, or nowhere (NONE)."""
        units = self.unit_servers // self.count
        device = np.where(out, replaced_by, np.arange(self.count))
        # A spare may have been shut down by heat itself.
        reached = (device != NONE) & ~out[device]
        stations = device[:, None] * units + np.arange(units)
        return np.asarray(np.where(reached[:, None], stations, NONE).ravel())

    def open_stations(self, open_devices: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which stations before units are open to new requests: those of which a device is."""
        stations = self.server_station[: self.unit_servers]
        weights = open_devices[self.server_device[: self.unit_servers]]
        return np.bincount(stations, weights=weights, minlength=self.unit_stations) > 0


def topology_of(rack: Rack) -> Topology:
    """The servers, stations and lanes of a rack."""
    units = rack.device.units
    unit_of_slot = np.repeat(np.arange(len(units)), [unit.count for unit in units])
    server_device = np.repeat(np.arange(rack.installed), unit_of_slot.size)
    server_unit = np.tile(unit_of_slot, rack.installed)
    # Part by part, within a part by the device's units: engines and `lanes_of` count lanes alike.
    lane_of_server = parts_of_devices(rack)[server_device] * len(units) + server_unit
    central = rack.dispatch == "central_queue"
    if central:
        station_lane, server_station = np.unique(lane_of_server, return_inverse=True)
        station_device = np.full(station_lane.size, NONE)
    else:
        station_lane, server_station = lane_of_server, np.arange(lane_of_server.size)
        station_device = server_device
    lanes = int(parts_of_devices(rack).max() + 1) * len(units)
    sizes = _pool_sizes(rack)
    # All stations of the first pool, then of the second; stations of units come before both.
    pool_station = (
        station_lane.size + np.arange(rack.installed * len(sizes)).reshape(len(sizes), rack.installed).T
    )
    for pool, size in enumerate(sizes):
        server_device = np.concatenate((server_device, np.repeat(np.arange(rack.installed), size)))
        server_station = np.concatenate((server_station, np.repeat(pool_station[:, pool], size)))
    pools = server_device.size - server_unit.size
    return Topology(
        count=rack.installed,
        unit_servers=server_unit.size,
        pool_sizes=sizes,
        server_device=server_device,
        server_unit=np.concatenate((server_unit, np.full(pools, NONE))),
        server_station=server_station.astype(np.int64),
        station_lane=np.concatenate((station_lane, np.full(pool_station.size, NONE))),
        station_device=np.concatenate((station_device, np.tile(np.arange(rack.installed), len(sizes)))),
        pool_station=pool_station,
        lanes=lanes,
        lanes_of=_lanes_of(rack),
        spill_at=np.array([rack.spill_mark(units[lane % len(units)].kind) for lane in range(lanes)]),
    )


def _pool_sizes(rack: Rack) -> tuple[int, ...]:
    """Servers of each pool in one device; none at all where no stream has a step in one."""
    host = rack.device.host
    used = any(step.where in POOLS for group in rack.streams for step in (*group.before, *group.after))
    if host is None or not used:
        return ()
    sizes = [host.servers(pool) for pool in POOLS]
    # Pools that nobody has are left out at the end, so that the others keep their numbers.
    while sizes and not sizes[-1]:
        sizes.pop()
    return tuple(sizes)


def _lanes_of(rack: Rack) -> tuple[tuple[int, ...], ...]:
    """Each network's lanes: in the order of the device's units, or NPUs first where dispatch says so."""
    units, networks = rack.device.units, networks_of(rack)
    order = list(range(len(units)))
    if rack.dispatch == "npu_first":
        # Stable: units of one kind stay in the order of the part's file.
        order.sort(key=lambda unit: SPILL_ORDER.index(units[unit].kind))
    return tuple(
        tuple(int(part) * len(units) + unit for unit in order if units[unit].service(network) is not None)
        for network, part in zip(networks, parts_of_networks(rack, networks), strict=True)
    )


def paths_of(rack: Rack) -> list[list[tuple[int, float]]]:
    """What each group's requests go through, in order: pools with their times, and the inference between."""
    return [
        [
            *((POOLS.index(step.where), step.time_s) for step in group.before if step.where != "unit"),
            (INFERENCE, 0.0),
            *((POOLS.index(step.where), step.time_s) for step in group.after if step.where != "unit"),
        ]
        for group in rack.streams
    ]


def parts_of_devices(rack: Rack) -> Ints:
    """The part of the rack that each device belongs to; 0 for all where no shares are set.

    With hard shares each named network has a part of its own, rounded to whole devices by the largest
    remainder and one at least; devices are dealt from the bottom up.
    """
    if not rack.shares:
        return np.zeros(rack.installed, dtype=np.int64)
    shares = np.array([share.share for share in rack.shares])
    # Spares are dealt like the rest, each for one part; a part may be left without.
    return np.concatenate((_dealt(shares, rack.count, 1.0), _dealt(shares, rack.life.spares.count, 0.0)))


def _dealt(shares: Floats, count: int, least: float) -> Ints:
    """The part of each of so many devices, by the largest remainder and at least so many a part."""
    asked = shares * count
    # Largest remainder: whole devices first, those that are left to who was cut most.
    devices = np.maximum(np.floor(asked), least)
    while devices.sum() < count:
        devices[int(np.argmax(asked - devices))] += 1
    while devices.sum() > count:
        # Where the minimum gave out too many, the part that is furthest above its share gives one back.
        over = np.where(devices > least, devices - asked, -np.inf)
        devices[int(np.argmax(over))] -= 1
    return np.repeat(np.arange(len(devices)), devices.astype(np.int64))


def parts_of_networks(rack: Rack, networks: tuple[str, ...]) -> Ints:
    """The part that serves each network."""
    if not rack.shares:
        return np.zeros(len(networks), dtype=np.int64)
    order = [share.network for share in rack.shares]
    return np.array([order.index(network) for network in networks], dtype=np.int64)
