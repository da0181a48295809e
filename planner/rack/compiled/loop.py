"""The events of a run, epoch by epoch, and what happens to devices at the end of one.

At equal times batches complete first, then requests arrive, then batches stop waiting to fill; what falls on
the end of an epoch belongs to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.rack.compiled.batches import admit, before_inference, complete, serve
from planner.rack.compiled.jit import called_once, compiled, entry, source_revision
from planner.rack.compiled.requests import drop_waiting, in_window_s, new_node, pass_time
from planner.rack.compiled.servers import count_batch, leave_idle, lose_batch, make_idle, serve_until
from planner.rack.compiled.state import CLOSED, NONE, OFF, SKIP_FRAME, Epochs, LoopState, Piece
from planner.rack.compiled.tree import renew_winner, set_load

DONE, OUT_OF_ARRIVALS, OUT_OF_NODES = range(3)
"""Why `run_epochs` came back."""


@called_once
def all_epochs(epochs: Epochs, piece: Piece, state: LoopState) -> int:
    """See `run_epochs`."""
    run = state.run[0]
    while run.epoch < len(epochs.end_s):
        stopped = events(epochs.end_s[run.epoch], piece, state)
        if stopped != DONE:
            return stopped
        end_epoch(epochs, state)
        run.epoch += 1
    return DONE


@called_once
def events(until_s: float, piece: Piece, state: LoopState) -> int:
    """Let all events before a time happen; stops early for want of arrivals or of free nodes."""
    run = state.run[0]
    while True:
        number = state.completion_winner[1]
        station = state.fire_winner[1]
        completion_s, fire_s, arrival_s = state.completion_s[number], state.fire_s[station], run.arrival_s
        # At one instant completions come first, then arrivals, then expiries: a unit that becomes free can
        # take what arrives with it, and a batch that fills in its last instant starts full.
        if completion_s <= arrival_s and completion_s <= fire_s:
            # What falls on the end itself waits for the next epoch: at equal times the epoch ends first.
            if completion_s >= until_s:
                return DONE
            complete(state, number, completion_s)
        elif arrival_s <= fire_s:
            if arrival_s >= until_s:
                return DONE
            # Before anything has changed: Python adds nodes and calls again, and the same event is the first
            # to happen.
            if run.free == NONE:
                return OUT_OF_NODES
            arrive(state, piece, arrival_s)
            if run.cursor == len(piece.time_s):
                return OUT_OF_ARRIVALS
            # As SimPy's clock: now plus a delay that is never negative, where rounding has put now past the
            # drawn time.
            run.arrival_s = arrival_s + max(0.0, piece.time_s[run.cursor] - arrival_s)
        else:
            if fire_s >= until_s:
                return DONE
            expire(state, station, fire_s)


@called_once
def arrive(state: LoopState, piece: Piece, now_s: float) -> None:
    """The next request arrives."""
    pass_time(state, now_s)
    run = state.run[0]
    group, source = piece.stream[run.cursor], piece.source[run.cursor]
    number = new_node(state, group, source, piece.work[run.cursor], now_s)
    run.cursor += 1
    rules = state.groups[group]
    # This frame is counted already, so more than one means that an older one of its camera is still here.
    skipped = rules.overflow == SKIP_FRAME and state.in_rack[source] > 1
    if skipped or not rules.admitted:
        drop_waiting(state, number, now_s)
    else:
        admit(state, number, now_s)


@called_once
def expire(state: LoopState, station: int, now_s: float) -> None:
    """The oldest request of a station has waited enough."""
    # The watch ends before `serve` looks: it may set the next one, and then renews the tournament itself.
    state.stations[station].expiry_s = state.fire_s[station] = np.inf
    serve(state, station, now_s)
    if state.fire_s[station] == np.inf:
        renew_winner(state.fire_winner, state.fire_s, state.fire_order, station)


@called_once
def end_epoch(epochs: Epochs, state: LoopState) -> None:
    """Carry all integrals on to the end of the epoch, note them, and begin those of the next."""
    run = state.run[0]
    row: int = run.epoch
    now_s = epochs.end_s[row]
    pass_time(state, now_s)
    for number in range(len(state.servers)):
        server = state.servers[number]
        if server.size > 0:
            # What a batch has drawn so far belongs to the epoch that ends, the rest to the next.
            serve_until(state, number, now_s)
        epochs.dynamic_j[row, number] = server.dynamic_j
        epochs.busy_s[row, number] = server.busy_s
        server.dynamic_j = server.busy_s = 0.0
    for number in range(len(state.stations)):
        epochs.waiting_at[row, number] = state.stations[number].waiting
    for number in range(len(state.networks)):
        epochs.slowest_s[row, number] = state.networks[number].slowest_s
        state.networks[number].slowest_s = 0.0
    epochs.waiting_s[row] = run.waiting_s
    epochs.in_system_s[row] = run.in_system_s
    epochs.arrived[row] = run.arrived
    trial = epochs.trials[row]
    trial[0], trial[1], trial[2] = run.answered, run.late, run.failed
    run.waiting_s = run.in_system_s = 0.0
    run.answered = run.late = run.failed = 0


@called_once
def plug(device: int, state: LoopState) -> None:
    """See `plug_in`."""
    for number in range(len(state.servers)):
        server = state.servers[number]
        if server.device != device:
            continue
        station = state.stations[server.station]
        station.servers_on += 1
        make_idle(state, number)
        # The first server of a station to come back gives it a load again; it begins empty, closed where it
        # was closed.
        if station.servers_on == 1 and server.unit != NONE:
            station.load = CLOSED * station.closed
            set_load(state.loads[station.lane], server.station, station.load)


@called_once
def admit_all(numbers: Ints, now_s: float, state: LoopState) -> None:
    """See `readmit`."""
    for number in numbers:
        admit(state, number, now_s)


@called_once
def serve_stations(now_s: float, state: LoopState) -> None:
    """See `serve_all`."""
    for station in range(len(state.stations)):
        serve(state, station, now_s)


@called_once
def unplug(device: int, now_s: float, orphans: Ints, state: LoopState) -> int:
    """See `shut_down`."""
    found = 0
    for number in range(len(state.servers)):
        server = state.servers[number]
        if server.device != device:
            continue
        station = state.stations[server.station]
        # A batch is lost with its server; requests that only wait may find another.
        if server.size > 0:
            lose_batch(state, number, now_s)
        else:
            leave_idle(state, number)
        station.servers_on -= 1
        # A station that devices share keeps its queue as long as one of its servers is left.
        if station.servers_on == 0:
            found = hand_back(server.station, now_s, orphans, found, state)
            if server.unit != NONE:
                station.load = OFF
                set_load(state.loads[station.lane], server.station, OFF)
    return found


@compiled
def hand_back(number: int, now_s: float, orphans: Ints, found: int, state: LoopState) -> int:
    """Empty a station: what waits for its inference fills `orphans` from `found` on, answers are lost."""
    for group in range(len(state.groups)):
        queue = state.queues[number, group]
        node = queue.head
        while node != NONE:
            # The next is read first: dropping a node puts it in the chain of free ones.
            following = state.nodes[node].next
            # What still waits for an inference can be inferred elsewhere; an answer on its way is lost with
            # the host.
            if before_inference(state, node):
                orphans[found] = node
                found += 1
            else:
                drop_waiting(state, node, now_s)
            node = following
        queue.head = queue.tail = NONE
        queue.length = 0
    state.waiting_of[number] = 0
    state.stations[number].waiting = 0
    return found


@called_once
def open_stations(is_open: Flags, state: LoopState) -> None:
    """See `set_open`."""
    for number in range(state.run[0].unit_stations):
        station = state.stations[number]
        change = int(not is_open[number]) - station.closed
        if change != 0:
            station.closed += change
            # A station without servers stays OFF; that it is closed is remembered for when it comes back.
            if station.load < OFF:
                station.load += change * CLOSED
                set_load(state.loads[station.lane], number, station.load)


@called_once
def remaining(end_s: float, overdue_after_s: Floats, counts: Ints, state: LoopState) -> None:
    """See `close`; also the last parts of the second accounts."""
    for number in range(len(state.servers)):
        if state.servers[number].size > 0:
            # The second accounts (see `planner.rack.counts.invariants`) miss what is unfinished unless it is
            # added here.
            count_batch(state, number, end_s)
            count_chain(state, state.servers[number].head, end_s, overdue_after_s, counts)
    for station in range(len(state.stations)):
        for group in range(len(state.groups)):
            head = state.queues[station, group].head
            state.run[0].waited_s += count_chain(state, head, end_s, overdue_after_s, counts)


@compiled
def count_chain(state: LoopState, node: int, end_s: float, overdue_after_s: Floats, counts: Ints) -> float:
    """Count a chain's requests that arrived in the window; returns how long it has waited, if it waits."""
    spent_s = waited_s = 0.0
    while node != NONE:
        request = state.nodes[node]
        spent_s += in_window_s(state, request.arrival_s, end_s)
        waited_s += in_window_s(state, request.since_s, end_s)
        # Requests are counted by their arrival, time by the part of it that lies in the window.
        if request.arrival_s >= state.run[0].window_start_s:
            counts[request.group, 0] += 1
            if end_s - request.arrival_s > overdue_after_s[request.group]:
                counts[request.group, 1] += 1
        node = request.next
    state.run[0].spent_s += spent_s
    return waited_s


