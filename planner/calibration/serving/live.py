"""The server: one thread that lets requests arrive, and one for each unit, on a core of its own, that infers.

Requests arrive at the times of the simulated run and are counted from then, however late the thread wakes up.
Who gets a request, which batch starts and who is lost is decided by the classes of the reference engine. A
unit is busy from when a batch is given to it until its answer is there.
"""

from __future__ import annotations

import gc
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TypeVar

import numpy as np

from planner.calibration.serving.loaded import LoadedBatch
from planner.calibration.serving.served import ServedRun
from planner.errors import InputError, Problem
from planner.rack.description.control import free
from planner.rack.description.rack import Rack
from planner.rack.load.topology import networks_of, topology_of
from planner.rack.reference.batches import Batches, Station
from planner.rack.reference.dispatch import Dispatcher
from planner.rack.reference.requests import Requests

LEAD_S = 0.2
"""From the start of the threads until time zero of the run."""
_SWITCH_S = 0.0005
"""How long one thread may keep others from Python code; inference itself keeps nobody."""
LONGEST_SLEEP_S = 0.5
_END: tuple[int, list[int]] = (-1, [])
Given = TypeVar("Given")


def refuse_unserved(rack: Rack) -> None:
    """Refuse what a server of this machine does not do: heat, failures, policies, several kinds of units."""
    problems = []
    if rack.policies or not rack.life.quiet:
        problems.append(Problem("simulation", "no `control` and no `events`", "some", "leave them out"))
    if rack.device.beside or rack.shares:
        problems.append(Problem("candidates.beside, simulation.shares", "units of one kind for all", "more"))
    if any(group.before or group.after for group in rack.streams):
        problems.append(Problem("streams.before, after", "no steps around inference", "some"))
    if rack.dispatch in ("least_energy", "npu_first"):
        problems.append(
            Problem("simulation.dispatch", "a rule without watts and kinds of units", rack.dispatch)
        )
    if problems:
        raise InputError("serve", problems)


