"""Which limits of a scenario an option breaks, as far as closed forms can tell."""

from __future__ import annotations

import math
from collections.abc import Iterator

from planner.latency.memory_use import together_bytes
from planner.plan.money.economics import rack_units
from planner.plan.options.margin_text import verdict_text
from planner.plan.options.option import Option
from planner.plan.sizing.margins import Placed
from planner.rack.counts.results import Verdict
from planner.schema.scenario.scenario import Scenario
from planner.schema.scenario.streams import Stream
from planner.units import format_number, format_percent, format_quantity
from planner.wording.message import Message, message


def reasons_against(scenario: Scenario, option: Option) -> Iterator[Message]:
    """Every limit of the scenario that the option breaks, in words; none for a feasible one."""
    limit = scenario.planning.utilisation_limit_ratio
    pinned = scenario.simulation.dispatch == "pinned"
    alone = option.count >= sum(stream.count for stream in scenario.streams)
    if pinned and alone and option.offered_utilisation > limit:
        yield message(
            "reason.pinned", share=format_percent(option.offered_utilisation), limit=format_percent(limit)
        )
    elif pinned and option.offered_utilisation >= 1.0:
        times = format_number(option.offered_utilisation, 3)
        yield message("reason.overload_pinned", times=times, count=option.count)
    elif option.offered_utilisation >= 1.0:
        # At exactly one, queues still grow: a whole number of devices has to come out one higher.
        needed = math.ceil(option.count * option.offered_utilisation * (1 + 1e-9))
        yield message(
            "reason.overload",
            times=format_number(option.offered_utilisation, 3),
            count=option.count,
            needed=needed,
        )
    yield from _chain_reasons(option)
    yield from _memory_reasons(option)
    yield from _latency_reasons(scenario, option)
    yield from site_reasons(scenario, option)
    yield from _budget_reasons(scenario, option)


def site_reasons(scenario: Scenario, option: Placed) -> Iterator[Message]:
    """Limits of the site that are broken."""
    site = scenario.site
    installed = option.count + option.spares
    units = rack_units(scenario, option.part, installed)
    height, power_limit_w = option.racks * site.rack_units, option.racks * site.power_limit_w
    one_or_more = "" if site.racks == 1 else "_of_racks"
    most = {} if site.racks == 1 else {"racks": option.racks}
    if units > height:
        yield message(
            f"reason.room{one_or_more}",
            installed=f"{installed:,}",
            needed=f"{units:,g}",
            available=f"{height:g}",
            **most,
        )
    for margin in option.margins:
        if margin.verdict is not Verdict.FAIL or margin.name == "height":
            continue
        over = margin.state(margin.best) == "over"
        if over and margin.name == "power":
            yield message(
                f"reason.power{one_or_more}",
                worst=f"{option.heat.worst_power_w:,.0f}",
                limit=f"{power_limit_w:,.0f}",
                **most,
            )
        elif over and margin.name == "die":
            temperature, throttle = f"{margin.value:.0f}", f"{margin.limit:g}"
            yield message("reason.heat", temperature=temperature, throttle=throttle)
        else:
            kind = margin.name.partition(".")[0]
            yield message(f"reason.limit_{kind}", why=verdict_text(margin))


def _budget_reasons(scenario: Scenario, option: Option) -> Iterator[Message]:
    budget = scenario.money.budget_money
    if budget is None:
        return
    if option.cost.capital is None:
        yield message("reason.price_unknown")
    elif option.cost.capital > budget.amount:
        yield message(
            "reason.budget",
            capital=f"{option.cost.capital:,.0f} {budget.currency}",
            budget=f"{budget.amount:,.0f}",
        )


def _chain_reasons(option: Option) -> Iterator[Message]:
    """Steps of chains that nothing around the part does: no number of devices helps."""
    if option.chain is not None:
        for gap in option.chain.gaps:
            yield message("reason.chain", where=gap.where, why=gap.reason)


def _memory_reasons(option: Option) -> Iterator[Message]:
    needed = together_bytes(item.estimate.memory for item in option.networks)
    capacity = option.networks[0].estimate.memory.capacity_bytes
    if needed > capacity:
        yield message("reason.memory", needed=f"{needed / 1e9:.2f}", capacity=f"{capacity / 1e9:.2f}")


def _latency_reasons(scenario: Scenario, option: Option) -> Iterator[Message]:
    """Streams whose requests take longer than is asked even alone: no number of devices helps."""
    for stream in scenario.streams:
        least_s = least_latency_s(option, stream)
        if least_s > stream.slo.latency_s:
            yield message(
                "reason.latency",
                stream=stream.name,
                plan=message(f"plan_for.{option.plan_for}"),
                least=format_quantity(least_s, "s", 3),
                asked=format_quantity(stream.slo.latency_s, "s"),
            )


def least_latency_s(option: Option, stream: Stream) -> float:
    """A request of the stream that finds the rack empty: alone on the fastest unit, and its steps."""
    everywhere = (option.services, *(unit.services for unit in option.beside))
    alone_s = [
        service.batch_s[0]
        for services in everywhere
        for service in services
        if service.network == stream.model
    ]
    return min(alone_s) + _around_s(stream)


def behind_a_batch_s(scenario: Scenario, option: Option, stream: Stream) -> float:
    """A request that waits for its batch to fill and for the longest batch before it: near the worst of a
    rack with devices to spare. No limit, but settings that keep it are tried first."""
    longest_s = max(item.planned_latency_s(option.plan_for) for item in option.networks)
    wait_s = scenario.candidates.max_wait_s if option.batch > 1 else 0.0
    own_s = option.network(stream.model).planned_latency_s(option.plan_for)
    return wait_s + longest_s + own_s + _around_s(stream)


def _around_s(stream: Stream) -> float:
    return sum(step.time_s for step in (*stream.before, *stream.after))
