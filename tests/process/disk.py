"""A disk that fails: at the n-th step of writing, as one that is full or taken away."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.cli.main import run

OLD = "what was there before\n"
JOURNAL = "out/_finished.jsonl"
"""Which has seconds, and is the same only in what was answered."""
GROWS = ("out/points.", JOURNAL)
"""Files that an onlooker may see before they are complete: of a sweep, as its points come."""
STEPS = ("open", "mkdir", "replace", "rename", "write", "fsync", "ftruncate", "chmod")
"""Functions of `os` that writing goes through; a file opened for writing counts at open, write and close."""


class FailingDisk:
    """Counts the steps of writing below a folder and fails the one with this number; None fails none."""

    def __init__(
        self, folder: Path, fails_at: int | None, why: int = errno.ENOSPC, *, stays: bool = False
    ) -> None:
        self.folder = str(folder.resolve())
        self.fails_at = fails_at
        self.why = why
        self.stays = stays
        self.steps = 0
        self.failed = False

    def step(self) -> None:
        number, self.steps = self.steps, self.steps + 1
        late = self.fails_at is not None and number > self.fails_at and self.stays
        if number == self.fails_at or late:
            self.failed = True
            raise OSError(self.why, os.strerror(self.why))

    def is_in(self, path: object) -> bool:
        if isinstance(path, int):
            try:
                path = Path(f"/proc/self/fd/{path}").readlink()
            except OSError:
                return False
        return isinstance(path, str | os.PathLike) and str(Path(path).absolute()).startswith(self.folder)

    def spin(self, patch: pytest.MonkeyPatch) -> None:
        """From now on the disk is in use."""
        real_open = io.open
        real = {name: getattr(os, name) for name in STEPS}

        def opened(file, mode="r", *args, **kwargs):
            writes = any(sign in mode for sign in "wax+") and self.is_in(file)
            if writes:
                self.step()
            stream = real_open(file, mode, *args, **kwargs)
            return _Stream(stream, self) if writes else stream

        def checked(name: str) -> Callable:
            def call(path, *args, **kwargs):
                reads = name == "open" and not (args and args[0] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
                if not reads and self.is_in(path):
                    self.step()
                return real[name](path, *args, **kwargs)

            return call

        patch.setattr(io, "open", opened)
        patch.setattr("builtins.open", opened)
        for name in STEPS:
            patch.setattr(os, name, checked(name))


class _Stream:
    """A file whose writes, and whose close, are steps."""

    def __init__(self, stream, disk: FailingDisk) -> None:
        self._stream, self._disk = stream, disk

    def write(self, data):
        self._disk.step()
        return self._stream.write(data)

    def writelines(self, lines):
        self._disk.step()
        return self._stream.writelines(lines)

    def close(self):
        closed = self._stream.closed
        self._stream.close()
        if not closed:
            self._disk.step()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __iter__(self):
        return iter(self._stream)

    def __getattr__(self, name):
        return getattr(self._stream, name)


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def tried(arguments: list[str], folder: Path, fails_at: int | None, **how) -> tuple[int, FailingDisk]:
    """The status of a command on such a disk, and the disk."""
    disk = FailingDisk(folder, fails_at, **how)
    with pytest.MonkeyPatch.context() as patch:
        disk.spin(patch)
        status = run([*arguments, "--quiet"] if "init" not in arguments else arguments)
    return status, disk


def assert_every_step_may_fail(arguments: list[str], folder: Path, capsys, *, replaces: bool = True) -> int:
    """Each step of writing fails once: said, inputs as they were, outputs as before or whole; how many steps.

    Outputs are the arguments called `out` or `answer`, with any ending; `replaces`: they are there before.
    """
    outputs = [item for item in arguments if Path(item).stem in ("out", "answer")]
    inputs = content_of(folder)
    status, disk = tried(arguments, folder, None)
    whole = content_of(folder)
    assert status in (0, 3)
    assert disk.steps > 0
    assert set(outputs) <= {key.split("/")[0] for key in whole}
    capsys.readouterr()
    for number in range(disk.steps):
        for path in outputs:
            shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink(missing_ok=True)
            if Path(path).suffix and replaces:
                Path(path).write_text(OLD)
        status, failing = tried(arguments, folder, number)
        said = capsys.readouterr().err
        where = f"step {number} of {disk.steps}: {said}"
        left = content_of(folder)
        assert failing.failed, where
        assert "internal fault" not in said, where
        if status != 2:  # what was not needed: the mark of a lock, a table that an onlooker sees meanwhile
            assert {**left, JOURNAL: b""} == {**whole, JOURNAL: b""}, where
            continue
        assert "No space left on device" in said, where
        assert {key: left[key] for key in inputs} == inputs, where
        for key in left.keys() - inputs.keys():
            kept = key.startswith(GROWS) or left[key] in (OLD.encode(), whole.get(key))
            assert kept, f"{where}{key}: {left[key][:80]!r}"
    return disk.steps
