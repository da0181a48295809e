"""The rules of a run, written to be read: queues of tasks, batches of what waits, joins of what was split."""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from planner.chain.simulation.work import ANSWERED, DROPPED, FEWEST, IN_SYSTEM, LOST, Done, Work

_COMPLETION, _ARRIVAL, _EXPIRY = 1, 2, 3
Place = tuple[int, int]
"""A device and a unit, or a queue, of it."""


def run_plain(work: Work) -> Done:
    """Move the frames of a run through its devices.

    - A visit is reached when the one before it is over, that is all of its tasks: a split begins where two
      name the same one before them. A visit without a task is over as soon as it is reached.
    - Tasks wait in the queue of what they are batched with: those of a higher priority first, then in order.
      Of a unit's queues that may start, the one goes first whose first frame has the highest priority, and
      of those the one that waits longest by order. A queue may start when a batch is full, or when its first
      has waited as long as a batch waits to fill.
    - A queue with more frames than may wait, once all that can start has started, loses one.
    - A batch keeps the clock that its device has when it starts. A device that goes out of service loses all
      frames in it; its cameras go where the course says.
    - At one instant the course changes first; then batches end, frames arrive, and batches stop waiting to
      fill, each in the order in which they began.
    """
    return PlainRun(work).done()


@dataclass(eq=False)
class Slot:
    """A visit that has been reached."""

    frame: Frame
    visit: int
    queue: int
    since_s: float
    waiting: int
    left: int
    started: bool = False


@dataclass(eq=False)
class Frame:
    """A frame in a device: the visits that it has reached and those that are over."""

    number: int
    stream: int
    device: int
    over: set[int] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)
    active: int = 0


