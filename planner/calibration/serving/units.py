"""Units of a real server: threads that infer, one for each on a core of its own, and what they did.

The clock of a run starts when its threads have. Whoever lets requests arrive decides under the lock which
unit gets which batch; its thread infers without the lock, and takes it to say that the batch has ended.
"""

from __future__ import annotations

import gc
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Generic, TypeVar

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.calibration.serving.served import ServedRun

LEAD_S = 0.2
"""From the start of the threads until time zero of the run."""
LONGEST_SLEEP_S = 0.5
_SWITCH_S = 0.0005
"""How long one thread may keep others from Python code; inference itself keeps nobody."""
Batch = TypeVar("Batch")


class Units(Generic[Batch]):
    """The units of one run: `infer` runs a batch on one; `ended` is called under the lock when it is done."""

    def __init__(
        self,
        count: int,
        cores: Sequence[int],
        infer: Callable[[int, Batch], None],
        ended: Callable[[int, Batch, float], None],
    ) -> None:
        self._count, self._cores = count, cores
        self._infer_batch, self._ended = infer, ended
        self._given: list[SimpleQueue[tuple[int, Batch] | None]] = [SimpleQueue() for _ in range(count)]
        self._rows: list[tuple[int, int, int, float, float]] = []
        self._zero_s = 0.0
        self.lock, self.wake = threading.Lock(), threading.Event()
        self.over = False
        """Whether the run has ended; what is inferred then is finished and nothing follows it."""
        self.failure: BaseException | None = None
        self.late_s: list[float] = []
        """By how much each request was seen after it had arrived."""

    def run(self, let_arrive: Callable[[], None]) -> None:
        """All units at work while `let_arrive` runs; raises what stopped one of them."""
        with self._at_work():
            self._zero_s = time.perf_counter() + LEAD_S
            let_arrive()
            self.over = True
        if self.failure is not None:
            raise self.failure

    def now_s(self) -> float:
        """The time of the run."""
        return time.perf_counter() - self._zero_s

    def give(self, server: int, network: int, size: int, start_s: float, batch: Batch) -> None:
        """Hand a batch to a unit, which is busy from then on until its answer is there."""
        self._rows.append((server, network, size, start_s, math.nan))
        self._given[server].put((len(self._rows) - 1, batch))

    def served(
        self,
        *,
        duration_s: float,
        warmup_s: float,
        stream: Ints,
        arrival_s: Floats,
        done_s: Floats,
        dropped: Flags,
    ) -> ServedRun:  # fmt: skip
        """The run with its requests as they are given, and the batches that have ended."""
        rows = [row for row in self._rows if not math.isnan(row[4])]
        server, network, size, start_s, end_s = zip(*rows, strict=True) if rows else ((),) * 5
        return ServedRun(
            duration_s=duration_s,
            warmup_s=warmup_s,
            servers=self._count,
            stream=stream,
            arrival_s=arrival_s,
            done_s=done_s,
            dropped=dropped,
            batch_server=np.array(server, dtype=np.int64),
            batch_network=np.array(network, dtype=np.int64),
            batch_size=np.array(size, dtype=np.int64),
            batch_start_s=np.array(start_s, dtype=np.float64),
            batch_end_s=np.array(end_s, dtype=np.float64),
            late_s=np.array(self.late_s),
        )

    def _unit(self, server: int) -> None:
        """Infer what is given to this unit until the end, on its core."""
        with pinned([self._cores[server % len(self._cores)]]):
            self._infer(server)

    def _infer(self, server: int) -> None:
        try:
            while (given := self._given[server].get()) is not None:
                row, batch = given
                self._infer_batch(server, batch)
                with self.lock:
                    now_s = self.now_s()
                    self._rows[row] = (*self._rows[row][:4], now_s)
                    self._ended(server, batch, now_s)
        except Exception as failure:  # noqa: BLE001 - of any engine; raised again where the run was begun
            self.failure = failure
            self.wake.set()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Threads of all units while the calling one lets requests arrive."""
        threads = [threading.Thread(target=self._unit, args=(server,)) for server in range(self._count)]
        interval_s = sys.getswitchinterval()
        gc.collect()
        gc.disable()
        sys.setswitchinterval(_SWITCH_S)
        try:
            for thread in threads:
                thread.start()
            with pinned(self._cores[self._count :] or self._cores), _first_of_all():
                yield
        finally:
            for given in self._given:
                given.put(None)
            for thread in threads:
                thread.join()
            sys.setswitchinterval(interval_s)
            gc.enable()


@contextmanager
def _first_of_all() -> Iterator[None]:
    """Let the calling thread go before all usual ones, where the system allows it.

    Requests reach a server by interrupts, which wait for no inference; without a core of its own this thread
    would.
    """
    ahead = False
    if hasattr(os, "sched_setscheduler"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            ahead = True
    try:
        yield
    finally:
        if ahead:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@contextmanager
def pinned(cores: Sequence[int]) -> Iterator[None]:
    """Keep the calling thread on these cores, where the system can, and let it go where it could before."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    with suppress(OSError):
        os.sched_setaffinity(0, set(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
