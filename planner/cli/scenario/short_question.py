"""Options of `planner plan` and `planner init`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from planner.cli.completion import device_ids, networks

F = TypeVar("F", bound=Callable[..., object])


_OPTIONS = (
    click.argument("model", required=False, shell_complete=networks),
    click.option("--cameras", metavar="300", help="How many cameras send frames."),
    click.option("--fps", metavar="15", help="Frames of each camera a second."),
    click.option("--video", metavar="h265:1080p", help="What each camera sends; decoded frames unless said."),
    click.option(
        "--then",
        multiple=True,
        metavar="MODEL:2.5",
        help="A network for so many objects of each frame; repeatable, in order.",
    ),
    click.option("--latency", metavar="150ms", help="Time within which a frame is answered."),
    click.option("--quantile", metavar="99%", help="Share of the frames that are answered within it."),
    click.option(
        "--devices",
        multiple=True,
        metavar="GLOB",
        help="Parts to look at, '*' for all; repeatable. Default: one of each class of price.",
        shell_complete=device_ids,
    ),
    click.option("--max-power", metavar="3kW", help="Limit of the whole rack."),
    click.option("--budget", metavar="'20k USD'", help="The most that may be spent to buy."),
    click.option("--site", metavar="KIND[:45C]", help="room, cabinet or outdoor, and how warm its air is."),
    click.option("--spares", metavar="1", help="Devices on top of the count."),
)


def question_options(command: F) -> F:
    """Add the options of a short question; the command takes them as `Said`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
