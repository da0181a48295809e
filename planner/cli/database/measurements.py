"""`planner measurements list|tokens|corrections`: what others measured, and which of it misleads."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.groups import SuggestingGroup
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import quantity

if TYPE_CHECKING:
    from planner.hardware.measurements import Measurement
    from planner.schema.record.commands.language import TokenRatesRecord
    from planner.schema.record.commands.listings import (
        CorrectionRecord,
        CorrectionsRecord,
        MeasurementRecord,
        MeasurementsRecord,
    )

ROWS_OF_A_TABLE = 40
_RANK = ("statistic", "input", "mode", "trust", "unit", "id", "batch", "engine", "precision")
METRICS = ("latency_ms", "throughput_fps", "power_w", "energy_mj")


@click.group("measurements", cls=SuggestingGroup)
def command() -> None:
    """Search what others measured and published."""


@command.command("list")
@click.option("--device", metavar="GLOB", help="Part, as in the catalogue or as published.")
@click.option(
    "--model", metavar="GLOB", help="Network, as in the zoo (with or without zoo:) or as published."
)
@click.option("--engine", metavar="GLOB")
@click.option("--precision", metavar="GLOB")
@click.option("--batch", type=click.IntRange(min=1))
@click.option("--metric", type=click.Choice(METRICS))
@click.option("--limit", type=click.IntRange(min=1), help=f"Default: {ROWS_OF_A_TABLE} in a table, else all.")
@click.option("--corrected", is_flag=True, help="Leave out or repair rows that are known to mislead.")
@output_options
def list_measurements(
    device: str | None,
    model: str | None,
    engine: str | None,
    precision: str | None,
    batch: int | None,
    metric: str | None,
    limit: int | None,
    corrected: bool,  # noqa: FBT001 - click passes it by name
    *,
    output: Output,
) -> None:
    """Published measurements that match, as published unless --corrected is given."""
    found = api.list_measurements(
        device=device,
        model=model,
        engine=engine,
        precision=precision,
        batch=batch,
        metric=metric,
        corrected=corrected,
    )
    most = limit or (ROWS_OF_A_TABLE if output.format == "table" else len(found))
    shown, parts = found[:most], set(api.device_ids())
    networks = {entry.name for entry in api.list_networks()}
    rows = [_record(row, parts, networks) for row in shown]
    footer = [] if len(shown) == len(found) else [f"{len(found) - len(shown)} more; --limit shows them"]
    record: MeasurementsRecord = {"matched": len(found), "corrected": corrected, "measurements": rows}
    flat = [{**row, "corrections": " ".join(m.corrections)} for row, m in zip(rows, shown, strict=True)]
    table = [_line(row) for row in shown]
    heading = [f"{len(found)} measurements" + (", corrected" if corrected else ", as published")]
    output.write(CommandResult(record, flat, table, heading, footer, {"batch", "value"}, _RANK))


@command.command("corrections")
@output_options
def list_corrections(*, output: Output) -> None:
    """Rows that are known to mislead: what is done with them on request, and why."""
    applied = [(item.correction, item.rows) for item in api.list_corrections()]
    rows: list[CorrectionRecord] = [
        {
            "id": item.id,
            "action": item.action,
            "rows": count,
            "set": item.set.model_dump(exclude_none=True) if item.set else None,
            "why": item.why,
        }
        for item, count in applied
    ]
    record: CorrectionsRecord = {"corrections": rows}
    table = [
        {"id": item.id, "action": item.action, "rows": str(count), "why": item.why} for item, count in applied
    ]
    output.write(CommandResult(record, [dict(row) for row in rows], table, [], [], {"rows"}, prose={"why"}))


@command.command("tokens")
@click.option("--device", metavar="GLOB", help="Part, as in the catalogue or as published.")
@click.option("--model", metavar="GLOB", help="Language model, as in `planner llm --list`.")
@click.option("--engine", metavar="GLOB")
@output_options
def list_token_rates(device: str | None, model: str | None, engine: str | None, *, output: Output) -> None:
    """Published rates of language models: prompt tokens/s, time to the first token, tokens/s."""
    from planner.language.answer.record import token_rate_record

    rows = [token_rate_record(row) for row in api.list_token_rates(device=device, model=model, engine=engine)]
    table = [
        {
            "part": row["part"],
            "mode": row["mode"],
            "unit": row["unit"],
            "engine": row["engine"],
            "model": row["model"],
            "weights": row["weights"],
            "users": str(row["users"]),
            "context": "" if row["context_tokens"] is None else str(row["context_tokens"]),
            "prompt tokens/s": _rate(row["prompt_tokens_per_s"]),
            "first token": "" if row["ttft_s"] is None else quantity(row["ttft_s"], "s", 3),
            "tokens/s": _rate(row["tokens_per_s"]),
            "in no fit": row["left_out"],
        }
        for row in rows
    ]
    numbers = frozenset({"users", "context", "prompt tokens/s", "first token", "tokens/s"})
    record: TokenRatesRecord = {"matched": len(rows), "rates": rows}
    heading = [f"{len(rows)} published rates"]
    output.write(CommandResult(record, [dict(row) for row in rows], table, heading, [], numbers))


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _line(row: Measurement) -> dict[str, str]:
    return {
        "part": row.part,
        "mode": row.power_mode or "",
        "unit": row.unit,
        "engine": row.engine,
        "model": row.model,
        "input": row.input_shape or "",
        "precision": (row.precision or "unknown") + ("?" if row.precision_inferred else ""),
        "batch": str(row.batch or "unknown"),
        "value": quantity(row.value_si, row.dimension, 4),
        "statistic": row.statistic,
        "trust": row.trust,
        "id": row.id,
    }


def _record(row: Measurement, parts: Set[str], networks: Set[str]) -> MeasurementRecord:
    """The row as JSON, and whether its part and its network are known here."""
    return {
        "id": row.id,
        "part": row.part,
        "published_part": row.published_part,
        "power_mode": row.power_mode,
        "unit": row.unit,
        "engine": row.engine,
        "engine_version": row.engine_version,
        "model": row.model,
        "published_model": row.published_model,
        "input_shape": row.input_shape,
        "precision": row.precision,
        "precision_inferred": row.precision_inferred,
        "batch": row.batch,
        "streams_threads": row.streams_threads,
        "cluster": row.cluster,
        "metric": row.metric,
        "statistic": row.statistic,
        "value": row.value,
        "source": row.source,
        "note": row.note,
        "trust": row.trust,
        "corrections": list(row.corrections),
        "value_si": row.value_si,
        "in_catalogue": row.part in parts,
        "in_zoo": row.model in networks,
    }
