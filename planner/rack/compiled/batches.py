"""Which batch may start, who is in it, and where its requests go when it is done."""

from __future__ import annotations

import numpy as np

from planner.rack.compiled.dispatch import choose_station, mixed
from planner.rack.compiled.jit import called_once, compiled
from planner.rack.compiled.requests import (
    add_load,
    count_served,
    drop,
    drop_waiting,
    in_window_s,
    join,
    pass_time,
    pop_newest,
    pop_oldest,
    wait_again,
)
from planner.rack.compiled.servers import begin_work, finish, make_idle, others_at_work, scatter, take_idle
from planner.rack.compiled.state import DROP_OLDEST, NONE, LoopState
from planner.rack.compiled.tree import renew_winner


@compiled
def admit(state: LoopState, number: int, now_s: float) -> None:
    """Send a request to the station that dispatch says, by way of the steps before it."""
    node = state.nodes[number]
    station = choose_station(state, state.groups[node.group].network, node.request, node.source)
    if station == NONE:
        drop_waiting(state, number, now_s)
        return
    node.station = station
    node.stage = 0
    # The load counts a request from its dispatch on, also while it is still at a step on the host: the next
    # one must not find the same queue empty.
    add_load(state, station, 1)
    wait(state, number, now_s)


@compiled
def wait(state: LoopState, number: int, now_s: float) -> None:
    """Wait for the next step of a path; a queue of the group that grows too long loses one."""
    node = state.nodes[number]
    group, early = node.group, before_inference(state, number)
    pool = state.path_pool[group, node.stage]
    station = node.station
    if pool != NONE:
        station = state.pool_station[state.stations[station].device, pool]
    # Join and serve first, look at the limit afterwards: a request that an idle server takes at once never
    # makes a queue too long.
    join(state, station, number)
    if state.stations[station].idle_head != NONE:
        serve(state, station, now_s)
    rules = state.groups[group]
    # The limit holds up to the inference alone. The request that goes may be this one or an older one, by the
    # group's rule.
    if state.queues[station, group].length > rules.limit and early:
        if rules.overflow == DROP_OLDEST:
            lost = pop_oldest(state, station, group)
        else:
            lost = pop_newest(state, station, group)
        # Behind its inference a request is no load of its unit's station any more (see `finish`).
        if before_inference(state, lost):
            add_load(state, state.nodes[lost].station, -1)
        drop_waiting(state, lost, now_s)


@compiled
def before_inference(state: LoopState, number: int) -> bool:
    """Whether a request waits for its inference or for a step before it."""
    node = state.nodes[number]
    early: bool = node.stage <= state.groups[node.group].inference
    return early


@compiled
def serve(state: LoopState, station: int, now_s: float) -> None:
    """Start all that may start in a station; wait for the next batch to fill where units stay idle."""
    entry = state.stations[station]
    # Several batches may start in one instant: idle servers are filled until nothing that waits may start.
    while entry.idle_head != NONE and entry.waiting > 0:
        # A pool of cores or copy engines has no lane: it takes single steps at once and never waits for a
        # batch.
        if entry.lane == NONE:
            start_step(state, station, now_s)
            continue
        network = ready(state, station, now_s)
        if network == NONE:
            await_expiry(state, station, now_s)
            return
        start(state, station, network, now_s)


@compiled
def oldest_of(state: LoopState, station: int, network: int) -> int:
    """The oldest request that waits for a network in a station."""
    oldest = NONE
    # A queue is in order of arrival, so the oldest of a network is at the head of one of its groups' queues;
    # requests are numbered as they arrive, so the lower number is the older request.
    for member in range(state.networks[network].first, state.networks[network].last):
        head = state.queues[station, state.group_order[member]].head
        if head != NONE and (oldest == NONE or state.nodes[head].request < state.nodes[oldest].request):
            oldest = head
    return oldest


@compiled
def first_of(state: LoopState, station: int, network: int) -> int:
    """The waiting request of a network that is first in rank: highest priority, then oldest."""
    first = NONE
    for member in range(state.networks[network].first, state.networks[network].last):
        head = state.queues[station, state.group_order[member]].head
        if head != NONE and (first == NONE or before(state, head, first)):
            first = head
    return first


@compiled
def before(state: LoopState, one: int, other: int) -> bool:
    """Whether one request is served before another."""
    first, second = state.nodes[one], state.nodes[other]
    priority, against = state.groups[first.group].priority, state.groups[second.group].priority
    earlier: bool = priority > against or (priority == against and first.request < second.request)
    return earlier


@compiled
def ready(state: LoopState, station: int, now_s: float) -> int:
    """Of the networks whose batch is full or has waited enough, the one with the first in rank; or NONE."""
    best, first = NONE, NONE
    for network in range(len(state.networks)):
        waiting = state.waiting_of[station, network]
        if waiting == 0:
            continue
        # From when it began to wait here. Time at a step before the inference does not hurry the batch.
        oldest_s = state.nodes[oldest_of(state, station, network)].since_s
        # The sum is written as in `await_expiry`: at the instant that it names the comparison must hold
        # exactly.
        if (
            waiting >= state.networks[network].max_size
            or now_s >= oldest_s + state.networks[network].max_wait_s
        ):
            # Whether a batch may start depends on its size or its oldest request; which of several starts, on
            # the request that is first in rank.
            head = first_of(state, station, network)
            if best == NONE or before(state, head, first):
                best, first = network, head
    return best


