"""`--allow-outside`: scenarios that may name files outside their own folder."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import click

from planner.data_files import allow_files_outside

P = ParamSpec("P")
R = TypeVar("R")


def outside_option(command: Callable[P, R]) -> Callable[..., R]:
    """Add --allow-outside, which holds while the command runs."""

    @click.option(
        "--allow-outside",
        "allowed",
        is_flag=True,
        help="Let the scenario read files outside its folder (traces, networks): only one that you trust.",
    )
    @functools.wraps(command)
    def wrapper(*args: Any, allowed: bool, **kwargs: Any) -> R:  # noqa: ANN401
        with allow_files_outside(allowed=allowed):
            return command(*args, **kwargs)

    return wrapper
