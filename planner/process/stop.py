"""Being asked to stop: every such signal acts as Ctrl-C, and the exit status says which it was."""

from __future__ import annotations

import signal
import threading
from types import FrameType

_ASKING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")
"""Ctrl-C; a service manager or `kill`; a terminal that closes; a clock, as that of the time limit."""

_last: list[int] = []


class Stopped(KeyboardInterrupt):
    """A signal that asks to stop. What answers Ctrl-C with what is finished does the same for it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


def begin() -> None:
    """A run begins: no signal has asked it to stop."""
    _last.clear()


def listen() -> None:
    """From now on such a signal raises `Stopped`; one that is ignored, as by `nohup`, stays so.

    In another thread than the main one nothing changes: Python handles signals there alone.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in _ASKING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)


def die_by_signals() -> None:
    """From now on such a signal and Ctrl-C end the process as it is: nothing is left to be kept."""
    for name in _ASKING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def was_asked() -> bool:
    """Whether such a signal came during this run. Some libraries make another error of what it raises."""
    return bool(_last)


def stopped_by() -> int:
    """The signal that asked this process to stop; SIGINT where none of the others did."""
    return _last[-1] if _last else int(signal.SIGINT)


def status_of_stop() -> int:
    """The exit status of a run that a signal ended, as shells give it: 128 and the number of the signal."""
    return 128 + stopped_by()


def _raise(number: int, _frame: FrameType | None) -> None:
    _last.append(number)
    raise Stopped(number)