@compiled
def await_expiry(state: LoopState, station: int, now_s: float) -> None:
    """Watch for the moment at which the first of a station's batches has waited enough."""
    expiry_s = np.inf
    for network in range(len(state.networks)):
        if state.waiting_of[station, network] > 0:
            oldest_s = state.nodes[oldest_of(state, station, network)].since_s
            expiry_s = min(expiry_s, oldest_s + state.networks[network].max_wait_s)
    # A watch that is set already and comes earlier stays: where it fires in vain, `serve` looks again.
    if expiry_s < state.stations[station].expiry_s:
        state.stations[station].expiry_s = expiry_s
        # SimPy adds a delay to its clock, which may round to the float beside the expiry; both engines have
        # to fire at the same one.
        state.fire_s[station] = now_s + (expiry_s - now_s)
        renew_winner(state.fire_winner, state.fire_s, state.fire_order, station)


@compiled
def start(state: LoopState, station: int, network: int, now_s: float) -> None:
    """The unit that has been idle longest begins a batch of a network."""
    # Integrals of counts are carried on to now before any count changes.
    pass_time(state, now_s)
    run = state.run[0]
    size = min(state.networks[network].max_size, state.waiting_of[station, network])
    number = take_idle(state, station)
    server = state.servers[number]
    server.head = take(state, station, network, size, now_s)
    # Summed in the order of the batch, as in the reference: another order may round to another float.
    added_s = 0.0
    node = server.head
    while node != NONE:
        added_s += state.groups[state.nodes[node].group].unit_s
        node = state.nodes[node].next
    if now_s >= run.window_start_s:
        run.batches += 1
        run.batched += size
    full_clock_s = state.batch_s[server.unit, network, size - 1]
    # A batch keeps the service time that it begins with. Units that start later do not slow it down
    # (docs/rack.md).
    stretch = 1.0
    if run.contention > 0.0:
        stretch += run.contention * others_at_work(state, number)
    service_s = (full_clock_s + added_s) * state.slow[number, network] * stretch
    # Random service is drawn with the request that leads the batch, so that every rack sees the same draws;
    # it is one where service is constant.
    service_s *= state.nodes[server.head].work
    if run.varies:
        service_s *= scatter(state, number, network)
    begin_work(state, number, size, state.busy_w[number, network], service_s, now_s)


@compiled
def start_step(state: LoopState, station: int, now_s: float) -> None:
    """The server of a pool that has been idle longest takes the request that is first in rank."""
    pass_time(state, now_s)
    number = take_idle(state, station)
    first = NONE
    for group in range(len(state.groups)):
        head = state.queues[station, group].head
        if head != NONE and (first == NONE or before(state, head, first)):
            first = head
    node = state.nodes[first]
    pop_oldest(state, station, node.group)
    state.run[0].waited_s += in_window_s(state, node.since_s, now_s)
    # The node leaves the chain of those that wait and becomes a chain of its own, that of the server.
    node.next = NONE
    state.servers[number].head = first
    pool, step_s = state.path_pool[node.group, node.stage], state.path_s[node.group, node.stage]
    begin_work(state, number, 1, state.pool_w[pool], step_s, now_s)


@compiled
def take(state: LoopState, station: int, network: int, size: int, now_s: float) -> int:
    """Chain the waiting requests of a network that are first in rank, and count their waits."""
    run = state.run[0]
    head = last = NONE
    # One by one, because requests of several groups are merged by rank; with one group this is its own order.
    for _ in range(size):
        number = pop_oldest(state, station, state.nodes[first_of(state, station, network)].group)
        run.waited_s += in_window_s(state, state.nodes[number].since_s, now_s)
        if head == NONE:
            head = number
        else:
            state.nodes[last].next = number
        last = number
    state.nodes[last].next = NONE
    return head


@called_once
def complete(state: LoopState, number: int, now_s: float) -> None:
    """A server has done with its batch and takes the next."""
    pass_time(state, now_s)
    finish(state, number, now_s)
    server = state.servers[number]
    # Only what a unit infers can fail by a new model; steps on cores and copies cannot.
    renewed = server.unit != NONE and state.updated[server.device]
    node = server.head
    while node != NONE:
        following = state.nodes[node].next
        if renewed and fails(state, number, node, now_s):
            drop(state, node, now_s)
        else:
            go_on(state, node, now_s)
        node = following
    # The requests have gone on before their server is idle: a server that they wake in this instant is not
    # this one.
    make_idle(state, number)
    serve(state, server.station, now_s)
    # `finish` put infinity in this leaf and left the tree as it was, to save a walk where a new batch starts
    # at once (`begin_work` renews it). Nobody reads the root in between.
    if server.size == 0:
        renew_winner(state.completion_winner, state.completion_s, state.completion_order, number)


@compiled
def fails(state: LoopState, number: int, node: int, now_s: float) -> bool:
    """Whether a new model has failed at a request; what watched devices infer is counted."""
    run, request = state.run[0], state.nodes[node]
    # Drawn from the request's number, so the same requests fail whoever serves them.
    failed: bool = mixed(state.mixing_errors, request.request) < run.failing_below
    if state.watched[state.servers[number].device]:
        run.answered += 1
        run.late += now_s - request.arrival_s > run.late_after_s
        run.failed += failed
    return failed


@called_once
def go_on(state: LoopState, number: int, now_s: float) -> None:
    """A request goes to the next step of its path, or is answered."""
    node = state.nodes[number]
    node.stage += 1
    # The last step of the path is done: the request is answered, else it waits for the next one.
    if node.stage == state.groups[node.group].stages:
        count_served(state, number, now_s)
    else:
        wait_again(state, number, now_s)
        wait(state, number, now_s)
