"""Whether the processors are free: llama.cpp beside other work says nothing of either.

Its threads wait for each other by spinning. When another program takes the processor of one of them, all the
others burn their time until it is back: 0.14 tokens/s was seen where 40 are usual. So a run waits until
enough processors are free, and is refused where they do not become so.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from planner.engines.session import EngineError
from planner.units import format_percent

LOOK_S = 0.4
WAIT_S = 20.0
MOST_OTHERS = 0.15
"""Processors that others may use in all: a system at rest uses a few per cent."""


@dataclass(frozen=True, slots=True)
class OtherPrograms:
    """Processors that other programs used over a look, and the busiest of them with its share of one."""

    processors: float
    busiest: str
    busiest_share: float


def free_for(
    threads: int,
    wait_s: float,
    progress: Callable[[str], None] = lambda _: None,
    *,
    look: Callable[[], OtherPrograms | None] | None = None,
) -> None:
    """Wait until so many processors are free; `EngineError` where they are not within the time.

    Where the system does not say what others use, nothing is waited for.
    """
    count = os.cpu_count() or 1
    if threads > count:
        raise EngineError(f"expected at most {count} threads, as many as processors, got {threads}")
    look = look or load_of_others
    end = time.monotonic() + wait_s
    while (load := look()) is not None and load.processors > count - threads + MOST_OTHERS:
        busy = _said(load, threads, count)
        if time.monotonic() >= end:
            raise EngineError(f"{busy}; stop it, or try again when the machine is at rest")
        progress(f"{busy}; waiting for it to end")
    return


def _said(load: OtherPrograms, threads: int, count: int) -> str:
    whom = f", most by {load.busiest} ({format_percent(load.busiest_share)})" if load.busiest else ""
    return (
        f"llama.cpp spins while it waits and needs its processors for itself: expected {threads} of {count} "
        f"free, got {load.processors:.1f} used by other programs{whom}"
    )


def load_of_others() -> OtherPrograms | None:
    """What other programs use now, over `LOOK_S`; None where the system does not say."""
    first, whole = _ticks_by_process(), _busy_ticks()
    if whole is None:
        return None
    time.sleep(LOOK_S)
    later, busy = _ticks_by_process(), _busy_ticks()
    per_second = os.sysconf("SC_CLK_TCK") * LOOK_S
    own = os.getpid()
    used = {
        process: (ticks - first.get(process, (name, 0))[1], name)
        for process, (name, ticks) in later.items()
        if process != own
    }
    most, name = max(used.values(), default=(0, ""))
    mine = later.get(own, ("", 0))[1] - first.get(own, ("", 0))[1]
    return OtherPrograms(max(0.0, ((busy or whole) - whole - mine) / per_second), name, most / per_second)


def _busy_ticks() -> int | None:
    """Ticks that all processors have worked since boot: user, nice, system, interrupts, steal."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
        user, nice, system, _idle, _wait, interrupt, soft, steal = map(int, fields)
    except (OSError, ValueError):
        return None
    return user + nice + system + interrupt + soft + steal


def _ticks_by_process() -> dict[int, tuple[str, int]]:
    found: dict[int, tuple[str, int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            before, _, after = (folder / "stat").read_text(encoding="utf-8").rpartition(")")
            fields = after.split()
            # Fields 14 and 15 of proc(5), utime and stime, the name being the second.
            found[int(folder.name)] = (before.partition("(")[2], int(fields[11]) + int(fields[12]))
    return found
