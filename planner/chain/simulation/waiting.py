"""Compiled rules of what waits: events on a heap, tasks in the queues of their batches, frames in lanes."""

from __future__ import annotations

from planner.chain.simulation.state import NONE, ChainState
from planner.rack.compiled.jit import called_once, compiled

COMPLETION, EXPIRY = 1, 3
"""Ranks of events of one instant; arrivals, which lie on no heap, are between them."""


@compiled
def comes_before(state: ChainState, time_s: float, rank: int, number: int, other: int) -> bool:
    """Whether an event comes before one of the heap: by time, then rank, then number."""
    event = state.events[other]
    if time_s != event.time_s:
        return bool(time_s < event.time_s)
    if rank != event.rank:
        return bool(rank < event.rank)
    return bool(number < event.number)


@compiled
def put(state: ChainState, place: int, time_s: float, rank: int, number: int, what: int) -> None:
    """Write an event."""
    event = state.events[place]
    event.time_s, event.rank, event.number, event.what = time_s, rank, number, what


@compiled
def move(state: ChainState, source: int, place: int) -> None:
    """Write one event over another."""
    event = state.events[source]
    put(state, place, event.time_s, event.rank, event.number, event.what)


@compiled
def rise(state: ChainState, place: int) -> None:
    """Move an event up to where it belongs; what is above it moves down into the hole."""
    event = state.events[place]
    time_s, rank, number, what = event.time_s, event.rank, event.number, event.what
    while place > 0 and comes_before(state, time_s, rank, number, (place - 1) // 2):
        move(state, (place - 1) // 2, place)
        place = (place - 1) // 2
    put(state, place, time_s, rank, number, what)


@compiled
def push(state: ChainState, time_s: float, rank: int, what: int) -> None:
    """Put an event on the heap."""
    run = state.run[0]
    put(state, run.events, time_s, rank, run.begun, what)
    rise(state, run.events)
    run.events += 1
    run.begun += 1


@called_once
def pop(state: ChainState) -> None:
    """Take the first event off the heap: the last one sinks from the top to where it belongs."""
    run, place = state.run[0], 0
    run.events -= 1
    count, event = run.events, state.events[run.events]
    time_s, rank, number, what = event.time_s, event.rank, event.number, event.what
    while 2 * place + 1 < count:
        child = 2 * place + 1
        # Where there is no second child its row holds what sinks, or an event that was: not looked at.
        right = state.events[child + 1]
        if child + 1 < count and comes_before(state, right.time_s, right.rank, right.number, child):
            child += 1
        if comes_before(state, time_s, rank, number, child):
            break
        move(state, child, place)
        place = child
    put(state, place, time_s, rank, number, what)


@called_once
def unlink(state: ChainState, line: int, number: int) -> None:
    """Take a slot out of its queue."""
    queue, slot = state.queues[line], state.slots[number]
    if slot.before == NONE:
        queue.head = slot.next
    else:
        state.slots[slot.before].next = slot.next
    if slot.next == NONE:
        queue.tail = slot.before
    else:
        state.slots[slot.next].before = slot.before
    queue.count -= slot.waiting


@compiled
def lane_of(state: ChainState, number: int) -> int:
    """Where a slot is counted against its limit."""
    columns = state.tasks.shape[1]
    frame, visit = state.frames[number // columns], number % columns
    stream, place = frame.stream, frame.device
    if state.by_source[stream, visit]:
        place = state.source[frame.number] - state.first_source[stream]
    return int(state.lane[stream, visit] + place)


@compiled
def leave_lane(state: ChainState, number: int) -> None:
    """A slot that has begun, or is lost, waits no more."""
    slot = state.slots[number]
    if not slot.in_lane:
        return
    lane = state.lanes[lane_of(state, number)]
    if slot.before_lane == NONE:
        lane.head = slot.next_lane
    else:
        state.slots[slot.before_lane].next_lane = slot.next_lane
    if slot.next_lane == NONE:
        lane.tail = slot.before_lane
    else:
        state.slots[slot.next_lane].before_lane = slot.before_lane
    lane.count -= 1
    slot.in_lane = 0


@compiled
def expect(state: ChainState, line: int, time_s: float) -> None:
    """One event a queue: it looks at who is first then, and comes again where that one has time left."""
    if not state.queues[line].expecting:
        state.queues[line].expecting = 1
        push(state, time_s, EXPIRY, line)


@compiled
def join(state: ChainState, row: int, visit: int, tasks: int, now_s: float) -> None:
    """Put the tasks of a visit in the queue that they are batched in, behind those of their priority."""
    frame, number = state.frames[row], row * state.tasks.shape[1] + visit
    stream, slot = frame.stream, state.slots[number]
    queue = state.queue[stream, visit]
    line = frame.device * len(state.queue_unit) + queue
    slot.since_s, slot.waiting, slot.left = now_s, tasks, tasks
    room, columns = state.queues[line], state.tasks.shape[1]
    behind = room.tail
    while behind != NONE and (
        state.priority[state.frames[behind // columns].stream] < state.priority[stream]
    ):
        behind = state.slots[behind].before
    slot.before = behind
    slot.next = room.head if behind == NONE else state.slots[behind].next
    if behind == NONE:
        room.head = number
    else:
        state.slots[behind].next = number
    if slot.next == NONE:
        room.tail = number
    else:
        state.slots[slot.next].before = number
    room.count += tasks
    state.serving[frame.device, state.queue_unit[queue]].touched = 1
    if state.queue_wait_s[queue] > 0:
        expect(state, line, now_s + state.queue_wait_s[queue])
    if state.limit[stream, visit] >= 0:
        lane = state.lanes[lane_of(state, number)]
        slot.before_lane, slot.next_lane, slot.in_lane = lane.tail, NONE, 1
        if lane.tail == NONE:
            lane.head = number
        else:
            state.slots[lane.tail].next_lane = number
        lane.tail = number
        lane.count += 1
        state.joined[state.run[0].joined] = number
        state.run[0].joined += 1
