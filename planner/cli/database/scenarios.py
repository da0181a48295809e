"""`planner scenarios list|show|copy`: the scenarios that are shipped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.completion import scenario_names
from planner.cli.encoding import echo
from planner.cli.groups import SuggestingGroup
from planner.cli.output import CommandResult, Output, output_options

if TYPE_CHECKING:
    from planner.schema.record.commands.listings import ShippedScenarioRecord, ShippedScenariosRecord


@click.group("scenarios", cls=SuggestingGroup)
def command() -> None:
    """List, show and copy the scenarios that are shipped."""


@command.command("list")
@output_options
def list_scenarios(*, output: Output) -> None:
    """All of them with what each asks; other commands take them by name."""
    rows: list[ShippedScenarioRecord] = [
        {
            "name": scenario.name,
            "title": scenario.title,
            "question": scenario.question,
            "file": str(scenario.path),
        }
        for scenario in api.list_scenarios()
    ]
    table = [{"name": row["name"], "title": row["title"]} for row in rows]
    record: ShippedScenariosRecord = {"scenarios": rows}
    output.write(CommandResult(record, rows, table, prose={"title"}))


@command.command("show")
@click.argument("name", shell_complete=scenario_names)
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def show_scenario(name: str) -> None:
    """Print the file of one."""
    echo(api.scenario_text(name), nl=False)


@command.command("copy")
@click.argument("name", shell_complete=scenario_names)
@click.argument("path", type=click.Path(path_type=Path), default=Path(), metavar="[FILE]")
@click.option("--quiet", is_flag=True)
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def copy_scenario(name: str, path: Path, quiet: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Copy one to a new FILE, or into this folder under its own name, to begin from."""
    written = api.copy_scenario(name, path)
    if not quiet:
        echo(f"wrote {written}", err=True)
