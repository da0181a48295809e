"""Variables of the environment that libraries read, and stop at: looked at before any of them is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator

from planner.errors import InputError, Problem

_FIGURES = "MPLBACKEND"
"""Which window figures are shown in. None is shown here, and one that is missing ends Matplotlib."""
_WHOLE = {
    "SOURCE_DATE_EPOCH": ("whole seconds since 1970", 0),
    "NUMBA_NUM_THREADS": ("how many threads, one or more", 1),
}
_OFF = ("NUMBA_DISABLE_JIT", "NUMBA_DISABLE_CUDA_JIT")


def mend_environment() -> None:
    """Drop what only concerns windows; `InputError` with every variable that a library would fail at."""
    os.environ.pop(_FIGURES, None)
    if problems := list(_problems()):
        raise InputError("environment", problems)


def _problems() -> Iterator[Problem]:
    for name, (expected, least) in _WHOLE.items():
        text = os.environ.get(name)
        if text and not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) >= least):
            yield Problem(name, expected, repr(text[:60]), "or unset it")
    for name in _OFF:
        text = os.environ.get(name)
        if text and text != "0":
            advice = "unset it; `simulate --simulator simpy` is the engine without compiled code"
            yield Problem(name, "compiled code to be allowed", repr(text[:60]), advice)
