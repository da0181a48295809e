"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from planner.errors import OutputError


def write_bytes(path: Path, data: bytes) -> None:
    """Write under a temporary name beside the file, then rename; the old file stays whole until then.

    A link is followed, and what is no file (a pipe, a device) is written to and not replaced. Raises
    `OutputError` when the folder is missing or not writable, or the disk is full.
    """
    require_writable(path)
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise _refused(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        Path(temporary).unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Refuse a path that cannot be written before hours are spent on what should go there."""
    if path.is_dir():
        raise OutputError(f"{path}: expected the name of a file, got a folder; add a file name")
    if path.exists() and not path.is_file():
        return
    if not path.parent.is_dir():
        raise OutputError(f"{path}: expected an existing folder, {path.parent} is none; create it first")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(
            f"{path}: expected a folder that can be written, {path.parent} cannot; choose another"
        )


def _refused(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(f"{path}: expected a place that can be written, got: {reason}; choose another path")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
