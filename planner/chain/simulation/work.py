"""What a run has to do, drawn before it begins, so that both engines do the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from planner.chain.description import Chains, ChainStream, Visit
from planner.latency.band import BandEnd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Arrivals = Literal["periodic", "poisson"]
Service = Literal["as_stated", "exponential"]
"""Times as the chain states them, or times an exponential factor of mean one, as theory has them."""


@dataclass(frozen=True, slots=True)
class Work:
    """Frames in order of arrival, the visits of each (its slots), and how many tasks a slot has.

    Visits of all streams are numbered through; those of stream s are `first[s]` up to `first[s + 1]`. A slot
    without a task is over as soon as it is reached. Decoded frames that nobody looks at are streams of their
    own, of one visit, which answer nothing.
    """

    frame_s: Floats
    frame_stream: Ints
    frame_slot: Ints
    """The first slot of each frame."""
    slot_visit: Ints
    slot_frame: Ints
    slot_tasks: Ints
    slot_factor: Floats
    first: Ints
    unit: Ints
    after: Ints
    """The visit before, numbered through; -1 for none."""
    most: Ints
    """The largest batch of a visit."""
    times_at: Ints
    times_s: Floats
    """Time of a batch of n of visit v: `times_s[times_at[v] + n - 1]`."""
    servers: Ints
    answers: npt.NDArray[np.bool_]
    streams: int
    """Those of the chain, before those of frames that nobody looks at."""


def draw(
    chains: Chains,
    duration_s: float,
    seed: int,
    *,
    arrivals: Arrivals = "periodic",
    service: Service = "as_stated",
    bound: BandEnd = "mid",
) -> Work:
    """Frames that reach one of the devices in so long, their objects and factors."""
    random = np.random.default_rng(seed)
    places = {unit.id: place for place, unit in enumerate(chains.units)}
    own = [(stream, list(stream.visits)) for stream in chains.streams]
    unseen = [(stream, [visit]) for stream in chains.streams for visit in stream.visits if visit.frames > 1.0]
    frames: list[tuple[float, int, list[int]]] = []
    for place, (stream, visits) in enumerate(own):
        for number in range(math.ceil(stream.sources / chains.devices)):
            del number
            for count, time_s in enumerate(_arrivals(stream, duration_s, arrivals, random)):
                frames.append((time_s, place, _tasks(visits, count, random)))
                for other, (of_stream, (visit,)) in enumerate(unseen):
                    if of_stream is stream:
                        more = math.floor((count + 1) * visit.frames) - math.floor(count * visit.frames) - 1
                        gap_s = 1.0 / (stream.rate_per_s * visit.frames)
                        frames += [
                            (time_s + (step + 1) * gap_s, len(own) + other, [1]) for step in range(more)
                        ]
    frames.sort(key=lambda frame: frame[:2])
    return _packed(frames, own + unseen, places, chains, random, service, bound)


def _arrivals(stream: ChainStream, duration_s: float, kind: Arrivals, random: np.random.Generator) -> Floats:
    period_s = 1.0 / stream.rate_per_s
    if kind == "periodic":
        return np.arange(random.random() * period_s, duration_s, period_s)
    count = int(random.poisson(duration_s / period_s))
    return np.sort(random.random(count) * duration_s)


def _tasks(visits: list[Visit], count: int, random: np.random.Generator) -> list[int]:
    """Tasks of each visit of a source's count-th frame: one, none where it is skipped, or its objects."""
    found, objects = [], dict[str, int]()
    for visit in visits:
        share = min(visit.frames, 1.0)
        looked_at = math.floor((count + 1) * share + 1e-9) > math.floor(count * share + 1e-9)
        if not looked_at or not visit.in_turn:
            found.append(0)
        elif visit.items is None:
            found.append(1)
        else:
            if visit.step not in objects:
                chances = np.array(visit.items.probabilities)
                drawn = np.searchsorted(np.cumsum(chances), random.random(), side="right")
                objects[visit.step] = min(int(drawn), len(chances) - 1)
            found.append(objects[visit.step])
    return found


def _packed(
    frames: list[tuple[float, int, list[int]]],
    streams: list[tuple[ChainStream, list[Visit]]],
    places: dict[str, int],
    chains: Chains,
    random: np.random.Generator,
    service: Service,
    bound: BandEnd,
) -> Work:
    visits = [visit for _, of_stream in streams for visit in of_stream]
    first = np.cumsum([0, *(len(of_stream) for _, of_stream in streams)])
    after: list[int] = []
    for place, (_, of_stream) in enumerate(streams):
        lone = place >= len(chains.streams)
        after += [-1 if lone or v.after is None else int(first[place]) + v.after for v in of_stream]
    lengths = np.array([len(tasks) for _, _, tasks in frames], dtype=np.int64)
    frame_slot = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    slots = int(frame_slot[-1])
    slot_frame = np.repeat(np.arange(len(frames)), lengths)
    stream_of = np.array([stream for _, stream, _ in frames], dtype=np.int64)
    slot_visit = first[stream_of[slot_frame]] + np.arange(slots) - frame_slot[slot_frame]
    factor = random.exponential(size=slots) if service == "exponential" else np.ones(slots)
    own = int(first[len(chains.streams)])
    shape: dict[str, Any] = {
        "first": first.astype(np.int64),
        "unit": np.array([places[visit.unit] for visit in visits], dtype=np.int64),
        "after": np.array(after, dtype=np.int64),
        "most": np.array([len(visit.times) for visit in visits], dtype=np.int64),
        "times_at": np.cumsum([0, *(len(visit.times) for visit in visits)]).astype(np.int64),
        "times_s": np.array([time.at(bound) for visit in visits for time in visit.times]),
        "servers": np.array([unit.servers for unit in chains.units], dtype=np.int64),
        "answers": np.array([place < own and v.answers for place, v in enumerate(visits)], dtype=np.bool_),
        "streams": len(chains.streams),
    }
    return Work(
        frame_s=np.array([time_s for time_s, _, _ in frames]),
        frame_stream=stream_of,
        frame_slot=frame_slot,
        slot_visit=slot_visit.astype(np.int64),
        slot_frame=slot_frame.astype(np.int64),
        slot_tasks=np.array([number for _, _, tasks in frames for number in tasks], dtype=np.int64),
        slot_factor=factor,
        **shape,
    )
