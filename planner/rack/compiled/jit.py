"""The only module that imports Numba."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from planner.process.trust import distrusted
from planner.rack.compiled.kept import KeptCode

Function = TypeVar("Function", bound=Callable[..., object])

# Without the runtime for reference counts nothing may be allocated in compiled code; with NumPy's error model
# a division by zero gives infinity instead of a test before each division.
_OPTIONS: dict[str, Any] = {"_nrt": False, "error_model": "numpy"}
# A wrapper for Python is only for what Python calls, one for C for nobody: to unpack the thirty arrays of the
# state in each took half of the time to compile.
_INNER: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_ENTRY: dict[str, Any] = {**_OPTIONS, "no_cfunc_wrapper": True}


NOT_USED: list[str] = []
"""Why machine code that is kept is not used."""


def compiled(function: Function) -> Function:
    """The function as machine code, made when it is first called.

    It is put bodily into the functions that call it, because to hand on the state takes longer than what
    most of them do. Reference counts are left out for the same reason: nothing is allocated in the loop, and
    Python keeps all arrays alive.
    """
    return cast("Function", numba.njit(function, forceinline=True, **_INNER))


def called_once(function: Function) -> Function:
    """The same for what is called from one place alone: compiled as part of it, not once more by itself.

    Most of the time to compile goes into handing the state to a function and optimising what it calls anew.
    """
    return cast("Function", numba.njit(function, inline="always", **_OPTIONS))


def entry(function: Function) -> Function:
    """The same for a function that Python calls: its machine code is kept on disk from process to process.

    Numba keeps it beside the source where that can be written, else in the user's cache folder (or where
    NUMBA_CACHE_DIR says); where neither can be written, or others can write what is kept, it is made anew in
    each process: whoever writes machine code decides what runs here.
    """
    found = numba.njit(function, **_ENTRY)
    try:
        kept = KeptCode(function)
    except RuntimeError:
        return cast("Function", found)
    reason = _distrusted_code(Path(kept.cache_path))
    if reason is None:
        found._cache = kept
    else:
        NOT_USED.append(reason)
    return cast("Function", found)


def _distrusted_code(folder: Path) -> str | None:
    kept = [folder, *folder.glob("*.nbi"), *folder.glob("*.nbc")]
    return next((reason for path in kept if (reason := distrusted(path)) is not None), None)


def source_revision(folder: Path = Path(__file__).parent) -> int:
    """A number that changes with any source file of a folder, this one unless given.

    Numba asks only the file of an entry whether kept machine code is stale; an entry that holds this number
    as a constant is compiled anew also when a function that it calls has changed.
    """
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.read_bytes())
    # Six bytes fit a signed 64-bit constant.
    return int.from_bytes(digest.digest()[:6], "big")
