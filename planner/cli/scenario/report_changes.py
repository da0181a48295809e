"""What changed between two studies, to the terminal or to a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from planner.cli.output import Output


def write_changes(
    before: Path,
    after: Path,
    output: Output,
    *,
    language: Literal["en", "zh"],
    paper: Literal["a4", "letter"],
) -> int:
    """Print the changes, or write them as FILE.pdf, FILE.md or FILE.json; 0 where nothing differs, else 3."""
    from planner.cli.main import INFEASIBLE, OK
    from planner.files import require_writable, write_bytes
    from planner.report.changes import change_blocks, changes, changes_record, read_record
    from planner.report.pdf import render_changes
    from planner.report.web import markdown
    from planner.wording.message import Wording

    path = output.path
    if path is not None:
        if path.suffix not in (".pdf", ".md", ".json"):
            raise click.UsageError(f"expected -o FILE.pdf, .md or .json with --compare, got {path}")
        require_writable(path)
    say = Wording(language)
    studies = read_record(before), read_record(after)
    found = changes(*studies, say)
    if path is not None and path.suffix == ".pdf":
        write_bytes(path, render_changes(*studies, say, paper=paper))
    elif path is not None and path.suffix == ".json":
        text = json.dumps(changes_record(found), indent=1, ensure_ascii=False)
        write_bytes(path, f"{text}\n".encode())
    else:
        text = markdown(change_blocks(*studies, found, say), "")
        if path is None:
            click.echo(text, nl=False)
        else:
            write_bytes(path, text.encode())
    if path is not None:
        output.say(f"wrote {path}")
    return OK if found.none else INFEASIBLE
