"""Which queue a new request joins: the rules as the reference engine applies them, one short method each.

A queue is judged by the requests in it and in service behind it. Queues of devices that are closed come after
all open ones, those without any device that is on are never taken. A network's request looks only at its
own part of the rack.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from planner.rack.chance import dispatch_key, mixed
from planner.rack.description import Rack
from planner.rack.rooms import networks_of, part_of_room, parts_of_networks

CLOSED = 1 << 40
"""Added to the load of a queue that is closed to new requests."""


class Dispatcher:
    """The loads of all queues, and the choice among them."""

    def __init__(self, rack: Rack, replication: int) -> None:
        self._rule = rack.dispatch
        self._part_of_network: list[int] = parts_of_networks(rack, networks_of(rack)).tolist()
        self._part_of_room: list[int] = part_of_room(rack).tolist()
        rooms = len(self._part_of_room)
        self._loads: list[list[float]] = [[math.inf] * rooms for _ in range(max(self._part_of_room) + 1)]
        self._last = [rooms - 1] * len(self._loads)
        self._closed = [False] * rooms
        self._key = dispatch_key(rack.seed, replication)

    def add(self, room: int, requests: int) -> None:
        """Requests joined a queue, or left it."""
        self._loads[self._part_of_room[room]][room] += requests

    def switch_on(self, room: int) -> None:
        """A queue has a device again, and nothing in it."""
        self._loads[self._part_of_room[room]][room] = CLOSED if self._closed[room] else 0

    def switch_off(self, room: int) -> None:
        """A queue has no device left."""
        self._loads[self._part_of_room[room]][room] = math.inf

    def open(self, rooms: list[bool]) -> None:
        """Which queues are open."""
        for room, is_open in enumerate(rooms):
            if is_open == self._closed[room]:
                self.add(room, -CLOSED if is_open else CLOSED)
                self._closed[room] = not is_open

    def choose(self, network: int, request: int) -> int | None:
        """The queue for a request; none where all devices of its part are off."""
        part = self._part_of_network[network]
        loads = self._loads[part]
        if min(loads) == math.inf:
            return None
        if self._rule == "round_robin":
            room = self._next_open(loads, self._last[part])
        elif self._rule == "power_of_two":
            room = self._emptier_of_two(loads, request)
        else:
            room = self._shortest(loads, self._last[part])
        self._last[part] = room
        return room

    def cheapest(self, network: int, cost: Callable[[int], float]) -> int | None:
        """The open queue at which a request costs least, of those the shortest, of those the first."""
        loads = self._loads[self._part_of_network[network]]
        least = min(loads)
        if least == math.inf:
            return None
        bound = CLOSED if least < CLOSED else math.inf
        rooms = (room for room, load in enumerate(loads) if load < bound)
        return min(rooms, key=lambda room: (cost(room), loads[room]))

    def _shortest(self, loads: list[float], last: int) -> int:
        """The shortest queue, ties going round from the last one taken."""
        least = min(loads)
        room = (last + 1) % len(loads)
        if loads[room] == least:
            return room
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
        one = self._next_open(loads, (bits >> 32) % len(loads) - 1)
        other = self._next_open(loads, (bits & 0xFFFFFFFF) % len(loads) - 1)
        return other if loads[other] < loads[one] else one
