"""Collects everything that is wrong with one value, so that it is refused once and completely."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from planner.errors import InputError, Problem


class Checks:
    """The problems found so far in one value, named `source` in the message."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._problems: list[Problem] = []

    def require(self, holds: object, where: str, expected: str, got: object, advice: str = "") -> None:
        """Note a problem unless the condition holds; a NaN fails every comparison and so is noted."""
        if not holds:
            self._problems.append(Problem(where, expected, str(got), advice))

    def positive(self, **values: float) -> None:
        """Every value is a finite number above zero."""
        for where, value in values.items():
            self.require(math.isfinite(value) and value > 0, where, "a finite number above zero", value)

    def non_negative(self, **values: float) -> None:
        """Every value is a finite number, zero or above."""
        for where, value in values.items():
            self.require(math.isfinite(value) and value >= 0, where, "a finite number, zero or above", value)

    def finite(self, **values: float) -> None:
        """Every value is a finite number."""
        for where, value in values.items():
            self.require(math.isfinite(value), where, "a finite number", value)

    def between(self, low: float, high: float, **values: float) -> None:
        """Every value lies in the closed interval."""
        for where, value in values.items():
            self.require(low <= value <= high, where, f"a number from {low:g} to {high:g}", value)

    def rising(self, **values: tuple[float, ...]) -> None:
        """Every sequence rises from each value to the next."""
        for where, value in values.items():
            rises = all(lower < upper for lower, upper in pairwise(value))
            self.require(rises, where, "numbers each above the one before", value)

    def one_of(self, choices: tuple[str, ...], **values: str) -> None:
        """Every value is one of the choices."""
        for where, value in values.items():
            self.require(value in choices, where, f"one of {', '.join(choices)}", repr(value))

    def distinct(self, where: str, names: Sequence[str]) -> None:
        """Each name occurs once."""
        twice = sorted({name for name in names if names.count(name) > 1})
        self.require(not twice, where, "each name once", f"{', '.join(twice)} more than once")

    def finish(self) -> None:
        """Raise `InputError` with all the problems noted, if there are any."""
        if self._problems:
            raise InputError(self._source, self._problems)
