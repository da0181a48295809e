"""What is going on: a line on a terminal that the next one overwrites, from two seconds on with the time."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from planner.visible import visible

_FIRST_S = 2.0
_EVERY_S = 1.0


class Ticker:
    """The one progress line of this process.

    It is written past Python's buffers, so that a copy of the process made meanwhile (see `planner.forks`)
    never waits for a lock that the thread held.
    """

    def __init__(self) -> None:
        self._running = False
        self._message = "working"
        self._since_s = 0.0
        self._shown = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Inside the `with`, a line appears whenever two seconds have passed in silence."""
        self._message, self._since_s = "working", time.monotonic()
        if not _to_terminal():
            yield
            return
        stop = threading.Event()
        thread = threading.Thread(target=self._tick, args=(stop,), daemon=True)
        self._running = True
        thread.start()
        try:
            yield
        finally:
            self._running = False
            stop.set()
            thread.join()
            self.clear()

    def tell(self, message: str) -> None:
        """Show what is being done now."""
        self._message, self._since_s = message, time.monotonic()
        if _to_terminal():
            self._show(message)

    def clear(self) -> None:
        """Take the line away, before something else is printed; the clock begins anew."""
        self._since_s = time.monotonic()
        if self._shown:
            self._shown = False
            _write("\r\033[K")

    def _tick(self, stop: threading.Event) -> None:
        while not stop.wait(_EVERY_S):
            passed_s = time.monotonic() - self._since_s
            if self._running and passed_s >= _FIRST_S:
                self._show(f"{self._message} ({passed_s:.0f} s)")

    def _show(self, text: str) -> None:
        self._shown = True
        room = shutil.get_terminal_size().columns - 1
        _write(f"\r\033[K{visible(text, one_line=True)[:room]}")


ticker = Ticker()
"""Of this process."""


def _to_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _write(text: str) -> None:
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    with suppress(OSError, ValueError):
        sys.stderr.flush()
        os.write(sys.stderr.fileno(), text.encode(encoding, "replace"))
