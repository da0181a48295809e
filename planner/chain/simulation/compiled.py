"""The same rules as `plain.py` for speed: tasks in linked lists, running batches in a table."""

from __future__ import annotations

import numpy as np

from planner.chain.simulation.work import Floats, Ints, Work
from planner.rack.compiled.jit import compiled, entry


def run_compiled(work: Work) -> tuple[Floats, Floats, Floats]:
    """As `run_plain`, bit by bit."""
    slots, tasks, units = len(work.slot_visit), int(work.slot_tasks.sum()), len(work.servers)
    servers = int(work.servers.sum())
    reached_s, over_s, busy_s = np.full(slots, np.nan), np.full(slots, np.nan), np.zeros(units)
    task_first = np.cumsum(work.slot_tasks) - work.slot_tasks
    _loop(
        work.frame_s, work.frame_slot, work.slot_visit, work.slot_frame, work.slot_factor, work.unit,
        work.after, work.most, work.times_at, work.times_s,
        work.slot_tasks.copy(), task_first, np.repeat(np.arange(slots), work.slot_tasks),
        np.full(tasks, -1, dtype=np.int64), np.full(units, -1, dtype=np.int64),
        np.full(units, -1, dtype=np.int64), np.repeat(np.arange(units), work.servers),
        np.full(servers, np.inf), np.zeros(servers, dtype=np.int64), np.full(servers, -1, dtype=np.int64),
        reached_s, over_s, busy_s,
    )  # fmt: skip
    return reached_s, over_s, busy_s


@compiled
def _go_on(
    frame: int, now_s: float, frame_slot: Ints, slot_visit: Ints, after: Ints, unit: Ints, left: Ints,
    task_first: Ints, following: Ints, head: Ints, tail: Ints, reached_s: Floats, over_s: Floats,
) -> None:  # fmt: skip
    start = frame_slot[frame]
    for slot in range(start, frame_slot[frame + 1]):
        visit = slot_visit[slot]
        before = after[visit]
        if before >= 0 and np.isnan(over_s[start + before - slot_visit[start]]):
            continue
        if not np.isnan(reached_s[slot]):
            continue
        reached_s[slot] = now_s
        if left[slot] == 0:
            over_s[slot] = now_s
        place = unit[visit]
        for task in range(task_first[slot], task_first[slot] + left[slot]):
            following[task] = -1
            if tail[place] < 0:
                head[place] = task
            else:
                following[tail[place]] = task
            tail[place] = task


@compiled
def _take(
    place: int, visit: int, most: int, slot_visit: Ints, task_slot: Ints,
    following: Ints, head: Ints, tail: Ints,
) -> tuple[int, int]:  # fmt: skip
    """Take tasks of one visit out of a queue: the first of their own list, and how many."""
    taken, last, count = -1, -1, 0
    before, task = -1, head[place]
    while task >= 0 and count < most:
        behind = following[task]
        if slot_visit[task_slot[task]] == visit:
            if before < 0:
                head[place] = behind
            else:
                following[before] = behind
            if tail[place] == task:
                tail[place] = before
            following[task] = -1
            if last < 0:
                taken = task
            else:
                following[last] = task
            last = task
            count += 1
        else:
            before = task
        task = behind
    return taken, count


@entry
def _loop(
    frame_s: Floats, frame_slot: Ints, slot_visit: Ints, slot_frame: Ints, slot_factor: Floats, unit: Ints,
    after: Ints, most: Ints, times_at: Ints, times_s: Floats,
    left: Ints, task_first: Ints, task_slot: Ints, following: Ints, head: Ints, tail: Ints,
    server_unit: Ints, end_s: Floats, order: Ints, batch: Ints,
    reached_s: Floats, over_s: Floats, busy_s: Floats,
) -> None:  # fmt: skip
    frame, begun, running = 0, 0, 0
    frames, servers = len(frame_s), len(server_unit)
    while frame < frames or running > 0:
        first = -1
        for server in range(servers):
            if batch[server] >= 0 and (
                first < 0
                or end_s[server] < end_s[first]
                or (end_s[server] == end_s[first] and order[server] < order[first])
            ):
                first = server
        if first >= 0 and (frame >= frames or end_s[first] <= frame_s[frame]):
            now_s = end_s[first]
            task = batch[first]
            batch[first] = -1
            running -= 1
            while task >= 0:
                behind = following[task]
                slot = task_slot[task]
                left[slot] -= 1
                if left[slot] == 0:
                    over_s[slot] = now_s
                    _go_on(
                        slot_frame[slot], now_s, frame_slot, slot_visit, after, unit, left, task_first,
                        following, head, tail, reached_s, over_s,
                    )  # fmt: skip
                task = behind
        else:
            now_s = frame_s[frame]
            _go_on(
                frame, now_s, frame_slot, slot_visit, after, unit, left, task_first, following, head, tail,
                reached_s, over_s,
            )  # fmt: skip
            frame += 1
        for server in range(servers):
            place = server_unit[server]
            if batch[server] >= 0 or head[place] < 0:
                continue
            slot = task_slot[head[place]]
            visit = slot_visit[slot]
            taken, count = _take(place, visit, most[visit], slot_visit, task_slot, following, head, tail)
            time_s = times_s[times_at[visit] + count - 1] * slot_factor[slot]
            busy_s[place] += time_s
            end_s[server] = now_s + time_s
            order[server] = begun
            batch[server] = taken
            begun += 1
            running += 1
