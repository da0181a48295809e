"""Files that visitors dropped: stored under names that no file system minds, limited, removed."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

_SIGNS = re.compile(r"[^\w.\-+@()\[\] ]")
_LONGEST_NAME = 100
_MOST_COMING = 4
"""Files that may come at a time: each takes room on the disk before it is known to be whole."""
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


class TooLargeError(Exception):
    """A file beyond the limit; nothing of it is kept."""


class BusyError(Exception):
    """As many files as may be are coming already."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file by its id and the name that is shown."""

    id: str
    name: str
    path: Path
    size_bytes: int


class Uploads:
    """The latest few files; an older one goes when another comes."""

    def __init__(self, folder: Path, most_bytes: int, most_files: int = 12) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._files: dict[str, Upload] = {}
        self._coming = 0

    @property
    def most_bytes(self) -> int:
        """What one file may have, and all of them together four times of it."""
        return self._most_bytes

    async def store(self, name: str, said_bytes: int | None, chunks: AsyncIterator[bytes]) -> Upload:
        """Write a file as it comes. Raises `TooLargeError` as soon as it is known to be too large.

        Raises `BusyError` where others are coming.
        """
        if said_bytes is not None and said_bytes > self._most_bytes:
            raise TooLargeError
        if self._coming >= _MOST_COMING:
            raise BusyError
        made = secrets.token_urlsafe(12)
        folder = self._folder / made
        folder.mkdir(parents=True)
        path = folder / safe_name(name)
        size = 0
        self._coming += 1
        try:
            with path.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > self._most_bytes:
                        raise TooLargeError
                    file.write(chunk)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self._coming -= 1
        upload = Upload(made, path.name, path, size)
        self._files[made] = upload
        self._forget_old()
        return upload

    def get(self, upload_id: str) -> Upload | None:
        """A file that is still there; it then is the latest."""
        found = self._files.pop(upload_id, None)
        if found is not None:
            self._files[upload_id] = found
        return found

    def _forget_old(self) -> None:
        def held() -> int:
            return sum(upload.size_bytes for upload in self._files.values())

        while len(self._files) > 1 and (len(self._files) > self._most_files or held() > 4 * self._most_bytes):
            oldest = self._files.pop(next(iter(self._files)))
            shutil.rmtree(oldest.path.parent, ignore_errors=True)


def safe_name(name: str) -> str:
    """The last part of a name with letters, digits and few signs; its ending stays, as it says what it is.

    >>> safe_name("../../etc/pass<wd>.onnx")
    'pass_wd_.onnx'
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = _SIGNS.sub("_", last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    ending = ending[:16]
    stem = stem.encode()[: _LONGEST_NAME - len(ending)].decode(errors="ignore") or "network"
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    return f"{stem}{dot}{ending}"


def linked(upload: Upload, folder: Path) -> Path:
    """The file under its name in another folder too, which keeps it when the upload goes."""
    path = folder / upload.name
    try:
        os.link(upload.path, path)
    except OSError:
        shutil.copyfile(upload.path, path)
    return path
