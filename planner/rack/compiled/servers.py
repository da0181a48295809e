"""Servers: who is idle, how long one works, what it draws, how its work ends."""

from __future__ import annotations

import math

import numpy as np

from planner.rack.arrivals.service_draws import BATCH_BITS, OUTLIER_MASK, SHARED
from planner.rack.compiled.dispatch import mixed
from planner.rack.compiled.jit import compiled
from planner.rack.compiled.requests import add_load, drop, in_window_s
from planner.rack.compiled.state import NONE, LoopState
from planner.rack.compiled.tree import renew_winner


@compiled
def take_idle(state: LoopState, station: int) -> int:
    """The server of a station that has been idle longest, which is not idle any more."""
    entry = state.stations[station]
    # First in, first out: the server idle longest works next, so that devices share the load and its heat
    # evenly.
    number: int = entry.idle_head
    entry.idle_head = state.servers[number].next_idle
    if entry.idle_head == NONE:
        entry.idle_tail = NONE
    return number


@compiled
def shared_state(state: LoopState, number: int, network: int) -> float:
    """What the units of a device share, one step on: it is kept with the first of them."""
    device = number // state.run[0].units
    row = state.variation[state.servers[number].unit, network]
    first = state.servers[device * state.run[0].units]
    bits = mixed(state.mixing_service, ((SHARED + device) << BATCH_BITS) + first.shared_draws)
    first.shared_draws += 1
    first.shared = row.shared_keeps * first.shared + row.shared_takes * state.normals[bits >> np.uint64(52)]
    shared: float = first.shared
    return shared


@compiled
def scatter(state: LoopState, number: int, network: int) -> float:
    """The factor on the service time of the batch that a unit begins: replayed, drawn, or one."""
    server = state.servers[number]
    row = state.variation[server.unit, network]
    if row.length > 0:
        place = (row.start + state.networks[network].replayed) % row.length
        state.networks[network].replayed += 1
        replayed: float = state.replayed[row.first + place]
        return replayed
    if row.draws == 0:
        return 1.0
    bits = mixed(state.mixing_service, (number << BATCH_BITS) + server.draws)
    server.draws += 1
    # One step of each process; sums are written as in the reference, where another order may round otherwise.
    server.slow = row.slow_keeps * server.slow + row.slow_takes * state.normals[bits >> np.uint64(52)]
    fast = state.normals[(bits >> np.uint64(40)) & np.uint64(0xFFF)]
    server.fast = row.fast_keeps * server.fast + row.fast_takes * fast
    noise = state.normals[(bits >> np.uint64(28)) & np.uint64(0xFFF)]
    log = row.slow_weight * server.slow + row.fast_weight * server.fast + row.noise_weight * noise
    if row.shared_weight > 0.0:
        log += row.shared_weight * shared_state(state, number, network)
    factor = math.exp(log - row.shift)
    below = row.outlier_stays if server.late else row.outlier_enters
    server.late = (bits & np.uint64(OUTLIER_MASK)) < below
    if server.late:
        factor *= row.outlier
        if row.outlier_spread > 0.0:
            normal = state.normals[((bits & np.uint64(OUTLIER_MASK)) << np.uint64(12)) // below]
            factor *= math.exp(row.outlier_spread * normal)
    return factor


@compiled
def begin_work(
    state: LoopState, number: int, size: int, power_w: float, service_s: float, now_s: float
) -> None:
    """A server works on the requests that are chained to it."""
    run, server = state.run[0], state.servers[number]
    server.size = size
    # `start_s` stays for the second account; `busy_since_s` is moved on at each end of an epoch.
    server.start_s = server.busy_since_s = now_s
    server.power_w = power_w
    # All members stop waiting in this instant.
    run.waiting -= size
    state.completion_s[number] = now_s + service_s
    # Of batches that end at one instant the one begun first completes first, as SimPy's queue of events has
    # it.
    state.completion_order[number] = run.begun
    run.begun += 1
    renew_winner(state.completion_winner, state.completion_s, state.completion_order, number)


@compiled
def serve_until(state: LoopState, number: int, now_s: float) -> None:
    """Carry a busy server's time and energy in this epoch on to now."""
    server = state.servers[number]
    served_s = now_s - server.busy_since_s
    server.busy_s += served_s
    server.dynamic_j += served_s * server.power_w
    server.busy_since_s = now_s


@compiled
def count_batch(state: LoopState, number: int, now_s: float) -> None:
    """Count the part of a batch that lies in the window, for the second account of time and energy."""
    run, server = state.run[0], state.servers[number]
    served_s = in_window_s(state, server.start_s, now_s)
    run.served_s += served_s
    run.served_j += served_s * server.power_w


@compiled
def finish(state: LoopState, number: int, now_s: float) -> None:
    """The batch of a server is over; its requests are still chained to it."""
    serve_until(state, number, now_s)
    count_batch(state, number, now_s)
    server = state.servers[number]
    # A step in a pool was never a load of the pool's station, only of the unit that the request is on its way
    # to.
    if server.unit != NONE:
        add_load(state, server.station, -server.size)
    server.size = 0
    # The tournament is renewed by whoever called, once it is known whether the server takes a new batch.
    state.completion_s[number] = np.inf


@compiled
def make_idle(state: LoopState, number: int) -> None:
    """A server joins the idle ones of its station as the last."""
    server = state.servers[number]
    entry = state.stations[server.station]
    server.head = server.next_idle = NONE
    if entry.idle_head == NONE:
        entry.idle_head = number
    else:
        state.servers[entry.idle_tail].next_idle = number
    entry.idle_tail = number


@compiled
def lose_batch(state: LoopState, number: int, now_s: float) -> None:
    """The batch of a server is lost with it."""
    finish(state, number, now_s)
    renew_winner(state.completion_winner, state.completion_s, state.completion_order, number)
    server = state.servers[number]
    node = server.head
    while node != NONE:
        following = state.nodes[node].next
        drop(state, node, now_s)
        node = following
    server.head = NONE


@compiled
def leave_idle(state: LoopState, number: int) -> None:
    """An idle server is removed from the idle ones of its station."""
    server = state.servers[number]
    entry = state.stations[server.station]
    previous, at = NONE, entry.idle_head
    while at != number:
        previous, at = at, state.servers[at].next_idle
    if previous == NONE:
        entry.idle_head = server.next_idle
    else:
        state.servers[previous].next_idle = server.next_idle
    # Where the last in turn leaves, the one before it is the last; NONE where it was alone.
    if entry.idle_tail == number:
        entry.idle_tail = previous
    server.next_idle = NONE


@compiled
def others_at_work(state: LoopState, number: int) -> int:
    """Other units of an idle unit's device that have a batch in them."""
    units = state.run[0].units
    # Unit servers of a device are numbered one after another; the one asked about is idle and counts itself
    # as none.
    first = number // units * units
    busy = 0
    for other in range(first, first + units):
        if state.servers[other].size > 0:
            busy += 1
    return busy
