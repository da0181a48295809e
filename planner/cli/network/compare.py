"""`planner compare MODEL --devices GLOB`: many parts against limits, best first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_budget, parse_option, parse_rates
from planner.cli.bars import Bar
from planner.cli.completion import device_ids, networks
from planner.cli.evidence import network_evidence
from planner.cli.model_options import extent_options, load_option, plot_option
from planner.cli.network.capacity import write_capacities
from planner.cli.output import CommandResult, Output, Rows, frame_rows, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, quantity
from planner.cli.text.units import other_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.latency.result import Load
    from planner.plan.compare.candidate import Candidate, PlanFor
    from planner.workload.asked import Asked

_BARS = 16
_RIGHT = frozenset({"batch", "plan with", "power", "price"})
_RANK = (
    "batch",
    "engine",
    "latency (low - high)",
    "power",
    "precision",
    "price",
    "unit",
    "mode",
    "rests on",
)


@click.command("compare")
@click.argument("model", shell_complete=networks)
@click.option(
    "--devices",
    "globs",
    multiple=True,
    required=True,
    metavar="GLOBS",
    help="Ids or globs, with commas or repeated.",
    shell_complete=device_ids,
)
@click.option(
    "--modes",
    "--mode",
    "modes",
    help="default: the delivered one; all; or names with commas. Unless said all are weighed and the best of "
    "each part is shown.",
)
@click.option("--precision", "precisions", multiple=True, help="Repeatable, or with commas.")
@click.option(
    "--batch",
    "batches",
    type=click.IntRange(min=1),
    multiple=True,
    help="Repeatable; default: of the file.",
)
@extent_options
@click.option(
    "--plan-for",
    type=click.Choice(["cautious", "typical"]),
    default="cautious",
    show_default=True,
    help="End of the latency that --max-latency is compared with.",
)
@network_evidence
@click.option("--unit", help="Compute unit by id or kind (cpu, gpu, npu, dla); default: the best of a part.")
@load_option
@click.option("--max-latency", metavar="50ms")
@click.option("--max-power", metavar="15W", help="Highest power, at the place that estimate names.")
@click.option("--budget", metavar="'500 USD'", help="Price of one part, with its currency.")
@click.option("--rate", "rates", multiple=True, metavar="CNY=0.14", help="Price of one unit of a currency.")
@plot_option
@hardware_option
@output_options
def command(
    model: str,
    globs: tuple[str, ...],
    modes: str | None,
    precisions: tuple[str, ...],
    batches: tuple[int, ...],
    plan_for: PlanFor,
    unit: str | None,
    load: Load,
    max_latency: str | None,
    max_power: str | None,
    budget: str | None,
    rates: tuple[str, ...],
    plot: Path | None,
    *,
    asked: Asked,
    evidence: dict[str, object],
    output: Output,
) -> int:
    """Put MODEL on every part that matches and rank them; exit status 3 when none keeps the limits.

    MODEL may be a scenario of conversations (FILE.yaml): how many of its users one of each part serves.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.plan.record.options import comparison_record

    if Path(model).suffix in (".yaml", ".yml") and api.has_conversations(model):
        return write_capacities(Path(model), globs, output)
    network = api.read_onnx(model, asked=replace(asked, batch=batches[0] if batches else None))
    comparison = api.compare(
        network,
        [glob.strip() for group in globs for glob in group.split(",") if glob.strip()],
        modes=_modes(modes),
        precisions=[text for group in precisions for text in group.split(",")],
        batches=batches or (network.batch,),
        unit=unit,
        evidence=evidence,
        max_latency_s=parse_option("--max-latency", max_latency, "s"),
        max_power_w=parse_option("--max-power", max_power, "w"),
        budget=parse_budget("--budget", budget),
        rates=parse_rates(rates),
        plan_for=plan_for,
        load=load,
        progress=lambda device_id: output.progress(f"estimating {device_id}"),
    )
    output.progress_done()
    if plot is not None:
        api.plot_comparison(comparison, plot, max_latency_s=parse_option("--max-latency", max_latency, "s"))
        output.say(f"wrote {plot}")
    shown = comparison.candidates if modes else _best_of_each(comparison.candidates)
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
            "plan with": quantity(_counted_s(c, plan_for), "s"),
            "rests on": c.estimate.provenance.value,
            "power": quantity(c.estimate.power_w.mid, "w"),
            "price": f"{c.price.amount:g} {c.price.currency}" if c.price else "unknown",
            "": _standing(c),
        }
        for c in shown
    ]

    def rows() -> Rows:
        return frame_rows(comparison.to_frame())

    footer = [f"{c.name}: {c.loses}" for c in shown if c.loses]
    footer += [
        f"{c.estimate.device} {c.estimate.mode}, not on {line}"
        for c in shown
        for line in other_lines(c.estimate.others)
    ]
    if modes is None:
        footer += _mode_lines(comparison.candidates)
    footer += [f"cannot run: {r.device} {r.mode} {r.precision}: {r.reason}" for r in comparison.refusals]
    footer += [f"note: {text}" for text in comparison.notes]
    if comparison.contradiction:
        footer.append(comparison.contradiction)
    footer.append(f"plan with: the {plan_for} latency of a batch, which --max-latency is compared with")
    record = {**comparison_record(comparison), "warnings": list(comparison.notes)}
    output.write(CommandResult(record, rows, table, [], footer, _RIGHT, _RANK, bars=_bars(shown)))
    if comparison.feasible:
        return OK
    output.say("planner: no candidate keeps the limits; the reasons stand below the table")
    return INFEASIBLE


