"""Where data lie: those shipped inside the package or beside it in a checkout, and a user's own parts."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import platformdirs

from planner.errors import InputError, MissingDataError, Problem

HARDWARE_VARIABLE = "PLANNER_HARDWARE"
"""Environment variable with folders of own parts, separated as in PATH."""

_asked: ContextVar[tuple[Path, ...]] = ContextVar("own_parts", default=())

_outside: ContextVar[bool] = ContextVar("outside", default=False)


def database_dir() -> Path:
    """The folder with `devices`, `engines`, `measurements` and `schema`."""
    return _shipped("hardware_db")


def scenarios_dir() -> Path:
    """The folder with the scenarios that are shipped."""
    return _shipped("scenarios")


def config_dir() -> Path:
    """The user's folder of settings for planner, where the platform keeps such; it need not exist."""
    return platformdirs.PlatformDirs("planner", appauthor=False, roaming=True).user_config_path


def own_parts_dirs() -> tuple[Path, ...]:
    """Folders of own parts, later ones before earlier: settings, environment, then `own_parts_from`.

    Raises `InputError` for a folder that was named and holds no parts.
    """
    usual = config_dir() / "hardware"
    from_variable = [Path(text) for text in os.environ.get(HARDWARE_VARIABLE, "").split(os.pathsep) if text]
    _require_parts(HARDWARE_VARIABLE, from_variable)
    _require_parts("--hardware", _asked.get())
    return (*([usual] if usual.is_dir() else []), *from_variable, *_asked.get())


def _require_parts(where: str, folders: Iterable[Path]) -> None:
    for folder in folders:
        if not folder.is_dir():
            got = "a file" if folder.exists() else "no such folder"
        elif not any(folder.glob("*.yaml")):
            got = "none in it"
        else:
            continue
        expected = "a folder with files of parts (*.yaml)"
        raise InputError(where, [Problem(str(folder), expected, got, "check the path")])


@contextmanager
def own_parts_from(folders: tuple[Path, ...]) -> Iterator[None]:
    """Inside the `with`, parts in these folders add to the database and override it."""
    token = _asked.set((*_asked.get(), *folders))
    try:
        yield
    finally:
        _asked.reset(token)


def files_outside_allowed() -> bool:
    """Whether scenarios may name files outside their own folder."""
    return _outside.get()


@contextmanager
def allow_files_outside(*, allowed: bool = True) -> Iterator[None]:
    """Inside the `with`, scenarios may name files outside their own folder: for scenarios that one trusts."""
    token = _outside.set(allowed or _outside.get())
    try:
        yield
    finally:
        _outside.reset(token)


@functools.cache
def _shipped(name: str) -> Path:
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise MissingDataError(
        f"expected the folder {name!r} in {package} or {package.parent}, got neither; "
        "install the package again"
    )
