"""Which queue a new request joins: the rules as the reference engine applies them, one short method each.

A queue is judged by the requests on their way to it, in it and in service behind it. Queues of devices that
are closed come after all open ones, those without any device that is on are never taken. A network's request
looks only at its own lanes (see `planner.rack.load.topology`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from planner.rack.arrivals.random_bits import dispatch_key, mixed
from planner.rack.description.rack import Rack
from planner.rack.load.topology import Places

CLOSED = 1 << 40
"""Added to the load of a queue that is closed to new requests."""


EnergyCost = Callable[[int, int], float]
"""Energy that one more request of a network adds at a queue."""


class Dispatcher:
    """The loads of all queues, and the choice among them."""

    def __init__(self, rack: Rack, places: Places, replication: int, cost: EnergyCost) -> None:
        self._rule = rack.dispatch
        self._cost = cost
        self._spill_at = places.spill_at.tolist()
        self._lanes_of = places.lanes_of
        rooms = places.unit_rooms
        self._lane_of: list[int] = places.room_lane[:rooms].tolist()
        # Infinite in every lane but the room's own, so that a lane can be searched as a whole row.
        self._loads: list[list[float]] = [[math.inf] * rooms for _ in range(places.lanes)]
        # As if the last room had just been taken: the first search begins at room 0.
        self._last = [rooms - 1] * len(self._loads)
        self._closed = [False] * rooms
        self._key = dispatch_key(rack.seed, replication)

    def add(self, room: int, requests: int) -> None:
        """Requests are on their way to a queue, or were served behind it, or lost."""
        self._loads[self._lane_of[room]][room] += requests

    def switch_on(self, room: int) -> None:
        """A queue has a device again, and nothing in it."""
        self._loads[self._lane_of[room]][room] = CLOSED if self._closed[room] else 0

    def switch_off(self, room: int) -> None:
        """A queue has no device left."""
        self._loads[self._lane_of[room]][room] = math.inf

    def open(self, rooms: list[bool]) -> None:
        """Which queues are open."""
        for room, is_open in enumerate(rooms):
            # Only a change moves a load; an infinite one stays infinite whatever is added.
            if is_open == self._closed[room]:
                self.add(room, -CLOSED if is_open else CLOSED)
                self._closed[room] = not is_open

    def choose(self, network: int, request: int) -> int | None:
        """The queue for a request; none where all devices that could serve it are off."""
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
            room = self._next_open(loads, self._last[lane])
        elif self._rule == "power_of_two":
            room = self._emptier_of_two(loads, request)
        else:
            room = self._shortest(loads, least, self._last[lane])
        self._last[lane] = room
        return room

    def _cheapest(self, network: int) -> int | None:
        """The open queue at which a request costs least, of those the shortest, of those the first."""
        loads = self._all_loads(self._lanes_of[network])
        least = min(loads)
        if least == math.inf:
            return None
        # Closed queues count only where no open one is left.
        bound = CLOSED if least < CLOSED else math.inf
        rooms = (room for room, load in enumerate(loads) if load < bound)
        return min(rooms, key=lambda room: (self._cost(network, room), loads[room]))

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
        room = (last + 1) % len(loads)
        if loads[room] == least:
            return room
        # First from behind the last one taken, then from the beginning: ties go round.
        return loads.index(least, room) if least in loads[room:] else loads.index(least)

    def _next_open(self, loads: list[float], room: int) -> int:
        """The next queue in turn that is open, or only on where none is open."""
        bound = CLOSED if min(loads) < CLOSED else math.inf
        room = (room + 1) % len(loads)
        while loads[room] >= bound:
            room = (room + 1) % len(loads)
        return room

    def _emptier_of_two(self, loads: list[float], request: int) -> int:
        """Of two queues drawn at random the shorter, of equals the first drawn."""
        bits = mixed(self._key, request)
        # Two independent halves of one draw; one less, because `_next_open` begins with the room behind.
        one = self._next_open(loads, (bits >> 32) % len(loads) - 1)
        other = self._next_open(loads, (bits & 0xFFFFFFFF) % len(loads) - 1)
        return other if loads[other] < loads[one] else one
