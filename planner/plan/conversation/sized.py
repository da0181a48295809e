"""An option as so many devices: simulated at the ends of its bands, with power, heat, money and limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.conversation.results import summarise_heat
from planner.latency.band import planned_bound
from planner.plan.conversation.heat import heat_rack, heated, may_slow_down, seen_warmest
from planner.plan.conversation.option import ConversationOption, EndResults
from planner.plan.conversation.power import power_and_cost
from planner.plan.conversation.question import ENDS, ConversationQuestion, Ready, serving_of, simulated
from planner.plan.conversation.reasons import broken_limits, missed_promises, no_room, warnings_of
from planner.plan.options.hosting import Hosting
from planner.plan.options.margin import Margin
from planner.plan.options.option import RackHeat
from planner.plan.sizing.margins import Warmest, margins_of
from planner.provenance import Provenance, of_status, weakest
from planner.rack.counts.results import Verdict
from planner.rack.description.rack import Rack
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario

_EASED = ("die", "throttled")
"""Limits that devices which are less busy keep better."""


@dataclass(frozen=True, slots=True)
class PlacedTalks:
    """An option as the limits of a site see it. What it is sent is text: no row of a link."""

    part: Device
    count: int
    spares: int
    racks: int
    heat: RackHeat
    margins: tuple[Margin, ...] = ()
    hosting: Hosting | None = None
    link_bytes_per_s: float = 0.0


def unsized(asked: ConversationQuestion, own: Ready, count: int) -> ConversationOption:
    """The option before anything is simulated; `broken` where not even one session fits."""
    scenario = asked.source.scenario
    servings = {end: serving_of(asked, own, end, count) for end in ENDS}
    option = ConversationOption(
        part=own.part,
        prepared=own.model,
        limits=servings["mid"].limits,
        count=count,
        spares=scenario.spares,
        racks=1,
        servings=servings,
        ends=None,
        plan_for=scenario.planning.plan_for,
        use=0.0,
        step_w=0.0,
        heat=None,
        always_c=None,
        margins=(),
        draw=None,
        cost=None,
        energy_per_token_j=None,
        provenance=_provenance(own),
        broken=(),
        missed=(),
        warnings=(),
        frames=own.frames,
    )
    return replace(option, broken=tuple(no_room(asked.talks, option)))


def _provenance(own: Ready) -> Provenance:
    heat = of_status(own.part.thermal.resistance_k_per_w.status)
    found = [own.model.rates.provenance, own.model.point.power_provenance, heat]
    if own.frames is not None:
        found += [item.estimate.provenance for item in own.frames.networks]
    return weakest(found)


def with_count(asked: ConversationQuestion, option: ConversationOption, count: int) -> ConversationOption:
    """The same part as so many devices, simulated at the ends of its bands.

    Where heat can slow a device down, every run steps it; elsewhere it changes no time, and `with_heat_seen`
    steps one run.
    """
    scenario = asked.source.scenario
    bound = planned_bound(scenario.planning.plan_for)
    servings = {end: replace(serving, devices=count, rack=None) for end, serving in option.servings.items()}
    planned = simulated(asked, servings[bound])
    drawn = power_and_cost(scenario, option.part, option.mode, count, planned)
    rack = heat_rack(scenario, option.part, option.mode, count, drawn.racks, planned)
    slows = may_slow_down(rack, servings)
    if slows:
        servings = {end: heated(serving, rack) for end, serving in servings.items()}
    ends = EndResults(
        *(planned if end == bound and not slows else simulated(asked, servings[end]) for end in ENDS)
    )
    if slows:
        drawn = power_and_cost(scenario, option.part, option.mode, count, ends.at(bound))
    found = replace(
        option,
        count=count,
        servings=servings,
        ends=ends,
        racks=drawn.racks,
        use=ends.at(bound).use,
        step_w=drawn.step_w,
        heat=drawn.heat,
        always_c=drawn.always_c,
        draw=drawn.draw,
        cost=drawn.cost,
        energy_per_token_j=drawn.energy_per_token_j,
    )
    return _judged(scenario, found, rack)


def with_heat_seen(asked: ConversationQuestion, option: ConversationOption) -> ConversationOption:
    """The option with its limits as a run with epochs sees them, where its runs had none."""
    if option.ends is None or option.heat is None:
        return option
    scenario = asked.source.scenario
    bound = planned_bound(scenario.planning.plan_for)
    planned = option.ends.at(bound)
    if planned.heat is not None:
        return option
    rack = heat_rack(scenario, option.part, option.mode, option.count, option.racks, planned)
    seen = summarise_heat(heated(option.servings[bound], rack), asked.engine)
    ends = replace(option.ends, **{bound: replace(planned, heat=seen)})
    return _judged(scenario, replace(option, ends=ends), rack)


def _judged(scenario: Scenario, option: ConversationOption, rack: Rack) -> ConversationOption:
    """The option with what is left of each limit, and what it breaks."""
    assert option.heat is not None  # noqa: S101 - asked for devices that were simulated alone
    assert option.ends is not None  # noqa: S101 - the same
    heat = option.heat
    placed = PlacedTalks(option.part, option.count, option.spares, option.racks, heat)
    seen = option.ends.at(planned_bound(option.plan_for)).heat
    if seen is None:
        warmest = Warmest(heat.temperature_c, heat.temperature_c, heat.inlet_c, heat.exhaust_c)
        margins = margins_of(scenario, placed, warmest)
    else:
        margins = margins_of(scenario, placed, seen_warmest(seen, heat.temperature_c), seen.throttled_share)
    option = replace(option, margins=margins)
    broken = tuple(broken_limits(scenario, option, replace(placed, margins=margins)))
    option = replace(option, broken=broken, missed=tuple(missed_promises(option)))
    spec = scenario.serving
    warned = warnings_of(option, spec.sessions if spec else None, throttle_c=rack.device.thermal.throttle_c)
    return replace(option, warnings=tuple(warned))


def eased_by_more(option: ConversationOption) -> bool:
    """Whether heat alone is in the way, which more devices that are less busy would ease."""
    failed = {margin.name for margin in option.margins if margin.verdict is Verdict.FAIL}
    return bool(failed) and failed <= set(_EASED)
