"""What the cost of a plan of conversations depends on: each input at both ends of its band.

The count is searched for again where times move, by simulation; power moves what each step draws, prices the
bill alone. Times go to the ends of their band together, as one model gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from planner.conversation.description import Serving
from planner.conversation.results import ServingResult
from planner.conversation.serving import step_cost
from planner.latency.band import Band, BandEnd, planned_bound
from planner.plan.conversation.option import ConversationOption
from planner.plan.conversation.power import PowerAndCost, power_and_cost
from planner.plan.conversation.question import ENDS, ConversationQuestion, simulated
from planner.plan.conversation.search import least_count
from planner.plan.cost.model import (
    COOLER,
    ELECTRICITY,
    LATENCY,
    POWER,
    PRICE,
    electricity_spread,
    whose,
    with_energy_price,
)
from planner.plan.cost.sensitivity import Swing, Tornado
from planner.plan.money.bill import Bill, Year, bill_of
from planner.plan.money.economics import years
from planner.plan.money.prices import QuotedPrice, price_of
from planner.plan.money.tariff import price_by_hour
from planner.plan.options.coolers import resistance_band
from planner.rack.heat.steady import die_at
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import message, word

_J_PER_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class _At:
    """What so many devices need at one setting of the inputs."""

    count: int
    drawn: PowerAndCost
    result: ServingResult


def conversation_bill(
    scenario: Scenario, option: ConversationOption, price: QuotedPrice, at: _At | None = None
) -> Bill:
    """The bill of an option over the horizon; what it counts in thousands are tokens."""
    if at is None:
        assert option.ends is not None  # noqa: S101 - asked for what was simulated alone
        assert option.draw is not None  # noqa: S101 - the same
        result, count, draw = option.ends.at(planned_bound(option.plan_for)), option.count, option.draw
    else:
        result, count, draw = at.result, at.count, at.drawn.draw
    installed = count + option.spares
    year = Year(count, installed, result.tokens_per_s, min(1.0, result.worked) * count / installed, draw)
    return bill_of(scenario, option.part, price, [year for _ in years(scenario)])


def conversation_tornado(asked: ConversationQuestion, option: ConversationOption) -> Tornado | None:
    """Each input of the option; None where its price is unknown or nothing was simulated."""
    scenario = asked.source.scenario
    price = price_of(scenario, option.part)
    if price is None or option.ends is None or option.heat is None:
        return None
    planned = conversation_bill(scenario, option, price)
    swings = [
        _times(asked, option, price),
        _power(asked, option, price),
        *_prices(scenario, option, price),
        *_electricity(scenario, option, price),
        _cooler(option, planned),
    ]
    swings.sort(key=lambda swing: -swing.width)
    return Tornado(planned.currency, planned.total_cost, tuple(swings))


def _swing(
    of: tuple[str, str, str], band: Band, planned: float, bills: tuple[Bill, Bill], counts: tuple[int, int],
    hottest: tuple[float, float],
) -> Swing:  # fmt: skip
    name, unit, basis = of
    low, high = bills
    return Swing(
        name, unit, band.low, planned, band.high, basis, low.total_cost, high.total_cost,
        low.cost_per_thousand_inferences, high.cost_per_thousand_inferences, *counts, *hottest,
    )  # fmt: skip


def _at(asked: ConversationQuestion, option: ConversationOption, serving: Serving, count: int) -> _At:
    result = simulated(asked, replace(serving, devices=count, rack=None))
    drawn = power_and_cost(asked.source.scenario, option.part, option.mode, count, result)
    return _At(count, drawn, result)


def counts_at_ends(asked: ConversationQuestion, option: ConversationOption) -> Mapping[BandEnd, int]:
    """The devices that the promises take at each end of the times; those that are given stay as many."""
    if asked.source.scenario.deployment is not None:
        return dict.fromkeys(ENDS, option.count)
    bound = planned_bound(option.plan_for)
    return {
        end: option.count
        if end == bound
        else least_count(asked, replace(option.servings[end], devices=1, rack=None))
        for end in ENDS
    }


def _times(asked: ConversationQuestion, option: ConversationOption, price: QuotedPrice) -> Swing:
    counts, scenario = counts_at_ends(asked, option), asked.source.scenario
    found = {end: _at(asked, option, option.servings[end], counts[end]) for end in ("low", "high")}
    alone_s = {end: _token_s(option.servings[end]) for end in ENDS}
    bills = tuple(conversation_bill(scenario, option, price, found[end]) for end in ("low", "high"))
    plan = planned_bound(option.plan_for)
    return _swing(
        (LATENCY, "s", message("cost_basis.latency", provenance=_provenance(option))),
        Band(alone_s["low"], alone_s["mid"], alone_s["high"]),
        alone_s[plan],
        (bills[0], bills[1]),
        (counts["low"], counts["high"]),
        (found["low"].drawn.heat.temperature_c, found["high"].drawn.heat.temperature_c),
    )


def _token_s(serving: Serving) -> float:
    """A step of one session with a short cache: what the band of times is shown by."""
    cost = serving.cost
    return (float(cost.weight_bytes[0]) / cost.bandwidth_bytes_per_s + cost.decode_overhead_s) * cost.alone


def _power(asked: ConversationQuestion, option: ConversationOption, price: QuotedPrice) -> Swing:
    """What steps draw at both ends of the power model; frames as planned."""
    plan, scenario = planned_bound(option.plan_for), asked.source.scenario
    serving, found, watts = option.servings[plan], dict[BandEnd, _At](), dict[BandEnd, float]()
    for end in ENDS:
        cost = step_cost(option.prepared, plan, end)
        found[end] = _at(asked, option, replace(serving, cost=cost), option.count)
        watts[end] = found[end].drawn.step_w
    bills = tuple(conversation_bill(scenario, option, price, found[end]) for end in ("low", "high"))
    return _swing(
        (POWER, "W", message("cost_basis.power")),
        Band(watts["low"], watts["mid"], watts["high"]),
        watts[plan],
        (bills[0], bills[1]),
        (option.count, option.count),
        (found["low"].drawn.heat.temperature_c, found["high"].drawn.heat.temperature_c),
    )


def _prices(scenario: Scenario, option: ConversationOption, price: QuotedPrice) -> tuple[Swing, ...]:
    bills = tuple(
        conversation_bill(scenario, option, replace(price, mid=end)) for end in (price.low, price.high)
    )
    swing = _swing(
        (PRICE, scenario.money.currency, price.range_from),
        Band(price.low, price.mid, price.high),
        price.mid,
        (bills[0], bills[1]),
        (option.count, option.count),
        _hottest(option, 1.0, 1.0),
    )
    return (swing,)


def _electricity(scenario: Scenario, option: ConversationOption, price: QuotedPrice) -> tuple[Swing, ...]:
    each = float(price_by_hour(scenario.money).mean()) * _J_PER_KWH
    if not each:
        return ()
    off, stated = electricity_spread(scenario), whose(scenario.money.uncertainty.electricity_ratio)
    basis = message("cost_basis.over_horizon", share=f"{off * 100:g} %", whose=stated)
    bills = tuple(
        conversation_bill(with_energy_price(scenario, factor), option, price)
        for factor in (1.0 - off, 1.0 + off)
    )
    return (
        _swing(
            (ELECTRICITY, f"{scenario.money.currency}/kWh", basis),
            Band((1.0 - off) * each, each, (1.0 + off) * each),
            each,
            (bills[0], bills[1]),
            (option.count, option.count),
            _hottest(option, 1.0, 1.0),
        ),
    )


def _cooler(option: ConversationOption, planned: Bill) -> Swing:
    """The cooler moves no money until a device throttles; its swing shows how hot the die gets."""
    band = resistance_band(option.part.thermal)
    cooler = word("cooler", option.part.thermal.cooler)
    ratios = band.low_k_per_w / band.mid_k_per_w, band.high_k_per_w / band.mid_k_per_w
    return _swing(
        (
            COOLER,
            "K/W",
            message("cost_basis.cooler", cooler=cooler, status=word("status", band.status.value)),
        ),
        Band(band.low_k_per_w, band.mid_k_per_w, band.high_k_per_w),
        band.mid_k_per_w,
        (planned, planned),
        (option.count, option.count),
        _hottest(option, *ratios),
    )


def _hottest(option: ConversationOption, low: float, high: float) -> tuple[float, float]:
    assert option.heat is not None  # noqa: S101 - asked for what was simulated alone
    heat = option.heat
    return (
        die_at(heat.inlet_c, heat.temperature_c, low),
        die_at(heat.inlet_c, heat.temperature_c, high),
    )


def _provenance(option: ConversationOption) -> str:
    return message(f"provenance.{option.prepared.rates.provenance.value}")
