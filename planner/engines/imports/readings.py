"""Numbers of a profile: finite, not negative, of a plausible size; all problems of a file at once."""

from __future__ import annotations

import math
from pathlib import Path

from planner.errors import InputError, Problem

LONGEST_S = 86_400.0
"""No layer and no inference takes longer than a day; a larger number is in another unit."""

_MOST_LISTED = 20
_UNITS = {1e-3: "milliseconds", 1e-6: "microseconds"}


class Readings:
    """Reads the numbers of one file and keeps what is wrong with them until `finish`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._problems: list[Problem] = []

    def seconds(self, value: object, where: str, unit_s: float, *, line: int | None = None) -> float:
        """A time in units of `unit_s`, in seconds; zero, with a problem noted, for what is none."""
        try:
            number = float(value) if isinstance(value, int | float | str) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        seconds = number * unit_s
        if not isinstance(value, bool) and 0.0 <= seconds <= LONGEST_S:
            return seconds
        expected = f"a time of 0 s to a day, in {_UNITS[unit_s]}"
        self.note(where, expected, "nothing" if value is None else repr(value)[:60], line=line)
        return 0.0

    def text(self, value: object, where: str, *, line: int | None = None) -> str:
        """A name; empty, with a problem noted, for what is none."""
        if isinstance(value, str):
            return value
        self.note(where, "a text", "nothing" if value is None else repr(value)[:60], line=line)
        return ""

    def note(self, where: str, expected: str, got: str, advice: str = "", *, line: int | None = None) -> None:
        """One thing more that is wrong with the file."""
        self._problems.append(Problem(where, expected, got, advice, line))

    def finish(self) -> None:
        """Raise `InputError` with all that was noted; the first twenty are listed, the rest counted."""
        if not self._problems:
            return
        rest = len(self._problems) - _MOST_LISTED
        shown = self._problems[:_MOST_LISTED]
        if rest > 0:
            shown.append(Problem("file", "no further problems", f"{rest} more like these"))
        raise InputError(str(self.path), shown)
