"""`--hardware DIR`: a user's own parts beside and above those of the database."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from planner.data_files import HARDWARE_VARIABLE, own_parts_dirs, own_parts_from

P = ParamSpec("P")
R = TypeVar("R")


def hardware_option(command: Callable[P, R]) -> Callable[..., R]:
    """Add --hardware; parts in its folders are in the catalogue while the command runs."""

    @click.option(
        "--hardware",
        "folders",
        multiple=True,
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Folder of own parts, which add to the database and override it; repeatable.",
    )
    @functools.wraps(command)
    def wrapper(*args: Any, folders: tuple[Path, ...], **kwargs: Any) -> R:  # noqa: ANN401
        with own_parts_from(folders):
            return command(*args, **kwargs)

    return wrapper


def pass_own_parts_on() -> None:
    """Let processes that this one starts see the own parts that it sees."""
    own = [str(path.resolve()) for path in own_parts_dirs() if any(path.glob("*.yaml"))]
    os.environ[HARDWARE_VARIABLE] = os.pathsep.join(own)
