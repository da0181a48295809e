"""`planner report SCENARIO -o FILE.pdf`: the whole study; `--compare A B`: what changed between two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from planner import api
from planner.cli.completion import scenarios
from planner.cli.encoding import echo
from planner.cli.evidence import scenario_evidence
from planner.cli.output import Output
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.scenario import conversations
from planner.cli.scenario.report_changes import write_changes
from planner.errors import InputError, Problem

if TYPE_CHECKING:
    from planner.report.pdf import Paper
    from planner.wording.catalog import Language

_FILE = click.Path(path_type=Path)


@click.command("report")
@click.argument("scenario", type=_FILE, required=False, shell_complete=scenarios)
@click.option("-o", "--output", "path", type=_FILE, help="PDF to write; with --compare also .md or .json.")
@click.option("--data", type=_FILE, help="Also write every number as JSON.")
@click.option("--html", "page", type=_FILE, help="Also write a page to turn and filter.")
@click.option("--tables", type=_FILE, help="Also write the lists as tables into this folder.")
@click.option("--tables-as", "kind", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--compare", type=(_FILE, _FILE), help="What changed between two files that --data wrote.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of what --data writes.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--paper", type=click.Choice(["a4", "letter"]), default="a4", show_default=True)
@click.option("--font", type=_FILE, help="Font file for Chinese; default: the system's.")
@click.option("--open", "opened", is_flag=True, help="Show it: the page in a browser, else the PDF.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@scenario_evidence
@hardware_option
@outside_option
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def command(
    scenario: Path | None,
    path: Path | None,
    data: Path | None,
    page: Path | None,
    tables: Path | None,
    kind: Literal["csv", "parquet"],
    compare: tuple[Path, Path] | None,
    schema: bool,  # noqa: FBT001 - click passes it by name
    language: Language,
    paper: Paper,
    font: Path | None,
    opened: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
) -> int:
    """Answer SCENARIO's question whole: which part, how many, will it hold, what does it draw and cost.

    Exit status 3 when no candidate keeps every limit; the PDF then says what binds. With --compare the exit
    status is 0 where nothing differs and 3 where something does.
    """
    from planner.cli.main import INFEASIBLE, OK

    output = Output("table", path, quiet)
    if schema:
        echo(json.dumps(api.report_schema(), indent=1))
        return OK
    if compare is not None:
        return write_changes(*compare, output, language=language, paper=paper, font=font)
    if scenario is None or path is None:
        raise click.UsageError("expected SCENARIO and -o FILE.pdf, or --compare A.json B.json")
    if api.has_conversations(scenario):
        if page is not None or tables is not None:
            got = "--html" if page is not None else "--tables"
            expected = "a PDF and --data of conversations"
            raise InputError("planner report", [Problem("options", expected, got)])
        status = conversations.report(scenario, path, data, language, paper, font, output=output)
        if opened:
            output.open(path)
        return status
    study = api.write_report(
        scenario,
        path,
        progress=output.progress,
        data=data,
        html=page,
        tables=tables,
        tables_as=kind,
        language=language,
        paper=paper,
        font=font,
        processes=None,
    )
    output.progress_done()
    written = [str(file) for file in (path, data, page, tables) if file is not None]
    output.say(f"{study.verdict}: wrote {' and '.join(written)}")
    if opened:
        output.open(page or path)
    return INFEASIBLE if study.verdict in ("INFEASIBLE", "FAIL") else OK
