"""Reading a file that somebody else made: never more than expected, and every refusal a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Never

from planner.errors import InputError, Problem
from planner.process.inputs import note_input

LARGEST_TEXT_BYTES = 64 * 2**20
"""Of a table, a configuration or a record: the largest that planner itself writes are a few megabytes."""


def read_bounded(path: Path, most_bytes: int = LARGEST_TEXT_BYTES) -> bytes:
    """The content of a file of at most this size. Raises `InputError` for one that is larger, or is none."""
    try:
        if not path.exists():
            raise _refused(path, "an existing file", "no such file", "check the path")
        if not path.is_file():
            raise _refused(path, "a file", "a folder" if path.is_dir() else "a device or a pipe")
        note_input(path)
        with path.open("rb") as file:
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


def _no_number(name: str) -> Never:
    raise ValueError(f"{name}, which JSON does not have")


def _refused(path: Path, expected: str, got: str, advice: str = "") -> InputError:
    return InputError(str(path), [Problem("file", expected, got, advice)])
