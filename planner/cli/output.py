"""Where an answer goes and in which form: table, JSON or CSV, to the terminal or a file."""

from __future__ import annotations

import csv
import functools
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import click

from planner.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

Format = Literal["table", "json", "csv"]
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class CommandResult:
    """One answer in its three forms: the JSON record, the rows of the CSV, and a table with text around
    it."""

    record: Mapping[str, object]
    rows: Sequence[Mapping[str, object]]
    table: Sequence[Mapping[str, str]]
    heading: Sequence[str] = ()
    footer: Sequence[str] = ()
    right: frozenset[str] = field(default_factory=frozenset)
    """Columns of numbers, set flush right."""


@dataclass(frozen=True, slots=True)
class Output:
    """What the user asked for with --format, -o and --quiet."""

    format: Format
    path: Path | None
    quiet: bool

    def write(self, answer: CommandResult) -> None:
        """Print the answer, or write it to the file whole or not at all."""
        text = render(answer, self.format)
        if self.path is not None:
            write_bytes(self.path, text.encode())
            self.say(f"wrote {self.path}")
        else:
            click.echo(text, nl=False)

    def say(self, message: str) -> None:
        """One line of progress on stderr, unless --quiet."""
        if not self.quiet:
            click.echo(message, err=True)

    def progress(self, message: str) -> None:
        """A line that the next one overwrites, on a terminal only."""
        if not self.quiet and sys.stderr.isatty():
            click.echo(f"\r\033[K{message}", err=True, nl=False)

    def progress_done(self) -> None:
        """Clear the progress line."""
        self.progress("")


def output_options(command: Callable[P, R]) -> Callable[..., R]:
    """Add --format, -o, --quiet and --debug; the command takes them as one `output`."""
    return output_options_with("-o", "--output")(command)


def output_options_with(*names: str) -> Callable[[Callable[P, R]], Callable[..., R]]:
    """The same with other names for the file, where --output means something else."""
    return lambda command: _with_output(command, names)


def _with_output(command: Callable[P, R], names: tuple[str, ...]) -> Callable[..., R]:
    @click.option("--format", "fmt", type=click.Choice(["table", "json", "csv"]), help="Default: table.")
    @click.option(*names, "path", type=click.Path(path_type=Path), help="Write to FILE.")
    @click.option("--quiet", is_flag=True, help="No progress and no remarks on stderr.")
    @click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
    @functools.wraps(command)
    def wrapper(*args: Any, fmt: Format | None, path: Path | None, quiet: bool, **kwargs: Any) -> R:  # noqa: ANN401
        return command(*args, output=Output(fmt or _format_of(path), path, quiet), **kwargs)  # type: ignore[arg-type]

    return wrapper


def frame_rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows of a data frame for the CSV."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _format_of(path: Path | None) -> Format:
    suffix = path.suffix.lower() if path else ""
    return "json" if suffix == ".json" else "csv" if suffix == ".csv" else "table"


def render(answer: CommandResult, fmt: Format) -> str:
    """The answer as text in one of the three forms."""
    if fmt == "json":
        return json.dumps(answer.record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if fmt == "csv":
        return _csv(answer.rows)
    return _table(answer)


def _csv(rows: Sequence[Mapping[str, object]]) -> str:
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _table(answer: CommandResult) -> str:
    from rich.console import Console

    width = None if sys.stdout.isatty() else 160
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, soft_wrap=False)
    for line in answer.heading:
        console.print(line, soft_wrap=True)
    if answer.table:
        console.print(_rich_table(answer))
    for line in answer.footer:
        console.print(line, soft_wrap=True)
    stream = console.file
    return stream.getvalue() if isinstance(stream, io.StringIO) else ""


def _rich_table(answer: CommandResult) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in answer.table[0]:
        table.add_column(name, justify="right" if name in answer.right else "left", overflow="fold")
    for row in answer.table:
        table.add_row(*(Text(cell) for cell in row.values()))
    return table
