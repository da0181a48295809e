"""The header of a GGUF file: its keys and its table of tensors, each checked against the length of the file.

The format is that of ggml/docs/gguf.md, versions 2 and 3. Read here and not with the `gguf` package, because
that maps the whole file and makes an object of each word of the vocabulary: a header is read in milliseconds,
and a file that was cut short is refused with what is missing.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from planner.errors import InputError, Problem
from planner.language.formats.ggml_types import GGML_TYPES, BlockType
from planner.process.inputs import note_input
from planner.read_files import open_file

MAGIC = b"GGUF"
_MOST_TENSORS = 1_000_000
_MOST_KEYS = 100_000
_MOST_TEXT = 64_000_000
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

Value = int | float | bool | str


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """One entry of the table: extents (rows last), type, and bytes in the file."""

    name: str
    extents: tuple[int, ...]
    kind: BlockType
    bytes: int


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """Keys (of arrays their lengths), tensors, and the length of the file."""

    values: Mapping[str, Value]
    tensors: tuple[GgufTensor, ...]
    file_bytes: int


class _CutError(Exception):
    """The file ends before its header does."""


def read_header(path: Path) -> GgufHeader:
    """The header; `InputError` for anything but a whole GGUF file whose table fits its length."""
    try:
        note_input(path)
        with open_file(path) as file:
            return _HeaderReader(file, path).header()
    except OSError as error:
        raise _refused(path, "a file that can be read", error.strerror or str(error), where="file") from None
    except _CutError:
        raise _refused(
            path, "a whole GGUF header", "a file that ends within it", "download it again"
        ) from None
    except (UnicodeDecodeError, struct.error, OverflowError):
        raise _refused(path, "a GGUF header", "bytes that are none", "download it again") from None


def _refused(path: Path, expected: str, got: str, advice: str = "", where: str = "header") -> InputError:
    return InputError(str(path), [Problem(where, expected, got, advice)])


class _HeaderReader:
    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._length = path.stat().st_size

    def header(self) -> GgufHeader:
        if self._bytes(4) != MAGIC:
            raise _refused(self._path, "a file that begins with GGUF", "another beginning", where="file")
        version = self._number("I")
        if version not in (2, 3):
            raise _refused(self._path, "GGUF version 2 or 3", f"version {version}")
        count, keys = self._number("Q"), self._number("Q")
        if count > _MOST_TENSORS or keys > _MOST_KEYS:
            raise _refused(self._path, "a number of tensors and keys that a model has", f"{count} and {keys}")
        values: dict[str, Value] = {}
        for _ in range(keys):
            name = self._text()
            values[name] = self._value(self._number("I"))
        align = values.get("general.alignment", 32)
        entries = [self._entry() for _ in range(count)]
        step = align if isinstance(align, int) and align > 0 else 32
        start = -(-self._file.tell() // step) * step
        return GgufHeader(values, self._checked(entries, start), self._length)

    def _entry(self) -> tuple[str, tuple[int, ...], int, int]:
        name, axes = self._text(), self._number("I")
        if axes > 8:
            raise _refused(self._path, "a tensor of at most 8 axes", f"{axes}", where=name)
        extents = tuple(self._number("Q") for _ in range(axes))
        return name, extents, self._number("I"), self._number("Q")

    def _checked(
        self, entries: list[tuple[str, tuple[int, ...], int, int]], start: int
    ) -> tuple[GgufTensor, ...]:
        problems: list[Problem] = []
        found: list[GgufTensor] = []
        ends: list[tuple[int, int, str]] = []
        for name, extents, number, offset in entries:
            kind = GGML_TYPES.get(number)
            if kind is None:
                known = ", ".join(item.name for item in GGML_TYPES.values())
                problems.append(Problem(f"tensor {name!r}", f"a known type ({known})", f"type {number}"))
                continue
            numbers = 1
            for extent in extents:
                numbers *= extent
            if extents and extents[0] % kind.numbers:
                expected = f"rows of whole blocks of {kind.numbers} ({kind.name})"
                problems.append(Problem(f"tensor {name!r}", expected, f"rows of {extents[0]}"))
            size = kind.size_bytes(numbers)
            if start + offset + size > self._length:
                got = f"{self._length} bytes where it needs {start + offset + size}"
                problems.append(Problem(f"tensor {name!r}", "a file that holds it", got, "download it again"))
            ends.append((offset, offset + size, name))
            found.append(GgufTensor(name, extents, kind, size))
        ends.sort()
        for (_, end, before), (offset, _, name) in pairwise(ends):
            if offset < end:
                problems.append(Problem(f"tensor {name!r}", f"a place behind {before!r}", "one within it"))
        if problems:
            shown = problems[:5]
            if len(problems) > len(shown):
                shown.append(Problem("tensors", "a sound table", f"{len(problems) - 5} more problems"))
            raise InputError(str(self._path), shown)
        return tuple(found)

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            return self._array()
        if kind not in _SCALARS:
            raise _refused(self._path, "a known type of value", f"type {kind}")
        return self._number(_SCALARS[kind])

    def _array(self) -> int:
        """Length of an array, whose items are passed over; of numbers the largest is not needed."""
        kind, count = self._number("I"), self._number("Q")
        if kind == _STRING:
            for _ in range(count):
                self._skip(self._number("Q"))
        elif kind in _SCALARS:
            self._skip(count * struct.calcsize(_SCALARS[kind]))
        else:
            raise _refused(self._path, "an array of numbers or texts", f"items of type {kind}")
        return count

    def _text(self) -> str:
        return self._bytes(self._number("Q")).decode("utf-8")

    def _number(self, code: str) -> int:
        (value,) = struct.unpack("<" + code, self._bytes(struct.calcsize(code)))
        result: int = value
        return result

    def _skip(self, count: int) -> None:
        if count > self._length - self._file.tell():
            raise _CutError
        self._file.seek(count, 1)

    def _bytes(self, count: int) -> bytes:
        if count > _MOST_TEXT or count > self._length:
            raise _CutError
        data = self._file.read(count)
        if len(data) != count:
            raise _CutError
        return data
