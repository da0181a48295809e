"""Arguments that several commands share, parsed from text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from planner.errors import InputError, Problem
from planner.units import UnitError, parse_quantity

if TYPE_CHECKING:
    from planner.schema.reading.quantity import Money


def parse_shapes(texts: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """`NAME=1,3,640,640` texts as input shapes."""
    shapes: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, separator, dims = text.rpartition("=")
        try:
            shape = tuple(int(dim) for dim in dims.split(","))
        except ValueError:
            shape = ()
        if not separator or not name or not shape or min(shape) < 1:
            raise InputError(
                "--shape", [Problem("value", "NAME=1,3,640,640 with positive sizes", repr(text))]
            )
        shapes[name] = shape
    return shapes


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
