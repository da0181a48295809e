"""Work shared with copies of this process, which need not load anything anew."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from planner.process.children import end_with_parent

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

_T = TypeVar("_T")
_MOST = 4
"""More copies than this wait for each other longer than they save in work of a second or two."""


def usable_cores() -> int:
    """The cores that this process may use; all of them where the system does not say which."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return cores or 1


def usable_processes() -> int:
    """How many processes may share work of a second or two: the cores that this one may use, at most four."""
    return min(_MOST, usable_cores())


def in_turns(task: Callable[[int], _T], count: int, processes: int = 1) -> list[_T]:
    """`task(0)` to `task(count - 1)` in order; process `p` of `n` takes every `n`-th from `p` on.

    A task whose result depends on its number alone gives the same list for any number of processes. What
    fails or is killed in a copy is done again here and then raises here. Copies are made by fork, on Linux;
    elsewhere this process does all.
    """
    workers = min(processes, count) if _can_fork() else 1
    copies = [_begun(task, range(turn, count, workers)) for turn in range(1, workers)]
    try:
        found = {number: task(number) for number in range(0, count, max(1, workers))}
        for copy, results in copies:
            with contextlib.suppress(EOFError):
                found.update(results.recv())
            copy.join()
    finally:
        for copy, _ in copies:
            copy.kill()
            copy.join()
    return [found[number] if number in found else task(number) for number in range(count)]


def _can_fork() -> bool:
    """Whether copies are safe: macOS can fork too, but its frameworks then fail in the copy."""
    return sys.platform == "linux" and hasattr(os, "fork")


def _begun(task: Callable[[int], Any], numbers: Sequence[int]) -> tuple[ForkProcess, Connection]:
    here, there = multiprocessing.Pipe(duplex=False)
    copy = multiprocessing.get_context("fork").Process(
        target=_work, args=(task, numbers, there, os.getpid()), daemon=True
    )
    with warnings.catch_warnings():  # of threads that a copy lacks: those of the linear algebra, made anew
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        copy.start()
    there.close()
    return copy, here


def _work(task: Callable[[int], Any], numbers: Sequence[int], results: Connection, parent: int) -> None:
    end_with_parent(parent)
    found: dict[int, Any] = {}
    with contextlib.suppress(Exception, KeyboardInterrupt):
        for number in numbers:
            found[number] = task(number)
    results.send(found)
