"""Who sends requests, when, and what happens to one that finds its queue full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from planner.rack.description.checks import Checks

ArrivalProcess = Literal["periodic", "poisson", "gamma", "mmpp", "trace"]
"""How a source's requests follow each other; see `planner.rack.arrivals.processes` for each."""

Overflow = Literal["drop_oldest", "drop_newest", "skip_frame"]
"""What a full queue loses: its oldest request or its newest. `skip_frame` loses at most the newest too, and a
source that still has a frame in the rack sends no further one."""


@dataclass(frozen=True, slots=True)
class Bursts:
    """A source that changes between calm and burst: mean time in each, and rate in a burst over rate in calm.

    Both times are exponential: a Markov-modulated Poisson process of two states.
    """

    calm_s: float
    burst_s: float
    ratio: float

    def __post_init__(self) -> None:
        checks = Checks("bursts")
        checks.positive(calm_s=self.calm_s, burst_s=self.burst_s)
        checks.require(self.ratio >= 1, "ratio", "one or more", self.ratio)
        checks.finish()


@dataclass(frozen=True, slots=True)
class DayProfile:
    """How the rate changes over a day or another period: factors on the rate, in equal parts of the period.

    `start_s` is the time in the period at which the run begins.
    """

    factors: tuple[float, ...]
    period_s: float = 86400.0
    start_s: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks("profile")
        checks.positive(period_s=self.period_s)
        checks.non_negative(
            start_s=self.start_s, **{f"factors[{i}]": value for i, value in enumerate(self.factors)}
        )
        checks.require(any(self.factors), "factors", "at least one above zero", list(self.factors))
        checks.finish()

    @property
    def mean(self) -> float:
        """The mean factor over a period."""
        return sum(self.factors) / len(self.factors)


@dataclass(frozen=True, slots=True)
class DropOuts:
    """A source that goes silent: mean time between outages and mean length of one, both exponential."""

    up_s: float
    down_s: float

    def __post_init__(self) -> None:
        checks = Checks("drop-outs")
        checks.positive(up_s=self.up_s, down_s=self.down_s)
        checks.finish()

    @property
    def availability(self) -> float:
        """Share of the time that the source sends."""
        return self.up_s / (self.up_s + self.down_s)


StepPlace = Literal["unit", "host", "copy"]


@dataclass(frozen=True, slots=True)
class HostStep:
    """Work on one request before or after inference: on a core of the host, on a copy engine, or on the unit.

    A step on the unit holds it up: the batch takes that much longer for each of its requests. The others wait
    for a free core or engine of the request's device, and hold up nothing else.
    """

    where: StepPlace
    time_s: float

    def __post_init__(self) -> None:
        checks = Checks("step")
        checks.one_of(get_args(StepPlace), where=self.where)
        checks.positive(time_s=self.time_s)
        checks.finish()


@dataclass(frozen=True, slots=True)
class StreamGroup:
    """Sources that are alike: how often each sends, for which network, and what was promised.

    A `periodic` camera sends every `1 / rate_per_s` from a phase drawn uniformly over the period, each
    frame moved by a jitter uniform in plus or minus `jitter_s` (bounded, so that no frame overtakes the one
    before). A `poisson` source has exponential gaps, a `gamma` source gaps of coefficient of variation
    `gap_cv`, an `mmpp` source `bursts`; a `trace` is read from a file, one source, and `rate_per_s` is then
    only what the load is reckoned with. `profile` and `drop_outs` act on any of them.

    `queue_limit` bounds the group's requests waiting in any one queue; `overflow` says which is lost beyond.
    Requests of a higher `priority` are served first. Each request takes the steps `before` and `after` its
    inference, in their order. The promise is kept when the `slo_quantile` of latency
    is below `slo_s`.
    """

    name: str
    sources: int
    rate_per_s: float
    network: str
    slo_s: float
    arrivals: ArrivalProcess = "periodic"
    jitter_s: float = 0.0
    slo_quantile: float = 0.99
    queue_limit: int | None = None
    overflow: Overflow = "drop_oldest"
    priority: int = 0
    gap_cv: float | None = None
    bursts: Bursts | None = None
    trace: str | None = None
    profile: DayProfile | None = None
    drop_outs: DropOuts | None = None
    before: tuple[HostStep, ...] = ()
    after: tuple[HostStep, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks(f"stream group {self.name!r}")
        checks.one_of(get_args(ArrivalProcess), arrivals=self.arrivals)
        checks.one_of(get_args(Overflow), overflow=self.overflow)
        checks.require(self.sources >= 1, "sources", "one or more", self.sources)
        checks.positive(rate_per_s=self.rate_per_s, slo_s=self.slo_s)
        checks.non_negative(jitter_s=self.jitter_s)
        checks.require(
            0 < self.slo_quantile < 1, "slo_quantile", "a share between 0 and 1", self.slo_quantile
        )
        if self.queue_limit is not None:
            checks.require(self.queue_limit >= 0, "queue_limit", "zero or more, or none", self.queue_limit)
        self._check_process(checks)
        checks.finish()

    def _check_process(self, checks: Checks) -> None:
        if self.arrivals != "periodic":
            checks.require(self.jitter_s == 0, "jitter_s", f"0 with {self.arrivals} arrivals", self.jitter_s)
        elif self.rate_per_s > 0:
            most_s = 0.5 / self.rate_per_s
            checks.require(
                self.jitter_s <= most_s, "jitter_s", f"at most half the period, {most_s:g} s", self.jitter_s
            )
        for name, needed_by in (("gap_cv", "gamma"), ("bursts", "mmpp"), ("trace", "trace")):
            given = getattr(self, name) is not None
            wanted = self.arrivals == needed_by
            expected = f"given with {needed_by} arrivals and with no others"
            checks.require(given == wanted, name, expected, getattr(self, name))
        if self.gap_cv is not None:
            checks.positive(gap_cv=self.gap_cv)
        if self.trace is not None:
            checks.require(self.sources == 1, "sources", "1 with a trace", self.sources)

    @property
    def unit_s(self) -> float:
        """Time that each request's steps on the unit add to its batch."""
        return float(sum(step.time_s for step in (*self.before, *self.after) if step.where == "unit"))

    @property
    def keeps_phases(self) -> bool:
        """Whether its sources have phases that they keep for as long as they are installed."""
        return self.arrivals == "periodic"

    @property
    def offered_per_s(self) -> float:
        """Requests per second of all the group's sources together, on average."""
        return self.sources * self.source_per_s

    @property
    def source_per_s(self) -> float:
        """Requests per second of one source, on average over profile and outages."""
        factor = self.profile.mean if self.profile is not None else 1.0
        availability = self.drop_outs.availability if self.drop_outs is not None else 1.0
        return self.rate_per_s * factor * availability
