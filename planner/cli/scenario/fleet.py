"""`planner fleet FLEET -o DIR`: one plan for many sites."""

from __future__ import annotations

from pathlib import Path

import click

from planner import api
from planner.cli.output import CommandResult, Format, Output
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.scenario.sweep import shown_progress
from planner.cli.text.fleet import fleet_heading, fleet_lines


@click.command("fleet")
@click.argument("fleet", type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(min=1), help="Processes; one a core unless said.")
@click.option("--scheduler", metavar="ADDRESS", help="Of Dask, whose workers then answer the sites.")
@click.option("--pdf", is_flag=True, help="Write DIR/fleet.pdf.")
@click.option("--page", is_flag=True, help="Write DIR/fleet.html, whose sites can be filtered offline.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.option(
    "--format", "fmt", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@click.option("--quiet", is_flag=True, help="No progress and no remarks on stderr.")
@hardware_option
@outside_option
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def command(
    fleet: Path,
    workers: int | None,
    scheduler: str | None,
    pdf: bool,  # noqa: FBT001 - click passes it by name
    page: bool,  # noqa: FBT001 - click passes it by name
    language: str,
    folder: Path,
    fmt: Format,
    quiet: bool,  # noqa: FBT001 - click passes it by name
) -> int:
    """One plan for the sites of FLEET: a YAML file, its folder, or the name of a shipped fleet.

    Its table of sites overrides keys of scenario templates. Sites that ask the same are answered once; what
    is finished is kept in DIR, and the same command goes on where it stopped. DIR gets sites.csv, .parquet,
    orders.csv and fleet.json. Sites that no part serves are listed. Exit status 3 when no site is served.
    """
    from planner.cli.main import FAULT, INFEASIBLE, OK
    from planner.plan.fleet.record import fleet_record

    output = Output(fmt, None, quiet)
    if workers is not None and scheduler is not None:
        raise click.UsageError("expected --workers or --scheduler, got both; Dask has workers of its own")
    found = api.fleet(
        fleet,
        folder,
        workers=workers,
        scheduler=scheduler,
        progress=shown_progress(output, "kinds of site"),
        tell=output.progress,
    )
    written = api.write_fleet(found, folder, pdf=pdf, page=page, language="zh" if language == "zh" else "en")
    output.progress_done()
    rows = [dict(row) for row in found.rows]
    heading, lines = list(fleet_heading(found)), fleet_lines(found, written)
    output.write(CommandResult({**fleet_record(found)}, rows, [], heading, lines))
    if found.faults:
        site, fault = next(iter(found.faults.items()))
        output.say(
            f"planner: sites that met a fault of the planner itself: {len(found.faults)}, the first of them "
            f"{site}:\n{fault.strip()}\nThe others are finished; the same command tries these again."
        )
        return FAULT
    return OK if found.feasible else INFEASIBLE
