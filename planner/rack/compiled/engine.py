"""The compiled engine: the rules of the reference engine, a million requests a second, and flat memory.

Requests are drawn, served and counted piece by piece in compiled code (`planner.rack.compiled`); at the end
of each epoch the same `Steering` as in the reference engine moves heat, throttling and policies on. With the
same seed both engines serve the same requests in the same batches at the same times.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.arrays import Ints
from planner.rack.arrivals.merged import MergedArrivals, arrival_pieces
from planner.rack.compiled.loop import ENTRIES, OUT_OF_ARRIVALS, OUT_OF_NODES
from planner.rack.compiled.setup import begin
from planner.rack.compiled.state import LoopState, Piece, chain_free
from planner.rack.counts.epochs import EpochTally
from planner.rack.counts.latencies import BinnedLatencies
from planner.rack.counts.tally import RequestAccounts, RunTally, StreamTally, law_accounts
from planner.rack.description.rack import Rack
from planner.rack.load.topology import topology_of
from planner.rack.run.device_log import EpochSink
from planner.rack.run.epoch_control import Steering
from planner.rack.run.measures import ServerSums
from planner.rack.run.records import EpochRow
from planner.rack.run.rolling_update import Trial


def run_replication(rack: Rack, replication: int, on_epoch: EpochSink | None = None) -> RunTally:
    """Run one replication of a rack; the same rack and number give the same tally, bit for bit.

    `on_epoch` is called with each epoch as it closes.
    """
    return _CompiledRun(rack, replication, on_epoch).tally()


def epoch_ends_s(rack: Rack) -> Iterator[float]:
    """The ends of the epochs, rounded as the reference engine's clock rounds them."""
    now_s = 0.0
    for number in range(1, rack.epochs):
        # SimPy's clock adds a delay to now, so its epochs end at this float and not at `number * epoch_s`.
        now_s = now_s + (number * rack.epoch_s - now_s)
        yield now_s
    # The reference is run until this time, which is no delay and not rounded.
    yield rack.epochs * rack.epoch_s


