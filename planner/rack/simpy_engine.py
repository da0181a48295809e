"""The reference engine: a rack as SimPy events, written to be read.

Two clocks run. Requests move by events: an arrival, a batch completed, a batch that has waited long enough.
Heat, power, throttling and policies move once an epoch. At equal times an epoch ends first, then batches
complete, then requests arrive, then batches stop waiting to fill.

The rules of the run, beside those that the description states:

- a batch takes its clock when it starts and keeps that pace and power, also when its device changes clock
  meanwhile;
- the batch in a device that shuts down, fails or is updated is dropped, and requests that waited for it alone
  go to other devices by the dispatch rule, or are dropped where no device is left;
- of the networks whose batch may start, the one with the request of highest priority goes first, the oldest
  of those; a batch takes its network's requests in the same order;
- a batch that waits to fill waits from its oldest request's arrival, whatever the priority of that.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Callable
from functools import partial

import numpy as np
from simpy import Environment
from simpy.events import Event, EventPriority

from planner.rack.arrivals import draw_arrivals
from planner.rack.description import Rack
from planner.rack.dispatch import Dispatcher
from planner.rack.journal import Journal
from planner.rack.records import Records
from planner.rack.rooms import networks_of, open_rooms, room_of_device
from planner.rack.steering import Steering

_EPOCH, _COMPLETION, _ARRIVAL, _EXPIRY = (EventPriority(rank) for rank in range(1, 5))


def run_replication(rack: Rack, replication: int) -> Records:
    """Run one replication of a rack; the same rack and number give the same records, byte for byte."""
    return _Run(rack, replication).records()


class _Instant(Event):
    """An event that calls one action, and can be set again once it has happened."""

    def __init__(self, env: Environment, priority: EventPriority, action: Callable[[Event], None]) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        self._actions = [action]
        self._priority = priority

    def after(self, delay_s: float) -> None:
        self.callbacks = self._actions
        self.env.schedule(self, self._priority, delay_s)


class _Room:
    """One queue, kept by stream group in order of arrival, and the idle devices that take from it."""

    def __init__(self, groups: int) -> None:
        self.waiting: list[deque[int]] = [deque() for _ in range(groups)]
        self.idle: deque[int] = deque()
        self.devices_on = 0
        self.expiry_s = math.inf


class _Run:
    def __init__(self, rack: Rack, replication: int) -> None:
        self._rack = rack
        self._replication = replication
        self._env = Environment()
        self._steering = Steering(rack, replication)
        self._plan_service(rack)
        self._plan_arrivals(rack, replication)
        self._plan_devices(rack, replication)

    def _plan_service(self, rack: Rack) -> None:
        """Service times at full clock by network and batch size, and the groups of each network."""
        self._networks = networks_of(rack)
        self._batch_s = [rack.device.service(network).batch_s for network in self._networks]
        self._network_of = [self._networks.index(group.network) for group in rack.streams]
        self._groups_of = [
            [i for i, network in enumerate(self._network_of) if network == n]
            for n in range(len(self._networks))
        ]
        self._take_settings()

    def _take_settings(self) -> None:
        """What holds until the next epoch ends."""
        steering = self._steering
        self._slow: list[list[float]] = steering.slow.tolist()
        self._busy_w: list[list[float]] = steering.busy_w.tolist()
        self._admitted: list[bool] = steering.controls.admitted.tolist()
        self._max_wait_s: list[float] = steering.controls.max_wait_s.tolist()

    def _plan_arrivals(self, rack: Rack, replication: int) -> None:
        arrivals = draw_arrivals(rack, replication)
        self._arrival_s: list[float] = arrivals.time_s.tolist()
        self._stream: list[int] = arrivals.stream.tolist()
        self._source: list[int] = arrivals.source.tolist()
        self._work: list[float] = arrivals.work.tolist()
        self._limits = [math.inf if g.queue_limit is None else g.queue_limit for g in rack.streams]
        self._in_rack = [0] * sum(group.sources for group in rack.streams)
        self._arrived = 0
        self._arrival = _Instant(self._env, _ARRIVAL, self._arrive)
        if self._arrival_s:
            self._arrival.after(self._arrival_s[0])

    def _plan_devices(self, rack: Rack, replication: int) -> None:
        count = rack.count
        self._room_of: list[int] = room_of_device(rack).tolist()
        self._rooms = [_Room(len(rack.streams)) for _ in range(max(self._room_of) + 1)]
        self._dispatcher = Dispatcher(rack, replication)
        self._serving: list[list[int]] = [[] for _ in range(count)]
        self._completions = [
            _Instant(self._env, _COMPLETION, partial(self._complete, d)) for d in range(count)
        ]
        for device in np.flatnonzero(~self._steering.out).tolist():
            self._plug_in(device)
        self._journal = Journal(count)
        self._epoch = _Instant(self._env, _EPOCH, self._end_epoch)
        self._epoch.after(rack.epoch_s)

    def records(self) -> Records:
        """Run up to the end of the last epoch, close it, and hand over what was noted."""
        end_s = self._rack.epochs * self._rack.epoch_s
        self._env.run(until=end_s)
        self._close_epoch(end_s)
        arrived = self._arrived
        return self._journal.records(
            self._replication, self._networks, self._arrival_s[:arrived], self._stream[:arrived]
        )

    def _arrive(self, _event: Event) -> None:
        now_s = self._env.now
        request = self._arrived
        self._arrived = following = request + 1
        self._arrival_s[request] = now_s
        if following < len(self._arrival_s):
            self._arrival.after(max(0.0, self._arrival_s[following] - now_s))
        self._journal.arrive(now_s)
        group, source = self._stream[request], self._source[request]
        self._in_rack[source] += 1
        skipped = self._rack.streams[group].overflow == "skip_frame" and self._in_rack[source] > 1
        if skipped or not self._admitted[group]:
            self._drop(request, now_s)
        else:
            self._admit(request, now_s)

    def _drop(self, request: int, now_s: float) -> None:
        self._in_rack[self._source[request]] -= 1
        self._journal.drop(request, now_s)

    def _admit(self, request: int, now_s: float) -> None:
        """Put a request where dispatch says; a queue of its group that grows too long loses one."""
        group = self._stream[request]
        number = self._room_for(request, group)
        if number is None:
            self._drop(request, now_s)
            return
        room = self._rooms[number]
        queue = room.waiting[group]
        if queue and request < queue[-1]:
            insort(queue, request)
        else:
            queue.append(request)
        self._dispatcher.add(number, 1)
        if room.idle:
            self._serve(number, now_s)
        if len(queue) > self._limits[group]:
            self._dispatcher.add(number, -1)
            oldest = self._rack.streams[group].overflow == "drop_oldest"
            self._drop(queue.popleft() if oldest else queue.pop(), now_s)

    def _room_for(self, request: int, group: int) -> int | None:
        network = self._network_of[group]
        if self._rack.dispatch != "least_energy":
            return self._dispatcher.choose(network, request)
        return self._dispatcher.cheapest(network, partial(self._added_j, network))

    def _added_j(self, network: int, number: int) -> float:
        """Energy that one more request of a network adds at a device: that of the batch it helps to fill."""
        waiting = sum(len(self._rooms[number].waiting[group]) for group in self._groups_of[network])
        batch_s = self._batch_s[network]
        filled = waiting % self._rack.batching.max_size
        added_s = batch_s[filled] - (batch_s[filled - 1] if filled else 0.0)
        return added_s * self._slow[number][network] * self._busy_w[number][network]

    def _serve(self, number: int, now_s: float) -> None:
        """Start every batch that may start in a room; wait for the next to fill where devices stay idle."""
        room = self._rooms[number]
        while room.idle:
            network = self._ready(room, now_s)
            if network is None:
                self._await_expiry(number, now_s)
                return
            self._start(room, network, now_s)

    def _rank(self, queue: deque[int]) -> tuple[int, int]:
        """The order in which the first request of a queue is served."""
        return -self._rack.streams[self._stream[queue[0]]].priority, queue[0]

    def _ready(self, room: _Room, now_s: float) -> int | None:
        """Of the networks whose batch is full or has waited enough, the one with the first in rank."""
        first = (0, 0)
        ready = None
        for network, groups in enumerate(self._groups_of):
            queues = [room.waiting[group] for group in groups if room.waiting[group]]
            if not queues:
                continue
            oldest_s = self._arrival_s[min(queue[0] for queue in queues)]
            full = sum(map(len, queues)) >= self._rack.batching.max_size
            if full or now_s >= oldest_s + self._max_wait_s[network]:
                rank = min(map(self._rank, queues))
                if ready is None or rank < first:
                    first, ready = rank, network
        return ready

    def _await_expiry(self, number: int, now_s: float) -> None:
        room = self._rooms[number]
        expiry_s = math.inf
        for network, wait_s in enumerate(self._max_wait_s):
            heads = [room.waiting[group][0] for group in self._groups_of[network] if room.waiting[group]]
            if heads:
                expiry_s = min(expiry_s, self._arrival_s[min(heads)] + wait_s)
        if expiry_s < room.expiry_s:
            room.expiry_s = expiry_s
            _Instant(self._env, _EXPIRY, partial(self._expire, number, expiry_s)).after(expiry_s - now_s)

    def _expire(self, number: int, expiry_s: float, _event: Event) -> None:
        room = self._rooms[number]
        if room.expiry_s == expiry_s:
            room.expiry_s = math.inf
            self._serve(number, self._env.now)

    def _start(self, room: _Room, network: int, now_s: float) -> None:
        device = room.idle.popleft()
        members = self._take(room, network)
        full_clock_s = self._batch_s[network][len(members) - 1]
        service_s = full_clock_s * self._slow[device][network] * self._work[members[0]]
        self._serving[device] = members
        self._journal.begin(device, network, members, now_s, service_s, self._busy_w[device][network])
        self._completions[device].after(service_s)

    def _take(self, room: _Room, network: int) -> list[int]:
        """The waiting requests of a network that are first in rank, as many as a batch holds."""
        queues = [room.waiting[group] for group in self._groups_of[network] if room.waiting[group]]
        size = min(self._rack.batching.max_size, sum(map(len, queues)))
        if len(queues) == 1:
            return [queues[0].popleft() for _ in range(size)]
        members: list[int] = []
        while len(members) < size:
            members.append(min((queue for queue in queues if queue), key=self._rank).popleft())
        return members

    def _complete(self, device: int, _event: Event) -> None:
        members = self._serving[device]
        if not members:
            return
        now_s = self._env.now
        number = self._room_of[device]
        room = self._rooms[number]
        self._leave(device)
        self._journal.complete(device, now_s)
        room.idle.append(device)
        if any(room.waiting):
            self._serve(number, now_s)

    def _leave(self, device: int) -> None:
        members = self._serving[device]
        self._dispatcher.add(self._room_of[device], -len(members))
        for request in members:
            self._in_rack[self._source[request]] -= 1
        self._serving[device] = []

    def _end_epoch(self, _event: Event) -> None:
        """Close the epoch, apply the new settings, and let what may now start do so."""
        now_s = self._env.now
        self._close_epoch(now_s)
        self._epoch.after((self._journal.epochs + 1) * self._rack.epoch_s - now_s)
        fell, rose = (flags.nonzero()[0].tolist() for flags in (self._steering.fell, self._steering.rose))
        orphans = [request for device in fell for request in self._shut_down(device, now_s)]
        for device in rose:
            self._plug_in(device)
        self._dispatcher.open(open_rooms(self._rack, self._steering.controls.open).tolist())
        for request in sorted(orphans):
            self._admit(request, now_s)
        for number, room in enumerate(self._rooms):
            if room.idle and any(room.waiting):
                self._serve(number, now_s)

    def _close_epoch(self, now_s: float) -> None:
        dynamic_w, busy_share, waiting, in_system, arrived = self._journal.measures(now_s)
        row = self._steering.close(
            now_s,
            dynamic_w=dynamic_w,
            busy_share=busy_share,
            waiting=waiting,
            in_system=in_system,
            arrived=arrived,
        )
        self._journal.end_epoch(row)
        self._take_settings()

    def _plug_in(self, device: int) -> None:
        """Take a device into service, idle."""
        room = self._rooms[self._room_of[device]]
        room.idle.append(device)
        room.devices_on += 1
        if room.devices_on == 1:
            self._dispatcher.switch_on(self._room_of[device])

    def _shut_down(self, device: int, now_s: float) -> list[int]:
        """Take a device out; the requests that waited for it alone are handed back."""
        number = self._room_of[device]
        room = self._rooms[number]
        if self._serving[device]:
            self._leave(device)
            self._journal.lose(device, now_s)
        else:
            room.idle.remove(device)
        room.devices_on -= 1
        if room.devices_on:
            return []
        self._dispatcher.switch_off(number)
        orphans = [request for queue in room.waiting for request in queue]
        for queue in room.waiting:
            queue.clear()
        return orphans
