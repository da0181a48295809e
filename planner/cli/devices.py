"""`planner devices list|show|check|schema`: the parts of the database."""

from __future__ import annotations

import json

import click

from planner.cli.output import Answer, Output, output_options


@click.group("devices")
def command() -> None:
    """List, show and check the parts of the database."""


@command.command("list")
@output_options
def list_devices(*, output: Output) -> None:
    """All parts, one line each."""
    from planner.cli.text import quantity
    from planner.hardware.catalog import device_ids, read_device
    from planner.hardware.datasheet import device_table

    rows = device_table([read_device(device_id) for device_id in device_ids()])
    table = [
        {
            "id": str(row["id"]),
            "name": str(row["name"]),
            "vendor": str(row["vendor"]),
            "dense int8, best unit": quantity(row["int8_ops_per_s"], "ops_per_s"),
            "memory": quantity(row["memory_bytes"], "bytes"),
            "limit": quantity(row["power_limit_w"], "w"),
            "price": str(row["price"] or "unknown"),
        }
        for row in rows
    ]
    right = frozenset({"dense int8, best unit", "memory", "limit", "price"})
    output.write(Answer({"devices": rows}, rows, table, [], [], right))


@command.command("show")
@click.argument("device_id", metavar="ID")
@output_options
def show(device_id: str, *, output: Output) -> None:
    """One part, every number with its source and status."""
    from planner.hardware.catalog import read_device
    from planner.hardware.datasheet import device_record, figures

    device = read_device(device_id)
    ledger = figures(device)
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
    heading = [f"{device.name} ({device.id}), {device.vendor}, {device.architecture}"]
    heading += [f"label: {device.label_note}"] if device.label_note else []
    footer = [
        f"contradiction, {item.about}: used {item.used}; "
        + ", ".join(f"{other.value} ({other.source})" for other in item.others)
        + f" set aside: {item.why}"
        for item in device.contradictions
    ]
    footer += [f"source {name}: {source.title}" for name, source in device.sources.items()]
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
    output.write(Answer(device_record(device), rows, table, heading, footer, frozenset({"value"})))


@command.command("check")
@output_options
def check(*, output: Output) -> int:
    """Check every part: units, sources, physics, ids; exit status 2 when something is wrong."""
    from planner.cli.main import OK, REFUSED
    from planner.hardware.database_check import check_database

    result = check_database()
    rows: list[dict[str, object]] = [
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
    record = {"files": result.files, "numbers": result.numbers, "problems": rows}
    heading = [f"{result.files} files, {result.numbers} numbers, {len(result.problems)} problems"]
    output.write(Answer(record, rows, table, heading))
    return REFUSED if result.problems else OK


@command.command("schema")
def schema() -> None:
    """The JSON Schema of a device file, for completion in an editor."""
    from planner.hardware.database_check import device_json_schema

    click.echo(json.dumps(device_json_schema(), indent=2, ensure_ascii=False))
