"""The rules of a run, written to be read: queues of tasks, batches of what waits, joins of what was split."""

from __future__ import annotations

import heapq
from collections import deque

import numpy as np

from planner.chain.simulation.work import Floats, Work


def run_plain(work: Work) -> tuple[Floats, Floats, Floats]:
    """When each slot is reached and over, and for how long the servers of each unit work in all.

    - A slot is reached when the one before it is over, that is all of its tasks: a split begins where two
      name the same one before them.
    - Tasks wait at their unit in order; a free server takes the first, and with it those that wait for the
      same visit, up to its largest batch. Nobody waits for a batch to fill.
    - At one instant ends come before arrivals, older batches before younger ones.
    """
    return _Run(work).to_the_end()


class _Run:
    def __init__(self, work: Work) -> None:
        slots = len(work.slot_visit)
        self.work = work
        self.left = [int(number) for number in work.slot_tasks]
        self.reached_s = np.full(slots, np.nan)
        self.over_s = np.full(slots, np.nan)
        self.busy_s = np.zeros(len(work.servers))
        self.idle = [int(number) for number in work.servers]
        self.waiting: list[deque[int]] = [deque() for _ in work.servers]
        self.running: list[tuple[float, int, int, list[int]]] = []
        self.begun = 0

    def to_the_end(self) -> tuple[Floats, Floats, Floats]:
        arrivals = deque(range(len(self.work.frame_s)))
        while arrivals or self.running:
            if self.running and (not arrivals or self.running[0][0] <= self.work.frame_s[arrivals[0]]):
                now_s, _, unit, batch = heapq.heappop(self.running)
                self.idle[unit] += 1
                for slot in batch:
                    self.left[slot] -= 1
                    if self.left[slot] == 0:
                        self.over_s[slot] = now_s
                        self._go_on(int(self.work.slot_frame[slot]), now_s)
            else:
                frame = arrivals.popleft()
                self._go_on(frame, float(self.work.frame_s[frame]))
                now_s = float(self.work.frame_s[frame])
            self._begin(now_s)
        return self.reached_s, self.over_s, self.busy_s

    def _go_on(self, frame: int, now_s: float) -> None:
        """Reach all slots of a frame whose predecessor is over."""
        work = self.work
        start, end = int(work.frame_slot[frame]), int(work.frame_slot[frame + 1])
        for slot in range(start, end):
            visit = work.slot_visit[slot]
            before = work.after[visit]
            ready = before < 0 or not np.isnan(self.over_s[start + before - work.slot_visit[start]])
            if not ready or not np.isnan(self.reached_s[slot]):
                continue
            self.reached_s[slot] = now_s
            if self.left[slot] == 0:
                self.over_s[slot] = now_s
            self.waiting[work.unit[visit]].extend([slot] * self.left[slot])

    def _begin(self, now_s: float) -> None:
        for unit, queue in enumerate(self.waiting):
            while self.idle[unit] and queue:
                head = queue[0]
                visit = self.work.slot_visit[head]
                alike = [slot for slot in queue if self.work.slot_visit[slot] == visit]
                batch = alike[: int(self.work.most[visit])]
                for slot in batch:
                    queue.remove(slot)
                time_s = float(
                    self.work.times_s[self.work.times_at[visit] + len(batch) - 1]
                    * self.work.slot_factor[head]
                )
                self.idle[unit] -= 1
                self.busy_s[unit] += time_s
                heapq.heappush(self.running, (now_s + time_s, self.begun, unit, batch))
                self.begun += 1
