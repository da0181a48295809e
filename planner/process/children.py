"""Processes that end with the one that started them, also where that is killed and can tell nobody.

Linux sends a process a signal when its parent ends (`PR_SET_PDEATHSIG` of prctl(2)); the setting survives the
start of another program but not a fork. Elsewhere a thread asks once a second whose child this is. This file
imports nothing of planner: `bound` runs it as a program.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""
_ASK_EVERY_S = 1.0
_PARENT = "PLANNER_PARENT"
"""Environment variable with the number of the process that started this one."""


def end_with_parent(parent: int | None = None) -> None:
    """From now on this process ends, at whatever it does, when its parent has ended.

    `parent` is its number, where it is not in the environment that `module_environment` made. Without it a
    parent that ended while this process was starting would be taken for none.
    """
    if parent is None:
        named = os.environ.get(_PARENT, "")
        parent = int(named) if named.isdecimal() else os.getppid()
    if _signalled_by_kernel():
        if os.getppid() != parent:  # it ended before the kernel was asked
            os._exit(1)
    elif os.name == "posix":
        threading.Thread(target=_ask, args=(parent,), daemon=True).start()


def bound(command: Sequence[str]) -> list[str]:
    """The command, begun in such a way that the program ends with this process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def module_command(module: str, *arguments: str) -> list[str]:
    """A module of planner as a program of its own, see `module_environment`.

    With `-P`: `-m` alone would import from the folder where one is, which may be a stranger's.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment(**more: str) -> dict[str, str]:
    """The environment in which such a program finds this very package, and what is set beside it."""
    package, inherited = str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH")
    path = os.pathsep.join([package, inherited] if inherited else [package])
    return {**os.environ, "PYTHONPATH": path, _PARENT: str(os.getpid()), **more}


def _signalled_by_kernel() -> bool:
    if sys.platform != "linux":
        return False
    with suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0)
    return False


def _ask(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_ASK_EVERY_S)
    os._exit(1)


if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    try:
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the program that the parent names
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
