"""The compiled engine: the rules of the reference engine, a million requests a second, and flat memory.

Requests are drawn, served and counted piece by piece in compiled code (`planner.rack.compiled`); at the end
of each epoch the same `Steering` as in the reference engine moves heat, throttling and policies on. While
heat changes nothing, several epochs are run before it is asked (`planner.rack.compiled.ahead`). With the same
seed both engines serve the same requests in the same batches at the same times.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.arrays import Floats, Ints
from planner.rack.compiled.ahead import EpochsAhead, Pieces, copied, most_ahead
from planner.rack.compiled.loop import ENTRIES, OUT_OF_ARRIVALS, OUT_OF_NODES
from planner.rack.compiled.setup import begin
from planner.rack.compiled.state import Epochs, LoopState, Piece, chain_free, epochs_until
from planner.rack.counts.epochs import EpochTally
from planner.rack.counts.latencies import BinnedLatencies
from planner.rack.counts.one_run import block_ends
from planner.rack.counts.tally import RequestAccounts, RunTally, StreamTally, law_accounts
from planner.rack.description.rack import Rack
from planner.rack.load.topology import topology_of
from planner.rack.run.device_log import EpochSink
from planner.rack.run.epoch_control import Steering
from planner.rack.run.measures import Measures, ServerSums
from planner.rack.run.rolling_update import Trial

_NO_REQUESTS = Piece(np.empty(0), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32), np.empty(0))


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
        self._spare: LoopState | None = None
        self._pieces = Pieces(rack, replication)
        self._piece = _NO_REQUESTS
        self._arrived_before = 0
        self._counted_at: list[list[StreamTally]] = []
        # From the bottom up: this is the first order in which servers are idle, and so who serves first.
        for device in np.flatnonzero(~self._steering.out):
            ENTRIES.plug_in(int(device), self._state)
        self._take_settings()
        self._take_piece()

    def tally(self) -> RunTally:
        """Run all epochs and hand over what was counted."""
        ends_s = np.fromiter(epoch_ends_s(self._rack), np.float64, self._rack.epochs)
        # Settings that policies and events make change at any end of an epoch; those of heat seldom.
        pace = EpochsAhead(1 if self._steering.steers else most_ahead(self._rack))
        closed, blocks = 0, block_ends(self._rack)
        while closed < len(ends_s):
            # A part of the window ends where epochs run ahead have to stop.
            stop = next((end for end in blocks if end > closed), len(ends_s))
            asked = ends_s[closed : min(stop, closed + pace.epochs)]
            kept = self._run_epochs(asked, ends_s[closed - 1] if closed else 0.0)
            closed += kept
            pace.seen(kept, moved=self._steering.moved)
            if closed in blocks:
                self._counted_at.append(self._counts())
            # At the end of the run nothing more is applied: what would start now is not part of it.
            if closed < len(ends_s):
                self._apply_settings(float(ends_s[closed - 1]))
        return self._counted(float(ends_s[-1]))

    def _run_epochs(self, ends_s: Floats, start_s: float) -> int:
        """Run these epochs and close them up to the first at whose end heat changes a setting; how many.

        Those behind it have then been run under settings that no longer held: the run goes back to where they
        began and comes to the same end of that epoch again.
        """
        ahead = len(ends_s) > 1
        before, piece = self._state, self._piece
        if ahead:
            self._pieces.mark()
            before = copied(self._state, self._spare)
        measured = self._measured(self._run_on(ends_s), start_s)
        for place, end_s in enumerate(ends_s.tolist()):
            row = self._steering.close(end_s, measured[place])
            self._epochs.add(row)
            if self._on_epoch is not None:
                self._on_epoch(row)
            if self._steering.moved and place + 1 < len(ends_s):
                self._state, self._piece, before = before, piece, self._state
                self._pieces.go_back()
                self._run_on(ends_s[: place + 1])
                break
        self._arrived_before = int(self._state.run["arrived"][0])
        self._spare = before if ahead else self._spare
        return place + 1

    def _run_on(self, ends_s: Floats) -> Epochs:
        """Run from here to the last of these ends of epochs."""
        epochs = epochs_until(ends_s, self._state)
        self._state.run["epoch"] = 0
        while True:
            stopped = ENTRIES.run_epochs(epochs, self._piece, self._state)
            if stopped == OUT_OF_ARRIVALS:
                self._take_piece()
            elif stopped == OUT_OF_NODES:
                self._add_nodes()
            else:
                return epochs

    def _take_piece(self) -> None:
        """The next piece that has a request in it, or an empty one when all are taken."""
        run, piece = self._state.run[0], self._pieces.take()
        self._piece = piece or _NO_REQUESTS
        if piece is None:
            run["arrival_s"] = np.inf
            return
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

    def _measured(self, epochs: Epochs, start_s: float) -> list[Measures]:
        """What each device did in these epochs."""
        sums = ServerSums(
            length_s=np.diff(epochs.end_s, prepend=start_s),
            dynamic_j=epochs.dynamic_j,
            busy_s=epochs.busy_s,
            waiting_s=epochs.waiting_s,
            in_system_s=epochs.in_system_s,
            arrived=np.diff(epochs.arrived, prepend=self._arrived_before).tolist(),
            slowest_s=epochs.slowest_s,
            waiting_at=epochs.waiting_at,
            trials=[Trial(*trial) for trial in epochs.trials.tolist()],
        )
        return sums.by_device(self._topology)

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
        run = {name: state.run[name][0].item() for name in state.run.dtype.names or ()}
        done = RequestAccounts(
            spent_s=run["spent_s"],
            waited_s=run["waited_s"],
            served_s=run["served_s"],
            served_j=run["served_j"],
            drawn=self._pieces.all_drawn(),
            gone=run["gone"],
            in_system=run["in_system"],
        )
        streams = tuple(_stream(state, index, remaining[index]) for index in range(len(rack.streams)))
        return RunTally(
            replication=self._replication,
            streams=streams,
            completed=run["completed"],
            batches=run["batches"],
            batched=run["batched"],
            epochs=self._epochs,
            accounts=law_accounts(rack, self._epochs.accounts, done),
            trial=self._steering.outcome,
            blocks=self._blocks(streams),
        )

    def _counts(self) -> list[StreamTally]:
        """What has been counted of each stream so far."""
        none = np.zeros(2, dtype=np.int64)
        return [_stream(self._state, index, none) for index in range(len(self._rack.streams))]

    def _blocks(self, whole: tuple[StreamTally, ...]) -> tuple[tuple[StreamTally, ...], ...]:
        """The streams by the part of the window in which their requests left; unfinished ones are in the
        last.
        """
        sums = [*self._counted_at[:-1], list(whole)] if self._counted_at else []
        before: list[StreamTally | None] = [None] * len(whole)
        blocks = []
        for so_far in sums:
            blocks.append(tuple(_less(tally, old) for tally, old in zip(so_far, before, strict=True)))
            before = list(so_far)
        return tuple(blocks)


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
        latencies=BinnedLatencies(state.latency_counts[index].copy(), state.latency_sums_s[index].copy()),
    )


def _less(tally: StreamTally, before: StreamTally | None) -> StreamTally:
    """What was counted since."""
    if before is None:
        return tally
    one, other = tally.latencies, before.latencies
    assert isinstance(one, BinnedLatencies)  # noqa: S101 - of this engine
    assert isinstance(other, BinnedLatencies)  # noqa: S101
    return StreamTally(
        served=tally.served - before.served,
        dropped=tally.dropped - before.dropped,
        unfinished=tally.unfinished,
        overdue=tally.overdue,
        latencies=BinnedLatencies(one.counts - other.counts, one.sums_s - other.sums_s),
    )
