"""`planner cost SCENARIO`: the money line by line, and which inputs decide it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.completion import scenarios
from planner.cli.evidence import scenario_evidence
from planner.cli.output import CommandResult, Output, frame_rows, output_options
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.scenario import conversations
from planner.cli.text.services import service_lines
from planner.cli.text.tornado import tornado_lines
from planner.units import format_number, format_percent

if TYPE_CHECKING:
    from planner.plan.cost.sensitivity import MonteCarlo
    from planner.plan.cost.study import Costed, CostStudy
    from planner.plan.money.bill import Bill


@click.command("cost")
@click.argument("scenario", type=click.Path(path_type=Path), shell_complete=scenarios)
@scenario_evidence
@click.option("--device", metavar="ID", help="This candidate alone; its price is asked for if missing.")
@click.option("--draws", type=click.IntRange(min=2), default=1000, show_default=True, help="Of Monte Carlo.")
@click.option("--seed", type=click.IntRange(min=0), help="Of Monte Carlo, instead of the scenario's.")
@hardware_option
@outside_option
@output_options
def command(scenario: Path, device: str | None, draws: int, seed: int | None, *, output: Output) -> int:
    """What SCENARIO costs over its horizon: capital, energy and the rest, a thousand inferences, carbon.

    The rack is the one that it gives, or the best option of each part in closed form, cheapest first. The
    tornado moves one input of the first option from end to end of its band; Monte Carlo draws all of them.
    Exit status 3 when no option keeps the limits.
    """
    from planner.cli.main import INFEASIBLE, OK

    if api.has_conversations(scenario):
        return conversations.cost(scenario, device, output=output)
    from planner.plan.record.cost import cost_record

    study = api.cost(scenario, device=device, draws=draws, seed=seed, progress=output.progress)
    output.progress_done()
    record = cost_record(study)
    asked = [f"not costed, {problem}" for problem in study.missing]
    if study.tornado is None or study.monte_carlo is None:
        table = [{"device": name, "reason": reason} for name, reason in study.reasons]
        rows = [dict(row) for row in table]
        lines = ["no option keeps every limit:"]
        output.write(CommandResult(record, rows, table, lines, asked, prose={"reason"}))
        return INFEASIBLE
    first = study.options[0]
    notes = api.own_part_notes(tuple(item.option.device for item in study.options))
    warnings = [*_texts(record["warnings"]), *notes]
    footer = [
        *_sums(first.bill),
        "",
        *_others(study),
        *tornado_lines(study.tornado),
        *_draws(study.monte_carlo),
    ]
    footer += ["", *(f"not feasible, {name}: {reason}" for name, reason in study.reasons)]
    footer += [*asked, *(f"note: {text}" for text in warnings)]
    right = frozenset({"first year", "over the horizon"})
    answer = CommandResult(
        {**record, "warnings": warnings},
        lambda: frame_rows(study.to_frame()),
        _lines(first.bill),
        _heading(first),
        footer,
        right,
        ("from", "due"),
        {"line", "from"},
    )
    output.write(answer)
    return OK


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []


def _heading(first: Costed) -> list[str]:
    from planner.plan.record.options import service_records

    option, bill = first.option, first.bill
    rate = f" at {format_percent(bill.discount_rate, 1)} a year" if bill.discount_rate else ", not discounted"
    spares = f" and {option.spares} spare{'s' if option.spares > 1 else ''}" if option.spares else ""
    return [
        f"{option.count} x {option.device}{spares}, mode {option.mode}, {option.runs_on} {option.precision} "
        f"[{option.latency_provenance}]; "
        f"{bill.horizon_years:g} years, present value in {bill.currency}{rate}",
        *service_lines(service_records(option)),
    ]


def _lines(bill: Bill) -> list[dict[str, str]]:
    return [
        {
            "line": line.name,
            "due": line.when,
            "first year": _amount(line.first),
            "over the horizon": _amount(line.present_value),
            "from": line.basis,
        }
        for line in bill.lines
    ]


def _sums(bill: Bill) -> list[str]:
    sums = [
        f"to buy {_amount(bill.capital)}, a year {_amount(bill.running_cost_per_year)}, in all "
        f"{_amount(bill.total_cost)} {bill.currency}; a thousand inferences "
        f"{format_number(bill.cost_per_thousand_inferences, 3)} {bill.currency} (a million "
        f"{format_number(bill.cost_per_thousand_inferences * 1e3, 3)})",
        f"unabsorbed: {_amount(bill.unabsorbed_cost)} {bill.currency} of it pay for the "
        f"{format_percent(bill.unabsorbed_share)} of capacity that no request uses",
    ]
    if bill.carbon is None:
        return [*sums, "carbon: unknown; state `carbon: {intensity: ...}`"]
    return [
        *sums,
        f"carbon: {bill.carbon.kg_first_year:,.0f} kg in the first year, {bill.carbon.kg_total:,.0f} kg in "
        "all, "
        f"{format_number(bill.carbon.kg_per_thousand_inferences * 1e3, 3)} g a thousand inferences",
    ]


def _others(study: CostStudy) -> list[str]:
    return [
        f"{item.option.count} x {item.option.device} on {item.option.runs_on} {item.option.precision}: "
        f"in all {_amount(item.bill.total_cost)}, "
        f"{format_number(item.bill.cost_per_thousand_inferences, 3)} a thousand inferences"
        for item in study.options[1:]
    ]


def _draws(found: MonteCarlo) -> list[str]:
    lines = ["", f"all inputs at once, {found.draws} draws, seed {found.seed}:"]
    for spread in found.options:
        low, _, mid, _, high = spread.total_cost
        budget = spread.within_budget_share
        kept = "" if budget is None else f", within budget in {format_percent(budget)}"
        ends = f"90 % of draws {_amount(low)} - {_amount(high)}"
        cheapest = f"cheapest in {format_percent(spread.cheapest_share)}"
        lines.append(f"  {spread.device}: {_amount(mid)} ({ends}), {cheapest}{kept}")
    shares = [f"{item.input} {format_percent(item.total)}" for item in found.inputs if item.total is not None]
    return (
        [*lines, f"  share of the variance that each has a hand in: {', '.join(shares)}"] if shares else lines
    )


def _amount(value: float) -> str:
    return f"{value:,.0f}"