class LiveServer:
    """One run of a rack's requests on this machine, each unit a thread with networks of its own."""

    def __init__(
        self,
        rack: Rack,
        replication: int,
        units: Sequence[Mapping[tuple[int, int], LoadedBatch]],
        cores: Sequence[int],
    ) -> None:
        topology = topology_of(rack)
        self._rack, self._units, self._cores = rack, units, cores
        self._requests = Requests(rack, replication)
        self._since_s = [0.0] * len(self._requests.stream)
        self._batches = Batches(rack, self._requests.stream, self._since_s)
        self._batches.take_settings(free(rack))
        self._dispatcher = Dispatcher(rack, topology, replication, lambda _network, _station: 0.0)
        if rack.dispatch == "pinned":
            self._dispatcher.take_routes(np.arange(topology.unit_stations))
        self._stations = [Station(len(rack.streams)) for _ in range(topology.unit_stations)]
        self._station_of: list[int] = topology.server_station.tolist()
        self._lock = threading.Lock()
        self._work: list[SimpleQueue[tuple[int, list[int]]]] = [SimpleQueue() for _ in units]
        self._wake = threading.Event()
        self._over = False
        self._failure: BaseException | None = None
        self._done_s = [math.nan] * len(self._requests.stream)
        self._dropped = [False] * len(self._requests.stream)
        self._late_s: list[float] = []
        self._rows: list[tuple[int, int, int, float, float]] = []
        self._zero_s = 0.0

    def run(self) -> ServedRun:
        """Serve all requests up to the end of the rack's run; what is not answered then is unfinished."""
        for server in range(len(self._units)):
            number = self._station_of[server]
            if self._stations[number].servers_on == 0:
                self._dispatcher.switch_on(number)
            self._stations[number].servers_on += 1
            self._stations[number].idle.append(server)
        with units_at_work(self._unit, self._work, _END, self._cores):
            self._zero_s = time.perf_counter() + LEAD_S
            self._let_arrive()
            self._over = True
        if self._failure is not None:
            raise self._failure
        return self._record()

    def _now_s(self) -> float:
        return time.perf_counter() - self._zero_s

    def _let_arrive(self) -> None:
        """Requests arrive, batches stop waiting to fill, until the end of the run."""
        end_s = self._rack.duration_s
        while self._failure is None:
            with self._lock:
                now_s = self._now_s()
                following_s = self._requests.next_s
                while following_s is not None and following_s <= min(now_s, end_s):
                    self._late_s.append(now_s - following_s)
                    self._arrive(following_s, now_s)
                    following_s = self._requests.next_s
                for station in self._stations:
                    if station.expiry_s <= now_s:
                        station.expiry_s = math.inf
                        self._serve(station, now_s)
                expiry_s = min(station.expiry_s for station in self._stations)
                self._wake.clear()
            if now_s >= end_s:
                return
            next_s = min(end_s, expiry_s, math.inf if following_s is None else following_s)
            self._sleep_until(next_s)

    def _sleep_until(self, time_s: float) -> None:
        """Until a time of the run, or a unit that has set an earlier watch wakes this thread."""
        left_s = time_s - self._now_s()
        if left_s <= 0:
            return
        # Only where batches wait to fill can anything else than an arrival be due.
        if self._rack.batching.max_wait_s > 0:
            self._wake.wait(min(left_s, LONGEST_SLEEP_S))
        else:
            time.sleep(min(left_s, LONGEST_SLEEP_S))

    def _arrive(self, arrival_s: float, now_s: float) -> None:
        requests = self._requests
        request = requests.arrive(arrival_s)
        if requests.skipped(request):
            self._drop(request)
            return
        group = requests.stream[request]
        number = self._dispatcher.choose(self._batches.network_of[group], request, requests.source[request])
        if number is None:
            self._drop(request)
            return
        requests.station[request] = number
        self._since_s[request] = arrival_s
        self._dispatcher.add(number, 1)
        station = self._stations[number]
        station.join(group, request)
        if station.idle:
            self._serve(station, now_s)
        queue = station.waiting[group]
        if requests.too_many(group, len(queue)):
            lost = requests.take_one_too_many(group, queue)
            self._dispatcher.add(number, -1)
            self._drop(lost)

    def _drop(self, request: int) -> None:
        self._requests.leave(request)
        self._dropped[request] = True

    def _serve(self, station: Station, now_s: float) -> None:
        """Give idle units all that may start; watch for the next batch that has waited enough."""
        while station.idle:
            network = self._batches.ready(station, now_s)
            if network is None:
                expiry_s = self._batches.expiry_s(station)
                if expiry_s < station.expiry_s:
                    station.expiry_s = expiry_s
                    self._wake.set()
                return
            server = station.idle.popleft()
            members = self._batches.take(station, network)
            self._rows.append((server, network, len(members), now_s, math.nan))
            self._work[server].put((len(self._rows) - 1, members))

    def _unit(self, server: int) -> None:
        """Infer what is given to this unit until the end, on its core."""
        with pinned([self._cores[server % len(self._cores)]]):
            self._infer(server)

    def _infer(self, server: int) -> None:
        own, station = self._units[server], self._stations[self._station_of[server]]
        try:
            while True:
                row, members = self._work[server].get()
                if row < 0:
                    return
                own[self._rows[row][1], len(members)].serve(members)
                with self._lock:
                    now_s = self._now_s()
                    self._finish(row, members, now_s)
                    station.idle.append(server)
                    if not self._over and any(station.waiting):
                        self._serve(station, now_s)
        except Exception as failure:  # noqa: BLE001 - of any engine; raised again where the run was begun
            self._failure = failure
            self._wake.set()

    def _finish(self, row: int, members: list[int], now_s: float) -> None:
        self._rows[row] = (*self._rows[row][:4], now_s)
        for request in members:
            self._requests.leave(request)
            if now_s <= self._rack.duration_s:
                self._done_s[request] = now_s
        self._dispatcher.add(self._requests.station[members[0]], -len(members))

    def _record(self) -> ServedRun:
        arrived, rows = self._requests.arrived, [row for row in self._rows if not math.isnan(row[4])]
        server, network, size, start_s, end_s = zip(*rows, strict=True) if rows else ((),) * 5
        return ServedRun(
            duration_s=self._rack.duration_s,
            warmup_s=self._rack.warmup_s,
            servers=len(self._units),
            stream=np.array(self._requests.stream[:arrived]),
            arrival_s=np.array(self._requests.arrival_s[:arrived]),
            done_s=np.array(self._done_s[:arrived]),
            dropped=np.array(self._dropped[:arrived]),
            batch_server=np.array(server, dtype=np.int64),
            batch_network=np.array(network, dtype=np.int64),
            batch_size=np.array(size, dtype=np.int64),
            batch_start_s=np.array(start_s, dtype=np.float64),
            batch_end_s=np.array(end_s, dtype=np.float64),
            late_s=np.array(self._late_s),
        )


def units_of(
    rack: Rack, workers: Sequence[Mapping[tuple[str, int], LoadedBatch]]
) -> list[dict[tuple[int, int], LoadedBatch]]:
    """What each unit has loaded, by the number of the network in the rack."""
    numbers = {network: number for number, network in enumerate(networks_of(rack))}
    return [{(numbers[name], size): batch for (name, size), batch in worker.items()} for worker in workers]


@contextmanager
def units_at_work(
    unit: Callable[[int], None], work: Sequence[SimpleQueue[Given]], end: Given, cores: Sequence[int]
) -> Iterator[None]:
    """Threads of all units while the calling one lets requests arrive; `end` is what ends a unit's work."""
    threads = [threading.Thread(target=unit, args=(server,)) for server in range(len(work))]
    interval_s = sys.getswitchinterval()
    gc.collect()
    gc.disable()
    sys.setswitchinterval(_SWITCH_S)
    try:
        for thread in threads:
            thread.start()
        with pinned(cores[len(work) :] or cores), _first_of_all():
            yield
    finally:
        for given in work:
            given.put(end)
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
