"""Use of every unit, the limit that it sets to all streams together, and latency to the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.chain.description import Chains, ChainStream, ChainUnit, Visit
from planner.formulas import formula
from planner.latency.band import Band, BandEnd
from planner.rack.load.queueing import ggc_wait_s

_ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")


@dataclass(frozen=True, slots=True)
class UnitUse:
    """How busy a unit of each device is, and how far all streams could grow until it is full."""

    unit: ChainUnit
    busy: Band
    """Share of the time of its servers; above one it is asked for more than it can do."""
    by_step: tuple[tuple[str, float], ...]
    """Of the middle, what each step has of it."""

    @property
    def headroom(self) -> Band:
        """The factor on all streams at which it is full: low where its time is at the high end."""
        ends = [
            1.0 / busy if busy > 0 else math.inf for busy in (self.busy.high, self.busy.mid, self.busy.low)
        ]
        return Band(*ends)


@dataclass(frozen=True, slots=True)
class StreamLatency:
    """From a frame's arrival to its answer."""

    stream: str
    alone_s: Band
    """Where the part has nothing else to do, on average over the objects of a frame."""
    crowded_s: Band
    """The same with as many objects as the promised share of frames does not exceed."""
    loaded_s: Band | None
    """On average, with the mean wait at every unit; None where a unit on the path is full."""
    steps: tuple[tuple[str, str, Band], ...]
    """Each visit on the path, its unit and its time alone."""
    slo_s: float


@dataclass(frozen=True, slots=True)
class ChainPrediction:
    """The answer for one part."""

    units: tuple[UnitUse, ...]
    """The busiest first."""
    streams: tuple[StreamLatency, ...]
    frames_per_s: float
    """Of all streams, as asked, on one device."""

    @property
    def binding(self) -> UnitUse:
        """The unit that is full first."""
        return self.units[0]

    @property
    def next_binding(self) -> UnitUse | None:
        """The unit that would be full next, were the binding one without limit."""
        return self.units[1] if len(self.units) > 1 and self.units[1].busy.mid > 0 else None

    @property
    def limit_per_s(self) -> Band:
        """Frames a second of all streams, in the mix that is asked for, that one device carries."""
        return self.binding.headroom.scaled(self.frames_per_s)

    @property
    def gain(self) -> float | None:
        """What more of the binding unit is worth: the factor on the limit until the next one is full."""
        following = self.next_binding
        return None if following is None else self.binding.busy.mid / following.busy.mid


def predict(chains: Chains) -> ChainPrediction:
    """What the units of each device are asked for, and how long frames take."""
    uses = [_use(chains, unit) for unit in chains.units]
    ranked = tuple(sorted(uses, key=lambda use: -use.busy.mid))
    waits = [{unit.id: _wait_s(chains, unit, bound) for unit in chains.units} for bound in _ENDS]
    return ChainPrediction(
        units=ranked,
        streams=tuple(_latency(stream, waits) for stream in chains.streams),
        frames_per_s=sum(stream.offered_per_s for stream in chains.streams) / chains.devices,
    )


def busy_of(chains: Chains, unit: ChainUnit, bound: BandEnd) -> float:
    """The busy share of a unit of each device."""
    return math.fsum(part for _, part in _parts(chains, unit, bound))


@formula("chain_use")
def _parts(chains: Chains, unit: ChainUnit, bound: BandEnd) -> list[tuple[str, float]]:
    """What each step of each stream has of a unit: rate x time over servers."""
    servers = unit.servers * chains.devices
    return [
        (visit.step, stream.offered_per_s * visit.each_s(bound) / servers)
        for stream in chains.streams
        for visit in stream.visits
        if visit.unit == unit.id
    ]


def _use(chains: Chains, unit: ChainUnit) -> UnitUse:
    by_step: dict[str, float] = {}
    for step, part in _parts(chains, unit, "mid"):
        by_step[step] = by_step.get(step, 0.0) + part
    ends = [busy_of(chains, unit, bound) for bound in _ENDS]
    return UnitUse(unit, Band(*ends), tuple(by_step.items()))


@formula("chain_wait")
def _wait_s(chains: Chains, unit: ChainUnit, bound: BandEnd) -> float | None:
    """The mean wait at a unit that several steps share; None where it is full.

    Arrivals are taken as Poisson, which is cautious for cameras at fixed intervals; visits that are not in
    turn (shares of a memory or link) make nobody wait.
    """
    asked = [
        (stream.offered_per_s * visit.batches_per_frame() / chains.devices, visit.times[-1].at(bound))
        for stream in chains.streams
        for visit in stream.visits
        if visit.unit == unit.id and visit.in_turn
    ]
    rate_per_s = math.fsum(rate for rate, _ in asked)
    if rate_per_s == 0.0:
        return 0.0
    mean_s = math.fsum(rate * time_s for rate, time_s in asked) / rate_per_s
    if rate_per_s * mean_s >= unit.servers:
        return None
    squares = math.fsum(rate * time_s**2 for rate, time_s in asked) / rate_per_s
    variation = max(0.0, squares / mean_s**2 - 1.0)
    return ggc_wait_s(unit.servers, rate_per_s, mean_s, 1.0, variation)


def _latency(stream: ChainStream, waits: list[dict[str, float | None]]) -> StreamLatency:
    path = answer_path(stream)
    alone = Band(*(math.fsum(visit.alone_s(bound) for visit in path) for bound in _ENDS))
    crowded = Band(*(math.fsum(_crowded_s(stream, visit, bound) for visit in path) for bound in _ENDS))
    loaded = [_loaded_s(path, bound, wait) for bound, wait in zip(_ENDS, waits, strict=True)]
    known = [value for value in loaded if value is not None]
    return StreamLatency(
        stream=stream.name,
        alone_s=alone,
        crowded_s=crowded,
        loaded_s=Band(*known) if len(known) == len(_ENDS) else None,
        steps=tuple(
            (visit.step, visit.unit, Band(*(visit.alone_s(bound) for bound in _ENDS))) for visit in path
        ),
        slo_s=stream.slo_s,
    )


def _loaded_s(path: list[Visit], bound: BandEnd, waits: dict[str, float | None]) -> float | None:
    total_s = 0.0
    for visit in path:
        wait_s = waits[visit.unit]
        if wait_s is None:
            return None
        total_s += wait_s + visit.alone_s(bound)
    return total_s


def _crowded_s(stream: ChainStream, visit: Visit, bound: BandEnd) -> float:
    if visit.items is None:
        return visit.alone_s(bound)
    return visit.alone_s(bound, visit.items.quantile(stream.slo_quantile))


def answer_path(stream: ChainStream) -> list[Visit]:
    """The longest way from the first visit to an answer, by the middle of the times."""
    best: dict[int, float] = {}
    for place, visit in enumerate(stream.visits):
        before_s = 0.0 if visit.after is None else best[visit.after]
        best[place] = before_s + (visit.alone_s("mid") if visit.in_turn else 0.0)
    ends = [place for place, visit in enumerate(stream.visits) if visit.answers]
    path: list[Visit] = []
    at: int | None = max(ends, key=lambda place: best[place], default=None)
    while at is not None:
        if stream.visits[at].in_turn:
            path.append(stream.visits[at])
        at = stream.visits[at].after
    return path[::-1]
