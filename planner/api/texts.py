"""Values that people write as text, with their unit: limits, amounts, a question about cameras.

The command line and the local page read them alike. Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NotRequired, TypedDict, TypeVar

from planner.api.plans import check_question, short_question
from planner.errors import InputError, Problem
from planner.units import UnitError, parse_quantity

if TYPE_CHECKING:
    from planner.plan.short.question import ShortQuestion
    from planner.schema.reading.quantity import Money

T = TypeVar("T")

_THOUSANDS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kKM])\s*([A-Za-z]{3})\s*")
_FACTORS = {"k": 1e3, "K": 1e3, "M": 1e6}


def parse_option(option: str, text: str | None, dimension: str) -> float | None:
    """A quantity such as `50ms` given on the command line, in SI; None stays None."""
    if text is None:
        return None
    try:
        value = parse_quantity(text, dimension)
    except UnitError as error:
        raise InputError(option, [Problem("value", error.expected, repr(text), error.advice)]) from None
    if value <= 0:
        raise InputError(option, [Problem("value", "more than zero", repr(text))])
    return value


def parse_budget(option: str, text: str | None) -> Money | None:
    """An amount such as `500 USD` given on the command line; None stays None."""
    from planner.schema.reading.quantity import parse_money

    return None if text is None else parse_money(text, option)


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
    video: NotRequired[str | None]
    then: NotRequired[tuple[str, ...]]


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
    question = short_question(
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
        video=said.get("video"),
        then=said.get("then", ()),
    )
    if problems:
        raise InputError("plan", [*problems, *_others(question, {problem.where for problem in problems})])
    return question


def _others(question: ShortQuestion, known: Collection[str]) -> list[Problem]:
    """What else is wrong with a question, beside the options that could not be read."""
    try:
        check_question(question)
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
