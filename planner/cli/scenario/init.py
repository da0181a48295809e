"""`planner init`: asks what a plan needs and is not said yet, and writes the scenario."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, Unpack

import click

from planner import api
from planner.api.texts import (
    Said,
    budget,
    frame_rate,
    latency,
    power,
    quantile,
    question_of,
    whole_number,
)
from planner.cli.encoding import echo
from planner.cli.own_parts import hardware_option
from planner.cli.scenario.short_question import question_options
from planner.errors import InputError, PlannerError, Problem

T = TypeVar("T")


@click.command("init")
@question_options
@click.option(
    "-o",
    "--output",
    "to",
    type=click.Path(path_type=Path),
    default=Path("plan.yaml"),
    show_default=True,
    help="Where the scenario goes.",
)
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
@hardware_option
def command(to: Path, **said: Unpack[Said]) -> int:
    """Ask for what a plan needs, and write it as a scenario.

    What an option says is not asked. Enter takes the value in brackets; the file lists each with its reason.
    """
    from planner.cli.main import OK

    if to.is_file():
        _require_input()
        if not click.confirm(f"{to} is there. Write over it?", err=True):
            echo(f"{to} is as it was", err=True)
            return OK
    question = question_of(asked(said))
    api.write_plan(question, to)
    echo(f"wrote {to}; `planner size {to}` answers it, and `planner report {to}` writes it up")
    return OK


def asked(said: Said) -> Said:
    """What the options say, and answers for the rest; an answer that is the default stays unsaid."""
    template = api.plan_template()
    stream, planning = template.stream, template.planning
    model = said["model"] or _ask("Network, an ONNX file or zoo:NAME", api.check_network)
    cameras = said["cameras"] or _ask("How many cameras", _cameras)
    fps = said["fps"] or _ask("Frames of each camera a second", _rate)
    within = said["latency"] or _or_default(
        "Time within which a frame is answered", latency, stream["latency"].value
    )
    site = api.usual_site(whole_number(cameras))
    share = said["quantile"] or _or_default(
        "Share of frames answered within it", _share, stream["quantile"].value
    )
    place = said["site"] or _or_default(f"Site ({', '.join(template.sites)}; outdoor:35C)", _site, site)
    usual = ",".join(item.device for item in template.devices)
    devices = said["devices"] or _parts(usual)
    kind = (place or site).partition(":")[0]
    settings = template.sites[kind].settings if kind in template.sites else {}
    usual_power = settings["power_limit"].value if "power_limit" in settings else "as the site"
    limit = said["max_power"] or _or_default("Power limit of the rack", power, usual_power)
    money = said["budget"] or _or_default("Budget, such as 20k USD", _money, "none")
    spares = said["spares"] or _or_default("Spares", _spares, planning["spares"].value)
    return {
        "model": model,
        "video": said.get("video"),
        "then": said.get("then", ()),
        "cameras": cameras,
        "fps": fps,
        "latency": within,
        "quantile": share,
        "devices": devices,
        "max_power": limit,
        "budget": money,
        "site": place,
        "spares": spares,
    }


def _parts(usual: str) -> tuple[str, ...]:
    found = _or_default("Parts, ids or patterns with commas", _patterns, usual)
    return () if found is None else (found,)


def _cameras(text: str) -> None:
    api.check_question(api.short_question("asked", cameras=whole_number(text), fps=1.0))


def _rate(text: str) -> None:
    api.check_question(api.short_question("asked", cameras=1, fps=frame_rate(text)))


def _share(text: str) -> None:
    api.check_question(api.short_question("asked", cameras=1, fps=1.0, quantile=quantile(text)))


def _spares(text: str) -> None:
    api.check_question(api.short_question("asked", cameras=1, fps=1.0, spares=whole_number(text)))


def _money(text: str) -> None:
    api.check_question(api.short_question("asked", cameras=1, fps=1.0, budget=budget(text)))


def _site(text: str) -> None:
    api.check_question(api.short_question("asked", cameras=1, fps=1.0, site=text))


def _patterns(text: str) -> None:
    api.check_question(api.short_question("asked", cameras=1, fps=1.0, devices=text))


def _ask(text: str, reader: Callable[[str], object]) -> str:
    """An answer that the reader takes; asked again with the reason where it does not."""
    _require_input()
    return str(click.prompt(text, value_proc=_checked(reader)))


def _or_default(text: str, reader: Callable[[str], object], default: object) -> str | None:
    """As `_ask`; None for the default, which is shown."""
    usual = str(default)
    _require_input()
    found = str(click.prompt(text, default=usual, value_proc=_checked(reader, usual)))
    return None if found == usual else found


def _checked(reader: Callable[[str], object], usual: str | None = None) -> Callable[[str], str]:
    def check(text: str) -> str:
        answer = text.strip()
        if answer != usual:
            try:
                reader(answer)
            except PlannerError as error:
                raise click.BadParameter(str(error)) from None
        return answer

    return check


def _require_input() -> None:
    if sys.stdin is None:  # closed before the run began
        advice = "say everything with options, or take `planner plan`, which asks nothing"
        raise InputError("init", [Problem("standard input", "answers to what it asks", "closed", advice)])
