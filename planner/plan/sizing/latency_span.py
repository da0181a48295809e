"""The p99 of a stream over both of its uncertainties: replications, and the band of the predicted latency."""

from __future__ import annotations

from dataclasses import dataclass

from planner.latency.band import BandEnd, planned_bound
from planner.plan.options.rack_run import Simulated
from planner.rack.counts.results import StreamResult, Verdict
from planner.schema.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class StreamSpan:
    """One stream's p99 at the low end of the latency band, in its middle and at its high end.

    At the place that was planned for, an end holds the interval over replications too. None is without end.
    """

    name: str
    low_s: float | None
    mid_s: float | None
    high_s: float | None
    worst_s: float | None
    """The highest p99 of single replications, as planned: the installation with the worst phases of these."""
    installations_broken: float | None
    slo_s: float
    slo_quantile: float
    verdict: Verdict
    as_planned: Verdict
    """The verdict at the place of the band that was planned for alone."""
    ends_agree: bool
    """Whether both ends of the latency band give the same verdict."""
    seen: bool
    """Whether any request was answered or lost: without, nothing is known of the stream."""

    @property
    def tightness(self) -> float:
        """The high end over the SLO; without end where there is none."""
        return float("inf") if self.high_s is None else self.high_s / self.slo_s


def stream_spans(run: Simulated) -> tuple[StreamSpan, ...]:
    """Every stream of a rack that was judged over its latency band, in the scenario's order."""
    planned = planned_bound(run.option.plan_for)
    return tuple(
        _span(stream, planned, group.slo_s, group.slo_quantile)
        for stream, group in zip(run.result.streams, run.rack.streams, strict=True)
    )


def _span(stream: StreamResult, planned: BandEnd, slo_s: float, slo_quantile: float) -> StreamSpan:
    bounds, latency = stream.bounds, stream.latency_s
    low = mid = high = latency.p99
    as_planned, agree = stream.verdict, True
    if bounds is not None:
        low, mid, high = bounds.low.p99, bounds.mid.p99, bounds.high.p99
        as_planned = {"low": bounds.low, "mid": bounds.mid, "high": bounds.high}[planned].verdict
        agree = bounds.low.verdict is bounds.high.verdict
    low = latency.p99_low if planned == "low" else low
    high = latency.p99_high if planned == "high" else high
    # A quicker service may fill smaller batches, for which frames wait longer: the span is that of all three.
    known = [end for end in (low, mid, high) if end is not None]
    return StreamSpan(
        name=stream.name,
        low_s=min(known, default=None),
        mid_s=mid,
        high_s=None if high is None else max(known),
        worst_s=latency.p99_worst,
        installations_broken=stream.installations_broken,
        slo_s=slo_s,
        slo_quantile=slo_quantile,
        verdict=stream.verdict,
        as_planned=as_planned,
        ends_agree=agree,
        seen=stream.requests > 0,
    )


def planned_for(scenario: Scenario, plan_for: str) -> Scenario:
    """The same scenario, planned for another place of the latency band: `best`, `typical` or `cautious`."""
    planning = scenario.planning.model_copy(update={"plan_for": plan_for})
    return scenario.model_copy(update={"planning": planning})
