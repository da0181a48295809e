"""`planner report SCENARIO -o FILE.pdf`: the whole study; `--compare A B`: what changed between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from planner.cli.output import Output
from planner.cli.own_parts import hardware_option
from planner.collector import collector_paused

if TYPE_CHECKING:
    from planner.report.pdf import Paper
    from planner.wording.catalog import Language

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The files asked for."""

    pdf: Path
    data: Path | None
    page: Path | None
    tables: Path | None
    kind: Literal["csv", "parquet"]

    @property
    def files(self) -> list[Path]:
        return [path for path in (self.pdf, self.data, self.page) if path is not None]

    def require_apart(self) -> None:
        """Refuse one file asked for twice, and what cannot be written, before anything is worked out."""
        from planner.files import require_writable

        if len({path.resolve() for path in self.files}) < len(self.files):
            raise click.UsageError(f"expected another file for each, got {', '.join(map(str, self.files))}")
        for path in self.files:
            require_writable(path)


@click.command("report")
@click.argument("scenario", type=_FILE, required=False)
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
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@hardware_option
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
    quiet: bool,  # noqa: FBT001
) -> int:
    """Answer SCENARIO's question whole: which part, how many, will it hold, what does it draw and cost.

    Exit status 3 when no candidate keeps every limit; the PDF then says what binds. With --compare the exit
    status is 0 where nothing differs and 3 where something does.
    """
    if schema:
        return _print_schema()
    output = Output("table", path, quiet)
    with collector_paused():
        if compare is not None:
            return _compare(compare, language, paper, font, output)
        if scenario is None or path is None:
            raise click.UsageError("expected SCENARIO and -o FILE.pdf, or --compare A.json B.json")
        return _answer(scenario, _Wanted(path, data, page, tables, kind), language, paper, font, output)


def _compare(
    files: tuple[Path, Path], language: Language, paper: Paper, font: Path | None, output: Output
) -> int:
    from planner.cli.scenario.report_changes import write_changes
    from planner.report.fonts import chinese_font

    with chinese_font(font):
        return write_changes(*files, output, language=language, paper=paper)


def _answer(
    scenario: Path, wanted: _Wanted, language: Language, paper: Paper, font: Path | None, output: Output
) -> int:
    from planner.cli.main import INFEASIBLE, OK
    from planner.forks import usable_processes
    from planner.plan.record.study import study_record
    from planner.plan.scenario.file import read_scenario
    from planner.plan.study.study import run_study
    from planner.report.fonts import chinese_face, chinese_font

    wanted.require_apart()
    with chinese_font(font):
        if language == "zh":
            chinese_face()  # refused now rather than after the simulation
        study = run_study(read_scenario(scenario), progress=output.progress, processes=usable_processes())
        _write(study_record(study, language), wanted, paper, output)
    output.progress_done()
    written = [*wanted.files, *([wanted.tables] if wanted.tables else [])]
    output.say(f"{study.verdict}: wrote {' and '.join(map(str, written))}")
    return INFEASIBLE if study.verdict in ("INFEASIBLE", "FAIL") else OK


def _write(record: Mapping[str, object], wanted: _Wanted, paper: Paper, output: Output) -> None:
    from planner.files import write_bytes
    from planner.forks import usable_processes
    from planner.report.pdf import write_pdf
    from planner.schema.record import canonical_json

    output.progress("setting the PDF")
    write_pdf(record, wanted.pdf, paper=paper, processes=usable_processes())
    if wanted.page is not None:
        from planner.report.page.page import write_page

        output.progress("making the page")
        write_page(record, wanted.page)
    if wanted.data is not None:
        write_bytes(wanted.data, canonical_json(record))
    if wanted.tables is not None:
        from planner.report.tables import write_tables

        write_tables(record, wanted.tables, wanted.kind)


def _print_schema() -> int:
    import json

    from planner.cli.main import OK
    from planner.schema.record.check import study_schema

    click.echo(json.dumps(study_schema(), indent=1))
    return OK
