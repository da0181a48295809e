"""`planner zoo list|export`: the reference networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from planner import api
from planner.cli.encoding import echo
from planner.cli.groups import SuggestingGroup
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.text.numbers import count

if TYPE_CHECKING:
    from planner.schema.record.commands.listings import ZooNetworkRecord, ZooRecord


@click.group("zoo", cls=SuggestingGroup)
def command() -> None:
    """List and export the reference networks."""


@command.command("list")
@output_options
def list_networks(*, output: Output) -> None:
    """All networks with their published counts."""
    entries = api.list_networks()
    rows: list[ZooNetworkRecord] = [
        {
            "name": entry.name,
            "title": entry.title,
            "task": entry.task,
            "input": entry.input_shape,
            "parameters": entry.parameters,
            "macs": entry.macs,
            "source": entry.source,
        }
        for entry in entries
    ]
    table = [
        {
            "name": f"zoo:{entry.name}",
            "title": entry.title,
            "input": entry.input_shape,
            "parameters": count(entry.parameters),
            "MACs": count(entry.macs),
        }
        for entry in entries
    ]
    record: ZooRecord = {"networks": rows}
    output.write(
        CommandResult(record, rows, table, [], [], {"parameters", "MACs"}, ("input", "title"), {"title"})
    )


@command.command("export")
@click.argument("name")
@click.option(
    "-o", "--output", "path", type=click.Path(path_type=Path), required=True, help="ONNX file to write."
)
@click.option("--weights", type=click.Choice(["none", "random"]), default="none", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--quiet", is_flag=True)
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def export_network(
    name: str,
    path: Path,
    weights: Literal["none", "random"],
    seed: int,
    quiet: bool,  # noqa: FBT001 - click passes it by name
) -> None:
    """Write one network as ONNX: shapes only, or random weights that an engine can run."""
    api.export_network(name, path, weights=weights, seed=seed)
    if not quiet:
        echo(f"wrote {path}", err=True)
