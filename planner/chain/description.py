"""What a part's units are asked for by the frames of its streams: plain values that say nothing of parts.

A stream's frames make visits: each is one step's work on one unit. What a step takes is a band; a step that
works on the objects of a frame has a number of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from planner.formulas import formula
from planner.latency.band import Band, BandEnd
from planner.provenance import Provenance
from planner.rack.description.checks import Checks
from planner.rack.description.streams import Overflow
from planner.wording.message import Message

Role = Literal[
    "decoder", "scaler", "encoder", "accelerator", "cores", "host_decoder", "link", "memory", "network"
]
"""What a unit is: `network` brings the cameras' streams, `link` is between a part and its host, `cores` are
those of the part or its host, and `host_decoder` is in the host."""

VisitKind = Literal["decode", "convert", "crop", "network", "track", "encode", "move"]
"""What a visit is for: a step itself, objects cut out for it, or what it moves over links and memories."""
ItemDistribution = Literal["poisson", "fixed"]
_TAIL = 1e-9
"""Probability of more objects in a frame that is left out of sums."""


@dataclass(frozen=True)
class ItemCount:
    """Objects in a frame: their mean, how they vary, and the most that are worked on."""

    mean: float
    distribution: ItemDistribution = "poisson"
    most: int | None = None

    def __post_init__(self) -> None:
        checks = Checks("items")
        checks.positive(mean=self.mean)
        checks.require(self.most is None or self.most >= 1, "most", "one or more, or none", self.most)
        checks.finish()

    @cached_property
    def probabilities(self) -> tuple[float, ...]:
        """Of no object, of one, ... up to the most; what lies beyond counts as the most."""
        if self.distribution == "fixed":
            count = round(self.mean) if self.most is None else min(round(self.mean), self.most)
            return (*(0.0 for _ in range(count)), 1.0)
        # By logarithms: exp(-mean) alone is zero beyond a mean of some 700.
        found: list[float] = []
        left, number = 1.0, 0
        while (left > _TAIL or number < self.mean) and (self.most is None or number < self.most):
            log = number * math.log(self.mean) - self.mean - math.lgamma(number + 1)
            found.append(math.exp(log))
            left -= found[-1]
            number += 1
        return (*found, max(0.0, 1.0 - math.fsum(found)))

    @property
    def worked_on(self) -> float:
        """The mean of those that are worked on."""
        return math.fsum(number * share for number, share in enumerate(self.probabilities))

    def quantile(self, share: float) -> int:
        """The least number that so many frames do not exceed."""
        total = 0.0
        for number, probability in enumerate(self.probabilities):
            total += probability
            if total >= share - _TAIL:
                return number
        return len(self.probabilities) - 1


@dataclass(frozen=True, slots=True)
class ChainUnit:
    """A unit that steps work on: so many servers alike."""

    id: str
    role: Role
    name: str
    servers: int
    provenance: Provenance

    def __post_init__(self) -> None:
        checks = Checks(f"unit {self.id!r}")
        checks.require(self.servers >= 1, "servers", "one or more", self.servers)
        checks.finish()


@dataclass(frozen=True, slots=True)
class Visit:
    """What one step asks of one unit.

    `times[n - 1]` is what a server takes for n frames, or objects of frames, together: more than one where
    the step works in batches. `frames` is how many frames of the camera make one visit's worth of work for
    each frame that is answered: 1/3 where every third is looked at, more than one where frames are decoded
    that nobody looks at. `after` is the place of the visit that comes before, None for the first; what is not
    `answers` runs beside the answer, as recording does, and a unit that many streams share at once (a memory,
    a link) adds its time to nobody's latency where it is not `in_turn`. Visits for the same `network` on a
    unit are in one batch, of whatever stream; no more than `limit` frames of a source wait for the visit.
    """

    step: str
    kind: VisitKind
    unit: str
    times: tuple[Band, ...]
    after: int | None
    frames: float = 1.0
    items: ItemCount | None = None
    answers: bool = True
    in_turn: bool = True
    network: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        checks = Checks(f"visit of {self.step!r} to {self.unit!r}")
        checks.require(self.times, "times", "at least that of one", "none")
        checks.positive(frames=self.frames)
        checks.require(self.limit is None or self.limit >= 1, "limit", "one or more, or none", self.limit)
        checks.finish()

    def each_s(self, bound: BandEnd) -> float:
        """Time of the unit that a frame of the stream asks for, with batches as full as they get."""
        full = self.times[-1].at(bound) / len(self.times)
        return self.frames * full * (self.items.worked_on if self.items else 1.0)

    def batches_per_frame(self) -> float:
        """How often a frame of the stream asks for the unit's attention."""
        return self.frames * (self.items.worked_on if self.items else 1.0) / len(self.times)

    @formula("chain_items")
    def alone_s(self, bound: BandEnd, items: int | None = None) -> float:
        """Time until all of a frame is done where nobody else is there: on average over its objects, or with
        so many of them. A frame that the step skips waits for nothing."""
        if self.items is None:
            return self.times[0].at(bound)
        if items is not None:
            return self._of_items(items, bound)
        return math.fsum(
            share * self._of_items(number, bound) for number, share in enumerate(self.items.probabilities)
        )

    def _of_items(self, number: int, bound: BandEnd) -> float:
        whole, rest = divmod(number, len(self.times))
        return whole * self.times[-1].at(bound) + (self.times[rest - 1].at(bound) if rest else 0.0)


