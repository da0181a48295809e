"""Which limits an option of conversations breaks, and what to be warned of."""

from __future__ import annotations

from collections.abc import Iterator

from planner.conversation.description import Talk
from planner.conversation.results import LevelResult, TalkResult
from planner.language.formats.weights import cache_bytes
from planner.latency.band import planned_bound
from planner.plan.conversation.option import ConversationOption, EndResults
from planner.plan.money.economics import rack_units
from planner.plan.options.margin_text import verdict_text
from planner.plan.sizing.margins import Warmest, air_margins
from planner.rack.counts.results import Verdict
from planner.schema.scenario.scenario import Scenario
from planner.units import format_quantity
from planner.wording.message import Message, message


def broken_limits(
    scenario: Scenario, talks: tuple[Talk, ...], option: ConversationOption
) -> Iterator[Message]:
    """Every limit that the option breaks; those of memory before anything was simulated."""
    if option.heat is None or option.cost is None:
        yield from _no_room(talks, option)
        return
    yield from _site(scenario, option)
    budget = scenario.money.budget_money
    if budget is None:
        return
    if option.cost.capital is None:
        yield message("reason.price_unknown")
    elif option.cost.capital > budget.amount:
        capital = f"{option.cost.capital:,.0f} {budget.currency}"
        yield message("reason.budget", capital=capital, budget=f"{budget.amount:,.0f}")


def _no_room(talks: tuple[Talk, ...], option: ConversationOption) -> Iterator[Message]:
    own = option.prepared
    need = own.memory.needs(1, 1)
    model_bytes = need.weights + need.workspace
    if model_bytes >= need.capacity:
        needed, capacity = f"{model_bytes / 1e9:.2f}", f"{need.capacity / 1e9:.2f}"
        yield message("reason.memory", needed=needed, capacity=capacity)
        return
    longest = max(talk.context for talk in talks)
    session_bytes = cache_bytes(own.model.decoder, longest, own.cache)
    if session_bytes > option.limits.cache_bytes:
        yield message(
            "conversation.no_session",
            context=f"{longest:,}",
            needed=format_quantity(session_bytes, "bytes", 3),
            room=format_quantity(option.limits.cache_bytes, "bytes", 3),
        )


def missed_promises(option: ConversationOption) -> Iterator[Message]:
    """Promises that are broken where the plan counts."""
    if option.ends is None:
        return
    planned = option.ends.at(planned_bound(option.plan_for))
    for talk in planned.talks:
        for level in talk.levels:
            if level.verdict is Verdict.FAIL:
                yield missed(talk, level, option)


def missed(talk: TalkResult, level: LevelResult, option: ConversationOption) -> Message:
    """A promise that is not kept, in words."""
    refused = level.reached_s == float("inf")
    return message(
        "conversation.refused" if refused else "conversation.missed",
        stream=talk.name,
        promise=message(f"conversation.{level.promise}"),
        share=f"{level.asked.quantile * 100:g} %",
        reached="-" if refused else format_quantity(level.reached_s, "s", 3),
        asked=format_quantity(level.asked.within_s, "s", 3),
        plan=message(f"plan_for.{option.plan_for}"),
    )


def _site(scenario: Scenario, option: ConversationOption) -> Iterator[Message]:
    site, heat = scenario.site, option.heat
    assert heat is not None  # noqa: S101 - asked for devices that were simulated alone
    installed = option.count + option.spares
    units = rack_units(scenario, option.part, installed)
    height, limit_w = option.racks * site.rack_units, option.racks * site.power_limit_w
    if units > height:
        yield message(
            "reason.room", installed=f"{installed:,}", needed=f"{units:,g}", available=f"{height:g}"
        )
    asked_w = (1.0 - scenario.planning.margins.power_ratio) * limit_w
    if heat.worst_power_w > asked_w:
        yield message("reason.power", worst=f"{heat.worst_power_w:,.0f}", limit=f"{limit_w:,.0f}")
    warmest = Warmest(heat.temperature_c, heat.temperature_c, heat.inlet_c, heat.exhaust_c)
    for margin in air_margins(scenario, warmest):
        if margin.verdict is Verdict.FAIL:
            yield message(f"reason.limit_{margin.name.partition('.')[0]}", why=verdict_text(margin))
    throttle_c, asked_k = option.part.thermal.throttle_c.value, scenario.planning.margins.temperature_k
    reached = {"temperature": f"{heat.temperature_c:.0f}", "throttle": f"{throttle_c:g}"}
    if heat.temperature_c > throttle_c:
        yield message("reason.heat", **reached)
    elif heat.temperature_c > throttle_c - asked_k:
        yield message("conversation.too_near", asked=f"{asked_k:g}", **reached)


def warnings_of(option: ConversationOption, sessions: int | None) -> Iterator[str]:
    """What a reader has to know beside the verdict; `sessions` are those asked for."""
    own = option.prepared
    if sessions is not None and sessions > option.limits.sessions:
        yield message("language.one_by_one", engine=own.served.engine.name, users=option.limits.sessions)
    if not own.rates.fitted:
        yield message("language.no_rates", engine=own.served.engine.name, unit=option.unit)
    if (measured := sum(map(len, own.errors.values()))) > 0:
        yield message("language.anchored", count=measured, device=option.device)
    throttle_c = option.part.thermal.throttle_c.value
    if option.always_c is not None and option.always_c > throttle_c:
        yield message(
            "conversation.throttles", temperature=f"{option.always_c:.0f}", throttle=f"{throttle_c:g}"
        )
    if option.ends is not None:
        yield from _of_the_run(option, option.ends)


def _of_the_run(option: ConversationOption, ends: EndResults) -> Iterator[Message]:
    planned = ends.at(planned_bound(option.plan_for))
    few = [(talk.name, level) for talk in planned.talks for level in talk.levels if not level.enough]
    for name, level in few:
        share = f"{level.asked.quantile * 100:g} %"
        yield message("conversation.few", stream=name, answers=f"{level.answers:,}", share=share)
    if option.verdict is Verdict.UNDECIDED and not few:
        yield message("conversation.undecided", device=option.device, engine=option.engine)
    for talk in planned.talks:
        if talk.refused:
            yield message("conversation.some_refused", stream=talk.name, turns=talk.refused, of=talk.turns)
        if talk.preempted:
            yield message("conversation.some_preempted", stream=talk.name, turns=talk.preempted)
