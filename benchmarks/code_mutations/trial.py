"""One fault in a copy of the tree against the tests chosen for it; the tree itself is never changed."""

from __future__ import annotations

import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.code_mutations.mutants import ROOT, Mutant

LEAST_LIMIT_S = 300.0
LIMIT = 3.0
"""Processor time of the tests of one fault, at least and over what they usually take: one that makes the code
run on for ever is caught by it. Processor time, because a machine that does other work would otherwise
catch faults by itself."""

WAIT_S = 3600.0
"""By the clock on the wall, for a fault that makes the code wait for what never comes."""

FIRST = 8
"""Tests tried by themselves: mostly one of them fails, before files with the others are even read."""

_FOLDERS = ("benchmarks", "docs", "hardware_db", "planner", "reports", "scenarios", "tests")


@dataclass(frozen=True, slots=True)
class MutantTrial:
    """What became of a fault: the test that failed, or none."""

    mutant: Mutant
    caught_by: str
    tried: int
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether some test failed."""
        return bool(self.caught_by)


def copied(folder: Path) -> Path:
    """The tree in another folder, for one worker."""
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.iterdir():
        if file.is_file() and file.name != ".git":
            shutil.copy(file, folder / file.name)
    return folder


def tried(mutant: Mutant, tests: Sequence[str], copy: Path, usual_s: float) -> MutantTrial:
    """Put the fault in, run the tests until one fails that passes without it, take the fault out.

    `usual_s` is what all the tests take without a fault.
    """
    limit_s = math.ceil(max(LEAST_LIMIT_S, LIMIT * usual_s))
    start_s = time.monotonic()
    file = copy / mutant.path
    left, caught_by = list(tests), ""
    while left:
        file.write_text(mutant.after)
        try:
            failed = _first_failure(left[:FIRST], copy, limit_s) or _first_failure(
                left[FIRST:], copy, limit_s
            )
        finally:
            file.write_text(mutant.before)
        named = [test for test in left if failed.split(" - ")[0].endswith(f" {test}")]
        if not named or not _first_failure(named, copy, limit_s):
            caught_by = failed
            break
        left.remove(named[0])
    return MutantTrial(mutant, caught_by, len(tests), time.monotonic() - start_s)


def _first_failure(tests: Sequence[str], copy: Path, limit_s: int) -> str:
    if not tests:
        return ""
    chosen = copy / "chosen-tests.txt"
    chosen.write_text("\n".join(tests))
    command = [
        sys.executable, "-m", "pytest", "-x", "--tb=no", "-p", "no:cacheprovider", "-p",
        "benchmarks.code_mutations.chosen",
        *dict.fromkeys(test.split("::")[0] for test in tests),
    ]  # fmt: skip
    env = os.environ | {
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "200",
        "CODE_MUTATIONS_CHOSEN": str(chosen),
        "NUMBA_CACHE_DIR": str(copy / "numba"),
    }
    try:
        done = subprocess.run(
            command, cwd=copy, env=env, capture_output=True, text=True, timeout=WAIT_S, check=False,
            preexec_fn=partial(_limited, limit_s),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"more than {WAIT_S:g} s"
    if done.returncode == 0:
        return ""
    if done.returncode == -signal.SIGXCPU:
        return f"more than {limit_s} s of processor time"
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return lines[0] if lines else f"pytest ended with {done.returncode}"


def _limited(limit_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 10))
