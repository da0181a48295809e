"""`--hardware DIR`: a user's own parts beside and above those of the database."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from planner.data_files import own_parts_from

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
