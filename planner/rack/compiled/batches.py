"""Devices and batches: which batch may start, who is in it, how it ends."""

from __future__ import annotations

import numpy as np

from planner.rack.compiled.choice import choose_room
from planner.rack.compiled.jit import compiled
from planner.rack.compiled.queues import (
    add_load,
    count_served,
    drop,
    drop_waiting,
    in_window_s,
    join,
    pass_time,
    pop_newest,
    pop_oldest,
)
from planner.rack.compiled.state import DROP_OLDEST, NONE, State
from planner.rack.compiled.tree import renew_winner


@compiled
def admit(state: State, number: int, now_s: float) -> None:
    """Put a request where dispatch says; a queue of its group that grows too long loses one."""
    group = state.nodes[number].group
    rules = state.groups[group]
    room = choose_room(state, rules.network, state.nodes[number].request)
    if room == NONE:
        drop_waiting(state, number, now_s)
        return
    join(state, room, number)
    if state.rooms[room].idle_head != NONE:
        serve(state, room, now_s)
    if state.queues[room, group].length > rules.limit:
        if rules.overflow == DROP_OLDEST:
            lost = pop_oldest(state, room, group)
        else:
            lost = pop_newest(state, room, group)
        add_load(state, room, -1)
        drop_waiting(state, lost, now_s)


@compiled
def serve(state: State, room: int, now_s: float) -> None:
    """Start every batch that may start in a room; wait for the next to fill where devices stay idle."""
    place = state.rooms[room]
    while place.idle_head != NONE and place.waiting > 0:
        network = ready(state, room, now_s)
        if network == NONE:
            await_expiry(state, room, now_s)
            return
        start(state, room, network, now_s)


@compiled
def oldest_of(state: State, room: int, network: int) -> int:
    """The oldest request that waits for a network in a room."""
    oldest = NONE
    for place in range(state.networks[network].first, state.networks[network].last):
        head = state.queues[room, state.group_order[place]].head
        if head != NONE and (oldest == NONE or state.nodes[head].request < state.nodes[oldest].request):
            oldest = head
    return oldest


@compiled
def first_of(state: State, room: int, network: int) -> int:
    """The waiting request of a network that is first in rank: highest priority, then oldest."""
    first = NONE
    for place in range(state.networks[network].first, state.networks[network].last):
        head = state.queues[room, state.group_order[place]].head
        if head != NONE and (first == NONE or before(state, head, first)):
            first = head
    return first


@compiled
def before(state: State, one: int, other: int) -> bool:
    """Whether one request is served before another."""
    first, second = state.nodes[one], state.nodes[other]
    priority, against = state.groups[first.group].priority, state.groups[second.group].priority
    earlier: bool = priority > against or (priority == against and first.request < second.request)
    return earlier


@compiled
def ready(state: State, room: int, now_s: float) -> int:
    """Of the networks whose batch is full or has waited enough, the one with the first in rank; or NONE."""
    best, first = NONE, NONE
    for network in range(len(state.networks)):
        waiting = state.waiting_of[room, network]
        if waiting == 0:
            continue
        oldest_s = state.nodes[oldest_of(state, room, network)].arrival_s
        if waiting >= state.run[0].max_size or now_s >= oldest_s + state.networks[network].max_wait_s:
            head = first_of(state, room, network)
            if best == NONE or before(state, head, first):
                best, first = network, head
    return best


@compiled
def await_expiry(state: State, room: int, now_s: float) -> None:
    """Watch for the moment at which the first of a room's batches has waited enough."""
    expiry_s = np.inf
    for network in range(len(state.networks)):
        if state.waiting_of[room, network] > 0:
            oldest_s = state.nodes[oldest_of(state, room, network)].arrival_s
            expiry_s = min(expiry_s, oldest_s + state.networks[network].max_wait_s)
    if expiry_s < state.rooms[room].expiry_s:
        state.rooms[room].expiry_s = expiry_s
        state.fire_s[room] = now_s + (expiry_s - now_s)
        renew_winner(state.fire_winner, state.fire_s, state.fire_order, room)


