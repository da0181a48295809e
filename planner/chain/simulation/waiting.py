"""Compiled rules of what waits: events on a heap, tasks in the queues of their batches, frames in lanes."""

from __future__ import annotations

from planner.chain.simulation.state import NONE, ChainState
from planner.rack.compiled.jit import called_once, compiled

COMPLETION, EXPIRY = 1, 3
"""Ranks of events of one instant; arrivals, which lie on no heap, are between them."""


@compiled
def earlier(state: ChainState, one: int, other: int) -> bool:
    """Whether one event comes before another: by time, then rank, then number."""
    first, second = state.events[one], state.events[other]
    if first.time_s != second.time_s:
        return bool(first.time_s < second.time_s)
    if first.rank != second.rank:
        return bool(first.rank < second.rank)
    return bool(first.number < second.number)


@compiled
def swap(state: ChainState, one: int, other: int) -> None:
    """Let two events change places."""
    first, second = state.events[one], state.events[other]
    time_s, rank, number, what = first.time_s, first.rank, first.number, first.what
    first.time_s, first.rank, first.number, first.what = (
        second.time_s,
        second.rank,
        second.number,
        second.what,
    )
    second.time_s, second.rank, second.number, second.what = time_s, rank, number, what


@compiled
def rise(state: ChainState, place: int) -> None:
    """Move an event up to where it belongs."""
    while place > 0 and earlier(state, place, (place - 1) // 2):
        swap(state, place, (place - 1) // 2)
        place = (place - 1) // 2


@compiled
def push(state: ChainState, time_s: float, rank: int, what: int) -> None:
    """Put an event on the heap."""
    run = state.run[0]
    event = state.events[run.events]
    event.time_s, event.rank, event.number, event.what = time_s, rank, run.begun, what
    rise(state, run.events)
    run.events += 1
    run.begun += 1


@called_once
def sink(state: ChainState, place: int, count: int) -> None:
    """Move an event down to where it belongs among the first so many."""
    while 2 * place + 1 < count:
        child = 2 * place + 1
        if child + 1 < count and earlier(state, child + 1, child):
            child += 1
        if not earlier(state, child, place):
            return
        swap(state, child, place)
        place = child


@called_once
def pop(state: ChainState) -> None:
    """The first event goes to the end of the heap, behind what is left of it."""
    run = state.run[0]
    run.events -= 1
    swap(state, 0, run.events)
    sink(state, 0, run.events)


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
