"""Who sends requests, when, and what happens to one that finds its queue full."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from planner.rack.description.checks import Checks

ArrivalProcess = Literal["periodic", "poisson", "gamma", "mmpp", "trace"]
"""How a source's requests follow each other; see `planner.rack.arrivals.processes` for each."""

Overflow = Literal["drop_oldest", "drop_newest", "skip_frame"]
"""What a full queue loses: its oldest request or its newest. `skip_frame` loses at most the newest too, and a
source that still has a frame in the rack sends no further one."""

SILENT = 1e-9
"""The factor on the rate of a stream that sends nothing at the time."""


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

    `start_s` is the time in the period at which the run begins; `span_s` is how long the stretch is whose
    mean load counts (the run), None where it is the whole period.
    """

    factors: tuple[float, ...]
    period_s: float = 86400.0
    start_s: float = 0.0
    span_s: float | None = None

    def __post_init__(self) -> None:
        checks = Checks("profile")
        checks.positive(period_s=self.period_s)
        if self.span_s is not None:
            checks.positive(span_s=self.span_s)
        checks.non_negative(
            start_s=self.start_s, **{f"factors[{i}]": value for i, value in enumerate(self.factors)}
        )
        checks.require(any(self.factors), "factors", "at least one above zero", list(self.factors))
        checks.finish()

    @property
    def mean(self) -> float:
        """The mean factor over the stretch that counts: the run, or a whole period."""
        if self.span_s is None:
            return sum(self.factors) / len(self.factors)
        return self.mean_over(self.start_s, self.span_s)

    def mean_over(self, start_s: float, span_s: float) -> float:
        """The mean factor from one time of the period on, for so long."""
        return _mean_over(self.factors, self.period_s, start_s, span_s)


@functools.lru_cache(maxsize=4096)
def _mean_over(factors: tuple[float, ...], period_s: float, start_s: float, span_s: float) -> float:
    part_s = period_s / len(factors)
    edges_s = np.arange(len(factors) + 1) * part_s
    work_s = np.concatenate(([0.0], np.cumsum(np.array(factors) * part_s)))

    def until(time_s: float) -> float:
        periods, inside_s = divmod(time_s, period_s)
        return float(periods * work_s[-1] + np.interp(inside_s, edges_s, work_s))

    # The integral of a step function is piecewise linear: its difference is exact wherever the steps lie.
    # Rounding may leave it a hair below zero in a silent part.
    return max(0.0, (until(start_s + span_s) - until(start_s)) / span_s)


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


StepPlace = Literal["unit", "host", "copy", "decoder", "scaler", "pipeline"]


@dataclass(frozen=True, slots=True)
class HostStep:
    """Work on one request before or after inference: on a core of the host, on a copy engine, on a unit that
    decodes or resizes, on the compute unit, or in the later stages of a pipeline.

    A unit whose stages work on frames in a row takes the next frame after an interval, while the one before
    is still under way: that is a step in its `pipeline`, which has a place for each. A step on the compute
    unit holds it up: the batch takes that much longer for each of its requests. The others wait for a free
    core or engine of the request's device, and hold up nothing else.
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
    def decoded_here(self) -> bool:
        """Whether its frames come compressed, so that each source belongs to the device that decodes it."""
        return any(step.where == "decoder" for step in self.before)

    @property
    def offered_per_s(self) -> float:
        """Requests per second of all the group's sources together, on average over profile and outages."""
        return self.sources * self.source_per_s

    @property
    def source_per_s(self) -> float:
        """Requests per second of one source, on average over profile and outages."""
        # A stream that is silent in this stretch keeps a rate above zero, so that its means exist.
        factor = max(self.profile.mean, SILENT) if self.profile is not None else 1.0
        availability = self.drop_outs.availability if self.drop_outs is not None else 1.0
        return self.rate_per_s * factor * availability

    @property
    def silent(self) -> bool:
        """Whether the profile lets nothing through in the stretch that counts."""
        return self.profile is not None and self.profile.mean <= SILENT

    def over_the_period(self) -> StreamGroup:
        """The same sources, with the mean load of the whole period of their profile."""
        if self.profile is None:
            return self
        return replace(self, profile=replace(self.profile, span_s=None))