@dataclass(frozen=True, slots=True)
class Entries:
    """What Python calls."""

    run_epochs: Callable[[Epochs, Piece, LoopState], int]
    plug_in: Callable[[int, LoopState], None]
    shut_down: Callable[[int, float, Ints, LoopState], int]
    readmit: Callable[[Ints, float, LoopState], None]
    set_open: Callable[[Flags, LoopState], None]
    serve_all: Callable[[float, LoopState], None]
    close: Callable[[float, Floats, Ints, LoopState], None]


def make_entries(revision: int) -> Entries:
    """The entries; all hold the revision of the sources that they were compiled from as a constant."""

    @entry
    def run_epochs(epochs: Epochs, piece: Piece, state: LoopState) -> int:
        """Run from one end of an epoch to the next, under the same settings, and note what each showed.

        Begins with the epoch of `RUN.epoch`; stops early for want of arrivals or of free nodes.
        """
        state.run[0].revision = revision
        return all_epochs(epochs, piece, state)

    @entry
    def plug_in(device: int, state: LoopState) -> None:
        """Take a device into service, all of its servers idle."""
        state.run[0].revision = revision
        plug(device, state)

    @entry
    def shut_down(device: int, now_s: float, orphans: Ints, state: LoopState) -> int:
        """Take a device out; the requests that waited for it alone fill `orphans`, as many as it returns."""
        state.run[0].revision = revision
        return unplug(device, now_s, orphans, state)

    @entry
    def readmit(numbers: Ints, now_s: float, state: LoopState) -> None:
        """Dispatch requests that have lost their queue, in the given order."""
        state.run[0].revision = revision
        admit_all(numbers, now_s, state)

    @entry
    def set_open(is_open: Flags, state: LoopState) -> None:
        """Say which stations are open to new requests."""
        state.run[0].revision = revision
        open_stations(is_open, state)

    @entry
    def serve_all(now_s: float, state: LoopState) -> None:
        """Start what may start under new settings."""
        state.run[0].revision = revision
        serve_stations(now_s, state)

    @entry
    def close(end_s: float, overdue_after_s: Floats, counts: Ints, state: LoopState) -> None:
        """Count what is still in the rack at the end: `counts` of each group are all, and those past SLO."""
        state.run[0].revision = revision
        remaining(end_s, overdue_after_s, counts, state)

    return Entries(run_epochs, plug_in, shut_down, readmit, set_open, serve_all, close)


ENTRIES = make_entries(source_revision())
