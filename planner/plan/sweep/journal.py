"""Finished points on disk, a line each, so that a kill at any moment loses none and repeats none.

A point is finished when its line, line feed and all, is on the disk. A line that a kill or a full disk cut
short is no line: it is cut off before the next one is written, and its point is answered again. The name
begins with an underscore so that readers of Parquet folders pass it over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
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


class SweepJournal:
    """The finished points of one folder, held by one sweep at a time.

    `finished` has the answer of each by its point's digest, `seconds` how long each took.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.finished: dict[str, dict[str, object]] = {}
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
        self._length += len(line)
        self.finished[point] = dict(row)
        self.seconds[point] = seconds

    def _read(self) -> int:
        """Take in every whole line; the length up to the end of the last."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        for line in content[:whole].splitlines():
            try:
                entry = json.loads(line)
                point, row, seconds = str(entry["point"]), dict(entry["row"]), float(entry["seconds"])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # no line of ours: its point is answered again
            self.finished[point], self.seconds[point] = row, seconds
        if whole < len(content):
            os.ftruncate(self._file, whole)
        return whole
