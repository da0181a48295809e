"""When requests arrive: drawn source by source, so that every rack sees the same sources.

Each source has its own random stream for each purpose, keyed by (replication, group, source, purpose).
Adding devices, batching, or a further group changes no arrival, and a longer run only adds to a shorter
one: two designs can be compared on common random numbers. Requests are drawn as the run goes, a piece at a
time, so that a long run needs no more memory than a short one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from planner.arrays import Floats, Ints
from planner.errors import InputError, Problem
from planner.rack.arrivals.periodic import PeriodicCameras, is_plain
from planner.rack.arrivals.processes import Blocks, block_of, source_blocks
from planner.rack.description.rack import Rack

_PIECE = 1 << 16
"""Requests in a piece, about; and `_PER_SOURCE` of each source, up to a limit."""
_PER_SOURCE = 256
_MOST_IN_PIECE = 1 << 20
"""However many sources: some 50 bytes a request are held while a piece is merged."""


_MOST_OF_A_SOURCE = 20_000_000
"""Requests of one source in a piece: a trace may have any number at one instant."""


class _Purpose(IntEnum):
    ARRIVAL = 0
    SERVICE = 1
    OUTAGE = 2


@dataclass(frozen=True, slots=True, eq=False)
class MergedArrivals:
    """Requests of one replication in order of time, those of the same time in order of their source.

    `stream` is the index of the request's group, `source` that of its source, counted through all groups;
    `work` multiplies the service time of a batch that this request leads (ones where service is
    deterministic).
    """

    time_s: Floats
    stream: NDArray[np.int32]
    source: NDArray[np.int32]
    work: Floats


def draw_arrivals(rack: Rack, replication: int) -> MergedArrivals:
    """All requests of one replication at once, from time zero up to the duration."""
    pieces = list(arrival_pieces(rack, replication))
    return MergedArrivals(
        np.concatenate([piece.time_s for piece in pieces]),
        np.concatenate([piece.stream for piece in pieces]),
        np.concatenate([piece.source for piece in pieces]),
        np.concatenate([piece.work for piece in pieces]),
    )


def arrival_pieces(rack: Rack, replication: int) -> Iterator[MergedArrivals]:
    """The requests of one replication, one piece of time after another; at least one piece."""
    sources = list(_sources(rack, replication))
    stream_of = group_of_source(rack)
    random_work = any(isinstance(source, _Source) and source.random_work for source in sources)
    # Pieces large enough that merging costs little, however many sources there are.
    requests = max(_PIECE, min(_PER_SOURCE * stream_of.size, _MOST_IN_PIECE))
    piece_s = requests / sum(group.offered_per_s for group in rack.streams)
    until_s = 0.0
    while until_s < rack.duration_s:
        # A piece is a stretch of time and not a number of requests: every source is cut at the same instant.
        until_s = min(until_s + piece_s, rack.duration_s)
        times, sizes = zip(*(source.times_before(until_s) for source in sources), strict=True)
        time_s, size = np.concatenate(times), np.concatenate(sizes)
        del times
        order = _order(time_s)
        source = np.repeat(np.arange(size.size, dtype=np.int32), size)[order]
        if random_work:
            work = np.concatenate([s.draw_work(n) for s, n in zip(sources, sizes, strict=True)])[order]
        else:
            work = np.ones(time_s.size)
        yield MergedArrivals(time_s[order], stream_of[source], source, work)


def _order(time_s: Floats) -> NDArray[np.intp]:
    """The stable order by time; the faster sort is as good where no two times are equal."""
    # Requests of one instant have to keep the order of their sources, which only a stable sort promises; ties
    # are rare, so the faster sort is tried first.
    order = np.argsort(time_s)
    rising_s = time_s[order]
    return np.argsort(time_s, kind="stable") if (rising_s[1:] == rising_s[:-1]).any() else order


def group_of_source(rack: Rack) -> NDArray[np.int32]:
    """The index of each source's group, sources counted through all groups."""
    groups = np.arange(len(rack.streams), dtype=np.int32)
    return np.repeat(groups, [group.sources for group in rack.streams])


class _Source:
    """One source's requests that are drawn but not yet taken."""

    def __init__(self, blocks: Blocks, work: np.random.Generator | None) -> None:
        self._blocks = blocks
        self._rest_s = np.empty(0)
        self._work = work

    @property
    def random_work(self) -> bool:
        return self._work is not None

    def times_before(self, until_s: float) -> tuple[Floats, Ints]:
        """The requests up to a time and not taken before, and how many."""
        taken: list[Floats] = []
        # Blocks are drawn until one reaches past the cut; what lies behind the cut waits for the next piece.
        while not self._rest_s.size or self._rest_s[-1] < until_s:
            taken.append(self._rest_s)
            self._require_room(taken, until_s)
            following = next(self._blocks, None)
            if following is None:
                self._rest_s = np.empty(0)
                break
            self._rest_s = following
        # Times before the cut alone: one on it belongs to the next piece.
        cut = int(np.searchsorted(self._rest_s, until_s))
        taken.append(self._rest_s[:cut])
        self._rest_s = self._rest_s[cut:]
        time_s = np.concatenate(taken) if len(taken) > 1 else taken[0]
        return time_s, np.array([time_s.size])

    @staticmethod
    def _require_room(taken: list[Floats], until_s: float) -> None:
        """Refuse a source, a trace or a burst, that sends in one piece of time what no memory holds."""
        if sum(map(len, taken)) > _MOST_OF_A_SOURCE:
            expected = f"at most {_MOST_OF_A_SOURCE:,} requests in the seconds before {until_s:g} s"
            advice = "a trace has to be about as dense as the rate beside it says"
            raise InputError("streams", [Problem("arrivals", expected, "more", advice)])

    def draw_work(self, sizes: Ints) -> Floats:
        requests = int(sizes.sum())
        return np.ones(requests) if self._work is None else self._work.exponential(size=requests)


class _Cameras(PeriodicCameras):
    """Cameras whose service is not random."""

    def draw_work(self, sizes: Ints) -> Floats:
        return np.ones(int(sizes.sum()))


def _sources(rack: Rack, replication: int) -> Iterator[_Source | _Cameras]:
    block = block_of(sum(group.sources for group in rack.streams))
    for index, group in enumerate(rack.streams):
        exponential = rack.device.service(group.network).service_distribution == "exponential"
        if is_plain(group) and not exponential:
            keys = [(replication, index, number) for number in range(group.sources)]
            yield _Cameras(group, [_generator(rack.seed, key, _Purpose.ARRIVAL) for key in keys], block)
            continue
        for number in range(group.sources):
            # The key names the source and not the order of drawing: another group or a longer run changes no
            # other source.
            key = (replication, index, number)
            blocks = source_blocks(
                group,
                _generator(rack.seed, key, _Purpose.ARRIVAL),
                _generator(rack.seed, key, _Purpose.OUTAGE) if group.drop_outs is not None else None,
                block=block,
            )
            work = _generator(rack.seed, key, _Purpose.SERVICE) if exponential else None
            yield _Source(blocks, work)


def _generator(seed: int, key: tuple[int, int, int], purpose: _Purpose) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(*key, int(purpose))))
