"""What a run has to do, laid out as arrays before it begins, so that both engines do the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Flags, Floats, Ints
from planner.chain.description import Chains, ChainStream, Visit

Counts = NDArray[np.int32]
Service = Literal["as_stated", "exponential"]
"""Times as the chain states them, or times an exponential factor of mean one, as theory has them."""

FEWEST = -1
"""In `Course.route`: the frame goes to the device that has the fewest frames in it."""
LOST = -2
"""In `Course.route`: no device is there to take it."""

IN_SYSTEM, ANSWERED, DROPPED = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The rules of a run: one row a stream and one column a visit, or one row a queue.

    What may be in one batch waits in one queue of each device: visits for the same network, and otherwise
    those of one step. Frames that are decoded and looked at by nobody are streams of their own, of one visit,
    behind those of the chain.
    """

    visits: Ints
    """How many each stream has."""
    after: Ints
    """The visit before; -1 for none."""
    queue: Ints
    answers: Flags
    leads: Flags
    """Whether the visit or one behind it answers: to drop a frame there is to lose its answer."""
    limit: Ints
    """Frames that may wait for the visit; -1 for any number. `newest` says which goes, `by_source` whether
    those of one source are counted or those of the stream at the device."""
    newest: Flags
    by_source: Flags
    lane: Ints
    """The first of the lanes in which those that wait are counted."""
    lanes: int
    skips: Flags
    """Of each stream: whether a source that has a frame in the devices sends no further one."""
    first_source: Ints
    priority: Ints
    queue_unit: Ints
    queue_most: Ints
    """The largest batch."""
    queue_wait_s: Floats
    """How long the first of a queue waits for a batch to fill."""
    queue_infers: Flags
    queue_clocked: Flags
    """Whether it is on a compute unit, whose clock heat lowers."""
    queue_visits: tuple[Visit, ...]
    """A visit of each queue: all of a queue take the same time."""
    times_at: Ints
    times_s: Floats
    """Time of a batch of n of queue q: `times_s[times_at[q] + n - 1]`."""
    servers: Ints
    """Of each unit of a device."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What holds from which time on; row 0 from the beginning.

    `out[j, d]` says which devices do not serve, `slow[j, d, q]` multiplies the times of a queue, and
    `route[j, s]` is the device that a source's frames go to, or `FEWEST`, or `LOST`.
    """

    from_s: Floats
    out: Flags
    slow: Floats
    route: Ints

    @property
    def devices(self) -> int:
        """How many there are."""
        return int(self.out.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """All frames of a run in order of arrival.

    `counted` are those that a network looks at, of which the latency is promised; `tasks[f, v]` is one, or
    the objects of the frame, or none where the visit skips it; `factor` multiplies the time of a batch that
    the frame leads at a visit, and is empty where all are one.
    """

    time_s: Floats
    stream: Ints
    source: Ints
    """Sources are counted through all streams."""
    counted: Flags
    tasks: Counts
    factor: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A run: its rules, its frames, its devices over time, and when it ends (infinite: with the last frame).

    Batches that begin from `window_s` on are counted.
    """

    tables: Tables
    frames: Frames
    course: Course
    end_s: float
    scatter: Floats
    """`scatter[d, q, n]` multiplies the time of the n-th batch of a queue, counted anew behind the last."""
    window_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """What both engines count, bit by bit alike.

    `done_s` is when a frame was answered or lost, NaN of one that neither happened to; `busy_s[d, u]` is
    server-time of a unit within the run; `batches` and `batched` are those of each queue and what was in
    them.
    """

    done_s: Floats
    outcome: Ints
    busy_s: Floats
    batches: Ints
    batched: Ints


def undisturbed(devices: int, queues: int, home: Ints) -> Course:
    """The course of devices to which nothing happens, every source at its home."""
    return Course(
        np.zeros(1),
        np.zeros((1, devices), dtype=np.bool_),
        np.ones((1, devices, queues)),
        home[None, :].astype(np.int64),
    )


def steady(devices: int, queues: int) -> Floats:
    """Batches that take their time and no other."""
    return np.ones((devices, queues, 1))


def homes(chains: Chains, sources: list[int], devices: int) -> Ints:
    """Where the frames of each source go: a compressed stream is decoded by one device, and so cameras are
    dealt to the devices in turn; frames that come decoded go to any."""
    dealt = np.arange(sum(sources)) % devices
    pinned = np.repeat([decodes(stream) for stream in chains.streams], sources)
    return np.where(pinned, dealt, FEWEST).astype(np.int64)


def decodes(stream: ChainStream) -> bool:
    """Whether frames of a stream come compressed."""
    return any(visit.kind == "decode" for visit in stream.visits)


def unseen_visits(chains: Chains) -> list[tuple[int, Visit]]:
    """Visits that work on more frames than the stream has, each with its stream: what a camera sends beside
    the frames that are looked at has to be decoded too."""
    return [
        (place, visit)
        for place, stream in enumerate(chains.streams)
        for visit in stream.visits
        if visit.frames > 1.0
    ]


def tables_of(
    chains: Chains, bound: Literal["low", "mid", "high"], sources: list[int], devices: int, max_wait_s: float
) -> Tables:
    """The rules of chains, with times at one end of their bands; sources of each stream in `sources`."""
    rows = [list(stream.visits) for stream in chains.streams]
    rows += [[visit] for _, visit in unseen_visits(chains)]
    own = len(chains.streams)
    shape = (len(rows), max(len(row) for row in rows))
    after, queue = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    limit, lane = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    answers, newest = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    by_source = np.zeros(shape, dtype=np.bool_)
    queues: dict[tuple[object, ...], Visit] = {}
    numbers: dict[tuple[object, ...], int] = {}
    lanes = 0
    for s, row in enumerate(rows):
        stream = chains.streams[s] if s < own else None
        for v, visit in enumerate(row):
            after[s, v] = -1 if stream is None or visit.after is None else visit.after
            answers[s, v] = stream is not None and visit.answers
            key = _batched_with(visit, s if stream else own + s, v)
            queue[s, v] = numbers.setdefault(key, len(numbers))
            queues.setdefault(key, visit)
            if stream is None:
                continue
            of_stream = stream.queue_limit if v <= _first_network(stream) else None
            stated = visit.limit if visit.limit is not None else of_stream
            if stated is not None:
                limit[s, v], lane[s, v] = stated, lanes
                by_source[s, v] = visit.limit is not None
                newest[s, v] = visit.limit is None and stream.overflow != "drop_oldest"
                lanes += sources[s] if by_source[s, v] else devices
    first = np.concatenate(([0], np.cumsum(sources)[:-1]))
    behind = [int(first[place]) for place, _ in unseen_visits(chains)]
    places = {unit.id: place for place, unit in enumerate(chains.units)}
    kept = list(queues.values())
    return Tables(
        visits=np.array([len(row) for row in rows], dtype=np.int64),
        after=after,
        queue=queue,
        answers=answers,
        leads=_leads(answers, after),
        limit=limit,
        newest=newest,
        by_source=by_source,
        lane=lane,
        lanes=lanes,
        skips=np.array([s < own and chains.streams[s].overflow == "skip_frame" for s in range(len(rows))]),
        first_source=np.array([*first.tolist(), *behind], dtype=np.int64),
        priority=np.array([chains.streams[s].priority if s < own else 0 for s in range(len(rows))]),
        queue_unit=np.array([places[visit.unit] for visit in kept], dtype=np.int64),
        queue_most=np.array([len(visit.times) for visit in kept], dtype=np.int64),
        queue_wait_s=np.array([max_wait_s if _waits(visit) else 0.0 for visit in kept]),
        queue_infers=np.array([visit.kind == "network" for visit in kept]),
        queue_clocked=np.array([chains.unit(visit.unit).role == "accelerator" for visit in kept]),
        queue_visits=tuple(kept),
        times_at=np.cumsum([0, *(len(visit.times) for visit in kept)])[:-1].astype(np.int64),
        times_s=np.array([time.at(bound) for visit in kept for time in visit.times]),
        servers=np.array([unit.servers for unit in chains.units], dtype=np.int64),
    )


def _batched_with(visit: Visit, stream: int, place: int) -> tuple[object, ...]:
    """What a visit shares its batches with: all that ask the same unit for the same network."""
    if visit.network is not None:
        return (visit.unit, visit.network, visit.times)
    return (stream, place)


def _waits(visit: Visit) -> bool:
    return visit.kind == "network" and len(visit.times) > 1


def _first_network(stream: ChainStream) -> int:
    """Up to here the limit of a stream holds: what has been inferred is not thrown away."""
    kinds = [visit.kind for visit in stream.visits]
    return kinds.index("network") if "network" in kinds else len(kinds)


def _leads(answers: Flags, after: Ints) -> Flags:
    leads = answers.copy()
    for s in range(len(after)):
        for v in range(after.shape[1] - 1, 0, -1):
            if leads[s, v] and after[s, v] >= 0:
                leads[s, after[s, v]] = True
    return leads
