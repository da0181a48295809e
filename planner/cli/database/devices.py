"""`planner devices list|show|check|schema|template|page`: the parts of the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_budget, parse_option
from planner.cli.completion import device_ids
from planner.cli.encoding import echo
from planner.cli.groups import SuggestingGroup
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import quantity

if TYPE_CHECKING:
    from planner.schema.hardware.device import UnitKind
    from planner.schema.record.hardware.device_blocks import ShownDeviceRecord
    from planner.schema.record.hardware.devices import (
        DatabaseCheckRecord,
        DatabaseProblemRecord,
        DeviceListRecord,
        DeviceRowRecord,
    )

KINDS = ("gpu", "dla", "npu", "cpu")
_RANK = ("from", "name", "vendor", "mode", "bandwidth", "memory", "limit", "price")
SORTS = ("id", "vendor", "year", "peak", "bandwidth", "memory", "power", "price")


@click.group("devices", cls=SuggestingGroup)
def command() -> None:
    """List, show and check the parts of the database."""


@command.command("list")
@click.option("--vendor", metavar="GLOB", help="Such as NVIDIA or 'hua*'.")
@click.option("--kind", type=click.Choice(KINDS), help="Only parts with such a compute unit.")
@click.option("--precision", help="Only parts that compute in it; the peak shown is at it. Default: int8.")
@click.option("--max-power", metavar="15W", help="Only parts with a power mode within; that mode is shown.")
@click.option("--max-price", metavar="'500 USD'", help="Only parts priced in that currency, at most so much.")
@click.option("--min-memory", metavar="8GB")
@click.option("--sort", type=click.Choice(SORTS), default="id", show_default=True)
@hardware_option
@output_options
def list_devices(
    vendor: str | None,
    kind: UnitKind | None,
    precision: str | None,
    max_power: str | None,
    max_price: str | None,
    min_memory: str | None,
    sort: str,
    *,
    output: Output,
) -> None:
    """Parts that match, one line each: dense peak of one unit in one power mode."""
    listing = api.list_devices(
        vendor=vendor,
        kind=kind,
        precision=precision,
        max_power_w=parse_option("--max-power", max_power, "w"),
        max_price=parse_budget("--max-price", max_price),
        min_memory_bytes=parse_option("--min-memory", min_memory, "bytes"),
        sort=sort,
    )
    rows, notes = listing.rows, list(api.own_part_notes())
    peak = f"dense {precision.lower() if precision else 'int8'}, best unit"
    table = [
        {
            "id": str(row["id"]),
            "name": str(row["name"]),
            "vendor": str(row["vendor"]),
            "mode": str(row["mode"]),
            peak: quantity(row["peak_ops_per_s"], "ops_per_s")
            + (f" {row['peak_unit']}" if row["peak_unit"] else ""),
            "bandwidth": quantity(row["bandwidth_bytes_per_s"], "bytes_per_s"),
            "memory": quantity(row["memory_bytes"], "bytes"),
            "limit": quantity(row["power_limit_w"], "w"),
            "price": str(row["price"] or "unknown"),
            **({"from": str(row["origin"])} if any(r["origin"] != "shipped" for r in rows) else {}),
        }
        for row in rows
    ]
    footer = [f"note: {text}" for text in (*listing.remarks, *notes)]
    right = frozenset({peak, "bandwidth", "memory", "limit", "price"})
    record: DeviceListRecord = {
        "devices": list(rows),
        "remarks": list(listing.remarks),
        "own_parts": notes,
    }
    heading = [] if rows else ["no part matches"]
    output.write(CommandResult(record, [_flat(row) for row in rows], table, heading, footer, right, _RANK))


def _flat(row: DeviceRowRecord) -> dict[str, object]:
    return {key: " ".join(value) if isinstance(value, list) else value for key, value in row.items()}


@command.command("show")
@click.argument("device_id", metavar="ID", shell_complete=device_ids)
@hardware_option
@output_options
def show(device_id: str, *, output: Output) -> None:
    """One part as a datasheet, then every number with its source and status."""
    from planner.cli.text.datasheet import datasheet_lines
    from planner.hardware.datasheet import device_record

    device = api.read_device(device_id)
    ledger = api.device_numbers(device)
    table = [
        {
            "number": figure.path,
            "value": figure.text,
            "status": figure.status,
            "source": figure.source,
            "remark": figure.formula or figure.note or "",
        }
        for figure in ledger
    ]
    notes = list(api.own_part_notes((device_id,)))
    heading = [*datasheet_lines(device), *(f"note: {text}" for text in notes)]
    footer = [f"source {name}: {source.title}" for name, source in device.sources.items()]
    rows = [
        {
            "id": device.id,
            "number": f.path,
            "value_si": f.value,
            "text": f.text,
            "status": f.status,
            "source": f.source,
        }
        for f in ledger
    ]
    origin = api.part_file(device_id).origin
    record: ShownDeviceRecord = {**device_record(device), "origin": origin, "notes": notes}
    output.write(
        CommandResult(
            record, rows, table, heading, footer, {"value"}, ("remark", "source"), {"source", "remark"}
        )
    )


@command.command("check")
@hardware_option
@output_options
def check(*, output: Output) -> int:
    """Check every part: units, sources, physics, ids; exit status 2 when something is wrong."""
    from planner.cli.main import OK, REFUSED

    result = api.check_database()
    rows: list[DatabaseProblemRecord] = [
        {
            "file": item.file,
            "line": item.problem.line,
            "where": item.problem.where,
            "expected": item.problem.expected,
            "got": item.problem.got,
            "advice": item.problem.advice,
        }
        for item in result.problems
    ]
    table = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    record: DatabaseCheckRecord = {"files": result.files, "numbers": result.numbers, "problems": rows}
    heading = [f"{result.files} files, {result.numbers} numbers, {len(result.problems)} problems"]
    output.write(
        CommandResult(
            record,
            rows,
            table,
            heading,
            [f"note: {text}" for text in api.own_part_notes()],
            prose={"expected", "got", "advice"},
        )
    )
    return REFUSED if result.problems else OK


@command.command("schema")
def schema() -> None:
    """The JSON Schema of a device file, for completion in an editor."""
    echo(json.dumps(api.device_schema(), indent=2, ensure_ascii=False))


@command.command("template")
@click.option("--id", "device_id", default="my-part", show_default=True, help="Also the name of the file.")
def template(device_id: str) -> None:
    """An empty file of a part, every key with what belongs there."""
    echo(api.device_template(device_id), nl=False)


@command.command("page")
@click.option(
    "-o", "--output", "path", type=click.Path(path_type=Path), required=True, help="FILE.md or FILE.html."
)
@click.option("--quiet", is_flag=True)
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def page(path: Path, quiet: bool) -> None:  # noqa: FBT001 - click passes it by name
    """All shipped parts on one page with coverage, contradictions and checks; a drawing beside a FILE.md."""
    for written in api.write_devices_page(path):
        if not quiet:
            echo(f"wrote {written}", err=True)