@compiled
def start(state: State, room: int, network: int, now_s: float) -> None:
    """The device that has been idle longest begins a batch of a network."""
    pass_time(state, now_s)
    run, place = state.run[0], state.rooms[room]
    number = place.idle_head
    device = state.devices[number]
    place.idle_head = device.next_idle
    if place.idle_head == NONE:
        place.idle_tail = NONE
    size = min(run.max_size, state.waiting_of[room, network])
    device.head = take(state, room, network, size, now_s)
    device.size = size
    device.start_s = device.busy_since_s = now_s
    device.power_w = state.busy_w[number, network]
    run.waiting -= size
    if now_s >= run.window_start_s:
        run.batches += 1
        run.batched += size
    work = state.nodes[device.head].work
    service_s = state.batch_s[network, size - 1] * state.slow[number, network] * work
    state.completion_s[number] = now_s + service_s
    state.completion_order[number] = run.begun
    run.begun += 1
    renew_winner(state.completion_winner, state.completion_s, state.completion_order, number)


@compiled
def take(state: State, room: int, network: int, size: int, now_s: float) -> int:
    """Chain the waiting requests of a network that are first in rank, and count their waits."""
    run = state.run[0]
    head = last = NONE
    for _ in range(size):
        number = pop_oldest(state, room, state.nodes[first_of(state, room, network)].group)
        run.waited_s += in_window_s(state, state.nodes[number].arrival_s, now_s)
        if head == NONE:
            head = number
        else:
            state.nodes[last].next = number
        last = number
    state.nodes[last].next = NONE
    return head


@compiled
def serve_until(state: State, number: int, now_s: float) -> None:
    """Carry a busy device's time and energy in this epoch on to now."""
    device = state.devices[number]
    served_s = now_s - device.busy_since_s
    device.busy_s += served_s
    device.dynamic_j += served_s * device.power_w
    device.busy_since_s = now_s


@compiled
def count_batch(state: State, number: int, now_s: float) -> None:
    """Count the part of a batch that lies in the window, for the second account of time and energy."""
    run, device = state.run[0], state.devices[number]
    served_s = in_window_s(state, device.start_s, now_s)
    run.served_s += served_s
    run.served_j += served_s * device.power_w


@compiled
def finish(state: State, number: int, now_s: float) -> None:
    """The batch of a device is over; its requests are still chained to it."""
    serve_until(state, number, now_s)
    count_batch(state, number, now_s)
    device = state.devices[number]
    add_load(state, device.room, -device.size)
    device.size = 0
    state.completion_s[number] = np.inf


@compiled
def complete(state: State, number: int, now_s: float) -> None:
    """A device has served its batch and takes the next."""
    pass_time(state, now_s)
    finish(state, number, now_s)
    device = state.devices[number]
    node = device.head
    while node != NONE:
        following = state.nodes[node].next
        count_served(state, node, now_s)
        node = following
    make_idle(state, number)
    serve(state, device.room, now_s)
    if device.size == 0:
        renew_winner(state.completion_winner, state.completion_s, state.completion_order, number)


@compiled
def make_idle(state: State, number: int) -> None:
    """A device takes its turn behind the idle ones of its room."""
    device = state.devices[number]
    place = state.rooms[device.room]
    device.head = device.next_idle = NONE
    if place.idle_head == NONE:
        place.idle_head = number
    else:
        state.devices[place.idle_tail].next_idle = number
    place.idle_tail = number


@compiled
def lose_batch(state: State, number: int, now_s: float) -> None:
    """The batch of a device is lost with it."""
    finish(state, number, now_s)
    renew_winner(state.completion_winner, state.completion_s, state.completion_order, number)
    device = state.devices[number]
    node = device.head
    while node != NONE:
        following = state.nodes[node].next
        drop(state, node, now_s)
        node = following
    device.head = NONE


@compiled
def leave_idle(state: State, number: int) -> None:
    """An idle device is taken out of its room's turns."""
    device = state.devices[number]
    place = state.rooms[device.room]
    previous, at = NONE, place.idle_head
    while at != number:
        previous, at = at, state.devices[at].next_idle
    if previous == NONE:
        place.idle_head = device.next_idle
    else:
        state.devices[previous].next_idle = device.next_idle
    if place.idle_tail == number:
        place.idle_tail = previous
    device.next_idle = NONE
