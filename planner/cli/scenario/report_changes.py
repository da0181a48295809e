"""What changed between two studies, to the terminal or to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.encoding import echo
from planner.cli.output import Output

if TYPE_CHECKING:
    from planner.report.pdf import Paper
    from planner.wording.catalog import Language


def write_changes(
    before: Path, after: Path, output: Output, *, language: Language, paper: Paper, font: Path | None
) -> int:
    """Print the changes, or write them as FILE.pdf, FILE.md or FILE.json; 0 where nothing differs, else 3."""
    from planner.cli.main import INFEASIBLE, OK

    path = output.path
    if path is not None and path.suffix not in api.CHANGES_ENDINGS:
        raise click.UsageError(f"expected -o FILE.pdf, .md or .json with --compare, got {path}")
    found = api.compare_reports(before, after, path, language=language, paper=paper, font=font)
    if path is None:
        echo(found.markdown, nl=False)
    else:
        output.say(f"wrote {path}")
    return OK if found.changes.none else INFEASIBLE
