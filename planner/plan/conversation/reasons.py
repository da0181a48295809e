"""Which limits an option of conversations breaks, and what to be warned of."""

from __future__ import annotations

from collections.abc import Iterator

from planner.conversation.description import Talk
from planner.conversation.levels import LevelResult
from planner.language.formats.weights import cache_bytes
from planner.latency.band import planned_bound
from planner.plan.conversation.option import ConversationOption, EndResults
from planner.plan.options.margin_text import margin_name, rests_on_text
from planner.plan.sizing.margins import Placed
from planner.plan.sizing.reasons import site_reasons
from planner.rack.counts.results import Verdict
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent, format_quantity
from planner.wording.message import Message, message


def broken_limits(scenario: Scenario, option: ConversationOption, placed: Placed) -> Iterator[Message]:
    """Every limit of the site and the budget that devices break which were simulated."""
    yield from site_reasons(scenario, placed)
    if option.ends is not None and _shut_down(option.ends):
        yield message("conversation.shut_down", shutdown=f"{option.part.thermal.shutdown_c.value:g}")
    budget, cost = scenario.money.budget_money, option.cost
    if budget is None or cost is None:
        return
    if cost.capital is None:
        yield message("reason.price_unknown")
    elif cost.capital > budget.amount:
        capital = f"{cost.capital:,.0f} {budget.currency}"
        yield message("reason.budget", capital=capital, budget=f"{budget.amount:,.0f}")


def _shut_down(ends: EndResults) -> bool:
    return any(item.heat is not None and item.heat.shut_down for item in (ends.low, ends.mid, ends.high))


def no_room(talks: tuple[Talk, ...], option: ConversationOption) -> Iterator[Message]:
    """Why not even one session fits, before anything is simulated."""
    own = option.prepared
    need, frames_bytes = own.memory.needs(1, 1), option.frames.memory_bytes if option.frames else 0.0
    model_bytes = need.weights + need.workspace
    if model_bytes >= need.capacity:
        # Networks of frames have their part of the memory already.
        needed = f"{(model_bytes + frames_bytes) / 1e9:.2f}"
        capacity = f"{(need.capacity + frames_bytes) / 1e9:.2f}"
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
    for stream, level in planned.promises():
        if level.verdict is Verdict.FAIL:
            yield missed(stream, level, option)


def missed(stream: str, level: LevelResult, option: ConversationOption) -> Message:
    """A promise that is not kept, in words."""
    refused = level.reached_s == float("inf")
    return message(
        "conversation.refused" if refused else "conversation.missed",
        stream=stream,
        promise=message(f"conversation.{level.promise}"),
        share=f"{level.asked.quantile * 100:g} %",
        reached="-" if refused else format_quantity(level.reached_s, "s", 3),
        asked=format_quantity(level.asked.within_s, "s", 3),
        plan=message(f"plan_for.{option.plan_for}"),
    )


def warnings_of(option: ConversationOption, sessions: int | None, *, throttle_c: float) -> Iterator[str]:
    """What a reader has to know beside the verdict; `sessions` are those asked for."""
    own = option.prepared
    if sessions is not None and sessions > option.limits.sessions:
        yield message("language.one_by_one", engine=own.served.engine.name, users=option.limits.sessions)
    if not own.rates.fitted:
        yield message("language.no_rates", engine=own.served.engine.name, unit=option.unit)
    if (measured := sum(map(len, own.errors.values()))) > 0:
        yield message("language.anchored", count=measured, device=option.device)
    seen = None if option.ends is None else option.ends.at(planned_bound(option.plan_for)).heat
    if seen is not None and seen.throttled_share > 0:
        share, clock = format_percent(seen.throttled_share), format_percent(seen.least_clock)
        yield message("conversation.throttled", share=share, clock=clock)
    elif option.always_c is not None and option.always_c > throttle_c:
        yield message(
            "conversation.throttles", temperature=f"{option.always_c:.0f}", throttle=f"{throttle_c:g}"
        )
    if option.ends is not None:
        yield from _of_the_run(option, option.ends)


def _of_the_run(option: ConversationOption, ends: EndResults) -> Iterator[Message]:
    planned = ends.at(planned_bound(option.plan_for))
    few = [(name, level) for name, level in planned.promises() if not level.enough]
    for name, level in few:
        share = f"{level.asked.quantile * 100:g} %"
        yield message("conversation.few", stream=name, answers=f"{level.answers:,}", share=share)
    if ends.verdict is Verdict.UNDECIDED and not few:
        yield message("conversation.undecided", device=option.device, engine=option.engine)
    for talk in planned.talks:
        if talk.refused:
            yield message("conversation.some_refused", stream=talk.name, turns=talk.refused, of=talk.turns)
        if talk.preempted:
            yield message("conversation.some_preempted", stream=talk.name, turns=talk.preempted)
    for frames in planned.frames:
        if frames.dropped:
            of = f"{frames.frames:,}"
            yield message("conversation.dropped", stream=frames.name, frames=f"{frames.dropped:,}", of=of)
    yield from _of_limits(option)


def _of_limits(option: ConversationOption) -> Iterator[Message]:
    """Limits of the site that turn with what is assumed."""
    for margin in option.margins:
        if margin.turns:
            yield message("conversation.open_limit", limit=margin_name(margin), why=rests_on_text(margin))
