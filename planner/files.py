"""Writing a file whole or not at all, and never over a file that the same run has read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from planner.errors import OutputError
from planner.process.inputs import is_input


def write_bytes(path: Path, data: bytes) -> None:
    """Write under a temporary name beside the file, then rename; the old file stays whole until then.

    A link is followed, and what is no file (a pipe, a device) is written to and not replaced. A file that was
    there keeps its permissions. Raises `OutputError` when the folder is missing or not writable, the disk is
    full, or the file is an input of this run.
    """
    write_files({path: data})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together, each as `write_bytes` does.

    All are on the disk before the first has its name: none is new where there was no room for another.
    """
    written: list[tuple[Path, Path, Path]] = []
    try:
        for path, data in contents.items():
            require_writable(path)
            target = path.resolve()
            if target.exists() and not target.is_file():
                _through(path, target, data)
            else:
                written.append((path, _beside(path, target, data), target))
        for path, temporary, target in written:
            with _said(path):
                temporary.replace(target)
    finally:
        for _, temporary, _ in written:
            temporary.unlink(missing_ok=True)


def _through(path: Path, target: Path, data: bytes) -> None:
    with _said(path):
        target.write_bytes(data)


def _beside(path: Path, target: Path, data: bytes) -> Path:
    """The data in a file beside the target, on the disk."""
    with _said(path):
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    temporary = Path(name)
    try:
        with _said(path):
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # a disk of the network says only here that it is full
            temporary.chmod(mode)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """What the system refuses, as the sentence for this path."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path}: expected a place that can be written, got: {reason}; choose another path"
        ) from None


def require_writable(path: Path) -> None:
    """Refuse a path that cannot be written before hours are spent on what should go there."""
    try:
        _require_writable(path)
    except (OSError, ValueError) as error:  # a name too long, or with a zero byte
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"{path}: expected the name of a file, got: {reason}; choose another path"
        ) from None


def _require_writable(path: Path) -> None:
    if "\0" in str(path):
        raise ValueError("a name with a zero byte")
    if path.is_dir():
        raise OutputError(f"{path}: expected the name of a file, got a folder; add a file name")
    if path.exists() and not path.is_file():
        return
    if is_input(path):
        raise OutputError(f"{path}: expected another file than those that are read, got one; choose another")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: expected an existing folder, {path.parent} is none; create it first")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(
            f"{path}: expected a folder that can be written, {path.parent} cannot; choose another"
        )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
