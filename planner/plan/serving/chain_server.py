"""A server of chains on this machine: frames go through their networks by the rules of the chain simulator.

Who waits where, what is in a batch, what splits, joins and is lost is decided by the class of the readable
engine. A batch that it gives to a server is inferred for real, and ends when its answer is there.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np

from planner.calibration.serving.live import LEAD_S, LONGEST_SLEEP_S, pinned, units_at_work
from planner.calibration.serving.loaded import LoadedBatch
from planner.calibration.serving.served import ServedRun
from planner.chain.simulation.plain import PlainRun, Slot
from planner.chain.simulation.work import ANSWERED, DROPPED, Work

Batch = list[tuple[Slot, int]]


@dataclass(frozen=True, slots=True)
class Given:
    """A batch that a unit has to infer; none where the unit's work ends."""

    row: int
    device: int = 0
    queue: int = 0
    batch: tuple[tuple[Slot, int], ...] = ()


_END = Given(-1)


@dataclass(frozen=True, slots=True)
class ServeChain:
    """Serves a run of chains with what is loaded; see `Job.server`."""

    work: Work
    servers: int
    """Of each device."""

    def __call__(
        self, workers: Sequence[Mapping[tuple[str, int], LoadedBatch]], cores: Sequence[int]
    ) -> ServedRun:
        """All frames up to the end of the run."""
        networks = [visit.network for visit in self.work.tables.queue_visits]
        units = [
            {(networks.index(name), size): batch for (name, size), batch in worker.items()}
            for worker in workers
        ]
        return LiveChain(self.work, self.servers, units, cores).run()


class LiveChain(PlainRun):
    """One run of chains whose batches are inferred, each server a thread with networks of its own."""

    def __init__(
        self,
        work: Work,
        servers: int,
        units: Sequence[Mapping[tuple[int, int], LoadedBatch]],
        cores: Sequence[int],
    ) -> None:
        super().__init__(work)
        self._units, self._cores = units, cores
        self._idle = [
            deque(range(device * servers, (device + 1) * servers)) for device in range(work.course.devices)
        ]
        self._given: list[SimpleQueue[Given]] = [SimpleQueue() for _ in units]
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._finished = False
        self._failure: BaseException | None = None
        self._rows: list[tuple[int, int, int, float, float]] = []
        self._late_s: list[float] = []
        self._zero_s = 0.0

    def run(self) -> ServedRun:
        """Serve all frames up to the end of the run; what is not answered then is unfinished."""
        with units_at_work(self._unit, self._given, _END, self._cores):
            self._zero_s = time.perf_counter() + LEAD_S
            self._let_arrive()
            self._finished = True
        if self._failure is not None:
            raise self._failure
        return self._record()

    def _now_s(self) -> float:
        return time.perf_counter() - self._zero_s

    def _let_arrive(self) -> None:
        """Frames arrive and batches stop waiting to fill, until the end of the run."""
        end_s, time_s = self.work.end_s, self.work.frames.time_s
        while self._failure is None:
            with self._lock:
                now_s = self._now_s()
                while self.arrived < len(time_s) and time_s[self.arrived] <= min(now_s, end_s):
                    arrival_s = float(time_s[self.arrived])
                    self._late_s.append(now_s - arrival_s)
                    self._arrive(arrival_s)
                while self.events and self.events[0][0] <= now_s:
                    device, queue = heapq.heappop(self.events)[3:5]
                    self._stop_waiting(device, queue, now_s)
                    self._begin(device, now_s)
                next_s = self.events[0][0] if self.events else math.inf
                self._wake.clear()
            if now_s >= end_s:
                return
            if self.arrived < len(time_s):
                next_s = min(next_s, float(time_s[self.arrived]))
            left_s = min(next_s, end_s) - self._now_s()
            if left_s > 0:
                self._wake.wait(min(left_s, LONGEST_SLEEP_S))

    def _push(self, time_s: float, rank: int, device: int, queue: int, batch: Batch) -> None:
        """What is to be looked at later: a unit that sets an earlier time wakes the thread of arrivals."""
        super()._push(time_s, rank, device, queue, batch)
        self._wake.set()

    def _give(self, device: int, queue: int, batch: Batch, size: int, now_s: float) -> None:
        """A server that is idle longest infers the batch."""
        server = self._idle[device].popleft()
        self._rows.append((server, queue, size, max(now_s, self._now_s()), math.nan))
        self._given[server].put(Given(len(self._rows) - 1, device, queue, tuple(batch)))

    def _unit(self, server: int) -> None:
        """Infer what is given to this server until the end, on its core."""
        with pinned([self._cores[server % len(self._cores)]]):
            self._infer(server)

    def _infer(self, server: int) -> None:
        own = self._units[server]
        try:
            while True:
                given = self._given[server].get()
                if given.row < 0:
                    return
                # Objects of one frame are different pictures: each is counted on from its frame.
                members = [slot.frame.number + place for slot, taken in given.batch for place in range(taken)]
                own[given.queue, len(members)].serve(members)
                with self._lock:
                    self._end(server, given)
        except Exception as failure:  # noqa: BLE001 - of any engine; raised again where the run was begun
            self._failure = failure
            self._wake.set()

    def _end(self, server: int, given: Given) -> None:
        now_s = self._now_s()
        self._rows[given.row] = (*self._rows[given.row][:4], now_s)
        self._idle[given.device].append(server)
        if now_s <= self.work.end_s and not self._finished:
            self._complete(given.device, given.queue, list(given.batch), now_s)
            self._begin(given.device, now_s)

    def _record(self) -> ServedRun:
        frames, arrived = self.work.frames, self.arrived
        counted = np.flatnonzero(frames.counted[:arrived])
        rows = [row for row in self._rows if not math.isnan(row[4])]
        server, queue, size, start_s, end_s = zip(*rows, strict=True) if rows else ((),) * 5
        answered = self.outcome[counted] == ANSWERED
        return ServedRun(
            duration_s=self.work.end_s,
            warmup_s=self.work.window_s,
            servers=len(self._units),
            stream=frames.stream[counted],
            arrival_s=frames.time_s[counted],
            done_s=np.where(answered, self.done_s[counted], np.nan),
            dropped=self.outcome[counted] == DROPPED,
            batch_server=np.array(server, dtype=np.int64),
            batch_network=np.array(queue, dtype=np.int64),
            batch_size=np.array(size, dtype=np.int64),
            batch_start_s=np.array(start_s, dtype=np.float64),
            batch_end_s=np.array(end_s, dtype=np.float64),
            late_s=np.array(self._late_s),
        )
