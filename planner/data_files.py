"""Where the shipped data lie: inside the package once installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from planner.errors import MissingDataError


def database_dir() -> Path:
    """The folder with `devices`, `engines` and `schema`."""
    return _shipped("hardware_db")


def scenarios_dir() -> Path:
    """The folder with the scenarios that are shipped."""
    return _shipped("scenarios")


def _shipped(name: str) -> Path:
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise MissingDataError(
        f"expected the folder {name!r} in {package} or {package.parent}, got neither; "
        "install the package again"
    )
