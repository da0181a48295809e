"""The same rules as `plain.py` for speed: frames and their visits in rows, queues as chains of rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from planner.chain.simulation.state import NONE, ChainState, begin, with_more_frames
from planner.chain.simulation.waiting import (
    COMPLETION,
    EXPIRY,
    expect,
    join,
    lane_of,
    leave_lane,
    move,
    pop,
    push,
    rise,
    unlink,
)
from planner.chain.simulation.work import ANSWERED, DROPPED, FEWEST, IN_SYSTEM, LOST, Done, Work
from planner.rack.compiled.jit import called_once, compiled, entry, source_revision
from planner.wording.message import message

_REVISION = source_revision(Path(__file__).parent)
_DONE, _OUT_OF_FRAMES = 0, 1


def make_ready(tell: Callable[[str], None]) -> None:
    """Say so before the loop is compiled, which takes some seconds, once: Numba keeps it."""
    folder = getattr(_events, "stats").cache_path  # noqa: B009 - of Numba's dispatcher
    compiled_here = getattr(_events, "signatures")  # noqa: B009
    kept = folder is not None and any(Path(folder).glob("compiled._events-*.nbi"))
    if not kept and not compiled_here:
        tell(message("compile.once"))


def run_compiled(work: Work) -> Done:
    """As `run_plain`, bit by bit."""
    state = begin(work)
    while _events(state) == _OUT_OF_FRAMES:
        state = with_more_frames(state)
    return Done(
        state.done_s, state.outcome, state.serving["busy_s"].copy(), state.batches_begun, state.batched
    )


@compiled
def _count_in(state: ChainState, number: int, change: int) -> None:
    if state.answering[state.stream[number]] > 0:
        state.of_source[state.source[number]] += change


@compiled
def _settle(state: ChainState, number: int, outcome: int, now_s: float) -> None:
    if state.outcome[number] == IN_SYSTEM:
        state.outcome[number] = outcome
        state.done_s[number] = now_s
        _count_in(state, number, -1)


@compiled
def _over(state: ChainState, row: int, visit: int, now_s: float) -> None:
    frame = state.frames[row]
    state.slots[row * state.tasks.shape[1] + visit].over = 1
    if state.answers[frame.stream, visit]:
        frame.unanswered -= 1
        if frame.unanswered == 0:
            _settle(state, frame.number, ANSWERED, now_s)


@compiled
def _go_on(state: ChainState, row: int, first: int, now_s: float) -> None:
    frame, columns = state.frames[row], state.tasks.shape[1]
    for visit in range(first, state.visits[frame.stream]):
        slot, before = state.slots[row * columns + visit], state.after[frame.stream, visit]
        if slot.reached or (before >= 0 and not state.slots[row * columns + before].over):
            continue
        slot.reached = 1
        tasks = state.tasks[frame.number, visit]
        if tasks > 0:
            frame.active += 1
            join(state, row, visit, tasks, now_s)
        else:
            _over(state, row, visit, now_s)


@compiled
def _leave(state: ChainState, row: int) -> None:
    frame = state.frames[row]
    if frame.active == 0 and frame.used:
        frame.used = 0
        frame.next = state.run[0].free_frame
        state.run[0].free_frame = row
        state.inside[frame.device] -= 1


@called_once
def _device_for(state: ChainState, number: int) -> int:
    row = state.run[0].row
    device = state.route[row, state.source[number]]
    if device != FEWEST:
        return int(device)
    device = LOST
    for other in range(state.out.shape[1]):
        if not state.out[row, other] and (device == LOST or state.inside[other] < state.inside[device]):
            device = other
    return int(device)


@called_once
def _arrive(state: ChainState, now_s: float) -> None:
    run = state.run[0]
    number = run.arrived
    run.arrived += 1
    stream = state.stream[number]
    device = _device_for(state, number)
    skipped = state.skips[stream] and state.of_source[state.source[number]] > 0
    _count_in(state, number, 1)
    if device == LOST or skipped:
        _settle(state, number, DROPPED, now_s)
        return
    row, columns = run.free_frame, state.tasks.shape[1]
    frame = state.frames[row]
    run.free_frame = frame.next
    frame.number, frame.stream, frame.device, frame.active, frame.used = number, stream, device, 0, 1
    frame.unanswered = state.answering[stream]
    for visit in range(state.visits[stream]):
        slot = state.slots[row * columns + visit]
        slot.reached, slot.over, slot.in_lane, slot.waiting = 0, 0, 0, 0
    state.inside[device] += 1
    run.device = device
    _go_on(state, row, 0, now_s)
    _leave(state, row)


@called_once
def _complete(state: ChainState, number: int, now_s: float) -> None:
    batch, run, columns = state.batches[number], state.run[0], state.tasks.shape[1]
    unit = state.queue_unit[batch.queue]
    run.device = batch.device
    _work_until(state, batch.device, unit, now_s, -1)
    state.serving[batch.device, unit].touched = 1
    for place in range(batch.size):
        at = state.batch_slot[number, place]
        slot = state.slots[at]
        slot.left -= state.batch_taken[number, place]
        if slot.left == 0:
            state.frames[at // columns].active -= 1
            _over(state, at // columns, at % columns, now_s)
            _go_on(state, at // columns, at % columns + 1, now_s)
            _leave(state, at // columns)
    batch.next = run.free_batch
    run.free_batch = number


@compiled
def _work_until(state: ChainState, device: int, unit: int, now_s: float, change: int) -> None:
    serving = state.serving[device, unit]
    serving.busy_s += serving.at_work * (now_s - serving.since_s)
    serving.since_s = now_s
    serving.at_work += change


@called_once
def _next_queue(state: ChainState, device: int, unit: int, now_s: float) -> int:
    """The queue of a unit whose turn it is; none where none may start."""
    best, best_priority, best_s = NONE, 0, 0.0
    columns = state.tasks.shape[1]
    for place in range(state.unit_first[unit], state.unit_first[unit + 1]):
        queue = state.unit_queues[place]
        line = state.queues[device * len(state.queue_unit) + queue]
        if line.head == NONE:
            continue
        since_s = state.slots[line.head].since_s
        if line.count < state.queue_most[queue] and now_s < since_s + state.queue_wait_s[queue]:
            continue
        priority = state.priority[state.frames[line.head // columns].stream]
        if best == NONE or priority > best_priority or (priority == best_priority and since_s < best_s):
            best, best_priority, best_s = queue, priority, since_s
    return int(best)


@called_once
def _start(state: ChainState, device: int, queue: int, now_s: float) -> None:
    run, line = state.run[0], device * len(state.queue_unit) + queue
    number, room, unit = run.free_batch, state.queues[line], state.queue_unit[queue]
    batch, columns = state.batches[number], state.tasks.shape[1]
    run.free_batch = batch.next
    head, size, batch.size = room.head, 0, 0
    while room.head != NONE and size < state.queue_most[queue]:
        at = room.head
        slot = state.slots[at]
        taken = min(slot.waiting, state.queue_most[queue] - size)
        leave_lane(state, at)
        slot.waiting -= taken
        room.count -= taken
        size += taken
        state.batch_slot[number, batch.size], state.batch_taken[number, batch.size] = at, taken
        batch.size += 1
        if slot.waiting == 0:
            room.head = slot.next
            if slot.next == NONE:
                room.tail = NONE
            else:
                state.slots[slot.next].before = NONE
    time_s = state.times_s[state.times_at[queue] + size - 1] * state.slow[run.row, device, queue]
    time_s *= state.scatter[device, queue, room.begun % state.scatter.shape[2]]
    room.begun += 1
    if state.factor.size:
        time_s *= state.factor[state.frames[head // columns].number, head % columns]
    _work_until(state, device, unit, now_s, 1)
    if now_s >= run.window_s:
        state.batches_begun[queue] += 1
        state.batched[queue] += size
    batch.device, batch.queue = device, queue
    push(state, now_s + time_s, COMPLETION, number)
    if room.head != NONE:
        until_s = state.slots[room.head].since_s + state.queue_wait_s[queue]
        if until_s > now_s:
            expect(state, line, until_s)


@called_once
def _begin(state: ChainState, now_s: float) -> None:
    run = state.run[0]
    device = run.device
    for unit in range(len(state.servers)):
        serving = state.serving[device, unit]
        if not serving.touched:
            continue
        while serving.at_work < state.servers[unit]:
            queue = _next_queue(state, device, unit, now_s)
            if queue == NONE:
                break
            _start(state, device, queue, now_s)
        serving.touched = 0
    for place in range(run.joined):
        _enforce(state, state.joined[place], now_s)
    run.joined = 0


@called_once
def _enforce(state: ChainState, number: int, now_s: float) -> None:
    columns = state.tasks.shape[1]
    stream, visit = state.frames[number // columns].stream, number % columns
    lane = state.lanes[lane_of(state, number)]
    if lane.count <= state.limit[stream, visit]:
        return
    lost = lane.tail if state.newest[stream, visit] else lane.head
    frame = state.frames[lost // columns]
    leave_lane(state, lost)
    unlink(state, frame.device * len(state.queue_unit) + state.queue[stream, visit], lost)
    frame.active -= 1
    if state.leads[stream, visit]:
        _settle(state, frame.number, DROPPED, now_s)
    _leave(state, lost // columns)


@called_once
def _lose_all(state: ChainState, device: int, now_s: float) -> None:
    run, columns, queues = state.run[0], state.tasks.shape[1], len(state.queue_unit)
    for row in range(len(state.frames)):
        frame = state.frames[row]
        if frame.used and frame.device == device:
            for visit in range(state.visits[frame.stream]):
                leave_lane(state, row * columns + visit)
            _settle(state, frame.number, DROPPED, now_s)
            frame.active = 0
            _leave(state, row)
    for queue in range(queues):
        line = state.queues[device * queues + queue]
        line.head, line.tail, line.count, line.expecting = NONE, NONE, 0, 0
    for unit in range(len(state.servers)):
        _work_until(state, device, unit, now_s, -state.serving[device, unit].at_work)
    kept = 0
    for place in range(run.events):
        event = state.events[place]
        of = event.what // queues if event.rank == EXPIRY else state.batches[event.what].device
        if of == device:
            if event.rank == COMPLETION:
                state.batches[event.what].next = run.free_batch
                run.free_batch = event.what
            continue
        move(state, place, kept)
        kept += 1
    run.events = kept
    for place in range(kept):
        rise(state, place)


@called_once
def _change(state: ChainState, now_s: float) -> None:
    """The next row of the course; devices that go out of service lose what is in them."""
    run = state.run[0]
    run.row += 1
    for device in range(state.out.shape[1]):
        if state.out[run.row, device] and not state.out[run.row - 1, device]:
            _lose_all(state, device, now_s)


@called_once
def _stop_waiting(state: ChainState, line: int, now_s: float) -> None:
    """A batch waits no longer to fill, if its first has waited long enough."""
    room, queue = state.queues[line], line % len(state.queue_unit)
    device = line // len(state.queue_unit)
    state.run[0].device = device
    room.expecting = 0
    if room.head == NONE:
        return
    until_s = state.slots[room.head].since_s + state.queue_wait_s[queue]
    if until_s > now_s:
        expect(state, line, until_s)
    else:
        state.serving[device, state.queue_unit[queue]].touched = 1


@called_once
def _close(state: ChainState) -> None:
    """Count what still works at the end of the run."""
    end_s = state.run[0].end_s
    if np.isfinite(end_s):
        for device in range(state.out.shape[1]):
            for unit in range(len(state.servers)):
                _work_until(state, device, unit, end_s, 0)


@entry
def _events(state: ChainState) -> int:
    """Let all events happen; stops early where no row is free for a frame."""
    run = state.run[0]
    run.revision = _REVISION
    while True:
        change_s = state.from_s[run.row + 1] if run.row + 1 < len(state.from_s) else np.inf
        arrival_s = state.time_s[run.arrived] if run.arrived < len(state.time_s) else np.inf
        event_s = state.events[0].time_s if run.events > 0 else np.inf
        now_s = min(change_s, arrival_s, event_s)
        if now_s >= run.end_s or (arrival_s == np.inf and run.events == 0):
            _close(state)
            return _DONE
        rank, what = state.events[0].rank, state.events[0].what
        if change_s == now_s:
            _change(state, now_s)
        elif event_s < arrival_s or (event_s == arrival_s and rank == COMPLETION):
            pop(state)
            if rank == COMPLETION:
                _complete(state, what, now_s)
            else:
                _stop_waiting(state, what, now_s)
        elif run.free_frame == NONE:
            return _OUT_OF_FRAMES
        else:
            _arrive(state, now_s)
        _begin(state, now_s)