@dataclass(frozen=True, slots=True)
class ChainStream:
    """Sources alike, their rate, the visits of each frame, and what was promised.

    `queue_limit` bounds the frames of the stream that wait for any one step up to its first network at a
    device; `overflow` says which is lost beyond. Frames of a higher `priority` are served first.
    """

    name: str
    sources: int
    rate_per_s: float
    visits: tuple[Visit, ...]
    slo_s: float
    slo_quantile: float = 0.99
    queue_limit: int | None = None
    overflow: Overflow = "drop_oldest"
    priority: int = 0

    def __post_init__(self) -> None:
        checks = Checks(f"stream {self.name!r}")
        checks.require(self.sources >= 1, "sources", "one or more", self.sources)
        checks.positive(rate_per_s=self.rate_per_s, slo_s=self.slo_s)
        for place, visit in enumerate(self.visits):
            checks.require(
                visit.after is None or 0 <= visit.after < place,
                f"visits[{place}].after",
                "a visit before it",
                visit.after,
            )
        checks.finish()

    @property
    def offered_per_s(self) -> float:
        """Frames of all sources a second."""
        return self.sources * self.rate_per_s


@dataclass(frozen=True, slots=True)
class Chains:
    """All that one device, or several that share the streams evenly, is asked for."""

    units: tuple[ChainUnit, ...]
    streams: tuple[ChainStream, ...]
    devices: int = 1

    def __post_init__(self) -> None:
        checks = Checks("chains")
        checks.distinct("units", [unit.id for unit in self.units])
        checks.distinct("streams", [stream.name for stream in self.streams])
        checks.require(self.devices >= 1, "devices", "one or more", self.devices)
        known = {unit.id for unit in self.units}
        for stream in self.streams:
            for visit in stream.visits:
                where = f"streams[{stream.name!r}].visits[{visit.step!r}].unit"
                checks.require(visit.unit in known, where, ", ".join(sorted(known)), visit.unit)
        checks.finish()

    def unit(self, unit_id: str) -> ChainUnit:
        """A unit by its id."""
        return next(unit for unit in self.units if unit.id == unit_id)


@dataclass(frozen=True, slots=True)
class Gap:
    """A step that nothing around a part can do: where it is in the scenario, and what could."""

    where: str
    reason: Message


@dataclass(frozen=True, slots=True)
class PartChains:
    """What one device of a part would be asked for by all streams.

    With `gaps` some step has nobody who does it, and the rest is as if it took no time.
    """

    chains: Chains
    convert: str
    """Who converts frames where the streams leave it open: fixed, gpu or host."""
    main: str
    """The unit that runs the networks."""
    gaps: tuple[Gap, ...] = ()
    notes: tuple[Message, ...] = ()

    def shared_by(self, devices: int) -> Chains:
        """The same streams, spread evenly over so many devices."""
        return replace(self.chains, devices=devices)
