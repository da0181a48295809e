"""Arguments that several commands share, parsed from text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from planner.api.texts import parse_budget, parse_option
from planner.errors import InputError, Problem

__all__ = [
    "parse_budget",
    "parse_counts",
    "parse_extents",
    "parse_option",
    "parse_rates",
    "parse_shapes",
    "parse_values",
]

T = TypeVar("T")


def parse_shapes(texts: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """`NAME=1,3,640,640` texts as input shapes."""
    return _named("--shape", texts, "NAME=1,3,640,640 with sizes of zero or more", _sizes)


def parse_extents(texts: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """`TENSOR=1,300,4` texts as shapes of tensors."""
    return _named("--extent", texts, "TENSOR=1,300,4 with sizes of zero or more", _sizes)


def parse_counts(option: str, texts: Sequence[str]) -> dict[str, int]:
    """`NAME=N` texts as whole numbers of zero or more: a first prompt has no tokens before it."""
    return {
        name: sizes[0] for name, sizes in _named(option, texts, "NAME=N with one whole number", _one).items()
    }


def parse_values(texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """`NAME=16000` or `NAME=1,2,3` texts as what inputs hold; `true` and `false` are one and zero."""
    return _named("--input", texts, "NAME=16000, or numbers with commas", _numbers)


def _named(option: str, texts: Sequence[str], expected: str, read: Callable[[str], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    problems = []
    for text in texts:
        name, separator, value = text.rpartition("=")
        try:
            if not separator or not name:
                raise ValueError(text)
            found[name] = read(value)
        except ValueError:
            problems.append(Problem("value", expected, repr(text)))
    if problems:
        raise InputError(option, problems)
    return found


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in text.split(","))
    if min(sizes) < 0:
        raise ValueError(text)
    return sizes


def _one(text: str) -> tuple[int, ...]:
    return _sizes(text) if "," not in text else _sizes("")


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(_number(word.strip().lower()) for word in text.split(","))


def _number(word: str) -> float:
    if word in ("true", "false"):
        return int(word == "true")
    if word.lstrip("+-").isdecimal() and len(word) < 20:
        return int(word)
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(word)
    return number


def parse_rates(texts: Sequence[str]) -> dict[str, float]:
    """`CNY=0.14` texts as prices of one unit of each currency."""
    rates: dict[str, float] = {}
    for text in texts:
        currency, _, price = text.partition("=")
        try:
            rate = float(price)
        except ValueError:
            rate = -1.0
        if not (len(currency) == 3 and currency.isupper() and 0 < rate < float("inf")):
            raise InputError(
                "--rate", [Problem("value", "a currency and a price such as CNY=0.14", repr(text))]
            )
        rates[currency] = rate
    return rates
