"""One attempt of a fuzzer: files in a folder of its own, a command line, and what became of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LIMIT_S = 30.0
"""Of processor time: the machine may have other work."""
MEMORY_BYTES = 2 * 2**30
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is written and what is run on it."""

    arguments: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """What became of it; in capitals where it should not have."""

    what: str
    seconds: float
    """Of processor time."""
    peak_bytes: int


class _HangError(BaseException):
    """Past the limit. No `except Exception` of the code under test catches it."""


def tried(attempt: Attempt, folder: Path) -> AttemptOutcome:
    """The outcome in this process, whose folder and streams are its own for as long."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in attempt.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    start = time.process_time()
    with _in_folder(folder):
        what = _run(attempt)
    for name, content in attempt.files.items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != content:
            what = f"OVERWRITTEN {name}"
    if (left := [path.name for path in folder.rglob(".*") if path.is_file()]) and what.islower():
        what = f"LEFT {left[0]}"
    return AttemptOutcome(what, time.process_time() - start, _peak_bytes())


def _peak_bytes() -> int:
    """The most memory that this process has held; `getrusage` would count that of its parent in."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _run(attempt: Attempt) -> str:
    from planner.cli import main

    seen: list[str] = []
    explained = main._explained

    def kept(error: Exception) -> tuple[int, str]:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "/planner/" in f.filename]
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        seen.append(f"{type(error).__name__} {place}: {error}"[:400])
        return explained(error)

    out, err = io.StringIO(), io.StringIO()
    main._explained = kept
    signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main.run(list(attempt.arguments))
    except _HangError:
        return "HANG"
    except BaseException as error:  # noqa: BLE001 - what is looked for
        return f"ESCAPED {type(error).__name__}: {error}"[:400]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        main._explained = explained
    return _judged(attempt, status, out.getvalue(), err.getvalue(), seen)


def _judged(attempt: Attempt, status: int, out: str, err: str, seen: list[str]) -> str:
    if status == 1 and "internal fault" in err:
        return f"TRACEBACK {seen[-1] if seen else ''}"
    if status not in (0, 1, 2, 3, 130):
        return f"STATUS {status}"
    if "not enough memory" in err:
        return f"MEMORY {seen[-1] if seen else ''}"
    if found := _CONTROL.search(out + err):
        return f"CONTROL {found[0]!r}"
    if "json" in attempt.arguments and out.lstrip().startswith("{"):
        try:
            json.loads(out, parse_constant=_no_number)
        except ValueError as error:
            return f"NAN {error}"
    if status == 2 and not err.strip():
        return "SILENT refusal"
    return {0: "answered", 1: "found problems", 2: "refused", 3: "infeasible", 130: "asked for more"}[status]


def _no_number(name: str) -> None:
    raise ValueError(name)


def _hang(_number: int, _frame: object) -> None:
    raise _HangError


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
