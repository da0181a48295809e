"""Temporary folders that go: with the run that made them, or where it was killed, with the next one."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

LOCK = ".held"
"""Locked for as long as a process has the folder. The system drops the lock however that ends; a number of a
process would mean another one in another container that shares the place."""
_SETTLED_S = 60.0
"""A folder may be younger than its lock."""


@contextmanager
def temporary_folder(purpose: str, *, in_memory: bool = False) -> Iterator[Path]:
    """A folder for this `with`, in memory where the system has such a place and it is asked for.

    Folders of this user in the same place that nobody holds, which only a kill leaves behind, go first.
    """
    place = _memory_place() if in_memory else None
    with suppress(OSError):
        remove_left_behind(Path(place or tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=f"planner-{purpose}-", dir=place) as name:
        held = os.open(Path(name) / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            if sys.platform != "win32":
                with suppress(OSError):  # a file system without locks: then no run removes another's folder
                    fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(held)


def remove_left_behind(where: Path) -> None:
    """Remove such folders that no process holds any more; on Windows they stay."""
    for folder in where.glob(f"planner-*/{LOCK}"):
        with suppress(OSError):
            if _is_left(folder.parent):
                shutil.rmtree(folder.parent, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    if sys.platform == "win32" or not hasattr(os, "getuid"):
        return False
    about = folder.lstat()
    if folder.is_symlink() or about.st_uid != os.getuid() or time.time() - about.st_ctime < _SETTLED_S:
        return False
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _memory_place() -> str | None:
    """Where files live in memory on Linux."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of our own is made in it
