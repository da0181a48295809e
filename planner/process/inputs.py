"""The files that a run has read, so that none of its outputs replaces one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_FileId = tuple[int, int]
_read: ContextVar[set[_FileId] | None] = ContextVar("inputs", default=None)
_seen: ContextVar[dict[Path, int] | None] = ContextVar("seen", default=None)


@contextmanager
def inputs_kept() -> Iterator[None]:
    """Inside the `with`, files that are read are inputs, and writing to one is refused."""
    token, seen = _read.set(set()), _seen.set({})
    try:
        yield
    finally:
        _read.reset(token)
        _seen.reset(seen)


def note_input(path: Path) -> None:
    """This file is being read."""
    found, identity = _read.get(), _identity(path)
    if found is not None and identity is not None:
        found.add(identity)


def changed_ns(path: Path) -> int:
    """When a file was changed, as this run saw it first: what is read once stays for the whole of a run."""
    seen = _seen.get()
    if seen is None:
        return path.stat().st_mtime_ns
    if path not in seen:
        seen[path] = path.stat().st_mtime_ns
    return seen[path]


def seen_in(folder: Path) -> frozenset[Path]:
    """Files of a folder that this run has asked for in this way; they stay though they were removed since."""
    return frozenset(path for path in _seen.get() or () if path.parent == folder)


def is_input(path: Path) -> bool:
    """Whether this run has read the file, under this name, through a link or under another name of it."""
    found = _read.get()
    return found is not None and _identity(path) in found


def _identity(path: Path) -> _FileId | None:
    try:
        about = path.stat()
    except (OSError, ValueError):
        return None
    return (about.st_dev, about.st_ino)
