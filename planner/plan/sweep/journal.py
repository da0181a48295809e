"""Finished points on disk, a line each, so that a kill at any moment loses none and repeats none.

A point is finished when its line, line feed and all, is on the disk. A line that a kill or a full disk cut
short is no line: it is cut off before the next one is written, and its point is answered again. The name
begins with an underscore so that readers of Parquet folders pass it over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from planner.errors import OutputError

NAME = "_finished.jsonl"
LOCK = "_sweep.lock"
"""Held while a sweep writes; what is left of it is an empty file."""
_BYTES_AS_THEY_ARE = getattr(os, "O_BINARY", 0)
"""Windows turns line feeds into two bytes without it; other systems do not know it."""


class _OnDisk(Mapping[str, dict[str, object]]):
    """Rows that stay on the disk: the position of each line, read anew whenever it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, tuple[int, int]] = {}

    def put(self, point: str, start: int, length: int) -> None:
        self._places[point] = (start, length)

    def __getitem__(self, point: str) -> dict[str, object]:
        start, length = self._places[point]
        with self._path.open("rb") as file:
            file.seek(start)
            row: dict[str, object] = json.loads(file.read(length))["row"]
            return row

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class SweepJournal:
    """The finished points of one folder, held by one sweep at a time.

    `finished` has the answer of each by its point's digest, `seconds` how long each took. With `on_disk` the
    answers are read from the file when they are asked for, so that memory does not grow with them.
    """

    def __init__(self, folder: Path, *, on_disk: bool = False) -> None:
        self.path = folder / NAME
        self._rows: dict[str, dict[str, object]] = {}
        self._places = _OnDisk(self.path) if on_disk else None
        self.finished: Mapping[str, dict[str, object]] = (
            self._places if self._places is not None else self._rows
        )
        self.seconds: dict[str, float] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK, timeout=0)
            self._lock.acquire()
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | _BYTES_AS_THEY_ARE, 0o666)
        except Timeout:
            raise OutputError(
                f"{folder}: another sweep is writing there; wait for it, or choose another folder"
            ) from None
        except NotImplementedError:
            raise OutputError(
                f"{folder}: expected a file system with locks, got one without; choose another folder"
            ) from None
        except OSError as error:
            raise OutputError(
                f"{folder}: expected a folder that can be written, got: {error.strerror}"
            ) from None
        self._length = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        os.close(self._file)
        self._lock.release()

    def add(self, point: str, row: Mapping[str, object], seconds: float) -> None:
        """Write one finished point through to the disk; `OutputError` where it cannot, the others kept."""
        entry = {"point": point, "seconds": round(seconds, 3), "row": row}
        line = (json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n").encode()
        try:
            os.lseek(self._file, self._length, os.SEEK_SET)
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, self._length)
            raise OutputError(
                f"{self.path}: a point could not be written: {error.strerror}; the {len(self.finished)} "
                "points finished before it are kept and readable; make room and run the same command again"
            ) from None
        self._keep(point, dict(row), self._length, len(line))
        self._length += len(line)
        self.seconds[point] = seconds

    def _keep(self, point: str, row: dict[str, object], start: int, length: int) -> None:
        if self._places is None:
            self._rows[point] = row
        else:
            self._places.put(point, start, length)

    def _read(self) -> int:
        """Take in every whole line; the length up to the end of the last."""
        whole = 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    os.ftruncate(self._file, whole)
                    break
                try:
                    entry = json.loads(line)
                    point, row, seconds = str(entry["point"]), dict(entry["row"]), float(entry["seconds"])
                except (ValueError, KeyError, TypeError, RecursionError):
                    pass  # no line of ours: its point is answered again
                else:
                    self._keep(point, row, whole, len(line))
                    self.seconds[point] = seconds
                whole += len(line)
        return whole
