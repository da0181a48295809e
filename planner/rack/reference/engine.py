"""The reference engine: a rack as SimPy events, written to be read.

Two clocks run. Requests move by events: an arrival, a batch completed, a batch that has waited long enough.
Heat, power, throttling and policies move once an epoch. At equal times an epoch ends first, then batches
complete, then requests arrive, then batches stop waiting to fill.

The rules of the run, beside those that the description states:

- a batch takes its clock, and its delay by other units at work, when it starts and keeps that speed and
  power;
- the batch in a device that shuts down, fails or is updated is dropped, and requests that waited for it alone
  go to other devices by the dispatch rule, or are dropped where no device is left;
- of the networks whose batch may start, the one with the request of highest priority goes first, the oldest
  of those; a batch takes its network's requests in the same order;
- a batch that waits to fill waits from when its oldest request began to wait here, whatever the priority
  of that.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from simpy import Environment
from simpy.events import Event, EventPriority

from planner.rack.description.rack import Rack
from planner.rack.load.topology import INFERENCE, NONE, networks_of, topology_of
from planner.rack.reference.batches import Batches, Station
from planner.rack.reference.dispatch import Dispatcher
from planner.rack.reference.instant import Instant
from planner.rack.reference.new_model import NewModel
from planner.rack.reference.recorder import Recorder
from planner.rack.reference.requests import Requests
from planner.rack.reference.servers import ServiceRates
from planner.rack.run.device_log import EpochSink
from planner.rack.run.epoch_control import Steering
from planner.rack.run.records import Records

# SimPy orders events of one instant by this number and then by when they were scheduled; 0 is its own for
# what must come first.
_EPOCH, _COMPLETION, _ARRIVAL, _EXPIRY = (EventPriority(rank) for rank in range(1, 5))


def run_replication(rack: Rack, replication: int, on_epoch: EpochSink | None = None) -> Records:
    """Run one replication of a rack; the same rack and number give the same records, byte for byte.

    `on_epoch` is called with each epoch as it closes.
    """
    return _ReferenceRun(rack, replication, on_epoch).records()


class _ReferenceRun:
    def __init__(self, rack: Rack, replication: int, on_epoch: EpochSink | None) -> None:
        self._on_epoch = on_epoch
        self._rack = rack
        self._replication = replication
        self._env = Environment()
        self._networks = networks_of(rack)
        self._topology = topology_of(rack)
        self._steering = Steering(rack, self._topology, replication)
        self._recorder = Recorder(self._topology, len(self._networks))
        self._requests = Requests(rack, replication)
        self._rates = ServiceRates(rack, self._topology, replication, self._steering)
        self._new_model = NewModel(rack, self._topology, replication, self._requests, self._recorder)
        self._batches = Batches(rack, self._requests.stream, self._recorder.since_s)
        self._dispatcher = Dispatcher(rack, self._topology, replication, self._added_j)
        self._take_settings()
        self._arrival = Instant(self._env, _ARRIVAL, self._arrive)
        self._await_arrival(0.0)
        self._plan_servers(rack)

    def _take_settings(self) -> None:
        """What holds until the next epoch ends."""
        self._rates.take_settings(self._steering)
        self._new_model.take_settings(self._steering)
        self._admitted: list[bool] = self._steering.controls.admitted.tolist()
        self._batches.take_settings(self._steering.controls)
        if self._rack.dispatch == "pinned":
            self._dispatcher.take_routes(self._steering.routes)

    def _plan_servers(self, rack: Rack) -> None:
        topology = self._topology
        self._server_station: list[int] = topology.server_station.tolist()
        self._stations = [Station(len(rack.streams)) for _ in range(topology.station_lane.size)]
        self._serving: list[list[int]] = [[] for _ in range(topology.servers)]
        self._completions = [self._completion(server) for server in range(topology.servers)]
        for device in np.flatnonzero(~self._steering.out).tolist():
            self._plug_in(device)
        self._epoch = Instant(self._env, _EPOCH, self._end_epoch)
        self._epoch.after(rack.epoch_s)

    def _completion(self, server: int) -> Instant:
        return Instant(self._env, _COMPLETION, partial(self._complete, server))

    def records(self) -> Records:
        """Run up to the end of the last epoch, close it, and hand over what was noted."""
        end_s = self._rack.epochs * self._rack.epoch_s
        # SimPy stops before anything that falls on `until`, so the last epoch is closed here and by no event.
        self._env.run(until=end_s)
        self._close_epoch(end_s)
        arrived, requests = self._requests.arrived, self._requests
        return self._recorder.records(
            self._replication,
            self._networks,
            requests.arrival_s[:arrived],
            requests.stream[:arrived],
            self._steering.outcome,
        )

    def _await_arrival(self, now_s: float) -> None:
        following_s = self._requests.next_s
        if following_s is not None:
            # Now may lie a rounding past the drawn time; SimPy refuses a negative delay.
            self._arrival.after(max(0.0, following_s - now_s))

    def _arrive(self, _event: Event) -> None:
        now_s = self._env.now
        request = self._requests.arrive(now_s)
        # One arrival is scheduled at a time: the queue of events stays as short as the rack is small.
        self._await_arrival(now_s)
        self._recorder.arrive(now_s)
        if self._requests.skipped(request) or not self._admitted[self._requests.stream[request]]:
            self._drop(request, now_s)
        else:
            self._admit(request, now_s)

    def _drop(self, request: int, now_s: float) -> None:
        self._requests.leave(request)
        self._recorder.drop(request, now_s)

    def _admit(self, request: int, now_s: float) -> None:
        """Send a request to the station that dispatch says, by way of the steps before it."""
        requests = self._requests
        network = self._batches.network_of[requests.stream[request]]
        station = self._dispatcher.choose(network, request, requests.source[request])
        if station is None:
            self._drop(request, now_s)
            return
        requests.station[request] = station
        requests.stage[request] = 0
        # From its dispatch on, also while it is at a step on the host: the next one must not find the same
        # queue empty.
        self._dispatcher.add(station, 1)
        self._wait(request, now_s)

    def _wait(self, request: int, now_s: float) -> None:
        """Wait for the next step of a path; a queue of the group that grows too long loses one."""
        requests = self._requests
        group = requests.stream[request]
        pool, _ = requests.step(request)
        number = requests.station[request]
        if pool != INFERENCE:
            number = int(self._topology.pool_station[self._topology.station_device[number], pool])
        station = self._stations[number]
        station.join(group, request)
        # Serve first, look at the limit afterwards: what an idle server takes at once never makes a queue too
        # long.
        if station.idle:
            self._serve(number, now_s)
        queue = station.waiting[group]
        if requests.too_many(group, len(queue)) and requests.before_inference(request):
            lost = requests.take_one_too_many(group, queue)
            # Behind its inference a request is no load of a unit any more.
            if requests.before_inference(lost):
                self._dispatcher.add(requests.station[lost], -1)
            self._drop(lost, now_s)

    def _added_j(self, network: int, number: int) -> float:
        """Energy that one more request of a network adds at the unit of a station."""
        return self._rates.added_j(number, network, self._batches.filled(self._stations[number], network))

    def _serve(self, number: int, now_s: float) -> None:
        """Start all that may start in a station; wait for the next batch to fill where units stay idle."""
        station = self._stations[number]
        while station.idle:
            # Servers of one station are all units or all of a pool; a pool takes single steps and never waits
            # for a batch.
            if not self._rates.is_unit(station.idle[0]):
                request = self._batches.take_one(station)
                if request is None:
                    return
                self._start_step(station, request, now_s)
                continue
            network = self._batches.ready(station, now_s)
            if network is None:
                self._await_expiry(number, now_s)
                return
            self._start_batch(station, network, now_s)

    def _await_expiry(self, number: int, now_s: float) -> None:
        station = self._stations[number]
        expiry_s = self._batches.expiry_s(station)
        # An earlier watch stays and looks again when it fires; a later one is left to fire in vain.
        if expiry_s < station.expiry_s:
            station.expiry_s = expiry_s
            Instant(self._env, _EXPIRY, partial(self._expire, number, expiry_s)).after(expiry_s - now_s)

    def _expire(self, number: int, expiry_s: float, _event: Event) -> None:
        station = self._stations[number]
        # SimPy cannot take an event back: one that was overtaken by an earlier watch finds another time here.
        if station.expiry_s == expiry_s:
            station.expiry_s = math.inf
            self._serve(number, self._env.now)

    def _start_batch(self, station: Station, network: int, now_s: float) -> None:
        server = station.idle.popleft()
        members = self._batches.take(station, network)
        groups = [self._requests.stream[request] for request in members]
        # Before the server counts as serving: a batch is not in its own way.
        service_s, dynamic_w = self._rates.batch(server, network, groups, self._serving)
        service_s *= self._requests.work[members[0]]
        if self._rack.varies:
            service_s *= self._rates.scatter(server, network)
        self._begin(server, network, members, now_s, service_s, dynamic_w)

    def _start_step(self, station: Station, request: int, now_s: float) -> None:
        server = station.idle.popleft()
        pool, time_s = self._requests.step(request)
        self._begin(server, NONE, [request], now_s, time_s, self._rates.step_w(pool))

    def _begin(
        self, server: int, network: int, members: list[int], now_s: float, service_s: float, dynamic_w: float
    ) -> None:
        self._serving[server] = members
        self._recorder.begin(server, network, members, now_s, service_s, dynamic_w)
        self._completions[server].after(service_s)

    def _complete(self, server: int, _event: Event) -> None:
        now_s = self._env.now
        members = self._leave(server, now_s)
        failed = self._new_model.examine(server, members, now_s)
        for request in members:
            if request in failed:
                self._lose(request, now_s)
            else:
                self._go_on(request, now_s)
        number = self._server_station[server]
        station = self._stations[number]
        # Requests have gone on before their server is idle, as in the compiled engine: the order decides who
        # serves.
        station.idle.append(server)
        if any(station.waiting):
            self._serve(number, now_s)

    def _lose(self, request: int, now_s: float) -> None:
        """A request that was in service comes to nothing."""
        self._requests.leave(request)
        self._recorder.lose(request, now_s)

    def _go_on(self, request: int, now_s: float) -> None:
        """A request goes to the next step of its path, or is answered."""
        requests = self._requests
        if requests.go_on(request):
            self._recorder.wait_again(request, now_s)
            self._wait(request, now_s)
            return
        requests.leave(request)
        network = self._batches.network_of[requests.stream[request]]
        self._recorder.serve(request, network, now_s - requests.arrival_s[request], now_s)

    def _leave(self, server: int, now_s: float, *, lost: bool = False) -> list[int]:
        """A server has nothing in it any more; what was in a unit is no load of its station."""
        members = self._serving[server]
        self._recorder.complete(server, now_s, lost=lost)
        if self._rates.is_unit(server):
            self._dispatcher.add(self._server_station[server], -len(members))
        self._serving[server] = []
        if lost:
            # The completion stays in SimPy's queue without its action; the server gets a new one.
            self._completions[server].abandon()
            self._completions[server] = self._completion(server)
        return members

    def _end_epoch(self, _event: Event) -> None:
        """Close the epoch, apply the new settings, and let what may now start do so."""
        now_s = self._env.now
        self._close_epoch(now_s)
        # From the number of the epoch, so that rounding does not add up over a year.
        self._epoch.after((self._recorder.epochs + 1) * self._rack.epoch_s - now_s)
        fell, rose = (flags.nonzero()[0].tolist() for flags in (self._steering.fell, self._steering.rose))
        # All that fall go before any that rise, and all queues are opened or closed before orphans are sent:
        # none may go to a device that leaves in the same instant.
        orphans = [request for device in fell for request in self._shut_down(device, now_s)]
        for device in rose:
            self._plug_in(device)
        self._dispatcher.open(self._topology.open_stations(self._steering.controls.open).tolist())
        # Oldest first, from whatever device they come.
        for request in sorted(orphans):
            self._admit(request, now_s)
        for number, station in enumerate(self._stations):
            if station.idle and any(station.waiting):
                self._serve(number, now_s)

    def _close_epoch(self, now_s: float) -> None:
        waiting = np.array([sum(map(len, station.waiting)) for station in self._stations])
        measured = self._recorder.measures(now_s, waiting)
        row = self._steering.close(now_s, measured)
        self._recorder.end_epoch(row)
        if self._on_epoch is not None:
            self._on_epoch(row)
        self._take_settings()

    def _plug_in(self, device: int) -> None:
        """Take a device into service, all of its servers idle."""
        for server in self._topology.servers_of(device):
            number = self._server_station[server]
            station = self._stations[number]
            station.idle.append(server)
            station.servers_on += 1
            if station.servers_on == 1 and self._rates.is_unit(server):
                self._dispatcher.switch_on(number)

    def _shut_down(self, device: int, now_s: float) -> list[int]:
        """Take a device out; what waited for it alone is handed back, answers in it are lost."""
        orphans = []
        for server in self._topology.servers_of(device):
            number = self._server_station[server]
            station = self._stations[number]
            if self._serving[server]:
                for request in self._leave(server, now_s, lost=True):
                    self._lose(request, now_s)
            else:
                station.idle.remove(server)
            station.servers_on -= 1
            # A queue that devices share stays as long as one of its servers is left.
            if station.servers_on == 0:
                orphans += station.empty()
                if self._rates.is_unit(server):
                    self._dispatcher.switch_off(number)
        early = self._requests.before_inference
        for request in [request for request in orphans if not early(request)]:
            self._drop(request, now_s)
        return [request for request in orphans if early(request)]
