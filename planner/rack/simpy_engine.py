"""The reference engine: a rack as SimPy events, written to be read.

Two clocks run. Requests move by events: an arrival, a batch completed, a batch that has waited long enough.
Heat, power and throttling move once an epoch. At equal times an epoch ends first, then batches complete,
then requests arrive, then batches stop waiting to fill.

The rules of the run, beside those that the description states:

- a batch takes its clock when it starts and keeps that pace and power, also when its device changes clock
  meanwhile;
- a device that shuts down stays off; the batch in it is dropped, and requests that waited for it alone go
  to other devices by the dispatch rule, or are dropped where no device is left;
- of the networks whose batch may start, the one with the oldest waiting request goes first.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Callable
from functools import partial

from simpy import Environment
from simpy.events import Event, EventPriority

from planner.rack.arrivals import draw_arrivals
from planner.rack.description import Rack
from planner.rack.heat import advance, initial_state
from planner.rack.journal import Journal
from planner.rack.load import busy_power_w, service_time_s
from planner.rack.records import Records

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

    def __init__(self, groups: int, devices: range) -> None:
        self.waiting: list[deque[int]] = [deque() for _ in range(groups)]
        self.idle = deque(devices)
        self.devices_on = len(devices)
        self.expiry_s = math.inf


class _Run:
    def __init__(self, rack: Rack, replication: int) -> None:
        self._rack = rack
        self._replication = replication
        self._env = Environment()
        self._plan_service(rack)
        self._plan_arrivals(rack, replication)
        self._plan_devices(rack)

    def _plan_service(self, rack: Rack) -> None:
        """Tables of service time and power by clock step, network and batch size."""
        self._networks = tuple(dict.fromkeys(group.network for group in rack.streams))
        services = [rack.device.service(network) for network in self._networks]
        clocks = rack.device.thermal.clocks
        sizes = range(1, rack.batching.max_size + 1)
        self._service_s = [[[service_time_s(s, b, c) for b in sizes] for s in services] for c in clocks]
        self._dynamic_w = [[busy_power_w(rack.device, s, c) for s in services] for c in clocks]
        self._groups_of = [
            [i for i, group in enumerate(rack.streams) if group.network == network]
            for network in self._networks
        ]

    def _plan_arrivals(self, rack: Rack, replication: int) -> None:
        arrivals = draw_arrivals(rack, replication)
        self._arrival_s: list[float] = arrivals.time_s.tolist()
        self._stream: list[int] = arrivals.stream.tolist()
        self._work: list[float] = arrivals.work.tolist()
        self._limits = [math.inf if g.queue_limit is None else g.queue_limit for g in rack.streams]
        self._arrived = 0
        self._arrival = _Instant(self._env, _ARRIVAL, self._arrive)
        if self._arrival_s:
            self._arrival.after(self._arrival_s[0])

    def _plan_devices(self, rack: Rack) -> None:
        count = rack.count
        self._central = rack.dispatch == "central_queue"
        shares = [range(count)] if self._central else [range(d, d + 1) for d in range(count)]
        self._rooms = [_Room(len(rack.streams), devices) for devices in shares]
        self._loads: list[float] = [0.0] * len(self._rooms)
        self._last_room = len(self._rooms) - 1
        self._heat = initial_state(rack)
        self._clock: list[int] = self._heat.clock_step.tolist()
        self._serving = [0] * count
        self._completions = [
            _Instant(self._env, _COMPLETION, partial(self._complete, d)) for d in range(count)
        ]
        self._journal = Journal(rack, self._heat)
        self._epoch = _Instant(self._env, _EPOCH, self._end_epoch)
        self._epoch.after(rack.epoch_s)

    def records(self) -> Records:
        """Run up to the end of the last epoch, close it, and hand over what was noted."""
        end_s = self._rack.epochs * self._rack.epoch_s
        self._env.run(until=end_s)
        self._advance_heat(end_s)
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
        self._admit(request, now_s)

    def _admit(self, request: int, now_s: float) -> None:
        """Put a request where dispatch says; a queue of its group that grows too long loses its oldest."""
        number = self._dispatch()
        if number is None:
            self._journal.drop(request, now_s)
            return
        room = self._rooms[number]
        group = self._stream[request]
        queue = room.waiting[group]
        if queue and request < queue[-1]:
            insort(queue, request)
        else:
            queue.append(request)
        self._loads[number] += 1
        if room.idle:
            self._serve(number, now_s)
        if len(queue) > self._limits[group]:
            self._loads[number] -= 1
            self._journal.drop(queue.popleft(), now_s)

    def _dispatch(self) -> int | None:
        """The room for the next request, ties going round from the last one; none if all devices are off."""
        loads = self._loads
        least = min(loads)
        if least == math.inf:
            return None
        number = (self._last_room + 1) % len(loads)
        if self._rack.dispatch == "round_robin":
            while loads[number] == math.inf:
                number = (number + 1) % len(loads)
        elif loads[number] != least:
            number = loads.index(least, number) if least in loads[number:] else loads.index(least)
        self._last_room = number
        return number

    def _serve(self, number: int, now_s: float) -> None:
        """Start every batch that may start in a room; wait for the next to fill where devices stay idle."""
        room = self._rooms[number]
        while room.idle:
            network = self._ready(room, now_s)
            if network is None:
                self._await_expiry(number, now_s)
                return
            self._start(room, network, now_s)

    def _ready(self, room: _Room, now_s: float) -> int | None:
        """The network with the oldest waiting request, of those whose batch is full or has waited enough."""
        batching = self._rack.batching
        oldest = len(self._arrival_s)
        ready = None
        for network, groups in enumerate(self._groups_of):
            queues = [room.waiting[group] for group in groups if room.waiting[group]]
            if not queues:
                continue
            head = min(queue[0] for queue in queues)
            full = sum(map(len, queues)) >= batching.max_size
            if head < oldest and (full or now_s >= self._arrival_s[head] + batching.max_wait_s):
                oldest, ready = head, network
        return ready

    def _await_expiry(self, number: int, now_s: float) -> None:
        room = self._rooms[number]
        heads = [queue[0] for queue in room.waiting if queue]
        if heads:
            expiry_s = self._arrival_s[min(heads)] + self._rack.batching.max_wait_s
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
        clock = self._clock[device]
        service_s = self._service_s[clock][network][len(members) - 1] * self._work[members[0]]
        self._serving[device] = len(members)
        self._journal.begin(device, network, members, now_s, service_s, self._dynamic_w[clock][network])
        self._completions[device].after(service_s)

    def _take(self, room: _Room, network: int) -> list[int]:
        """The oldest waiting requests of a network, as many as a batch holds."""
        queues = [room.waiting[group] for group in self._groups_of[network] if room.waiting[group]]
        size = min(self._rack.batching.max_size, sum(map(len, queues)))
        if len(queues) == 1:
            return [queues[0].popleft() for _ in range(size)]
        members: list[int] = []
        while len(members) < size:
            members.append(min((queue for queue in queues if queue), key=lambda queue: queue[0]).popleft())
        return members

    def _complete(self, device: int, _event: Event) -> None:
        size = self._serving[device]
        if size == 0:
            return
        now_s = self._env.now
        number = 0 if self._central else device
        self._serving[device] = 0
        self._loads[number] -= size
        self._journal.complete(device, now_s)
        self._rooms[number].idle.append(device)
        if self._loads[number]:
            self._serve(number, now_s)

    def _end_epoch(self, _event: Event) -> None:
        now_s = self._env.now
        fell = self._advance_heat(now_s)
        self._epoch.after((self._journal.epochs + 1) * self._rack.epoch_s - now_s)
        orphans = [request for device in fell for request in self._shut_down(device, now_s)]
        for request in sorted(orphans):
            self._admit(request, now_s)

    def _advance_heat(self, now_s: float) -> list[int]:
        """Close the epoch, set the clocks of the next one, and say which devices fell to the shutdown."""
        before = self._heat
        heat, self._heat = advance(self._rack, before, self._journal.dynamic_w(now_s))
        self._journal.end_epoch(now_s, heat, self._heat)
        self._clock = self._heat.clock_step.tolist()
        return [int(device) for device in (self._heat.off & ~before.off).nonzero()[0]]

    def _shut_down(self, device: int, now_s: float) -> list[int]:
        """Take a device out; the requests that waited for it alone are handed back."""
        number = 0 if self._central else device
        room = self._rooms[number]
        if self._serving[device]:
            self._loads[number] -= self._serving[device]
            self._serving[device] = 0
            self._journal.lose(device, now_s)
        else:
            room.idle.remove(device)
        room.devices_on -= 1
        if room.devices_on:
            return []
        self._loads[number] = math.inf
        orphans = [request for queue in room.waiting for request in queue]
        for queue in room.waiting:
            queue.clear()
        return orphans
