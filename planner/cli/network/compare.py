"""`planner compare MODEL --devices GLOB`: many parts against limits, best first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_budget, parse_option, parse_rates
from planner.cli.model_options import extent_options
from planner.cli.output import CommandResult, Output, frame_rows, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, quantity
from planner.cli.text.units import other_lines

if TYPE_CHECKING:
    from planner.plan.compare.candidate import Candidate
    from planner.workload.asked import Asked


@click.command("compare")
@click.argument("model")
@click.option(
    "--devices", "globs", multiple=True, required=True, metavar="GLOB", help="Ids or globs; repeatable."
)
@click.option("--modes", default="default", show_default=True, help="default, all, or names with commas.")
@click.option("--precision", "precisions", multiple=True, help="Repeatable, or with commas.")
@click.option(
    "--batch",
    "batches",
    type=click.IntRange(min=1),
    multiple=True,
    help="Repeatable; default: of the file.",
)
@extent_options
@click.option("--unit", help="Compute unit by id or kind (cpu, gpu, npu, dla); default: the best of a part.")
@click.option("--max-latency", metavar="50ms")
@click.option("--max-power", metavar="15W")
@click.option("--budget", metavar="'500 USD'", help="Price of one part, with its currency.")
@click.option("--rate", "rates", multiple=True, metavar="CNY=0.14", help="Price of one unit of a currency.")
@hardware_option
@output_options
def command(
    model: str,
    globs: tuple[str, ...],
    modes: str,
    precisions: tuple[str, ...],
    batches: tuple[int, ...],
    unit: str | None,
    max_latency: str | None,
    max_power: str | None,
    budget: str | None,
    rates: tuple[str, ...],
    *,
    asked: Asked,
    output: Output,
) -> int:
    """Put MODEL on every part that matches and rank them; exit status 3 when none keeps the limits."""
    from planner.cli.main import INFEASIBLE, OK
    from planner.plan.record.options import comparison_record

    network = api.read_onnx(model, asked=replace(asked, batch=batches[0] if batches else None))
    comparison = api.compare(
        network,
        globs,
        modes=modes if modes in ("default", "all") else modes.split(","),
        precisions=[text for group in precisions for text in group.split(",")],
        batches=batches or (network.batch,),
        unit=unit,
        max_latency_s=parse_option("--max-latency", max_latency, "s"),
        max_power_w=parse_option("--max-power", max_power, "w"),
        budget=parse_budget("--budget", budget),
        rates=parse_rates(rates),
        progress=lambda device_id: output.progress(f"estimating {device_id}"),
    )
    output.progress_done()
    table = [
        {
            "part": c.estimate.device,
            "mode": c.estimate.mode,
            "unit": f"{c.instances} x {c.estimate.unit}" if c.instances > 1 else c.estimate.unit,
            "engine": c.estimate.engine,
            "precision": str(c.estimate.precision),
            "batch": str(c.estimate.batch),
            "latency (low - high)": band(
                c.estimate.latency_s.low, c.estimate.latency_s.mid, c.estimate.latency_s.high, "s"
            ),
            "plan with": quantity(c.planning_latency_s.mid, "s"),
            "rests on": c.estimate.provenance.value,
            "power": quantity(c.estimate.part_power_w.mid, "w"),
            "price": f"{c.price.amount:g} {c.price.currency}" if c.price else "unknown",
            "": _standing(c),
        }
        for c in comparison.candidates
    ]
    rows = frame_rows(comparison.to_frame())
    footer = [f"{c.name}: {c.loses}" for c in comparison.candidates if c.loses]
    footer += [
        f"{c.estimate.device} {c.estimate.mode}, not on {line}"
        for c in comparison.candidates
        for line in other_lines(c.estimate.others)
    ]
    footer += [f"cannot run: {r.device} {r.mode} {r.precision}: {r.reason}" for r in comparison.refusals]
    footer += [f"note: {text}" for text in comparison.notes]
    if comparison.contradiction:
        footer.append(comparison.contradiction)
    right = frozenset({"batch", "plan with", "power", "price"})
    record = {**comparison_record(comparison), "warnings": list(comparison.notes)}
    output.write(CommandResult(record, rows, table, [], footer, right))
    if comparison.feasible:
        return OK
    output.say("planner: no candidate keeps the limits; the reasons stand below the table")
    return INFEASIBLE


def _standing(candidate: Candidate) -> str:
    """Where a candidate stands, in a word or two; why it loses stands below the table."""
    if not candidate.feasible:
        return "no"
    if not candidate.loses:
        return "best"
    place = "pareto" if candidate.pareto else "beaten"
    return f"{place}, tie" if candidate.tie else place
