"""Reports: a scenario answered whole as PDF, page, JSON and tables; and what changed between two.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.api.scenarios import Progress, scenario_file
from planner.collector import collector_paused
from planner.errors import InputError, OutputError, Problem
from planner.files import require_writable, write_bytes

if TYPE_CHECKING:
    from planner.plan.scenario.file import ScenarioFile
    from planner.plan.study.study import Study
    from planner.report.changes import Changes
    from planner.report.pdf import Paper
    from planner.report.tables import TableFormat
    from planner.wording.catalog import Language

CHANGES_ENDINGS = (".pdf", ".md", ".json")
"""Endings of the files that `compare_reports` writes."""


@dataclass(frozen=True, slots=True)
class ReportChanges:
    """What changed between two studies, and the same as Markdown."""

    changes: Changes
    markdown: str


def write_report(
    scenario: str | Path | ScenarioFile,
    path: str | Path,
    *,
    progress: Progress | None = None,
    data: str | Path | None = None,
    html: str | Path | None = None,
    tables: str | Path | None = None,
    tables_as: TableFormat = "csv",
    language: Language = "en",
    paper: Paper = "a4",
    font: str | Path | None = None,
    processes: int | None = 1,
) -> Study:
    """Answer a scenario whole, write the PDF and return the study.

    `data` is a JSON file of every number (`report_schema` says what is in it), `html` a page that opens
    offline, `tables` a folder for the lists as CSV or Parquet (`tables_as`). `language` is "en" or "zh", with
    `font` a font file for Chinese instead of the system's; `paper` is "a4" or "letter". `processes` share the
    work, None for as many as help; the answer does not depend on them. Raises `OutputError` for files that
    cannot be written or are the same, `MissingDataError` for Chinese without a font, a page without plotly
    and Parquet without pyarrow.

    >>> write_report("line-inspection", "line.pdf", data="line.json").verdict
    <Verdict.PASS: 'PASS'>
    """
    files = _apart(path, data, html)
    with collector_paused(), ExitStack() as during:
        from planner.forks import usable_processes
        from planner.plan.record.study import study_record
        from planner.plan.scenario.file import lines_named
        from planner.plan.study.study import run_study
        from planner.report.fonts import chinese_face, chinese_font
        from planner.report.page.page import require_plotly
        from planner.report.pdf import write_pdf
        from planner.report.tables import require_tables

        tell, workers = progress or (lambda _: None), processes or usable_processes()
        during.enter_context(chinese_font(None if font is None else Path(font)))
        if language == "zh":
            chinese_face()  # refused now rather than after the simulation
        if html is not None:
            require_plotly()
        if tables is not None:
            require_tables(Path(tables), tables_as)
        source = scenario_file(scenario)
        with lines_named(source):
            study = run_study(source, progress=tell, processes=workers)
        record = study_record(study, language)
        tell("setting the PDF")
        write_pdf(record, files[0], paper=paper, processes=workers)
        _write_beside(record, data, html, tables, tables_as, tell)
    return study


def _apart(*paths: str | Path | None) -> list[Path]:
    """The files, each another and each writable, before anything is worked out."""
    files = [Path(path) for path in paths if path is not None]
    if len({path.resolve() for path in files}) < len(files):
        raise OutputError(f"expected another file for each, got {', '.join(map(str, files))}")
    for path in files:
        require_writable(path)
    return files


def _write_beside(
    record: Mapping[str, object],
    data: str | Path | None,
    html: str | Path | None,
    tables: str | Path | None,
    tables_as: TableFormat,
    tell: Progress,
) -> None:
    if html is not None:
        from planner.report.page.page import write_page

        tell("making the page")
        write_page(record, Path(html))
    if data is not None:
        from planner.schema.record import canonical_json

        write_bytes(Path(data), canonical_json(record))
    if tables is not None:
        from planner.report.tables import write_tables

        write_tables(record, Path(tables), tables_as)


def report_schema() -> dict[str, object]:
    """The JSON Schema of what `write_report` writes as `data`.

    >>> "$defs" in report_schema()
    True
    """
    from planner.schema.record.check import study_schema

    return study_schema()


def compare_reports(
    before: str | Path,
    after: str | Path,
    path: str | Path | None = None,
    *,
    language: Language = "en",
    paper: Paper = "a4",
    font: str | Path | None = None,
) -> ReportChanges:
    """What changed between two studies, given as the JSON files that `write_report` wrote, and why.

    With `path` the changes are written as FILE.pdf, FILE.md or FILE.json too. Raises `InputError` for a file
    that is no such study or a `path` of another ending, and `OutputError` where it cannot be written.

    >>> written = write_report("line-inspection", "line.pdf", data="june.json")
    >>> compare_reports("june.json", "june.json").changes.none
    True
    """
    target = None if path is None else Path(path)
    if target is not None:
        if target.suffix not in CHANGES_ENDINGS:
            problem = Problem("path", "a name ending in .pdf, .md or .json", target.suffix or "none")
            raise InputError(str(target), [problem])
        require_writable(target)
    with collector_paused(), ExitStack() as during:
        from planner.report.changes import change_blocks, changes, changes_record, read_record
        from planner.report.fonts import chinese_font
        from planner.report.web import markdown
        from planner.wording.message import Wording

        during.enter_context(chinese_font(None if font is None else Path(font)))
        say = Wording(language)
        studies = read_record(Path(before)), read_record(Path(after))
        found = changes(*studies, say)
        text = markdown(change_blocks(*studies, found, say), "")
        if target is not None:
            if target.suffix == ".md":
                content = text.encode()
            elif target.suffix == ".json":
                content = f"{json.dumps(changes_record(found), indent=1, ensure_ascii=False)}\n".encode()
            else:
                from planner.report.pdf import render_changes

                content = render_changes(*studies, say, paper=paper)
            write_bytes(target, content)
    return ReportChanges(found, text)
