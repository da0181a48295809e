"""The options of `planner estimate --soak`, and what they add to its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from planner import api
from planner.cli.arguments import parse_option
from planner.cli.text.soak import soak_lines

if TYPE_CHECKING:
    from planner.latency.result import Estimate

Command = TypeVar("Command", bound=Callable[..., object])
_USUAL_AMBIENT = "25 degC"


def soak_options(command: Command) -> Command:
    """`--soak`, `--ambient`, `--altitude` and `--cooler`."""
    for decorator in (
        click.option(
            "--altitude", metavar="H", help="With --soak: above the sea, such as 2000m; default: 0."
        ),
        click.option("--cooler", metavar="NAME|K/W", help="With --soak: a cooler of the part, or 3.2 K/W."),
        click.option("--ambient", metavar="T", help=f"With --soak: the air; default: {_USUAL_AMBIENT}."),
        click.option(
            "--soak", metavar="TIME", help="Hold the load, such as 1h: when it throttles, what rate is left."
        ),
    ):
        command = decorator(command)
    return command


def soaked_beside(
    result: Estimate, soak: str | None, ambient: str | None, cooler: str | None, altitude: str | None
) -> tuple[list[str], dict[str, object]]:
    """Lines and keys of a soak; none where none is asked for."""
    from planner.errors import InputError, Problem
    from planner.plan.rack.soak import soak_record
    from planner.units import UnitError, parse_quantity

    duration_s = parse_option("--soak", soak, "s")
    if duration_s is None:
        beside = (("--ambient", ambient), ("--cooler", cooler), ("--altitude", altitude))
        asked = [name for name, said in beside if said is not None]
        if asked:
            problem = Problem("options", "`--soak TIME` beside them", " and ".join(asked))
            raise InputError("estimate", [problem])
        return [], {}
    try:
        ambient_c = parse_quantity(ambient or _USUAL_AMBIENT, "c")
    except UnitError as error:
        raise InputError(
            "--ambient", [Problem("value", error.expected, repr(ambient), error.advice)]
        ) from None
    altitude_m = parse_option("--altitude", altitude, "m") or 0.0
    answer = api.soak(
        result, duration_s=duration_s, ambient_c=ambient_c, altitude_m=altitude_m, cooler=cooler
    )
    return soak_lines(answer), {"soak": soak_record(answer)}