class _CompiledRun:
    def __init__(self, rack: Rack, replication: int, on_epoch: EpochSink | None) -> None:
        self._on_epoch = on_epoch
        self._rack = rack
        self._replication = replication
        self._topology = topology_of(rack)
        self._steering = Steering(rack, self._topology, replication)
        self._epochs = EpochTally(rack)
        self._state = begin(rack, self._topology, replication, _window_start_s(rack))
        self._drawn = 0
        self._arrived_before = 0
        # From the bottom up: this is the first order in which servers are idle, and so who serves first.
        for device in np.flatnonzero(~self._steering.out):
            ENTRIES.plug_in(int(device), self._state)
        self._take_settings()
        self._pieces = arrival_pieces(rack, replication)
        self._take_piece()

    def tally(self) -> RunTally:
        """Run all epochs and hand over what was counted."""
        start_s = 0.0
        for end_s in epoch_ends_s(self._rack):
            self._run_until(end_s)
            self._close_epoch(start_s, end_s)
            start_s = end_s
        return self._counted(start_s)

    def _run_until(self, end_s: float) -> None:
        while True:
            stopped = ENTRIES.run_until(end_s, self._piece, self._state)
            if stopped == OUT_OF_ARRIVALS:
                self._take_piece()
            elif stopped == OUT_OF_NODES:
                self._add_nodes()
            else:
                return

    def _take_piece(self) -> None:
        """The next piece that has a request in it, or an empty one when all are taken."""
        run = self._state.run[0]
        piece: MergedArrivals | None = next((p for p in self._pieces if p.time_s.size), None)
        if piece is None:
            self._piece = Piece(
                np.empty(0), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32), np.empty(0)
            )
            run["arrival_s"] = np.inf
            return
        self._piece = Piece(piece.time_s, piece.stream, piece.source, piece.work)
        self._drawn += piece.time_s.size
        # The first request of a piece comes a delay after the last of the piece before, rounded as SimPy
        # rounds it.
        last_s = float(run["arrival_s"]) if run["arrived"] else 0.0
        run["arrival_s"] = last_s + max(0.0, float(piece.time_s[0]) - last_s)
        run["cursor"] = 0

    def _add_nodes(self) -> None:
        """Twice the nodes, when so many requests are in the rack that none is free."""
        old = self._state.nodes
        # Chains hold row numbers, so they hold in the copy as well; doubling keeps copies rare.
        nodes = np.zeros(2 * len(old), dtype=old.dtype)
        nodes[: len(old)] = old
        chain_free(nodes, len(old))
        self._state.run["free"][0] = len(old)
        self._state = self._state._replace(nodes=nodes)

    def _close_epoch(self, start_s: float, now_s: float) -> None:
        state, length_s = self._state, now_s - start_s
        # Busy servers and counts are carried on to the end first: steering needs the energy of the whole
        # epoch.
        ENTRIES.end_epoch(now_s, state)
        row = self._measured(now_s, length_s)
        self._epochs.add(row)
        if self._on_epoch is not None:
            self._on_epoch(row)
        for name in ("busy_s", "dynamic_j"):
            state.servers[name] = 0.0
        state.networks["slowest_s"] = 0.0
        for name in ("in_system_s", "waiting_s", "answered", "late", "failed"):
            state.run[name] = 0
        # At the end of the run nothing more is applied: what would start now is not part of it.
        if now_s < self._rack.epochs * self._rack.epoch_s:
            self._apply_settings(now_s)

    def _measured(self, now_s: float, length_s: float) -> EpochRow:
        state = self._state
        arrived = int(state.run["arrived"][0])
        sums = ServerSums(
            length_s=np.array([length_s]),
            dynamic_j=state.servers["dynamic_j"][None, :],
            busy_s=state.servers["busy_s"][None, :],
            waiting_s=state.run["waiting_s"],
            in_system_s=state.run["in_system_s"],
            arrived=[arrived - self._arrived_before],
            slowest_s=state.networks["slowest_s"][None, :].copy(),
            waiting_at=state.stations["waiting"][None, :],
            trials=[Trial(*(int(state.run[name][0]) for name in ("answered", "late", "failed")))],
        )
        measured = sums.by_device(self._topology)[0]
        row = self._steering.close(now_s, measured)
        self._arrived_before = arrived
        return row

    def _apply_settings(self, now_s: float) -> None:
        """What went off and came on, and the new settings, in the order of the reference engine."""
        state, steering = self._state, self._steering
        self._take_settings()
        # All that fall go before any that rise, and all stations are opened or closed before orphans are
        # sent: none may go to a device that leaves in the same instant.
        orphans = [self._shut_down(int(device), now_s) for device in np.flatnonzero(steering.fell)]
        for device in np.flatnonzero(steering.rose):
            ENTRIES.plug_in(int(device), state)
        if steering.steers:
            ENTRIES.set_open(self._topology.open_stations(steering.controls.open), state)
        if orphans:
            numbers = np.concatenate(orphans)
            # Oldest first, from whatever device they come: dispatch depends on the order.
            ENTRIES.readmit(numbers[np.argsort(state.nodes["request"][numbers])], now_s, state)
        # Only other settings or new servers can let something start that did not start before.
        if steering.steers or steering.rose.any():
            ENTRIES.serve_all(now_s, state)

    def _shut_down(self, device: int, now_s: float) -> Ints:
        orphans = np.zeros(int(self._state.run["waiting"][0]), dtype=np.int64)
        return orphans[: ENTRIES.shut_down(device, now_s, orphans, self._state)]

    def _take_settings(self) -> None:
        state, steering = self._state, self._steering
        state.slow[:] = steering.slow
        state.busy_w[:] = steering.busy_w
        state.updated[:] = steering.updated
        state.watched[:] = steering.watched
        if self._rack.dispatch == "pinned":
            state.routes[:] = steering.routes
        state.groups["admitted"] = steering.controls.admitted
        state.networks["max_wait_s"] = steering.controls.max_wait_s
        state.networks["max_size"] = steering.controls.max_batch

    def _counted(self, end_s: float) -> RunTally:
        rack, state = self._rack, self._state
        remaining = np.zeros((len(rack.streams), 2), dtype=np.int64)
        ENTRIES.close(end_s, np.array([group.slo_s for group in rack.streams]), remaining, state)
        # What was never taken counts as drawn all the same, so that conservation compares whole runs.
        for piece in self._pieces:
            self._drawn += piece.time_s.size
        run = {name: state.run[name][0].item() for name in state.run.dtype.names or ()}
        done = RequestAccounts(
            spent_s=run["spent_s"],
            waited_s=run["waited_s"],
            served_s=run["served_s"],
            served_j=run["served_j"],
            drawn=self._drawn,
            gone=run["gone"],
            in_system=run["in_system"],
        )
        return RunTally(
            replication=self._replication,
            streams=tuple(_stream(state, index, remaining[index]) for index in range(len(rack.streams))),
            completed=run["completed"],
            batches=run["batches"],
            batched=run["batched"],
            epochs=self._epochs,
            accounts=law_accounts(rack, self._epochs.accounts, done),
            trial=self._steering.outcome,
        )


def _window_start_s(rack: Rack) -> float:
    """The end of the warm-up."""
    if rack.warmup_epochs == 0:
        return 0.0
    return next(end_s for number, end_s in enumerate(epoch_ends_s(rack), 1) if number == rack.warmup_epochs)


def _stream(state: LoopState, index: int, remaining: Ints) -> StreamTally:
    group = state.groups[index]
    return StreamTally(
        served=int(group["served"]),
        dropped=int(group["dropped"]),
        unfinished=int(remaining[0]),
        overdue=int(remaining[1]),
        latencies=BinnedLatencies(state.latency_counts[index], state.latency_sums_s[index]),
    )