def _bars(shown: Sequence[Candidate]) -> tuple[str, list[Bar]]:
    """The planning latency of the first few, from low to high."""
    bars = [
        Bar(
            f"{item.estimate.device} {item.estimate.mode} {item.estimate.precision}",
            item.planning_latency_s.low,
            item.planning_latency_s.high,
            quantity(item.planning_latency_s.mid, "s"),
        )
        for item in shown
        if item.estimate.fits
    ]
    return "latency of a batch, low to high", bars[:_BARS]


def _modes(asked: str | None) -> str | list[str]:
    if asked is None:
        return "all"
    return asked if asked in ("default", "all") else asked.split(",")


def _counted_s(candidate: Candidate, plan_for: PlanFor) -> float:
    band = candidate.planning_latency_s
    return band.high if plan_for == "cautious" else band.mid


def _best_of_each(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best mode of each part, precision and batch; candidates come best first."""
    best: dict[tuple[str, str, int], Candidate] = {}
    for candidate in candidates:
        found = candidate.estimate
        best.setdefault((found.device, str(found.precision), found.batch), candidate)
    return list(best.values())


def _mode_lines(candidates: Sequence[Candidate]) -> list[str]:
    """Which power modes of each part with several keep the limits; nothing where every one does."""
    modes: dict[str, dict[str, bool]] = {}
    for candidate in candidates:
        kept = modes.setdefault(candidate.estimate.device, {})
        mode = candidate.estimate.mode
        kept[mode] = kept.get(mode, False) or candidate.feasible
    lines = []
    for device, kept in modes.items():
        qualify = [mode for mode, keeps in kept.items() if keeps]
        others = [mode for mode, keeps in kept.items() if not keeps]
        if qualify and others:
            verb = "keep" if len(qualify) > 1 else "keeps"
            lines.append(f"{device}: {', '.join(qualify)} {verb} the limits; {', '.join(others)} not")
    if any(len(kept) > 1 for kept in modes.values()):
        lines.append("the best power mode of each part is shown; --modes all shows each")
    return lines


def _standing(candidate: Candidate) -> str:
    """Where a candidate stands, in a word or two; why it loses stands below the table."""
    if not candidate.feasible:
        return "no"
    if not candidate.loses:
        return "best"
    place = "pareto" if candidate.pareto else "beaten"
    return f"{place}, tie" if candidate.tie else place
