"""The table of sites as text: the names of its columns, and a row of cells for each site with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.distribution import install_command
from planner.errors import InputError, MissingDataError, Problem
from planner.read_files import read_bounded

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BYTES = 256 * 1024 * 1024
MOST_SITES = 1_000_000


@dataclass(frozen=True, slots=True)
class SiteTable:
    """Columns in order; `rows` have a cell for each; `lines` are those of the file, rows for Parquet."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read_table(path: Path) -> SiteTable:
    """A table of sites from a .csv or .parquet file; `InputError` with all that makes it no table."""
    if path.suffix not in (".csv", ".parquet"):
        raise _refused(path, "a file ending in .csv or .parquet", path.suffix or "no ending")
    if not path.is_file():
        raise _refused(path, "a table of sites", "no such file")
    content = read_bounded(path, MAX_BYTES)
    table = _from_csv(path, content) if path.suffix == ".csv" else _from_parquet(path, content)
    if not table.rows:
        raise _refused(path, "at least one site", "none")
    if len(table.rows) > MOST_SITES:
        raise _refused(path, f"at most {MOST_SITES:,} sites", f"{len(table.rows):,}")
    return table


def _from_csv(path: Path, content: bytes) -> SiteTable:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(path, "text in UTF-8", f"bytes that are not, at byte {error.start}") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    problems: list[Problem] = []
    try:
        before = 0
        for cells in reader:
            line, before = before + 1, reader.line_num
            found = tuple(cell.strip() for cell in cells)
            if not any(found):
                continue
            if not columns:
                columns = found
            elif len(found) != len(columns):
                got = f"{len(found)}"
                problems.append(Problem("row", f"{len(columns)} cells as in the head", got, "", line))
            else:
                rows.append(found)
                lines.append(line)
    except csv.Error as error:
        problems.append(Problem("row", "comma-separated cells", str(error), "", reader.line_num))
    problems += _of_the_head(columns)
    if problems:
        raise InputError(str(path), problems)
    return SiteTable(str(path), columns, tuple(rows), tuple(lines))


def _of_the_head(columns: Sequence[str]) -> list[Problem]:
    """Names that are missing or there twice."""
    problems = [
        Problem(name or f"column {number + 1}", "each column once, with a name", f"{name!r} again", "", 1)
        for number, name in enumerate(columns)
        if not name or name in columns[:number]
    ]
    if columns and "id" not in columns:
        problems.append(Problem("id", "a column with the name of each site", "none", "add it", 1))
    return problems


def _from_parquet(path: Path, content: bytes) -> SiteTable:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise MissingDataError(
            f"{path} is Parquet and needs pyarrow, which is not installed; run: {install_command('sweep')}"
        ) from None
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        if file.metadata.num_rows > MOST_SITES:
            raise _refused(path, f"at most {MOST_SITES:,} sites", f"{file.metadata.num_rows:,}")
        table = file.read()
    except (ArrowException, OSError) as error:
        raise _refused(path, "a Parquet file", str(error).splitlines()[0]) from None
    columns = tuple(table.column_names)
    if problems := _of_the_head(columns):
        raise InputError(str(path), problems)
    rows = tuple(zip(*(_texts(table.column(n)) for n in range(table.num_columns)), strict=True))
    return SiteTable(str(path), columns, rows, tuple(range(1, len(rows) + 1)))


def _texts(column: pa.ChunkedArray) -> list[str]:
    """The cells as a CSV would have them; null is an empty cell."""
    values: list[object] = column.to_pylist()
    return ["" if value is None else _text(value) for value in values]


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "[" + ", ".join(map(_text, value)) + "]" if isinstance(value, list) else str(value).strip()


def _refused(path: Path, expected: str, got: str) -> InputError:
    return InputError(str(path), [Problem("sites", expected, got)])
