"""Published measurements as text and as columns: the text is reviewed, the columns load in milliseconds.

`measurements/rows/<source>.csv` hold the rows as published; `measurements/columns.npz` holds the same, each
text column as a list of its distinct words and one number per row. The digest of the text lies beside the
columns, so that a stale file is noticed.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from planner.data_files import database_dir
from planner.errors import InputError, MissingDataError, Problem

COLUMNS = (
    "id", "part_id", "power_mode", "unit", "engine", "engine_version", "model", "input_shape", "precision",
    "batch", "streams_threads", "metric", "statistic", "value", "source", "note", "trust",
)  # fmt: skip
_NUMBERS = "value"
_DIGEST = "sha256"
_ALL_BUT = {"id", "source"}
"""Two rows that differ only in these are the same measurement filed twice."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of text: its distinct words, and for each row which of them it holds."""

    words: Sequence[str]
    codes: Sequence[int]

    def read(self, reading: Callable[[str], T]) -> list[T]:
        """Each row's word as `reading` takes it; each distinct word is taken once."""
        taken = [reading(word) for word in self.words]
        return [taken[position] for position in self.codes]

    def text(self) -> list[str]:
        """Each row's word."""
        return [self.words[position] for position in self.codes]


@dataclass(frozen=True, slots=True)
class MeasurementColumns:
    """All rows as columns."""

    texts: Mapping[str, Coded]
    values: Sequence[float]


def rows_dir() -> Path:
    """The folder with the rows as text."""
    return database_dir() / "measurements" / "rows"


def columns_path() -> Path:
    """The file with the same rows as columns."""
    return database_dir() / "measurements" / "columns.npz"


def text_digest() -> str:
    """SHA-256 over the text of all rows, independent of the platform's line ends."""
    digest = hashlib.sha256()
    for path in sorted(rows_dir().glob("*.csv")):
        digest.update(path.name.encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def read_text() -> list[dict[str, str]]:
    """All rows of all text files, in the order of the file names; a measurement filed twice comes once.

    Raises `InputError` with every malformed line.
    """
    rows: list[dict[str, str]] = []
    seen: set[tuple[str, ...]] = set()
    ids: set[str] = set()
    for path in sorted(rows_dir().glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            lines = [(reader.line_num, row) for row in reader]
        problems = [problem for line, row in lines if (problem := _problem_of(line, row, ids)) is not None]
        if problems:
            raise InputError(str(path), problems)
        for _, row in lines:
            key = tuple(value for name, value in row.items() if name not in _ALL_BUT)
            if key not in seen:
                seen.add(key)
                rows.append(row)
    return rows


def _problem_of(line: int, row: Mapping[str, str], ids: set[str]) -> Problem | None:
    if tuple(row) != COLUMNS or None in row.values():
        return Problem("row", f"the columns {', '.join(COLUMNS)}", f"{len(row)} columns", "", line)
    if row["id"] in ids:
        return Problem("id", "each id once", f"{row['id']!r} again", "", line)
    ids.add(row["id"])
    try:
        value = float(row[_NUMBERS])
    except ValueError:
        value = -1.0
    if not (np.isfinite(value) and value >= 0):
        return Problem(_NUMBERS, "a number of zero or more", repr(row[_NUMBERS]), "", line)
    return None


def pack(rows: Sequence[Mapping[str, str]], digest: str) -> bytes:
    """The rows as the bytes of a compressed columnar file; `digest` says which text they are of."""
    arrays: dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]] = {
        _DIGEST: np.frombuffer(digest.encode(), dtype=np.uint8)
    }
    for name in COLUMNS:
        texts = [row[name] for row in rows]
        if name == _NUMBERS:
            arrays[name] = np.array([float(text) for text in texts])
            continue
        words = sorted(set(texts))
        position = {word: i for i, word in enumerate(words)}
        arrays[name] = np.array([position[text] for text in texts], dtype=np.uint16)
        arrays[f"{name}_words"] = np.frombuffer("\n".join(words).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def read_columns() -> MeasurementColumns:
    """The columns of the shipped file.

    Raises `MissingDataError` where the file is absent or unreadable.
    """
    try:
        with np.load(columns_path()) as archive:
            texts = {name: _coded(archive, name) for name in COLUMNS if name != _NUMBERS}
            values: list[float] = archive[_NUMBERS].tolist()
    except (OSError, ValueError, KeyError) as error:
        raise MissingDataError(
            f"expected the measurements in {columns_path()}, got: {error}; "
            "build them with `python benchmarks/build_measurements.py`"
        ) from None
    return MeasurementColumns(texts, values)


def packed_digest() -> str:
    """The digest of the text that the shipped columns were built from."""
    with np.load(columns_path()) as archive:
        return bytes(archive[_DIGEST]).decode()


def _coded(archive: Mapping[str, np.ndarray[tuple[int], np.dtype[np.generic]]], name: str) -> Coded:
    words = bytes(archive[f"{name}_words"]).decode().split("\n")
    codes: list[int] = archive[name].tolist()
    return Coded(words, codes)
