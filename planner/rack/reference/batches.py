"""Requests that wait, as the reference engine keeps them, and which of them may start together."""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Sequence

from planner.rack.description.control import Controls
from planner.rack.description.rack import Rack
from planner.rack.load.topology import networks_of


class Station:
    """One queue, kept by stream group in order of arrival, and the idle servers that take from it."""

    def __init__(self, groups: int) -> None:
        self.waiting: list[deque[int]] = [deque() for _ in range(groups)]
        self.idle: deque[int] = deque()
        self.servers_on = 0
        self.expiry_s = math.inf

    def join(self, group: int, request: int) -> None:
        """A request waits behind all older ones of its group."""
        queue = self.waiting[group]
        # A request that has lost its device joins late and takes the place of its age.
        if queue and request < queue[-1]:
            insort(queue, request)
        else:
            queue.append(request)

    def empty(self) -> list[int]:
        """Take out all requests."""
        found = [request for queue in self.waiting for request in queue]
        for queue in self.waiting:
            queue.clear()
        return found


class Batches:
    """Which batch may start in a station, and who is in it.

    `stream` is the group of each request, `since_s` when it began to wait.
    """

    def __init__(self, rack: Rack, stream: Sequence[int], since_s: Sequence[float]) -> None:
        networks = networks_of(rack)
        self._stream, self._since_s = stream, since_s
        self._priority = [group.priority for group in rack.streams]
        self.network_of = [networks.index(group.network) for group in rack.streams]
        self.groups_of = [
            [i for i, network in enumerate(self.network_of) if network == n] for n in range(len(networks))
        ]
        self._max_wait_s: list[float] = []
        self._max_batch: list[int] = []

    def take_settings(self, controls: Controls) -> None:
        """What holds until the next epoch ends."""
        self._max_wait_s = controls.max_wait_s.tolist()
        self._max_batch = controls.max_batch.tolist()

    def filled(self, station: Station, network: int) -> int:
        """Requests of a network in the last batch that waits in a station, which is not yet full."""
        return (
            sum(len(station.waiting[group]) for group in self.groups_of[network]) % self._max_batch[network]
        )

    def ready(self, station: Station, now_s: float) -> int | None:
        """Of the networks whose batch is full or has waited enough, the one with the first in rank."""
        # Replaced by the first network that is ready; ranks compare as tuples.
        first = (0, 0)
        ready = None
        for network, groups in enumerate(self.groups_of):
            queues = [station.waiting[group] for group in groups if station.waiting[group]]
            if not queues:
                continue
            # A full batch does not wait, and an expired one does not fill: either is enough.
            full = sum(map(len, queues)) >= self._max_batch[network]
            if full or now_s >= self._oldest_s(queues) + self._max_wait_s[network]:
                rank = min(map(self._rank, queues))
                if ready is None or rank < first:
                    first, ready = rank, network
        return ready

    def expiry_s(self, station: Station) -> float:
        """When the first of a station's batches has waited enough; infinite where none waits."""
        expiry_s = math.inf
        for network, wait_s in enumerate(self._max_wait_s):
            queues = [station.waiting[group] for group in self.groups_of[network] if station.waiting[group]]
            if queues:
                expiry_s = min(expiry_s, self._oldest_s(queues) + wait_s)
        return expiry_s

    def take(self, station: Station, network: int) -> list[int]:
        """The waiting requests of a network that are first in rank, as many as a batch holds."""
        queues = [station.waiting[group] for group in self.groups_of[network] if station.waiting[group]]
        size = min(self._max_batch[network], sum(map(len, queues)))
        # One group: its queue is in order of rank already.
        if len(queues) == 1:
            return [queues[0].popleft() for _ in range(size)]
        return [self._take_first(queues) for _ in range(size)]

    def take_one(self, station: Station) -> int | None:
        """The waiting request that is first in rank, of whatever network."""
        return self._take_first(station.waiting) if any(station.waiting) else None

    def _take_first(self, queues: Sequence[deque[int]]) -> int:
        return min((queue for queue in queues if queue), key=self._rank).popleft()

    def _oldest_s(self, queues: Sequence[deque[int]]) -> float:
        # By age and not by when it began to wait: of requests that waited elsewhere first, the oldest
        # decides.
        return self._since_s[min(queue[0] for queue in queues)]

    def _rank(self, queue: deque[int]) -> tuple[int, int]:
        """The order in which the first request of a queue is served."""
        # Least first: the highest priority, then the lowest number, which is the oldest.
        return -self._priority[self._stream[queue[0]]], queue[0]
