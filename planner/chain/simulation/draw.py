"""Frames of a run, drawn before it begins: which visits look at each, and how many objects are in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.chain.description import Chains, ChainStream, Visit
from planner.chain.simulation.work import Counts, Frames, Service, unseen_visits

Arrivals = Literal["periodic", "poisson"]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SentFrames:
    """Frames in order of time: the stream and the source of each, sources counted through all streams."""

    time_s: Floats
    stream: Ints
    source: Ints


def sent_frames(
    chains: Chains, sources: list[int], duration_s: float, random: np.random.Generator, arrivals: Arrivals
) -> SentFrames:
    """Frames of cameras at fixed intervals from a random phase, or at random."""
    times: list[Floats] = []
    streams: list[int] = []
    for place, stream in enumerate(chains.streams):
        for _ in range(sources[place]):
            times.append(_times_s(stream, duration_s, arrivals, random))
            streams.append(place)
    sizes = [len(time_s) for time_s in times]
    time_s = np.concatenate(times) if times else np.empty(0)
    order = np.argsort(time_s, kind="stable")
    source = np.repeat(np.arange(len(sizes)), sizes)[order]
    return SentFrames(time_s[order], np.array(streams, dtype=np.int64)[source], source)


def _times_s(stream: ChainStream, duration_s: float, kind: Arrivals, random: np.random.Generator) -> Floats:
    period_s = 1.0 / stream.rate_per_s
    if kind == "periodic":
        return np.arange(random.random() * period_s, duration_s, period_s)
    count = int(random.poisson(duration_s / period_s))
    return np.sort(random.random(count) * duration_s)


def frames_of(
    chains: Chains, sent: SentFrames, random: np.random.Generator, service: Service = "as_stated"
) -> Frames:
    """The frames that were sent with their tasks, and between them those that are only decoded."""
    columns = max(len(stream.visits) for stream in chains.streams)
    tasks = np.zeros((len(sent.time_s), columns), dtype=np.int32)
    counted = np.zeros(len(sent.time_s), dtype=np.bool_)
    count = np.zeros(len(sent.time_s), dtype=np.int64)
    for place, stream in enumerate(chains.streams):
        here = np.flatnonzero(sent.stream == place)
        starts = np.zeros(1, dtype=np.int64)
        if any(visit.frames != 1.0 for visit in stream.visits):
            # Source by source: what a step skips is counted within each.
            here = here[np.argsort(sent.source[here], kind="stable")]
            starts = np.flatnonzero(np.diff(sent.source[here], prepend=-1))
            count[here] = _counts(np.ones(len(here), dtype=np.bool_), starts)
        found = _tasks(stream, starts, len(here), random)
        tasks[here, : found.shape[1]] = found
        networks = [place for place, visit in enumerate(stream.visits) if visit.kind == "network"]
        counted[here] = found[:, networks[0]] > 0 if networks else True
    time_s, streams, sources = [sent.time_s], [sent.stream], [sent.source]
    for number, (place, visit) in enumerate(unseen_visits(chains)):
        here = np.flatnonzero(sent.stream == place)
        k = count[here]
        more = (np.floor((k + 1) * visit.frames) - np.floor(k * visit.frames)).astype(np.int64) - 1
        gap_s = 1.0 / (chains.streams[place].rate_per_s * visit.frames)
        step = np.arange(more.sum()) - np.repeat(np.cumsum(more) - more, more)
        time_s.append(np.repeat(sent.time_s[here], more) + (step + 1) * gap_s)
        streams.append(np.full(len(step), len(chains.streams) + number))
        sources.append(np.repeat(sent.source[here], more))
    shape = (len(sent.time_s), columns) if service == "exponential" else (0, columns)
    if len(time_s) == 1:
        return Frames(sent.time_s, sent.stream, sent.source, counted, tasks, random.exponential(size=shape))
    all_s = np.concatenate(time_s)
    order = np.argsort(all_s, kind="stable")
    added = len(all_s) - len(sent.time_s)
    only_decoded = np.zeros((added, columns), dtype=np.int32)
    only_decoded[:, 0] = 1
    shape = (len(all_s), columns) if service == "exponential" else (0, columns)
    return Frames(
        time_s=all_s[order],
        stream=np.concatenate(streams)[order].astype(np.int64),
        source=np.concatenate(sources)[order].astype(np.int64),
        counted=np.concatenate((counted, np.zeros(added, dtype=np.bool_)))[order],
        tasks=np.concatenate((tasks, only_decoded))[order],
        factor=random.exponential(size=shape),
    )


def _counts(among: Flags, starts: Ints) -> Ints:
    """How many of those marked came before each within its source, sources beginning at `starts`."""
    total = np.cumsum(among, dtype=np.int64) - among.astype(np.int64)
    lengths = np.diff(np.append(starts, len(among)))
    return np.asarray(total - np.repeat(total[starts], lengths), dtype=np.int64)


def _tasks(stream: ChainStream, starts: Ints, frames: int, random: np.random.Generator) -> Counts:
    """Tasks of each visit of a stream's frames, source by source."""
    looked: list[Flags] = []
    objects: dict[str, Ints] = {}
    tasks = np.zeros((frames, len(stream.visits)), dtype=np.int32)
    for place, visit in enumerate(stream.visits):
        looked.append(_looked_at(stream, place, looked, starts, frames))
        if not visit.in_turn:
            continue
        if visit.items is None:
            tasks[:, place] = looked[-1]
            continue
        if visit.step not in objects:
            objects[visit.step] = _objects(visit, frames, random)
        tasks[:, place] = np.where(looked[-1], objects[visit.step], 0)
    return tasks


def _objects(visit: Visit, frames: int, random: np.random.Generator) -> Ints:
    assert visit.items is not None  # noqa: S101 - asked for by who has some
    chances = np.cumsum(visit.items.probabilities)
    drawn = np.searchsorted(chances, random.random(frames), side="right")
    return np.asarray(np.minimum(drawn, len(chances) - 1), dtype=np.int64)


def _looked_at(stream: ChainStream, place: int, looked: list[Flags], starts: Ints, frames: int) -> Flags:
    """Which frames a visit works on: its share of those that the rarest step before it has looked at.

    Evenly spaced within each source: the k-th is one of them where k times the share passes a whole number.
    """
    visit = stream.visits[place]
    among, share = np.ones(frames, dtype=np.bool_), min(1.0, visit.frames)
    before, rarest = visit.after, 1.0
    while before is not None:
        frames_before = min(1.0, stream.visits[before].frames)
        if visit.frames <= frames_before + _ROUNDING and frames_before < rarest:
            among, rarest = looked[before], frames_before
        before = stream.visits[before].after
    share /= rarest
    if share > 1.0 - _ROUNDING:
        return among
    count = _counts(among, starts)
    found = np.floor((count + 1) * share + _ROUNDING) > np.floor(count * share + _ROUNDING)
    return np.asarray(among & found)


def sources_on_one(chains: Chains) -> list[int]:
    """Sources of each stream on the fullest of the devices that share them."""
    return [math.ceil(stream.sources / chains.devices) for stream in chains.streams]