class PlainRun:
    """A run in the making: what waits, what is at work. A live server gives batches to units of its own."""

    def __init__(self, work: Work) -> None:
        tables, devices = work.tables, work.course.devices
        self.work, self.tables = work, tables
        self.row = 0
        self.arrived = 0
        self.done_s = np.full(len(work.frames.time_s), np.nan)
        self.outcome = np.full(len(work.frames.time_s), IN_SYSTEM, dtype=np.int64)
        self.busy_s = np.zeros((devices, len(tables.servers)))
        self.at_work = np.zeros((devices, len(tables.servers)), dtype=np.int64)
        self.taken = np.zeros((devices, len(tables.queue_unit)), dtype=np.int64)
        self.since_s = np.zeros((devices, len(tables.servers)))
        self.batches = np.zeros(len(tables.queue_unit), dtype=np.int64)
        self.batched = np.zeros(len(tables.queue_unit), dtype=np.int64)
        self.queues: dict[Place, list[Slot]] = {
            (d, q): [] for d in range(devices) for q in range(len(tables.queue_unit))
        }
        self.expecting: set[Place] = set()
        self.lanes: list[deque[Slot]] = [deque() for _ in range(tables.lanes)]
        self.inside: list[list[Frame]] = [[] for _ in range(devices)]
        self.of_source: dict[int, int] = {}
        self.events: list[tuple[float, int, int, int, int, list[tuple[Slot, int]]]] = []
        """Time, rank, number, device, queue and, of a batch, how many tasks of which visits."""
        self.begun = 0
        self.touched: set[int] = set()
        self.joined: list[Slot] = []

    def done(self) -> Done:
        """All events up to the end, and what they have counted."""
        while self._next():
            pass
        if math.isfinite(self.work.end_s):
            for device, unit in np.ndindex(*self.busy_s.shape):
                self._work_until(device, unit, self.work.end_s, 0)
        return Done(self.done_s, self.outcome, self.busy_s, self.batches, self.batched)

    def _work_until(self, device: int, unit: int, now_s: float, change: int) -> None:
        """Count the time that the servers of a unit have worked, before so many more of them do."""
        passed_s = now_s - self.since_s[device, unit]
        self.busy_s[device, unit] += self.at_work[device, unit] * passed_s
        self.since_s[device, unit] = now_s
        self.at_work[device, unit] += change

    def _next(self) -> bool:
        """The next event; whether there was one before the end."""
        course, frames = self.work.course, self.work.frames
        change_s = course.from_s[self.row + 1] if self.row + 1 < len(course.from_s) else math.inf
        arrival_s = frames.time_s[self.arrived] if self.arrived < len(frames.time_s) else math.inf
        event_s, rank = self.events[0][:2] if self.events else (math.inf, _EXPIRY)
        now_s = float(min(change_s, arrival_s, event_s))
        # Where nothing has to happen any more, what is yet to change does not matter.
        if now_s >= self.work.end_s or (math.isinf(arrival_s) and not self.events):
            return False
        if change_s == now_s:
            self.row += 1
            for gone in np.flatnonzero(course.out[self.row] & ~course.out[self.row - 1]):
                self._lose_all(int(gone), now_s)
        elif event_s == now_s and (rank == _COMPLETION or arrival_s > now_s):
            device, queue, batch = heapq.heappop(self.events)[3:]
            if rank == _COMPLETION:
                self._complete(device, queue, batch, now_s)
            else:
                self._stop_waiting(device, queue, now_s)
            self._begin(device, now_s)
        else:
            self._arrive(now_s)
        return True

    def _arrive(self, now_s: float) -> None:
        number, frames, course = self.arrived, self.work.frames, self.work.course
        self.arrived += 1
        stream, source = int(frames.stream[number]), int(frames.source[number])
        device = int(course.route[self.row, source])
        if device == FEWEST:
            serving = [d for d in range(course.devices) if not course.out[self.row, d]]
            device = min(serving, key=lambda d: len(self.inside[d]), default=LOST)
        skipped = self.tables.skips[stream] and self.of_source.get(source, 0) > 0
        frame = Frame(number, stream, device)
        self._count_in(frame, 1)
        if device == LOST or skipped:
            self._settle(frame, DROPPED, now_s)
            return
        self.inside[device].append(frame)
        self._go_on(frame, now_s)
        self._leave(frame)
        self._begin(device, now_s)

    def _count_in(self, frame: Frame, change: int) -> None:
        """Frames of each source that are neither answered nor lost; what is only decoded is none."""
        if self.tables.answers[frame.stream].any():
            source = int(self.work.frames.source[frame.number])
            self.of_source[source] = self.of_source.get(source, 0) + change

    def _settle(self, frame: Frame, outcome: int, now_s: float) -> None:
        if self.outcome[frame.number] == IN_SYSTEM:
            self.outcome[frame.number] = outcome
            self.done_s[frame.number] = now_s
            self._count_in(frame, -1)

    def _leave(self, frame: Frame) -> None:
        """A frame of which nothing is left to do is no longer in its device."""
        if frame.active == 0 and frame in self.inside[frame.device]:
            self.inside[frame.device].remove(frame)

    def _go_on(self, frame: Frame, now_s: float) -> None:
        """Reach all visits of a frame whose predecessor is over."""
        tables, stream = self.tables, frame.stream
        for visit in range(tables.visits[stream]):
            before = int(tables.after[stream, visit])
            if visit in frame.reached or (before >= 0 and before not in frame.over):
                continue
            frame.reached.add(visit)
            tasks = int(self.work.frames.tasks[frame.number, visit])
            if tasks:
                frame.active += 1
                self._join(Slot(frame, visit, int(tables.queue[stream, visit]), now_s, tasks, tasks))
            else:
                self._over(frame, visit, now_s)

    def _over(self, frame: Frame, visit: int, now_s: float) -> None:
        frame.over.add(visit)
        answering = np.flatnonzero(self.tables.answers[frame.stream])
        if len(answering) and frame.over.issuperset(answering.tolist()):
            self._settle(frame, ANSWERED, now_s)

    def _join(self, slot: Slot) -> None:
        tables, device, stream = self.tables, slot.frame.device, slot.frame.stream
        queue = self.queues[device, slot.queue]
        place = len(queue)
        while place and tables.priority[queue[place - 1].frame.stream] < tables.priority[stream]:
            place -= 1
        queue.insert(place, slot)
        self.touched.add(int(tables.queue_unit[slot.queue]))
        if tables.queue_wait_s[slot.queue] > 0:
            self._expect(device, slot.queue, slot.since_s + tables.queue_wait_s[slot.queue])
        if tables.limit[stream, slot.visit] >= 0:
            self._lane(slot).append(slot)
            self.joined.append(slot)

    def _lane(self, slot: Slot) -> deque[Slot]:
        tables, stream, visit = self.tables, slot.frame.stream, slot.visit
        place = slot.frame.device
        if tables.by_source[stream, visit]:
            place = int(self.work.frames.source[slot.frame.number] - tables.first_source[stream])
        return self.lanes[int(tables.lane[stream, visit]) + place]

    def _push(self, time_s: float, rank: int, device: int, queue: int, batch: list[tuple[Slot, int]]) -> None:
        heapq.heappush(self.events, (time_s, rank, self.begun, device, queue, batch))
        self.begun += 1

    def _expect(self, device: int, queue: int, time_s: float) -> None:
        """One event a queue: it looks at who is first then, and comes again where that one has time left."""
        if (device, queue) not in self.expecting:
            self.expecting.add((device, queue))
            self._push(time_s, _EXPIRY, device, queue, [])

    def _stop_waiting(self, device: int, queue: int, now_s: float) -> None:
        self.expecting.discard((device, queue))
        if not self.queues[device, queue]:
            return
        until_s = self.queues[device, queue][0].since_s + self.tables.queue_wait_s[queue]
        if until_s > now_s:
            self._expect(device, queue, until_s)
        else:
            self.touched.add(int(self.tables.queue_unit[queue]))

    def _ready(self, device: int, queue: int, now_s: float) -> bool:
        waiting, tables = self.queues[device, queue], self.tables
        if not waiting:
            return False
        full = sum(slot.waiting for slot in waiting) >= tables.queue_most[queue]
        return bool(full or now_s >= waiting[0].since_s + tables.queue_wait_s[queue])

    def _begin(self, device: int, now_s: float) -> None:
        """Start all that may start where something has changed; then look at what waits too many."""
        for unit in sorted(self.touched):
            queues = np.flatnonzero(self.tables.queue_unit == unit).tolist()
            while self.at_work[device, unit] < self.tables.servers[unit]:
                ready = [queue for queue in queues if self._ready(device, queue, now_s)]
                if not ready:
                    break
                self._start(device, min(ready, key=lambda queue: self._turn(device, queue)), now_s)
        self.touched.clear()
        for slot in self.joined:
            stream, visit = slot.frame.stream, slot.visit
            lane = self._lane(slot)
            if len(lane) > self.tables.limit[stream, visit]:
                self._drop(lane[-1] if self.tables.newest[stream, visit] else lane[0], now_s)
        self.joined.clear()

    def _turn(self, device: int, queue: int) -> tuple[int, float, int]:
        first = self.queues[device, queue][0]
        return -int(self.tables.priority[first.frame.stream]), first.since_s, queue

    def _start(self, device: int, queue: int, now_s: float) -> None:
        """Take a batch from what waits, and give it to a server of the unit."""
        tables, waiting = self.tables, self.queues[device, queue]
        most, size = int(tables.queue_most[queue]), 0
        batch: list[tuple[Slot, int]] = []
        while waiting and size < most:
            slot = waiting[0]
            taken = min(slot.waiting, most - size)
            if not slot.started:
                slot.started = True
                if tables.limit[slot.frame.stream, slot.visit] >= 0:
                    self._lane(slot).remove(slot)
            slot.waiting -= taken
            size += taken
            batch.append((slot, taken))
            if slot.waiting == 0:
                waiting.pop(0)
        self._work_until(device, int(tables.queue_unit[queue]), now_s, 1)
        if now_s >= self.work.window_s:
            self.batches[queue] += 1
            self.batched[queue] += size
        self._give(device, queue, batch, size, now_s)
        if waiting and (until_s := waiting[0].since_s + tables.queue_wait_s[queue]) > now_s:
            self._expect(device, queue, until_s)

    def _give(self, device: int, queue: int, batch: list[tuple[Slot, int]], size: int, now_s: float) -> None:
        """A server works on a batch from now on: its end is an event."""
        tables, head = self.tables, batch[0][0]
        time_s = float(
            tables.times_s[tables.times_at[queue] + size - 1] * self.work.course.slow[self.row, device, queue]
        )
        scatter = self.work.scatter[device, queue]
        time_s *= float(scatter[self.taken[device, queue] % len(scatter)])
        self.taken[device, queue] += 1
        if self.work.frames.factor.size:
            time_s *= float(self.work.frames.factor[head.frame.number, head.visit])
        self._push(now_s + time_s, _COMPLETION, device, queue, batch)

    def _complete(self, device: int, queue: int, batch: list[tuple[Slot, int]], now_s: float) -> None:
        unit = int(self.tables.queue_unit[queue])
        self._work_until(device, unit, now_s, -1)
        self.touched.add(unit)
        for slot, taken in batch:
            slot.left -= taken
            if slot.left == 0:
                slot.frame.active -= 1
                self._over(slot.frame, slot.visit, now_s)
                self._go_on(slot.frame, now_s)
                self._leave(slot.frame)

    def _drop(self, slot: Slot, now_s: float) -> None:
        """What waits for a visit is lost, and with it what would have followed."""
        self._lane(slot).remove(slot)
        self.queues[slot.frame.device, slot.queue].remove(slot)
        slot.frame.active -= 1
        if self.tables.leads[slot.frame.stream, slot.visit]:
            self._settle(slot.frame, DROPPED, now_s)
        self._leave(slot.frame)

    def _lose_all(self, device: int, now_s: float) -> None:
        """All frames in a device that goes out of service."""
        for frame in self.inside[device]:
            self._settle(frame, DROPPED, now_s)
        self.inside[device].clear()
        for queue in range(len(self.tables.queue_unit)):
            for slot in self.queues[device, queue]:
                if self.tables.limit[slot.frame.stream, slot.visit] >= 0 and not slot.started:
                    self._lane(slot).remove(slot)
            self.queues[device, queue].clear()
        for unit, working in enumerate(self.at_work[device]):
            self._work_until(device, unit, now_s, -int(working))
        self.events = [event for event in self.events if event[3] != device]
        heapq.heapify(self.events)
        self.expecting = {place for place in self.expecting if place[0] != device}
