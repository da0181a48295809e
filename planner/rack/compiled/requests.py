"""Requests in chains: who comes, who waits where, who leaves and how that is counted."""

from __future__ import annotations

import numpy as np

from planner.rack.compiled.jit import called_once, compiled
from planner.rack.compiled.state import NONE, LoopState
from planner.rack.compiled.tree import set_load
from planner.rack.counts.latencies import BIN_SHIFT, BINS, FIRST_BIN


@compiled
def pass_time(state: LoopState, now_s: float) -> None:
    """Carry the integrals of the numbers in the rack on to now."""
    run = state.run[0]
    elapsed_s = now_s - run.now_s
    run.in_system_s += run.in_system * elapsed_s
    run.waiting_s += run.waiting * elapsed_s
    run.now_s = now_s


@compiled
def in_window_s(state: LoopState, start_s: float, end_s: float) -> float:
    """The part of an interval that lies in the counted window."""
    window_start_s: float = state.run[0].window_start_s
    # The window has no end to cut at: every interval is closed by an event or by the end of the run.
    return max(0.0, end_s - max(start_s, window_start_s))


@compiled
def add_load(state: LoopState, station: int, requests: int) -> None:
    """Requests are on their way to a station, or were served behind it, or lost."""
    entry = state.stations[station]
    entry.load += requests
    set_load(state.loads[entry.lane], station, entry.load)


@called_once
def new_node(state: LoopState, group: int, source: int, work: float, now_s: float) -> int:
    """A request arrives; it takes a free node, of which there must be one."""
    run = state.run[0]
    number: int = run.free
    node = state.nodes[number]
    run.free = node.next
    node.arrival_s = node.since_s = now_s
    node.work = work
    # Numbers rise with arrival, so that comparing two tells which request is older.
    node.request = run.arrived
    node.next = NONE
    node.station = NONE
    node.stage = 0
    node.group = group
    node.source = source
    run.arrived += 1
    run.in_system += 1
    # Also one that is about to be dropped waits first, for no time: both accounts of waiting then agree.
    run.waiting += 1
    state.in_rack[source] += 1
    return number


@compiled
def leave(state: LoopState, number: int, now_s: float) -> None:
    """A request leaves the rack; its node is free."""
    run, node = state.run[0], state.nodes[number]
    run.spent_s += in_window_s(state, node.arrival_s, now_s)
    run.gone += 1
    run.in_system -= 1
    state.in_rack[node.source] -= 1
    # The last node freed is the first used again; the rows in use stay few and near each other.
    node.next = run.free
    run.free = number


@called_once
def wait_again(state: LoopState, number: int, now_s: float) -> None:
    """A request that was in service waits for the next step of its path."""
    state.run[0].waiting += 1
    state.nodes[number].since_s = now_s


@compiled
def drop_waiting(state: LoopState, number: int, now_s: float) -> None:
    """A request that waited, and is in no queue any more, is lost."""
    run, node = state.run[0], state.nodes[number]
    run.waited_s += in_window_s(state, node.since_s, now_s)
    run.waiting -= 1
    drop(state, number, now_s)


@compiled
def drop(state: LoopState, number: int, now_s: float) -> None:
    """A request is lost."""
    node = state.nodes[number]
    if node.arrival_s >= state.run[0].window_start_s:
        state.groups[node.group].dropped += 1
    leave(state, number, now_s)


@called_once
def count_served(state: LoopState, number: int, now_s: float) -> None:
    """A request is answered; its latency is counted in the bin that its binary digits name."""
    run, node = state.run[0], state.nodes[number]
    network = state.networks[state.groups[node.group].network]
    # For policies, so from the beginning of the run and of each epoch, warm-up or not.
    network.slowest_s = max(network.slowest_s, now_s - node.arrival_s)
    # Throughput counts what leaves within the window, latency what arrived in it.
    if now_s >= run.window_start_s:
        run.completed += 1
    if node.arrival_s >= run.window_start_s:
        latency_s = now_s - node.arrival_s
        # Positive floats sort as their bits do, so exponent and first bits of the mantissa are a logarithmic
        # bin without a logarithm.
        bin_index = (bits_of(latency_s) >> BIN_SHIFT) - FIRST_BIN
        bin_index = min(max(bin_index, 0), BINS - 1)
        state.groups[node.group].served += 1
        state.latency_counts[node.group, bin_index] += 1
        state.latency_sums_s[node.group, bin_index] += latency_s
    leave(state, number, now_s)


@compiled
def bits_of(value: float) -> int:
    """The binary digits of a number, as an integer."""
    bits: int = np.float64(value).view(np.int64)  # type: ignore[assignment]
    return bits


@compiled
def join(state: LoopState, station: int, number: int) -> None:
    """A request waits in its group's queue of a station, behind all older ones."""
    node = state.nodes[number]
    queue = state.queues[station, node.group]
    if queue.length == 0:
        node.next = NONE
        queue.head = queue.tail = number
    # The usual case. An older request joins late only where its device has gone out, and takes its place by
    # age.
    elif state.nodes[queue.tail].request < node.request:
        node.next = NONE
        state.nodes[queue.tail].next = number
        queue.tail = number
    else:
        insert(state, station, number)
    queue.length += 1
    state.waiting_of[station, state.groups[node.group].network] += 1
    state.stations[station].waiting += 1


@compiled
def insert(state: LoopState, station: int, number: int) -> None:
    """Put a request before all younger ones."""
    node = state.nodes[number]
    queue = state.queues[station, node.group]
    # The tail is younger, or `join` would have appended: the walk ends within the chain and the tail stays.
    before, after = NONE, queue.head
    while state.nodes[after].request < node.request:
        before, after = after, state.nodes[after].next
    node.next = after
    if before == NONE:
        queue.head = number
    else:
        state.nodes[before].next = number


@compiled
def pop_oldest(state: LoopState, station: int, group: int) -> int:
    """Take the first request out of a queue; its load stays."""
    queue = state.queues[station, group]
    number: int = queue.head
    queue.head = state.nodes[number].next
    if queue.head == NONE:
        queue.tail = NONE
    count_out(state, station, group)
    return number


@compiled
def pop_newest(state: LoopState, station: int, group: int) -> int:
    """Take the last request out of a queue; its load stays."""
    queue = state.queues[station, group]
    number: int = queue.tail
    if queue.head == number:
        queue.head = queue.tail = NONE
    else:
        # Chains lead one way; the walk to the last but one costs the length of the queue, which its limit
        # bounds.
        before = queue.head
        while state.nodes[before].next != number:
            before = state.nodes[before].next
        state.nodes[before].next = NONE
        queue.tail = before
    count_out(state, station, group)
    return number


@compiled
def count_out(state: LoopState, station: int, group: int) -> None:
    """One request fewer waits in a queue."""
    state.queues[station, group].length -= 1
    state.waiting_of[station, state.groups[group].network] -= 1
    state.stations[station].waiting -= 1
