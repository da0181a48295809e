"""The server: one thread that lets requests arrive, and one for each unit, on a core of its own, that infers.

Requests arrive at the times of the simulated run and are counted from then, however late the thread wakes up.
Who gets a request, which batch starts and who is lost is decided by the classes of the reference engine. A
unit is busy from when a batch is given to it until its answer is there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

import numpy as np

from planner.calibration.serving.loaded import LoadedBatch
from planner.calibration.serving.served import ServedRun
from planner.calibration.serving.units import LONGEST_SLEEP_S, Units
from planner.errors import InputError, Problem
from planner.rack.description.control import free
from planner.rack.description.rack import Rack
from planner.rack.load.topology import networks_of, topology_of
from planner.rack.reference.batches import Batches, Station
from planner.rack.reference.dispatch import Dispatcher
from planner.rack.reference.requests import Requests

Batch = tuple[int, list[int]]
"""A network and the requests that are inferred together."""


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
        self._rack, self._loaded = rack, units
        self._units: Units[Batch] = Units(len(units), cores, self._infer, self._ended)
        self._requests = Requests(rack, replication)
        self._since_s = [0.0] * len(self._requests.stream)
        self._batches = Batches(rack, self._requests.stream, self._since_s)
        self._batches.take_settings(free(rack))
        self._dispatcher = Dispatcher(rack, topology, replication, lambda _network, _station: 0.0)
        if rack.dispatch == "pinned":
            self._dispatcher.take_routes(np.arange(topology.unit_stations))
        self._stations = [Station(len(rack.streams)) for _ in range(topology.unit_stations)]
        self._station_of: list[int] = topology.server_station.tolist()
        self._done_s = [math.nan] * len(self._requests.stream)
        self._dropped = [False] * len(self._requests.stream)

    def run(self) -> ServedRun:
        """Serve all requests up to the end of the rack's run; what is not answered then is unfinished."""
        for server in range(len(self._loaded)):
            number = self._station_of[server]
            if self._stations[number].servers_on == 0:
                self._dispatcher.switch_on(number)
            self._stations[number].servers_on += 1
            self._stations[number].idle.append(server)
        self._units.run(self._let_arrive)
        return self._record()

    def _let_arrive(self) -> None:
        """Requests arrive, batches stop waiting to fill, until the end of the run."""
        end_s, units = self._rack.duration_s, self._units
        while units.failure is None:
            with units.lock:
                now_s = units.now_s()
                following_s = self._requests.next_s
                while following_s is not None and following_s <= min(now_s, end_s):
                    units.late_s.append(now_s - following_s)
                    self._arrive(following_s, now_s)
                    following_s = self._requests.next_s
                for station in self._stations:
                    if station.expiry_s <= now_s:
                        station.expiry_s = math.inf
                        self._serve(station, now_s)
                expiry_s = min(station.expiry_s for station in self._stations)
                units.wake.clear()
            if now_s >= end_s:
                return
            next_s = min(end_s, expiry_s, math.inf if following_s is None else following_s)
            self._sleep_until(next_s)

    def _sleep_until(self, time_s: float) -> None:
        """Until a time of the run, or a unit that has set an earlier watch wakes this thread."""
        left_s = time_s - self._units.now_s()
        if left_s <= 0:
            return
        # Only where batches wait to fill can anything else than an arrival be due.
        if self._rack.batching.max_wait_s > 0:
            self._units.wake.wait(min(left_s, LONGEST_SLEEP_S))
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
                    self._units.wake.set()
                return
            server = station.idle.popleft()
            members = self._batches.take(station, network)
            self._units.give(server, network, len(members), now_s, (network, members))

    def _infer(self, server: int, batch: Batch) -> None:
        network, members = batch
        self._loaded[server][network, len(members)].serve(members)

    def _ended(self, server: int, batch: Batch, now_s: float) -> None:
        members, station = batch[1], self._stations[self._station_of[server]]
        for request in members:
            self._requests.leave(request)
            if now_s <= self._rack.duration_s:
                self._done_s[request] = now_s
        self._dispatcher.add(self._requests.station[members[0]], -len(members))
        station.idle.append(server)
        if not self._units.over and any(station.waiting):
            self._serve(station, now_s)

    def _record(self) -> ServedRun:
        arrived = self._requests.arrived
        return self._units.served(
            duration_s=self._rack.duration_s,
            warmup_s=self._rack.warmup_s,
            stream=np.array(self._requests.stream[:arrived]),
            arrival_s=np.array(self._requests.arrival_s[:arrived]),
            done_s=np.array(self._done_s[:arrived]),
            dropped=np.array(self._dropped[:arrived]),
        )


def units_of(
    rack: Rack, workers: Sequence[Mapping[tuple[str, int], LoadedBatch]]
) -> list[dict[tuple[int, int], LoadedBatch]]:
    """What each unit has loaded, by the number of the network in the rack."""
    numbers = {network: number for number, network in enumerate(networks_of(rack))}
    return [{(numbers[name], size): batch for (name, size), batch in worker.items()} for worker in workers]
