"""Work with less garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_OBJECTS, _ROUNDS = 50_000, 20


def collect_seldom() -> None:
    """Look for cycles seventy times less often than Python does: for a process that ends with its command.

    An estimate keeps hundreds of objects for each of hundreds of settings, and the collector walks all of
    them again and again: a fifth of the time of sizing.
    """
    gc.set_threshold(_NEW_OBJECTS, _ROUNDS, _ROUNDS)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Inside the `with`, no cycles are collected: for work that makes many objects and hardly a cycle.

    The collector would walk all of them again and again, a tenth of the time of a report; what is no longer
    referred to is freed all the same.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
