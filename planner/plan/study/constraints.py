"""The limits of the site and what the chosen option needs of them."""

from __future__ import annotations

from dataclasses import dataclass

from planner.plan.options.margin import Margin
from planner.plan.options.margin_text import amount, left_text, margin_name, weakest_text
from planner.plan.options.rack_run import Simulated
from planner.plan.rack.questions import FailureAnswer
from planner.rack.counts.results import Verdict
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent, format_quantity, format_time_share
from planner.wording.message import message

_MET = {Verdict.PASS: True, Verdict.FAIL: False, Verdict.UNDECIDED: None}


@dataclass(frozen=True, slots=True)
class Constraint:
    """A limit and what is needed of it, as text; `met` is None where that is not known or turns.

    `left` says how far it is to the limit and what was asked, `rests_on` the weakest input; both may be
    empty.
    """

    name: str
    limit: str
    value: str
    met: bool | None
    left: str = ""
    rests_on: str = ""


def constraints(
    scenario: Scenario, simulated: Simulated, failures: FailureAnswer | None = None
) -> tuple[Constraint, ...]:
    """Power, height, heat, air and gear with their margins, load, money, service levels, availability."""
    option = simulated.option
    used, most = option.offered_utilisation, scenario.planning.utilisation_limit_ratio
    rows = [_of_margin(margin) for margin in option.margins]
    rows.append(
        Constraint(
            name=message("limit.capacity"),
            limit=format_percent(most),
            value=format_percent(used),
            met=round(used, 3) <= most,
        )
    )
    budget = scenario.money.budget_money
    if budget is not None:
        capital = option.cost.capital
        rows.append(
            Constraint(
                name=message("limit.capital"),
                limit=f"{budget.amount:,.0f} {budget.currency}",
                value=message("number.unknown") if capital is None else f"{capital:,.0f} {budget.currency}",
                met=None if capital is None else capital <= budget.amount,
            )
        )
    for stream in simulated.result.streams:
        slo = next(item.slo for item in scenario.streams if item.name == stream.name)
        within = stream.slo_latency_s
        rows.append(
            Constraint(
                name=message("limit.within", stream=stream.name, share=f"{slo.quantile_ratio * 100:.4g} %"),
                limit=format_quantity(slo.latency_s, "s"),
                value=message("limit.never") if within is None else format_quantity(within, "s", 3),
                met=stream.verdict == "PASS",
            )
        )
    if failures is not None:
        rows.append(_availability(failures))
    return tuple(rows)


def _availability(found: FailureAnswer) -> Constraint:
    share = found.availability
    return Constraint(
        name=message("limit.availability", count=found.count, spares=found.spares),
        limit=format_percent(found.target, 4),
        value=message("number.unknown") if share is None else format_time_share(share),
        met=found.met,
    )


def _of_margin(margin: Margin) -> Constraint:
    return Constraint(
        name=margin_name(margin),
        limit=amount(margin.limit, margin.unit),
        value=amount(margin.value, margin.unit),
        met=_MET[margin.verdict],
        left=left_text(margin),
        rests_on=weakest_text(margin),
    )
