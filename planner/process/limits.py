"""Limits on the time and the memory of a run, for input from elsewhere.

At the time limit the run is stopped as by Ctrl-C: finished work is kept. A guard, a process of its own, kills
a run that does not stop within `GRACE_S`, for a library that computes for minutes hears no signal in Python.
Memory is limited by the system (`RLIMIT_DATA` of getrlimit(2): what the process has allocated, and not what
it has mapped of files), for this process and for each that it starts.
"""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from planner.process.children import module_command, module_environment
from planner.process.stop import listen

GRACE_S = 30.0
"""Between the time limit and the kill: for what is finished to be written."""
_AGAIN_S = 10.0
"""A signal may fall into a place where Python drops what it raises; then the next one is heard."""


class LimitError(Exception):
    """A limit that this system cannot keep."""


@contextmanager
def within_limits(time_s: float | None = None, memory_bytes: int | None = None) -> Iterator[None]:
    """Inside the `with`, the run has so much time and memory; None for no limit.

    At the end of the time `planner.process.stop.Stopped` is raised, for more memory `MemoryError`. In the
    main thread only. Raises `LimitError` where the system has no such limits.
    """
    with ExitStack() as limits:
        if time_s is not None:
            limits.enter_context(_time(time_s))
        if memory_bytes is not None:
            limits.enter_context(_memory(memory_bytes))
        yield


@contextmanager
def _time(time_s: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        raise LimitError("a system with clocks that signal, and the main thread")
    before = signal.getsignal(signal.SIGALRM)
    listen()
    guard = subprocess.Popen(  # noqa: S603 - a module of ours
        module_command("planner.process.guard", str(time_s + GRACE_S)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=module_environment(),
    )
    signal.setitimer(signal.ITIMER_REAL, time_s, _AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        guard.kill()
        guard.wait()


@contextmanager
def _memory(memory_bytes: int) -> Iterator[None]:
    try:
        import resource
    except ImportError:
        raise LimitError("a system with limits for processes, such as Linux") from None
    _take_workspace()
    before = resource.getrlimit(resource.RLIMIT_DATA)
    hard = before[1]
    most = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _take_workspace() -> None:
    """Let both copies of OpenBLAS, numpy's and scipy's, take their workspace while there is memory.

    OpenBLAS asks for its 32 MB at the first product of matrices and, where it is refused them, asks again
    without end (`blas_memory_alloc`): a run at its limit would neither go on nor be refused. It keeps them
    for all products of this thread.
    """
    import numpy as np
    from scipy.linalg.blas import dgemm

    square = np.ones((64, 64))
    dgemm(1.0, square, square @ square)
