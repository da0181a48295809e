"""The state of a compiled run as arrays, and how it begins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Flags, Floats, Ints
from planner.chain.simulation.work import IN_SYSTEM, Counts, Work

Rows = NDArray[np.void]
NONE = -1
_FRAMES = 256
"""Frames in the devices at once to begin with; more are added when they run out."""

RUN = np.dtype(
    [
        ("row", "i8"),  # of the course
        ("arrived", "i8"),
        ("begun", "i8"),  # events so far, which orders those of one instant
        ("events", "i8"),  # on the heap
        ("free_frame", "i8"),
        ("free_batch", "i8"),
        ("joined", "i8"),  # slots in `joined`
        ("device", "i8"),  # of the event that happens
        ("revision", "i8"),  # of the sources that the loop was compiled from
        ("end_s", "f8"),
        ("window_s", "f8"),
    ],
    align=True,
)
EVENT = np.dtype(
    [("time_s", "f8"), ("rank", "i8"), ("number", "i8"), ("what", "i8")], align=True
)  # `what` is the batch that ends, or device x queues + queue that stops waiting
FRAME = np.dtype(
    [
        ("number", "i8"),
        ("stream", "i8"),
        ("device", "i8"),
        ("active", "i8"),  # visits that are reached and not over
        ("unanswered", "i8"),  # visits that answer and are not over
        ("next", "i8"),  # free one
        ("used", "i8"),
    ],
    align=True,
)
SLOT = np.dtype(
    [
        ("since_s", "f8"),
        ("reached", "i8"),
        ("over", "i8"),
        ("waiting", "i8"),  # tasks
        ("left", "i8"),
        ("next", "i8"),  # in its queue
        ("before", "i8"),
        ("next_lane", "i8"),  # in its lane
        ("before_lane", "i8"),
        ("in_lane", "i8"),
    ],
    align=True,
)
LINE = np.dtype(
    [("head", "i8"), ("tail", "i8"), ("count", "i8"), ("expecting", "i8"), ("begun", "i8")], align=True
)
"""A queue, `count` its tasks and `begun` its batches, or a lane, `count` its slots."""
BATCH = np.dtype([("device", "i8"), ("queue", "i8"), ("size", "i8"), ("next", "i8")], align=True)
SERVING = np.dtype([("since_s", "f8"), ("busy_s", "f8"), ("at_work", "i8"), ("touched", "i8")], align=True)
"""A unit of a device."""


class ChainState(NamedTuple):
    """All arrays of a run; slot f x columns + v is the visit v of the frame in row f."""

    run: Rows
    events: Rows
    frames: Rows
    slots: Rows
    queues: Rows  # [device, queue]
    lanes: Rows
    batches: Rows
    batch_slot: Ints  # [batch, place]
    batch_taken: Ints
    serving: Rows  # [device, unit]
    joined: Ints
    inside: Ints  # [device]: frames in it
    of_source: Ints
    done_s: Floats
    outcome: Ints
    batches_begun: Ints  # [queue]
    batched: Ints
    # The work: see `planner.chain.simulation.work`.
    time_s: Floats
    stream: Ints
    source: Ints
    tasks: Counts
    factor: Floats
    visits: Ints
    after: Ints
    queue: Ints
    answers: Flags
    answering: Ints  # [stream]: visits that answer
    leads: Flags
    limit: Ints
    newest: Flags
    by_source: Flags
    lane: Ints
    skips: Flags
    first_source: Ints
    priority: Ints
    unit_first: Ints  # [unit]: its queues are unit_queues[unit_first[u]:unit_first[u + 1]]
    unit_queues: Ints
    queue_unit: Ints
    queue_most: Ints
    queue_wait_s: Floats
    times_at: Ints
    times_s: Floats
    servers: Ints
    from_s: Floats
    out: Flags
    slow: Floats
    route: Ints
    scatter: Floats


def begin(work: Work) -> ChainState:
    """The state before anything has happened."""
    tables, frames, course = work.tables, work.frames, work.course
    devices, units, queues = course.devices, len(tables.servers), len(tables.queue_unit)
    batches, most = int(devices * tables.servers.sum()), int(tables.queue_most.max())
    run = np.zeros(1, dtype=RUN)
    run["end_s"], run["window_s"] = work.end_s, work.window_s
    rows = np.zeros(batches, dtype=BATCH)
    rows["next"] = np.append(np.arange(1, batches), NONE)
    columns = frames.tasks.shape[1]
    by_unit = np.argsort(tables.queue_unit, kind="stable")
    sources = int(frames.source.max(initial=0)) + 1
    return ChainState(
        run=run,
        events=np.zeros(batches + devices * queues, dtype=EVENT),
        frames=_free(np.zeros(_FRAMES, dtype=FRAME), 0),
        slots=np.zeros(_FRAMES * columns, dtype=SLOT),
        queues=_lines(devices * queues),
        lanes=_lines(max(1, tables.lanes)),
        batches=rows,
        batch_slot=np.zeros((batches, most), dtype=np.int64),
        batch_taken=np.zeros((batches, most), dtype=np.int64),
        serving=np.zeros((devices, units), dtype=SERVING),
        joined=np.zeros(columns * (most + 1), dtype=np.int64),
        inside=np.zeros(devices, dtype=np.int64),
        of_source=np.zeros(sources, dtype=np.int64),
        done_s=np.full(len(frames.time_s), np.nan),
        outcome=np.full(len(frames.time_s), IN_SYSTEM, dtype=np.int64),
        batches_begun=np.zeros(queues, dtype=np.int64),
        batched=np.zeros(queues, dtype=np.int64),
        time_s=frames.time_s,
        stream=frames.stream,
        source=frames.source,
        tasks=frames.tasks,
        factor=frames.factor,
        visits=tables.visits,
        after=tables.after,
        queue=tables.queue,
        answers=tables.answers,
        answering=tables.answers.sum(axis=1),
        leads=tables.leads,
        limit=tables.limit,
        newest=tables.newest,
        by_source=tables.by_source,
        lane=tables.lane,
        skips=tables.skips,
        first_source=tables.first_source,
        priority=tables.priority,
        unit_first=np.searchsorted(tables.queue_unit[by_unit], np.arange(units + 1)),
        unit_queues=by_unit,
        queue_unit=tables.queue_unit,
        queue_most=tables.queue_most,
        queue_wait_s=tables.queue_wait_s,
        times_at=tables.times_at,
        times_s=tables.times_s,
        servers=tables.servers,
        from_s=course.from_s,
        out=course.out,
        slow=course.slow,
        route=course.route,
        scatter=work.scatter,
    )


def with_more_frames(state: ChainState) -> ChainState:
    """Twice the frames: rows keep their numbers."""
    old, columns = len(state.frames), state.tasks.shape[1]
    frames = np.zeros(2 * old, dtype=FRAME)
    frames[:old] = state.frames
    slots = np.zeros(2 * old * columns, dtype=SLOT)
    slots[: old * columns] = state.slots
    state.run["free_frame"] = old
    return state._replace(frames=_free(frames, old), slots=slots)


def _free(frames: Rows, first: int) -> Rows:
    frames["next"][first:] = np.append(np.arange(first + 1, len(frames)), NONE)
    return frames


def _lines(count: int) -> Rows:
    lines = np.zeros(count, dtype=LINE)
    lines["head"] = lines["tail"] = NONE
    return lines
