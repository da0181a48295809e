"""Which queue a new request joins: the rules as the reference engine applies them, one short method each.

A queue is judged by the requests on their way to it, in it and in service behind it. Queues of devices that
are closed come after all open ones, those without any device that is on are never taken. A network's request
looks only at its own lanes (see `planner.rack.load.topology`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from planner.arrays import Ints
from planner.rack.arrivals.random_bits import dispatch_key, mixed
from planner.rack.description.rack import Rack
from planner.rack.load.expected import placement_of
from planner.rack.load.topology import NONE, Topology

CLOSED = 1 << 40
"""Added to the load of a queue that is closed to new requests."""


EnergyCost = Callable[[int, int], float]
"""Energy that one more request of a network adds at a queue."""


class Dispatcher:
    """The loads of all queues, and the choice among them."""

    def __init__(self, rack: Rack, topology: Topology, replication: int, cost: EnergyCost) -> None:
        self._rule = rack.dispatch
        self._cost = cost
        self._spill_at = topology.spill_at.tolist()
        self._lanes_of = topology.lanes_of
        stations = topology.unit_stations
        self._lane_of: list[int] = topology.station_lane[:stations].tolist()
        # Infinite in every lane but the station's own, so that a lane can be searched as a whole row.
        self._loads: list[list[float]] = [[math.inf] * stations for _ in range(topology.lanes)]
        # As if the last station had just been taken: the first search begins at station 0.
        self._last = [stations - 1] * len(self._loads)
        self._closed = [False] * stations
        self._key = dispatch_key(rack.seed, replication)
        self._home: list[int] = placement_of(rack).home.tolist() if rack.dispatch == "pinned" else []
        self._routes: list[int] = []

    def add(self, station: int, requests: int) -> None:
        """Requests are on their way to a queue, or were served behind it, or lost."""
        self._loads[self._lane_of[station]][station] += requests

    def switch_on(self, station: int) -> None:
        """A queue has a device again, and nothing in it."""
        self._loads[self._lane_of[station]][station] = CLOSED if self._closed[station] else 0

    def switch_off(self, station: int) -> None:
        """A queue has no device left."""
        self._loads[self._lane_of[station]][station] = math.inf

    def open(self, stations: list[bool]) -> None:
        """Which queues are open."""
        for station, is_open in enumerate(stations):
            # Only a change moves a load; an infinite one stays infinite whatever is added.
            if is_open == self._closed[station]:
                self.add(station, -CLOSED if is_open else CLOSED)
                self._closed[station] = not is_open

    def take_routes(self, routes: Ints) -> None:
        """Where the requests go that are pinned to each queue, until the next epoch ends."""
        self._routes = routes.tolist()

    def choose(self, network: int, request: int, source: int) -> int | None:
        """The queue for a request of a source; none where all devices that could serve it are off."""
        if self._rule == "pinned":
            station = self._routes[self._home[source]]
            return None if station == NONE else station
        if self._rule == "least_energy":
            return self._cheapest(network)
        lanes = self._lanes_of[network]
        # These two look at all lanes of a network as one ring, whose place the first lane keeps.
        turns = self._rule in ("round_robin", "power_of_two")
        lane = lanes[0] if turns or len(lanes) == 1 else self._lane(lanes)
        loads = self._all_loads(lanes) if turns else self._loads[lane]
        least = min(loads)
        if least == math.inf:
            return None
        if self._rule == "round_robin":
            station = self._next_open(loads, self._last[lane])
        elif self._rule == "power_of_two":
            station = self._emptier_of_two(loads, request)
        else:
            station = self._shortest(loads, least, self._last[lane])
        self._last[lane] = station
        return station

    def _cheapest(self, network: int) -> int | None:
        """The open queue at which a request costs least, of those the shortest, of those the first."""
        loads = self._all_loads(self._lanes_of[network])
        least = min(loads)
        if least == math.inf:
            return None
        # Closed queues count only where no open one is left.
        bound = CLOSED if least < CLOSED else math.inf
        stations = (station for station, load in enumerate(loads) if load < bound)
        return min(stations, key=lambda station: (self._cost(network, station), loads[station]))

    def _least(self, lane: int) -> float:
        return min(self._loads[lane])

    def _all_loads(self, lanes: tuple[int, ...]) -> list[float]:
        """The loads of all queues of some lanes; infinite for those of others."""
        if len(lanes) == 1:
            return self._loads[lanes[0]]
        return [min(loads) for loads in zip(*(self._loads[lane] for lane in lanes), strict=True)]

    def _lane(self, lanes: tuple[int, ...]) -> int:
        """The lane with the shortest queue, of equals the first; or the first that is not yet full."""
        if self._rule == "npu_first":
            for lane in lanes:
                if self._least(lane) < self._spill_at[lane]:
                    return lane
        return min(lanes, key=self._least)

    def _shortest(self, loads: list[float], least: float, last: int) -> int:
        """The shortest queue, ties going round from the last one taken."""
        station = (last + 1) % len(loads)
        if loads[station] == least:
            return station
        # First from behind the last one taken, then from the beginning: ties go round.
        return loads.index(least, station) if least in loads[station:] else loads.index(least)

    def _next_open(self, loads: list[float], station: int) -> int:
        """The next queue, cyclically, that is open; one that is merely on where none is open."""
        bound = CLOSED if min(loads) < CLOSED else math.inf
        station = (station + 1) % len(loads)
        while loads[station] >= bound:
            station = (station + 1) % len(loads)
        return station

    def _emptier_of_two(self, loads: list[float], request: int) -> int:
        """Of two queues drawn at random the shorter, of equals the first drawn."""
        bits = mixed(self._key, request)
        # Two independent halves of one draw; one less, because `_next_open` begins with the station behind.
        one = self._next_open(loads, (bits >> 32) % len(loads) - 1)
        other = self._next_open(loads, (bits & 0xFFFFFFFF) % len(loads) - 1)
        return other if loads[other] < loads[one] else one
