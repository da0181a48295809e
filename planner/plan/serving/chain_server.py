"""A server of chains on this machine: frames go through their networks by the rules of the chain simulator.

Who waits where, what is in a batch, what splits, joins and is lost is decided by the class of the readable
engine. A batch that it gives to a server is inferred for real, and ends when its answer is there.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.calibration.serving.loaded import LoadedBatch
from planner.calibration.serving.served import ServedRun
from planner.calibration.serving.units import LONGEST_SLEEP_S, Units
from planner.chain.simulation.plain import PlainRun, Slot
from planner.chain.simulation.work import ANSWERED, DROPPED, Work

Batch = list[tuple[Slot, int]]


@dataclass(frozen=True, slots=True)
class ChainBatch:
    """A batch that a unit has to infer, of which device and queue."""

    device: int
    queue: int
    tasks: tuple[tuple[Slot, int], ...]


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
        self._loaded = units
        self._units: Units[ChainBatch] = Units(len(units), cores, self._infer, self._ended)
        self._idle = [
            deque(range(device * servers, (device + 1) * servers)) for device in range(work.course.devices)
        ]

    def run(self) -> ServedRun:
        """Serve all frames up to the end of the run; what is not answered then is unfinished."""
        self._units.run(self._let_arrive)
        return self._record()

    def _let_arrive(self) -> None:
        """Frames arrive and batches stop waiting to fill, until the end of the run."""
        end_s, time_s, units = self.work.end_s, self.work.frames.time_s, self._units
        while units.failure is None:
            with units.lock:
                now_s = units.now_s()
                while self.arrived < len(time_s) and time_s[self.arrived] <= min(now_s, end_s):
                    arrival_s = float(time_s[self.arrived])
                    units.late_s.append(now_s - arrival_s)
                    self._arrive(arrival_s)
                while self.events and self.events[0][0] <= now_s:
                    device, queue = heapq.heappop(self.events)[3:5]
                    self._stop_waiting(device, queue, now_s)
                    self._begin(device, now_s)
                next_s = self.events[0][0] if self.events else math.inf
                units.wake.clear()
            if now_s >= end_s:
                return
            if self.arrived < len(time_s):
                next_s = min(next_s, float(time_s[self.arrived]))
            left_s = min(next_s, end_s) - units.now_s()
            if left_s > 0:
                units.wake.wait(min(left_s, LONGEST_SLEEP_S))

    def _push(self, time_s: float, rank: int, device: int, queue: int, batch: Batch) -> None:
        """What is to be looked at later: a unit that sets an earlier time wakes the thread of arrivals."""
        super()._push(time_s, rank, device, queue, batch)
        self._units.wake.set()

    def _give(self, device: int, queue: int, batch: Batch, size: int, now_s: float) -> None:
        """A server that is idle longest infers the batch."""
        server = self._idle[device].popleft()
        start_s = max(now_s, self._units.now_s())
        self._units.give(server, queue, size, start_s, ChainBatch(device, queue, tuple(batch)))

    def _infer(self, server: int, batch: ChainBatch) -> None:
        # Objects of one frame are different pictures: each is counted on from its frame.
        members = [slot.frame.number + place for slot, taken in batch.tasks for place in range(taken)]
        self._loaded[server][batch.queue, len(members)].serve(members)

    def _ended(self, server: int, batch: ChainBatch, now_s: float) -> None:
        self._idle[batch.device].append(server)
        if now_s <= self.work.end_s and not self._units.over:
            self._complete(batch.device, batch.queue, list(batch.tasks), now_s)
            self._begin(batch.device, now_s)

    def _record(self) -> ServedRun:
        frames, arrived = self.work.frames, self.arrived
        counted = np.flatnonzero(frames.counted[:arrived])
        answered = self.outcome[counted] == ANSWERED
        return self._units.served(
            duration_s=self.work.end_s,
            warmup_s=self.work.window_s,
            stream=frames.stream[counted],
            arrival_s=frames.time_s[counted],
            done_s=np.where(answered, self.done_s[counted], np.nan),
            dropped=self.outcome[counted] == DROPPED,
        )
