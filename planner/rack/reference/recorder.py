"""What an engine notes while it runs: integrals by epoch, and one line for each batch and each loss.

Integrals over time are summed as the run goes and never from the request lines, so that the invariants
compare two accounts of the same run.
"""

from __future__ import annotations

import math

import numpy as np

from planner.arrays import Floats, Ints
from planner.rack.load.topology import NONE, Topology
from planner.rack.run.measures import NOTHING_SEEN, Measures, ServerSums
from planner.rack.run.records import (
    BatchRecords,
    EpochRecords,
    EpochRow,
    Outcome,
    Records,
    RequestRecords,
    WaitRecords,
)
from planner.rack.run.rolling_update import Trial, TrialOutcome


class Recorder:
    """The notes of one replication; an engine calls it at each change, in order of time.

    `since_s` is when each request began to wait, NaN for one that does not.
    """

    def __init__(self, topology: Topology, networks: int) -> None:
        self._topology = topology
        self._server_device: list[int] = topology.server_device.tolist()
        self._now_s = 0.0
        self._epoch_start_s = 0.0
        self._in_system = 0
        self._waiting = 0
        self._in_system_s = 0.0
        self._waiting_s = 0.0
        self._current: list[int | None] = [None] * topology.servers
        self._busy_since_s = [0.0] * topology.servers
        self._busy_s = [0.0] * topology.servers
        self._dynamic_j = [0.0] * topology.servers
        self._slowest_s = [0.0] * networks
        self._lost: list[int] = []
        self.since_s: list[float] = []
        self._wait_start_s: list[float] = []
        self._wait_end_s: list[float] = []
        self._left: list[int] = []
        self._left_s: list[float] = []
        self._dropped: set[int] = set()
        self._members: list[int] = []
        self._device: list[int] = []
        self._network: list[int] = []
        self._size: list[int] = []
        self._start_s: list[float] = []
        self._end_s: list[float] = []
        self._dynamic_w: list[float] = []
        self._arrived = 0
        self._trial = NOTHING_SEEN
        self._rows: list[EpochRow] = []

    @property
    def epochs(self) -> int:
        """Epochs closed so far."""
        return len(self._rows)

    def _pass_time(self, now_s: float) -> None:
        # Counts stand still between events, so the integral is exact.
        elapsed_s = now_s - self._now_s
        self._in_system_s += self._in_system * elapsed_s
        self._waiting_s += self._waiting * elapsed_s
        self._now_s = now_s

    def arrive(self, now_s: float) -> None:
        """A request arrives and waits."""
        self._pass_time(now_s)
        self._arrived += 1
        self._in_system += 1
        self._waiting += 1
        self.since_s.append(now_s)

    def wait_again(self, request: int, now_s: float) -> None:
        """A request that was in service waits for the next step of its path."""
        self._pass_time(now_s)
        self._waiting += 1
        self.since_s[request] = now_s

    def _end_waits(self, requests: list[int], now_s: float) -> None:
        since_s = self.since_s
        self._wait_start_s += [since_s[request] for request in requests]
        self._wait_end_s += [now_s] * len(requests)
        for request in requests:
            # Whoever still has a number here at the end has waited beyond the end of the run.
            since_s[request] = math.nan

    def drop(self, request: int, now_s: float) -> None:
        """A waiting request is lost."""
        self._pass_time(now_s)
        self._waiting -= 1
        self._end_waits([request], now_s)
        self._dropped.add(request)
        self._leave(request, now_s)

    def begin(
        self, server: int, network: int, members: list[int], now_s: float, service_s: float, dynamic_w: float
    ) -> None:
        """A server takes waiting requests into service as one batch; one in a pool has no network."""
        self._pass_time(now_s)
        self._waiting -= len(members)
        self._end_waits(members, now_s)
        self._current[server] = len(self._device)
        self._busy_since_s[server] = now_s
        self._members.extend(members)
        self._device.append(self._server_device[server])
        self._network.append(network)
        self._size.append(len(members))
        self._start_s.append(now_s)
        # As planned; overwritten where the batch ends otherwise. One in service at the end of the run keeps
        # it.
        self._end_s.append(now_s + service_s)
        self._dynamic_w.append(dynamic_w)

    def complete(self, server: int, now_s: float, *, lost: bool = False) -> None:
        """A server has done with its batch, or goes out of service under it."""
        self._pass_time(now_s)
        batch = self._current[server]
        if batch is None:
            raise RuntimeError(f"server {server} has no batch to finish")
        self._serve_until(server, batch, now_s)
        self._current[server] = None
        self._end_s[batch] = now_s
        if lost:
            self._lost.append(batch)

    def serve(self, request: int, network: int, latency_s: float, now_s: float) -> None:
        """A request whose service has just been completed is answered and leaves."""
        if latency_s > self._slowest_s[network]:
            self._slowest_s[network] = latency_s
        self._leave(request, now_s)

    def lose(self, request: int, now_s: float) -> None:
        """A request is lost with the server that has just gone out of service under it."""
        self._dropped.add(request)
        self._leave(request, now_s)

    def watch(self, *, late: bool, failed: bool) -> None:
        """A watched device has done with a request."""
        seen = self._trial
        self._trial = Trial(seen.answered + 1, seen.late + late, seen.failed + failed)

    def _leave(self, request: int, now_s: float) -> None:
        self._in_system -= 1
        self._left.append(request)
        self._left_s.append(now_s)

    def _serve_until(self, server: int, batch: int, now_s: float) -> None:
        served_s = now_s - self._busy_since_s[server]
        self._busy_s[server] += served_s
        self._dynamic_j[server] += served_s * self._dynamic_w[batch]
        self._busy_since_s[server] = now_s

    def measures(self, now_s: float, waiting_at: Ints) -> Measures:
        """Of the epoch that ends now, in which so many requests wait at each station."""
        self._pass_time(now_s)
        for server, batch in enumerate(self._current):
            if batch is not None:
                self._serve_until(server, batch, now_s)
        sums = ServerSums(
            length_s=np.array([now_s - self._epoch_start_s]),
            dynamic_j=np.array([self._dynamic_j]),
            busy_s=np.array([self._busy_s]),
            waiting_s=np.array([self._waiting_s]),
            in_system_s=np.array([self._in_system_s]),
            arrived=[self._arrived],
            slowest_s=np.array([self._slowest_s]),
            waiting_at=waiting_at[None, :],
            trials=[self._trial],
        )
        return sums.by_device(self._topology)[0]

    def end_epoch(self, row: EpochRow) -> None:
        """Close the epoch."""
        self._rows.append(row)
        self._epoch_start_s = row.end_s
        self._waiting_s = self._in_system_s = 0.0
        self._arrived = 0
        self._trial = NOTHING_SEEN
        self._busy_s = [0.0] * self._topology.servers
        self._dynamic_j = [0.0] * self._topology.servers
        self._slowest_s = [0.0] * len(self._slowest_s)

    def records(
        self,
        replication: int,
        networks: tuple[str, ...],
        arrival_s: list[float],
        stream: list[int],
        trial: TrialOutcome | None,
    ) -> Records:
        """All that was noted, as arrays; arrivals are given in the order of their numbers."""
        batches = BatchRecords(
            device=np.array(self._device, dtype=np.int32),
            network=np.array(self._network, dtype=np.int32),
            size=np.array(self._size, dtype=np.int32),
            start_s=np.array(self._start_s, dtype=np.float64),
            end_s=np.array(self._end_s, dtype=np.float64),
            dynamic_w=np.array(self._dynamic_w, dtype=np.float64),
            lost=np.isin(np.arange(len(self._device)), self._lost),
        )
        return Records(
            replication=replication,
            networks=networks,
            requests=self._request_records(batches, arrival_s, stream),
            waits=self._wait_records(),
            batches=batches,
            epochs=self._epoch_records(),
            initial_temperature_c=self._rows[0].start_c,
            shutdown_s=self._shutdowns_s(),
            in_system=self._in_system,
            initial_inner_c=self._rows[0].start_inner_c,
            trial=trial,
        )

    def _request_records(
        self, batches: BatchRecords, arrival_s: list[float], stream: list[int]
    ) -> RequestRecords:
        count = len(arrival_s)
        # Steps in pools are batches of one without a network; only the inference says where and with whom a
        # request was served.
        inference = np.repeat(batches.network != NONE, batches.size)
        members = np.array(self._members, dtype=np.int64)[inference]
        start_s, departure_s = np.full(count, np.nan), np.full(count, np.nan)
        device, batch_size = np.full(count, -1, dtype=np.int32), np.zeros(count, dtype=np.int32)
        outcome = np.full(count, Outcome.IN_SYSTEM, dtype=np.int8)
        start_s[members] = np.repeat(batches.start_s, batches.size)[inference]
        device[members] = np.repeat(batches.device, batches.size)[inference]
        batch_size[members] = np.repeat(batches.size, batches.size)[inference]
        departure_s[self._left] = self._left_s
        outcome[self._left] = Outcome.SERVED
        # After those that left: a dropped request has left as well.
        outcome[list(self._dropped)] = Outcome.DROPPED
        return RequestRecords(
            stream=np.array(stream, dtype=np.int32),
            arrival_s=np.array(arrival_s, dtype=np.float64),
            start_s=start_s,
            departure_s=departure_s,
            device=device,
            batch_size=batch_size,
            outcome=outcome,
        )

    def _wait_records(self) -> WaitRecords:
        """All waits; those that last beyond the end of the run end at NaN."""
        since_s = np.array(self.since_s, dtype=np.float64)
        still_s = since_s[~np.isnan(since_s)]
        return WaitRecords(
            start_s=np.concatenate((np.array(self._wait_start_s), still_s)),
            end_s=np.concatenate((np.array(self._wait_end_s), np.full(still_s.size, math.nan))),
        )

    def _shutdowns_s(self) -> Floats:
        first_s = np.full(self._topology.count, np.inf)
        # Backwards, so that of several shutdowns the first one stays.
        for row in reversed(self._rows):
            first_s[row.fell] = row.end_s
        return first_s

    def _epoch_records(self) -> EpochRecords:
        rows = self._rows
        inner_c = [row.inner_c for row in rows if row.inner_c is not None]
        own_fan_w = [row.own_fan_w for row in rows if row.own_fan_w is not None]
        return EpochRecords(
            end_s=np.array([row.end_s for row in rows]),
            power_w=np.stack([row.power_w for row in rows]),
            temperature_c=np.stack([row.temperature_c for row in rows]),
            inlet_c=np.stack([row.inlet_c for row in rows]),
            exhaust_c=np.array([row.exhaust_c for row in rows]),
            clock=np.stack([row.clock for row in rows]),
            throttled=np.stack([row.throttled for row in rows]),
            busy_share=np.stack([row.busy_share for row in rows]),
            host_busy=np.array([row.host_busy for row in rows]),
            copy_busy=np.array([row.copy_busy for row in rows]),
            waiting=np.array([row.waiting for row in rows]),
            in_system=np.array([row.in_system for row in rows]),
            queued=np.stack([row.queued for row in rows]),
            fell=np.stack([row.fell for row in rows]),
            out=np.stack([row.out for row in rows]),
            changed=np.array([row.changed for row in rows]),
            inner_c=np.stack(inner_c) if inner_c else None,
            own_fan_w=np.stack(own_fan_w) if own_fan_w else None,
            enclosure_w=np.array([row.enclosure_w for row in rows]),
        )
