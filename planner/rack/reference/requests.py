"""The requests of one run of the reference engine: when they come, and how far each is on its path."""

from __future__ import annotations

import math
from collections import deque

from planner.rack.arrivals.merged import draw_arrivals
from planner.rack.description.rack import Rack
from planner.rack.load.topology import INFERENCE, paths_of


class Requests:
    """All requests, numbered as they arrive; `stage` is the step of its path that each has come to."""

    def __init__(self, rack: Rack, replication: int) -> None:
        arrivals = draw_arrivals(rack, replication)
        self.arrival_s: list[float] = arrivals.time_s.tolist()
        self.stream: list[int] = arrivals.stream.tolist()
        self.source: list[int] = arrivals.source.tolist()
        self.work: list[float] = arrivals.work.tolist()
        self.station: list[int] = [0] * len(self.stream)
        self.stage: list[int] = [0] * len(self.stream)
        self.arrived = 0
        self._limits = [math.inf if g.queue_limit is None else g.queue_limit for g in rack.streams]
        self._oldest_goes = [group.overflow == "drop_oldest" for group in rack.streams]
        self._skips = [group.overflow == "skip_frame" for group in rack.streams]
        self._in_rack = [0] * sum(group.sources for group in rack.streams)
        self._paths = paths_of(rack)
        # Every path has just one inference, between the steps before and after it.
        self._inference = [path.index((INFERENCE, 0.0)) for path in self._paths]

    @property
    def next_s(self) -> float | None:
        """When the next one comes; None after the last."""
        return self.arrival_s[self.arrived] if self.arrived < len(self.arrival_s) else None

    def arrive(self, now_s: float) -> int:
        """The next one comes."""
        request = self.arrived
        self.arrived = request + 1
        # The clock's float, which may differ from the drawn one in its last bit: latencies are counted from
        # it.
        self.arrival_s[request] = now_s
        self._in_rack[self.source[request]] += 1
        return request

    def leave(self, request: int) -> None:
        """One is answered or lost."""
        self._in_rack[self.source[request]] -= 1

    def skipped(self, request: int) -> bool:
        """Whether its source does not send it, because it still has another frame in the rack."""
        # The frame itself is counted already.
        return self._skips[self.stream[request]] and self._in_rack[self.source[request]] > 1

    def too_many(self, group: int, waiting: int) -> bool:
        """Whether so many requests of a stream group are more than may wait in one queue."""
        return waiting > self._limits[group]

    def take_one_too_many(self, group: int, queue: deque[int]) -> int:
        """Take the one out that a full queue of a stream group loses."""
        return queue.popleft() if self._oldest_goes[group] else queue.pop()

    def step(self, request: int) -> tuple[int, float]:
        """Where it is served next, a pool or `INFERENCE`, and how long a pool takes."""
        return self._paths[self.stream[request]][self.stage[request]]

    def before_inference(self, request: int) -> bool:
        """Whether it waits for its inference or for a step before it."""
        return self.stage[request] <= self._inference[self.stream[request]]

    def go_on(self, request: int) -> bool:
        """It has done with a step; whether another follows."""
        self.stage[request] += 1
        return self.stage[request] < len(self._paths[self.stream[request]])
