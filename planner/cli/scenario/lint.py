"""`planner lint SCENARIO`: which well-known mistakes the plan walks into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.completion import scenarios
from planner.cli.evidence import scenario_evidence
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.text.services import option_lines

if TYPE_CHECKING:
    from planner.plan.pitfalls.lint import Pitfall


@click.command("lint")
@click.argument("scenario", type=click.Path(path_type=Path), shell_complete=scenarios)
@scenario_evidence
@click.option("--strict", is_flag=True, help="Exit status 3 while any error or warning is not accepted.")
@hardware_option
@outside_option
@output_options
def command(
    scenario: Path,
    strict: bool,  # noqa: FBT001 - click passes it by name
    *,
    output: Output,
) -> int:
    """Hold SCENARIO's plan against the seven mistakes of planning edge inference, with numbers of this plan.

    The plan is the rack that the scenario gives, or else the one that `planner size` would choose. A mistake
    made on purpose is accepted with a reason under `accepted` in the scenario.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.plan.record.pitfalls import lint_record

    found = api.linted(scenario, progress=output.progress)
    output.progress_done()
    record, pitfalls = lint_record(found), found.pitfalls
    open_ones = [pitfall for pitfall in pitfalls if pitfall.open]
    heading = [f"{len(open_ones)} open, {len(pitfalls) - len(open_ones)} accepted"]
    heading += option_lines(found.option)
    lines = [line for pitfall in pitfalls for line in _lines(pitfall)]
    lines += [f"note: {text}" for text in found.notes]
    output.write(CommandResult(record, record["pitfalls"], [], heading, lines))
    serious = any(pitfall.severity != "note" for pitfall in open_ones)
    return INFEASIBLE if strict and serious else OK


def _lines(pitfall: Pitfall) -> list[str]:
    """One pitfall as a paragraph: a table has no room for its sentences."""
    lines = [
        "",
        f"{pitfall.severity} {pitfall.id}/{pitfall.rule}: {pitfall.title}",
        f"  where: {pitfall.where}",
        f"  evidence: {pitfall.evidence}",
        f"  advice: {pitfall.advice}",
        f"  source: {pitfall.source}",
    ]
    return lines if pitfall.open else [*lines, f"  accepted: {pitfall.accepted}"]
