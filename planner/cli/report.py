"""`planner report SCENARIO -o FILE.pdf`: the whole study."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from planner.cli.own_parts import hardware_option


@click.command("report")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("-o", "--output", "path", type=click.Path(path_type=Path), required=True, help="PDF to write.")
@click.option("--data", type=click.Path(path_type=Path), help="Also write every number as JSON.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Also write a page to turn and filter.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--paper", type=click.Choice(["a4", "letter"]), default="a4", show_default=True)
@click.option("--font", type=click.Path(path_type=Path), help="Font file for Chinese; default: the system's.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@hardware_option
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def command(
    scenario: Path,
    path: Path,
    data: Path | None,
    page: Path | None,
    language: Literal["en", "zh"],
    paper: Literal["a4", "letter"],
    font: Path | None,
    quiet: bool,  # noqa: FBT001 - click passes it by name
) -> int:
    """Answer SCENARIO's question whole: which part, how many, will it hold, what does it draw and cost.

    Exit status 3 when no candidate keeps every limit; the PDF then says what binds.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.cli.output import Output
    from planner.files import require_writable, write_bytes
    from planner.plan.study import read_scenario, run_study
    from planner.plan.study_record import study_record
    from planner.report.fonts import chinese_face, chinese_font
    from planner.report.page.page import write_page
    from planner.report.pdf import write_pdf
    from planner.report.record import canonical_json

    targets = [target for target in (path, data, page) if target is not None]
    if len({target.resolve() for target in targets}) < len(targets):
        raise click.UsageError(f"expected another file for each, got {', '.join(map(str, targets))}")
    output = Output("table", path, quiet)
    for target in targets:
        require_writable(target)
    with chinese_font(font):
        if language == "zh":
            chinese_face()  # refused now rather than after the simulation
        study = run_study(read_scenario(scenario), progress=output.progress)
        output.progress("setting the PDF")
        record = study_record(study, language)
        write_pdf(record, path, paper=paper)
        if page is not None:
            output.progress("making the page")
            write_page(record, page)
    if data is not None:
        write_bytes(data, canonical_json(record))
    output.progress_done()
    output.say(f"{study.verdict}: wrote {' and '.join(map(str, targets))}")
    return INFEASIBLE if study.verdict in ("INFEASIBLE", "FAIL") else OK
