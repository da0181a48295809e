"""Options of `planner plan` and `planner init`, and the question that they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypedDict, TypeVar

import click

from planner import api
from planner.cli.arguments import parse_budget, parse_option
from planner.cli.completion import device_ids, networks
from planner.errors import InputError, Problem

if TYPE_CHECKING:
    from planner.plan.short.question import ShortQuestion
    from planner.schema.reading.quantity import Money

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")

_THOUSANDS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kKM])\s*([A-Za-z]{3})\s*")
_FACTORS = {"k": 1e3, "K": 1e3, "M": 1e6}


class Said(TypedDict):
    """What the options say, as text; None where one is left out."""

    model: str | None
    cameras: str | None
    fps: str | None
    latency: str | None
    quantile: str | None
    devices: tuple[str, ...]
    max_power: str | None
    budget: str | None
    site: str | None
    spares: str | None


_OPTIONS = (
    click.argument("model", required=False, shell_complete=networks),
    click.option("--cameras", metavar="300", help="How many cameras send frames."),
    click.option("--fps", metavar="15", help="Frames of each camera a second."),
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


def question_of(said: Said) -> ShortQuestion:
    """The question that the options make; `InputError` with every text that is none of what it should be."""
    problems: list[Problem] = []

    def read(name: str, text: str | None, reader: Callable[[str], T]) -> T | None:
        try:
            return None if text is None else reader(text)
        except InputError as error:
            problems.extend(
                Problem(name, problem.expected, problem.got, problem.advice) for problem in error.problems
            )
            return None

    cameras = read("cameras", said["cameras"], whole_number)
    fps = read("fps", said["fps"], frame_rate)
    latency_s = read("latency", said["latency"], latency)
    quantile_ratio = read("quantile", said["quantile"], quantile)
    max_power_w = read("max-power", said["max_power"], power)
    money = read("budget", said["budget"], budget)
    spares = read("spares", said["spares"], whole_number)
    question = api.short_question(
        said["model"] or "",
        cameras=cameras,
        fps=fps,
        latency_s=latency_s,
        quantile=quantile_ratio,
        devices=said["devices"],
        max_power_w=max_power_w,
        budget=money,
        site=said["site"],
        spares=spares,
    )
    if problems:
        raise InputError("plan", [*problems, *_others(question, {problem.where for problem in problems})])
    return question


def _others(question: ShortQuestion, known: Collection[str]) -> list[Problem]:
    """What else is wrong with a question, beside the options that could not be read."""
    try:
        api.check_question(question)
    except InputError as error:
        return [problem for problem in error.problems if problem.where not in known]
    return []


def whole_number(text: str) -> int:
    """`300`."""
    try:
        return int(text)
    except ValueError:
        raise InputError("plan", [Problem("value", "a whole number such as 300", repr(text))]) from None


def frame_rate(text: str) -> float:
    """`15`, `15 FPS` or `2/min`, in frames a second."""
    try:
        return float(text)
    except ValueError:
        return _quantity(text, "per_s")


def latency(text: str) -> float:
    """`150ms` in seconds."""
    return _quantity(text, "s")


def quantile(text: str) -> float:
    """`99%` as a share of one."""
    return _quantity(text, "ratio")


def power(text: str) -> float:
    """`3kW` in watts."""
    return _quantity(text, "w")


def budget(text: str) -> Money:
    """`20000 USD` or `20k USD`."""
    found = _THOUSANDS.fullmatch(text)
    if found is not None:
        text = f"{float(found[1]) * _FACTORS[found[2]]:.12g} {found[3]}"
    money = parse_budget("plan", text)
    if money is None:
        raise InputError("plan", [Problem("value", "an amount such as 20000 USD", repr(text))])
    return money


def _quantity(text: str, dimension: str) -> float:
    value = parse_option("plan", text, dimension)
    if value is None:
        raise InputError("plan", [Problem("value", "a number with its unit", repr(text))])
    return value
