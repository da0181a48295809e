"""The limits of the site and what the chosen option needs of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.plan.options.margin import Margin
from planner.plan.options.margin_text import amount, left_text, margin_name, rests_on_text
from planner.plan.options.rack_run import Simulated
from planner.plan.rack.questions import FailureAnswer
from planner.rack.counts.results import Verdict
from planner.schema.scenario.scenario import Scenario
from planner.units import format_number, format_percent, format_quantity, format_time_share
from planner.wording.message import message

_MET = {Verdict.PASS: True, Verdict.FAIL: False, Verdict.UNDECIDED: None}
FIRST_PAGE = 5
"""Limits on the first page where all are met."""
_SPAN_K = 40.0
"""Kelvins below a temperature's limit that count as far away: from a hall at 20 to a limit of 60."""


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
    nearest: bool = False
    """Whether it is among the first page's: those not met or open, and then those that come nearest."""
    used: float = 0.0
    """How near it is: 1 at the limit, and at the margin that was asked."""


def constraints(
    scenario: Scenario, simulated: Simulated, failures: FailureAnswer | None = None
) -> tuple[Constraint, ...]:
    """Power, height, heat, air and gear with their margins, load, money, service levels, availability."""
    option = simulated.option
    used, most = option.offered_utilisation, scenario.planning.utilisation_limit_ratio
    rows = [of_margin(margin) for margin in option.margins]
    rows.append(
        Constraint(
            name=message("limit.capacity"),
            limit=format_percent(most),
            value=format_percent(used),
            met=round(used, 3) <= most,
            used=used / most,
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
                used=0.0 if capital is None or not budget.amount else capital / budget.amount,
            )
        )
    for stream in simulated.result.streams:
        slo = next(item.slo for item in scenario.streams if item.name == stream.name)
        within = stream.slo_latency_s
        rows.append(
            Constraint(
                name=message(
                    "limit.within",
                    stream=stream.name,
                    share=f"{format_number(slo.quantile_ratio * 100, 4)} %",
                ),
                limit=format_quantity(slo.latency_s, "s"),
                value=message("limit.never") if within is None else format_quantity(within, "s", 3),
                met=_MET[stream.verdict],
                used=0.0 if within is None else within / slo.latency_s,
            )
        )
    if failures is not None:
        rows.append(_availability(failures))
    return with_nearest(rows)


def with_nearest(rows: list[Constraint]) -> tuple[Constraint, ...]:
    """Mark the rows of the first page: every one that does not pass, then the nearest."""
    ranked = sorted(range(len(rows)), key=lambda place: (rows[place].met is True, -rows[place].used))
    open_ones = sum(row.met is not True for row in rows)
    shown = set(ranked[: max(open_ones, FIRST_PAGE)])
    return tuple(replace(row, nearest=place in shown) for place, row in enumerate(rows))


def _availability(found: FailureAnswer) -> Constraint:
    share = found.availability
    return Constraint(
        name=message("limit.availability", count=found.count, spares=found.spares),
        limit=format_percent(found.target, 4),
        value=message("number.unknown") if share is None else format_time_share(share),
        met=found.met,
    )


def of_margin(margin: Margin) -> Constraint:
    """A limit of the site."""
    return Constraint(
        name=margin_name(margin),
        limit=amount(margin.limit, margin.unit),
        value=amount(margin.value, margin.unit),
        met=_MET[margin.verdict],
        left=left_text(margin),
        rests_on=rests_on_text(margin),
        used=_used(margin),
    )


def _used(margin: Margin) -> float:
    """Value over limit; of a temperature, whose zero means nothing, over the last 40 K to the limit."""
    worst = min(margin.margin, margin.worst) - margin.asked
    span = _SPAN_K if margin.unit == "c" else abs(margin.limit) or 1.0
    return 1.0 - worst / span
