"""Numbers as a person reads them, for tables on the terminal."""

from __future__ import annotations

from planner.units import format_number, format_percent, format_quantity


def quantity(value: float | None, dimension: str, digits: int = 3) -> str:
    """A value with its unit, or `unknown`."""
    return "unknown" if value is None else format_quantity(value, dimension, digits)


def count(value: float) -> str:
    """A large count with its SI prefix: 4.09 G."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{format_number(value / factor, 4)} {prefix}"
    return f"{value:g}"


def band(low: float, mid: float, high: float, dimension: str) -> str:
    """`mid (low-high)` in one unit."""
    return f"{quantity(mid, dimension)} ({interval(low, high, dimension)})"


def interval(low: float | None, high: float | None, dimension: str) -> str:
    """`low - high` in one unit each."""
    return f"{quantity(low, dimension)} - {quantity(high, dimension)}"


def share(value: float) -> str:
    """A share of one as per cent."""
    return format_percent(value)
