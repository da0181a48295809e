"""`planner plan MODEL --cameras 300 --fps 15`: the answer at once, and the scenario that gives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from planner import api
from planner.api.texts import Said, question_of
from planner.cli.output import CommandResult, Output, frame_rows, output_options_with
from planner.cli.own_parts import hardware_option
from planner.cli.scenario import conversations
from planner.cli.scenario.short_question import question_options
from planner.cli.scenario.size import RANK, RIGHT, table_row
from planner.cli.text.margins import host_lines

if TYPE_CHECKING:
    from planner.plan.short.plan import ShortPlan
    from planner.plan.sizing.result import SizedOption

_NOT_SHOWN = ("on", "racks", "worst", "left", "cooler")


@click.command("plan")
@question_options
@click.option(
    "-o", "--output", "to", type=click.Path(path_type=Path), help="Write the scenario to FILE.yaml."
)
@click.option("--users", type=int, help="Of a language model: how many people converse with it.")
@click.option("--context", type=int, help="With --users: most tokens of a conversation.")
@hardware_option
@output_options_with("--to")
def command(
    to: Path | None, users: int | None, context: int | None, *, output: Output, **said: Unpack[Said]
) -> int:
    """Which part, how many, and will it hold: for cameras that all send their frames to MODEL.

    MODEL is an ONNX file or zoo:NAME; with --users a language model as `planner llm` takes it, and people who
    converse with it. What is not said is taken from a template and listed with its reason.
    -o writes the scenario, for which `planner size` gives the same numbers; --to and --format are for the
    answer. Exit status 3 when no part is feasible.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.plan.record.sizing import plan_record

    if users is not None or context is not None:
        return conversations.plan(said, users, context, to, output=output)
    found = api.plan(question_of(said), to=to, progress=output.progress)
    output.progress_done()
    output.write(
        CommandResult(
            plan_record(found, to),
            lambda: frame_rows(found.sizing.to_frame()),
            [_row(item) for item in found.sizing.options],
            [found.source.scenario.question, *_headline(found)],
            list(_footer(found, to)),
            RIGHT,
            RANK,
        )
    )
    return OK if found.sizing.feasible else INFEASIBLE


def _row(item: SizedOption) -> dict[str, str]:
    return {key: text for key, text in table_row(item).items() if key not in _NOT_SHOWN}


def _headline(found: ShortPlan) -> Iterator[str]:
    """The answer in one line: part, how many, p99, watts, money, verdict."""
    sizing = found.sizing
    if not sizing.feasible:
        yield "No part keeps every limit; what is broken is below."
        return
    best = sizing.options[0]
    row = table_row(best)
    p99 = "p99 " if best.simulated else ""
    yield (
        f"{row['count']} x {best.option.device_name}: {row['verdict']}; {p99}{row['p99 (low - high)']}, "
        f"{row['rests on']}; {row['power']}, {row['to buy']} to buy, {row['a year']} a year"
    )


def _footer(found: ShortPlan, to: Path | None) -> Iterator[str]:
    sizing = found.sizing
    for item in sizing.options:
        yield f"{item.option.device}: {item.verdict_reason}"
        yield from host_lines(item.option)
    if sizing.contradiction is not None:
        yield sizing.contradiction
    yield from (f"cannot run: {r.device} {r.mode} {r.precision}: {r.reason}" for r in sizing.refusals)
    risks = list(_risks(found))
    yield "What could go wrong:" if risks else "What could go wrong: no known mistake was found in this plan."
    yield from (f"  {text}" for text in risks)
    yield f"Taken, as nobody said otherwise ({len(found.defaults)}):"
    yield from (f"  {item.key} = {api.plain_text(item.value)}: {item.why}" for item in found.defaults)
    if to is not None:
        yield f"wrote {to}; `planner size {to}` gives the same numbers"
    else:
        yield "-o plan.yaml writes the scenario, to change it and for `planner size`, `simulate`, `report`"


def _risks(found: ShortPlan) -> Iterator[str]:
    """What would decide an open verdict, mistakes of the plan, and what its rack warns of."""
    best = found.sizing.options[0] if found.sizing.options else None
    if best is None:
        return
    yield from (f"open until decided by {text}" for text in best.would_decide)
    for pitfall in found.pitfalls:
        yield f"{pitfall.severity} {pitfall.id}/{pitfall.rule}: {pitfall.title}: {pitfall.evidence}"
    yield from api.own_part_notes(tuple(dict.fromkeys(item.option.device for item in found.sizing.options)))
    if best.simulated is not None:
        yield from best.simulated.result.warnings
