"""`planner check MODEL --against BASELINE.json`: what a change of a network does on the chosen parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from planner import api
from planner.cli.arguments import parse_option
from planner.cli.completion import device_ids, networks
from planner.cli.model_options import (
    engine_option,
    extent_options,
    mode_option,
    precision_option,
    unit_option,
)
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, quantity
from planner.errors import InputError, Problem
from planner.units import UnitError, format_percent, parse_quantity

if TYPE_CHECKING:
    from planner.schema.record.changed.check import CheckRowRecord, FiguresRecord
    from planner.schema.record.options import OptionalBandRecord
    from planner.wording.catalog import Language
    from planner.workload.asked import Asked

_FILE = click.Path(path_type=Path)
_RANK = ("rests on", "memory", "energy", "setting")


@click.command("check")
@click.argument("model", shell_complete=networks)
@click.option("--against", type=_FILE, metavar="BASELINE.json", help="What an earlier check kept.")
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="ID",
    help="Repeatable, or with commas; default: the parts of the baseline.",
    shell_complete=device_ids,
)
@click.option("--max-latency", metavar="50ms", help="Limit of the latency of a batch on every part.")
@click.option("--max-memory", metavar="4GB")
@click.option("--max-energy", metavar="50mJ", help="Limit of the energy of an inference.")
@click.option(
    "--max-increase",
    metavar="5%|none",
    default="5%",
    show_default=True,
    help="By how much latency, memory or energy may grow over the baseline.",
)
@click.option(
    "--plan-for",
    type=click.Choice(["cautious", "typical"]),
    default="cautious",
    show_default=True,
    help="End of the latency and energy that limits are compared with.",
)
@unit_option
@mode_option
@precision_option
@click.option("--batch", type=click.IntRange(min=1), help="Inferences in one run; default: as before.")
@engine_option
@extent_options
@click.option("--write-baseline", "baseline", type=_FILE, help="Keep this network's figures in FILE.json.")
@click.option("--markdown", type=_FILE, help="Also write a table for a pull request.")
@click.option("--junit", type=_FILE, help="Also write JUnit XML for a build server.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@hardware_option
@output_options
def command(
    model: str,
    against: Path | None,
    devices: tuple[str, ...],
    max_latency: str | None,
    max_memory: str | None,
    max_energy: str | None,
    max_increase: str,
    plan_for: Literal["cautious", "typical"],
    unit: str | None,
    mode: str | None,
    precision: str | None,
    batch: int | None,
    engine: str | None,
    baseline: Path | None,
    markdown: Path | None,
    junit: Path | None,
    language: Language,
    *,
    asked: Asked,
    output: Output,
) -> int:
    """What a change of MODEL does to predicted latency, memory and energy on the chosen parts.

    Options that are left out are as the baseline was asked. Exit status 3 where a part breaks a limit, grows
    by more than --max-increase or does not run MODEL any more.
    """
    from planner.cli.main import INFEASIBLE, OK

    api.check_files(output.path, baseline, markdown, junit)
    kept = None if against is None else api.read_baseline(against)["asked"]["batch"]
    size = batch if batch is not None else kept
    found = api.check(
        api.read_onnx(model, asked=_with_batch(asked, size)),
        [name.strip() for group in devices for name in group.split(",") if name.strip()],
        against=against,
        unit=unit,
        mode=mode,
        precision=precision,
        batch=size,
        engine=engine,
        max_latency_s=parse_option("--max-latency", max_latency, "s"),
        max_memory_bytes=parse_option("--max-memory", max_memory, "bytes"),
        max_energy_j=parse_option("--max-energy", max_energy, "j"),
        max_increase=_share(max_increase),
        plan_for=plan_for,
        progress=lambda device_id: output.progress(f"estimating {device_id}"),
    )
    output.progress_done()
    record = found.record
    written = api.write_check(found, baseline=baseline, markdown=markdown, junit=junit, language=language)
    verdict = "passed" if found.passed else "FAILED"
    before = record["against"]
    beside = "" if before is None else f", against {before['model']} of {before['file']}"
    heading = [f"{record['model']}{beside}: {verdict}"]
    footer = [f"{row['device']}: {text}" for row in record["rows"] for text in row["reasons"]]
    footer += [f"note: {text}" for text in record["notes"]]
    footer += [f"wrote {path}" for path in written]
    rows = [_flat(row) for row in record["rows"]]
    output.write(
        CommandResult(
            record, rows, [_row(row) for row in record["rows"]], heading, footer, frozenset(), _RANK
        )
    )
    return OK if found.passed else INFEASIBLE


def _with_batch(asked: Asked, batch: int | None) -> Asked:
    from dataclasses import replace

    return replace(asked, batch=batch)


def _share(text: str) -> float | None:
    """`5%` as a share, zero among them; `none` is no limit."""
    if text == "none":
        return None
    try:
        value = parse_quantity(text, "ratio")
    except UnitError as error:
        raise InputError(
            "--max-increase", [Problem("value", error.expected, repr(text), error.advice)]
        ) from None
    if value < 0:
        raise InputError("--max-increase", [Problem("value", "zero or more", repr(text))])
    return value


def _row(row: CheckRowRecord) -> dict[str, str]:
    shown = row["after"] or row["before"]
    changes = row["changes"]
    return {
        "part": row["device"],
        "result": "passed" if row["passed"] else "FAILED",
        "latency": _sides(row, "s", changes["latency"]),
        "memory": _memory(row),
        "energy": _sides(row, "j", changes["energy"]),
        "setting": ""
        if shown is None
        else f"{shown['unit']} {shown['mode']} {shown['engine']} {shown['precision']}",
        "rests on": "" if shown is None else shown["provenance"],
    }


def _sides(row: CheckRowRecord, dimension: str, change: float | None) -> str:
    texts = [
        _band(_of(side, dimension), dimension) for side in (row["before"], row["after"]) if side is not None
    ]
    return _changed(" -> ".join(texts), change)


def _of(side: FiguresRecord, dimension: str) -> OptionalBandRecord:
    return side["latency_s"] if dimension == "s" else side["energy_per_inference_j"]


def _band(found: OptionalBandRecord, dimension: str) -> str:
    low, mid, high = found["low"], found["mid"], found["high"]
    if low is None or mid is None or high is None:
        return "none"
    return band(low, mid, high, dimension)


def _memory(row: CheckRowRecord) -> str:
    sides = [side for side in (row["before"], row["after"]) if side is not None]
    text = " -> ".join(quantity(side["memory_bytes"]["total"], "bytes") for side in sides)
    return _changed(text, row["changes"]["memory"])


def _changed(text: str, change: float | None) -> str:
    if change is None:
        return text
    return f"{text}, {'+' if change > 0 else ''}{format_percent(change)}"


def _flat(row: CheckRowRecord) -> dict[str, object]:
    """One CSV row: the middle of each measure before and after."""
    found: dict[str, object] = {"device": row["device"], "passed": row["passed"]}
    for name in ("before", "after"):
        side = row["before"] if name == "before" else row["after"]
        found[f"{name}_latency_s"] = None if side is None else side["latency_s"]["mid"]
        found[f"{name}_memory_bytes"] = None if side is None else side["memory_bytes"]["total"]
        found[f"{name}_energy_j"] = None if side is None else side["energy_per_inference_j"]["mid"]
    return {**found, "reasons": "; ".join(row["reasons"])}
