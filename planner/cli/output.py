"""Where an answer goes and in which form: table, JSON or CSV, to the terminal or a file."""

from __future__ import annotations

import csv
import functools
import io
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import click

from planner.cli.bars import Bar, can_draw, draw
from planner.cli.encoding import echo
from planner.cli.layout import Grid, Line, fold, grid_lines
from planner.cli.ticker import ticker
from planner.files import require_writable, write_bytes
from planner.units import one_degree_sign
from planner.visible import inert_row, shortened_words, visible

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["table", "json", "csv"]
_SAID_ANYWHERE = ("compile.once", "compile.not_kept")
"""Names of messages that are worth a line of their own, also where stderr is no terminal."""
Rows = Sequence[Mapping[str, object]]
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class CommandResult:
    """One answer in its three forms: the JSON record, the rows of the CSV, and a table with text around
    it."""

    record: Mapping[str, object]
    rows: Rows | Callable[[], Rows]
    """Of the CSV, or what makes them where that takes a library that a table does without."""
    table: Sequence[Mapping[str, str]]
    heading: Sequence[Line] = ()
    footer: Sequence[Line] = ()
    right: Collection[str] = frozenset()
    """Columns of numbers, set flush right."""
    rank: Sequence[str] = ()
    """Columns that a narrow terminal may go without, the least important first."""
    prose: Collection[str] = frozenset()
    """Columns that may run over several lines."""
    bars: tuple[str, Sequence[Bar]] | None = None
    """A title and bars, for a terminal that can show them."""


@dataclass(frozen=True, slots=True)
class Output:
    """What the user asked for with --format, -o and --quiet."""

    format: Format
    path: Path | None
    quiet: bool

    def write(self, answer: CommandResult) -> None:
        """Print the answer, or write it to the file whole or not at all."""
        ticker.clear()
        if self.path is not None:
            write_bytes(self.path, render(answer, self.format, None).encode())
            self.say(f"wrote {self.path}")
        else:
            echo(render(answer, self.format, terminal_width(), plain=_lacks_signs()), nl=False)
            if answer.bars is not None and self.format == "table" and can_draw():
                draw(*answer.bars, terminal_width() or 0)

    def say(self, message: str) -> None:
        """One line of progress on stderr, unless --quiet."""
        if not self.quiet:
            echo(message, err=True)

    def progress(self, message: str) -> None:
        """A line that the next one overwrites, on a terminal only; what happens once stays anywhere."""
        if getattr(message, "key", None) in _SAID_ANYWHERE:
            ticker.clear()
            self.say(message)
        elif not self.quiet:
            ticker.tell(message)

    def open(self, place: Path | str) -> None:
        """Show a file or an address with what the system has for it; say so where it has nothing."""
        if click.launch(str(place)) != 0:
            self.say(f"nothing here shows {place}; open it yourself")

    def progress_done(self) -> None:
        """Clear the progress line."""
        ticker.clear()


def terminal_width() -> int | None:
    """Columns of the terminal, or what COLUMNS says; None where output goes to a file or another program."""
    asked = os.environ.get("COLUMNS", "")
    if (asked.isdecimal() and int(asked) > 0) or sys.stdout.isatty():
        return max(20, shutil.get_terminal_size().columns)
    return None


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
        if path is not None:
            require_writable(path)
        return command(*args, output=Output(fmt or _format_of(path), path, quiet), **kwargs)  # type: ignore[arg-type]

    return wrapper


def frame_rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows of a data frame for the CSV."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _format_of(path: Path | None) -> Format:
    suffix = path.suffix.lower() if path else ""
    return "json" if suffix == ".json" else "csv" if suffix == ".csv" else "table"


def _lacks_signs() -> bool:
    """Whether standard output cannot carry all text; JSON then writes the signs that it lacks by number."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") not in (
        "utf8",
        "utf16",
    )


def render(answer: CommandResult, fmt: Format, width: int | None = None, *, plain: bool = False) -> str:
    """The answer as text in one of the three forms; tables in this width, None for one without limit.

    JSON is in ASCII where it is to be plain.
    """
    if fmt == "json":
        return visible(json_text(answer.record, plain=plain))
    if fmt == "csv":
        return _csv(answer.rows() if callable(answer.rows) else answer.rows)
    return _table(answer, width)


def json_text(record: object, *, plain: bool = False) -> str:
    """A record as JSON, in which a number that is not finite is null: unknown, and said by its neighbours."""
    try:
        text = json.dumps(record, indent=2, ensure_ascii=plain, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(record), indent=2, ensure_ascii=plain, allow_nan=False)
    return f"{text}\n"


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def _csv(rows: Rows) -> str:
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(inert_row(rows[0])), lineterminator="\n")
    writer.writeheader()
    writer.writerows(inert_row(row) for row in rows)
    return visible(text.getvalue())


def _table(answer: CommandResult, width: int | None) -> str:
    lines = _lines(answer.heading, width)
    if answer.table:
        grid = _readable(Grid(answer.table, answer.right, answer.rank, answer.prose))
        lines += ["", *grid_lines(grid, width), ""] if lines else [*grid_lines(grid, width), ""]
    lines += _lines(answer.footer, width)
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\n" for line in lines)


def _lines(blocks: Sequence[Line], width: int | None) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Grid):
            lines += grid_lines(_readable(block), width)
        else:
            whole = shortened_words(visible(one_degree_sign(block))).split("\n")
            lines += whole if width is None else (text for line in whole for text in fold(line, width))
    return lines


def _readable(grid: Grid) -> Grid:
    """The grid with its cells on one line each, nothing hidden in them and no word longer than a name."""
    rows = [
        {name: shortened_words(visible(one_degree_sign(cell), one_line=True)) for name, cell in row.items()}
        for row in grid.rows
    ]
    return replace(grid, rows=rows)
