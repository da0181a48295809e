"""All streams of a scenario on one part: their chains, what cannot be done there, and what to say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planner.chain.description import Chains, ChainStream, ChainUnit, Gap, PartChains
from planner.chain.prediction import busy_of
from planner.latency.band import BandEnd, planned_bound
from planner.plan.chain.around_part import AroundPart
from planner.plan.chain.frames import chain_of
from planner.plan.chain.visits import AskedOn, NetworkTimes, StreamVisits, gpu_unit
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import Message


def chained(scenario: Scenario) -> bool:
    """Whether any stream is more than one network."""
    return any(stream.chained for stream in scenario.streams)


def chains_on(around: AroundPart, networks: Mapping[AskedOn, NetworkTimes]) -> PartChains:
    """The chains of all streams on a part, frames converted by whoever leaves most room.

    Where streams leave open who converts, each way is worked out for all of them, and that is taken whose
    busiest unit is least busy as the plan counts: at the high end of its times for a cautious one.
    """
    ways = _ways(around) or ("host",)
    found = [_converted_by(around, networks, way) for way in ways]
    bound = planned_bound(around.scenario.planning.plan_for)
    return min(found, key=lambda item: (len(item.gaps), _busiest(item.chains, bound)))


def _busiest(chains: Chains, bound: BandEnd) -> float:
    return max((busy_of(chains, unit, bound) for unit in chains.units), default=0.0)


def _ways(around: AroundPart) -> tuple[str, ...]:
    """Who could convert, the cheapest in power first: equals are decided in this order."""
    open_steps = [
        step
        for stream in around.scenario.streams
        for step in chain_of(stream)
        if step.kind == "convert" and step.convert == "auto"
    ]
    if not open_steps:
        return ()
    ways = []
    if around.scaler is not None:
        ways.append("fixed")
    if gpu_unit(around) is not None:
        ways.append("gpu")
    if around.core_unit is not None:
        ways.append("host")
    return tuple(ways)


def _converted_by(around: AroundPart, networks: Mapping[AskedOn, NetworkTimes], way: str) -> PartChains:
    units: dict[str, ChainUnit] = {around.main_unit.id: around.main_unit}
    streams: list[ChainStream] = []
    gaps: list[Gap] = []
    notes: list[Message] = []
    for number, stream in enumerate(around.scenario.streams):
        built = StreamVisits(around, stream, networks, way).build()
        units |= built.units
        gaps += [replace(gap, where=f"streams[{number}].{gap.where}") for gap in built.gaps]
        notes += built.notes
        streams.append(
            ChainStream(
                name=stream.name,
                sources=stream.count,
                rate_per_s=stream.rate_per_s,
                visits=tuple(built.visits),
                slo_s=stream.slo.latency_s,
                slo_quantile=stream.slo.quantile_ratio,
                queue_limit=stream.queue_limit,
                overflow=stream.overflow,
                priority=stream.priority,
            )
        )
    chains = Chains(tuple(units.values()), tuple(streams))
    return PartChains(chains, way, around.main_unit.id, tuple(gaps), tuple(dict.fromkeys(notes)))
