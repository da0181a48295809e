"""Options that say which network runs, where and how: one wording for every command that asks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from planner import api
from planner.cli.arguments import parse_counts, parse_extents, parse_shapes, parse_values
from planner.cli.completion import device_ids, engines, links, modes, precisions, units

if TYPE_CHECKING:
    from planner.workload.asked import Asked

P = ParamSpec("P")
R = TypeVar("R")

device_option = click.option(
    "--device",
    "device_id",
    required=True,
    metavar="ID",
    help="See `planner devices list`.",
    shell_complete=device_ids,
)
unit_option = click.option(
    "--unit",
    help="Compute unit by id or kind; default: the best that runs the engine.",
    shell_complete=units,
)
load_option = click.option(
    "--load",
    type=click.Choice(["burst", "sustained"]),
    default="burst",
    show_default=True,
    help="A short run, as published ones are, or what the power limit allows for long.",
)
link_option = click.option(
    "--link",
    metavar="LINK",
    help="Link to the host, such as usb2, usb3 or pcie3x1; default: the part's own.",
    shell_complete=links,
)
mode_option = click.option("--mode", help="Power mode; default: the part's own.", shell_complete=modes)
precision_option = click.option(
    "--precision", help="Default: half precision where the unit has it.", shell_complete=precisions
)
engine_option = click.option(
    "--engine", help="Inference engine; default: the unit's usual one.", shell_complete=engines
)
engine_version_option = click.option(
    "--engine-version",
    metavar="N.N",
    help="Version of the engine, where versions fuse differently; default: the usual one on the unit.",
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="CPU units: threads used; default: all cores."
)

plot_option = click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE.svg|png",
    help="Also draw it.",
    callback=lambda _ctx, _param, path: _picture(path),
)

run_threads_option = click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
"""Of a run on this machine, where all cores are no fair default: a run at rest has one."""
run_precision_option = click.option(
    "--precision", type=click.Choice(["fp32", "bf16", "int8"]), default="fp32", show_default=True
)


def _picture(path: Path | None) -> Path | None:
    """Refused before the work begins where it cannot be written."""
    if path is not None:
        api.picture_kind(path)
    return path


def extent_options(command: Callable[P, R]) -> Callable[..., R]:
    """Add what may be said of a network's sizes beside its batch; the command takes it as one `asked`."""

    @click.option("--shape", "shapes", multiple=True, metavar="NAME=1,3,640,640", help="Shape of one input.")
    @click.option("--dim", "dims", multiple=True, metavar="NAME=N", help="An open extent, by its name.")
    @click.option(
        "--extent", "extents", multiple=True, metavar="TENSOR=1,300,4", help="A shape that depends on data."
    )
    @click.option("--input", "values", multiple=True, metavar="NAME=16000", help="What a small input holds.")
    @click.option("--rounds", multiple=True, metavar="NODE=N", help="Rounds of a Loop that depend on data.")
    @functools.wraps(command)
    def wrapper(
        *args: Any,  # noqa: ANN401
        shapes: tuple[str, ...],
        dims: tuple[str, ...],
        extents: tuple[str, ...],
        values: tuple[str, ...],
        rounds: tuple[str, ...],
        **kwargs: Any,  # noqa: ANN401
    ) -> R:
        asked = api.asked(
            shapes=parse_shapes(shapes),
            dims=parse_counts("--dim", dims),
            extents=parse_extents(extents),
            values=parse_values(values),
            rounds=parse_counts("--rounds", rounds),
        )
        return command(*args, asked=asked, **kwargs)  # type: ignore[arg-type]

    return wrapper


def network_options(command: Callable[P, R]) -> Callable[..., R]:
    """Add --batch and what else may be said of a network's sizes; the command takes it as one `asked`."""

    @click.option(
        "--batch",
        type=click.IntRange(min=1),
        help="Inferences in one run; default: as the file has, 1 where it is open.",
    )
    @extent_options
    @functools.wraps(command)
    def wrapper(*args: Any, asked: Asked, batch: int | None, **kwargs: Any) -> R:  # noqa: ANN401
        return command(*args, asked=replace(asked, batch=batch), **kwargs)  # type: ignore[arg-type]

    return wrapper
