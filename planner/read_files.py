"""Reading a file that somebody else made: never more than expected, and every refusal a sentence."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from pathlib import Path
from typing import Any, Never, Self

from planner.errors import InputError, Problem
from planner.process.inputs import note_input

LARGEST_TEXT_BYTES = 64 * 2**20
"""Of a table, a configuration or a record: the largest that planner itself writes are a few megabytes."""


_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)
"""A pipe that nobody writes to would be waited for; a file is read as ever."""


def open_file(path: Path) -> io.BufferedReader:
    """A file to read. Raises `OSError` for what is none, also where it was one when it was looked at."""
    return io.BufferedReader(open_unbuffered(path))


def open_unbuffered(path: Path) -> io.FileIO:
    """The same, for who takes pieces from far apart."""
    handle = os.open(path, _READ_ONLY | _WITHOUT_WAITING)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("a folder, a device or a pipe in the place of a file")
        return io.FileIO(handle)
    except BaseException:
        os.close(handle)
        raise


def read_bounded(path: Path, most_bytes: int = LARGEST_TEXT_BYTES) -> bytes:
    """The content of a file of at most this size. Raises `InputError` for one that is larger, or is none."""
    try:
        if not path.exists():
            raise _refused(path, "an existing file", "no such file", "check the path")
        if not path.is_file():
            raise _refused(path, "a file", "a folder" if path.is_dir() else "a device or a pipe")
        note_input(path)
        with open_file(path) as file:
            content = file.read(most_bytes + 1)  # the size that a file states may change until it is read
    except (OSError, ValueError) as error:
        raise _refused(path, "a readable file", getattr(error, "strerror", None) or str(error)) from None
    if len(content) > most_bytes:
        raise _refused(path, f"a file of at most {most_bytes:,} bytes", "a larger one", "give a part of it")
    return content


def read_bounded_text(path: Path, most_bytes: int = LARGEST_TEXT_BYTES) -> str:
    """The text of such a file in UTF-8, without a mark of its encoding."""
    content = read_bounded(path, most_bytes)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problem = Problem("file", "text in UTF-8", "bytes that are none", "save it as UTF-8", line)
        raise InputError(str(path), [problem]) from None


def read_bounded_json(path: Path, most_bytes: int = LARGEST_TEXT_BYTES) -> object:
    """The JSON of such a file. NaN and Infinity, which JSON has not, are refused as well."""
    return parse_bounded_json(read_bounded_text(path, most_bytes), path)


def parse_bounded_json(text: str | bytes, path: Path) -> object:
    """The JSON in a text of this file, or a refusal with the line of the mistake."""
    try:
        value: object = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise InputError(str(path), [Problem("file", "JSON", error.msg, "", error.lineno)]) from None
    except RecursionError:
        # The decoder of the standard library calls itself for each level.
        raise _refused(path, "JSON of a few levels", "lists nested hundreds deep") from None
    except ValueError as error:  # bytes that are no text; a whole number of thousands of digits
        raise _refused(path, "JSON", str(error).split(";")[0]) from None
    return value


class CsvTable:
    """The rows of a table in CSV; one that is damaged in a way that `csv` refuses is an `InputError`."""

    def __init__(self, text: str, path: Path, delimiter: str = ",") -> None:
        self._reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        self._path = path
        try:
            self.header = tuple(self._reader.fieldnames or ())
        except csv.Error as error:
            raise self._damaged(error) from None

    def __iter__(self) -> Self:
        """The rows from here on."""
        return self

    def __next__(self) -> dict[str | Any, str | Any]:
        """The next row by the names of its columns; None names what is beyond them."""
        try:
            return next(self._reader)
        except csv.Error as error:
            raise self._damaged(error) from None

    @property
    def line_num(self) -> int:
        """The line where the row ends that was read last."""
        return self._reader.line_num

    def _damaged(self, error: csv.Error) -> InputError:
        advice = "save it again as CSV"
        return InputError(str(self._path), [Problem("row", "CSV", str(error), advice, self.line_num)])


def _no_number(name: str) -> Never:
    raise ValueError(f"{name}, which JSON does not have")


def _refused(path: Path, expected: str, got: str, advice: str = "") -> InputError:
    return InputError(str(path), [Problem("file", expected, got, advice)])
