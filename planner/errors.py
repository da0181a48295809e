"""The errors a user can cause or meet, each saying what was expected, what came and what to do.

An infeasible plan is an answer and never one of these.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from planner.units import did_you_mean


def nearest_names(asked: str, known: Iterable[str], *, cutoff: float = 0.5) -> tuple[str, ...]:
    """The three known names most like what was asked, whatever the case; none that is not like it at all."""
    by_folded: dict[str, list[str]] = {}
    for name in known:
        by_folded.setdefault(name.casefold(), []).append(name)
    near = difflib.get_close_matches(asked.casefold(), by_folded, n=3, cutoff=cutoff)
    return tuple(name for folded in near for name in by_folded[folded])[:3]


class PlannerError(Exception):
    """Anything the planner refuses on purpose; the command line prints it without a traceback."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where it is, what was expected, what was found, what to do."""

    where: str
    expected: str
    got: str
    advice: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, {self.where}" if self.line is not None else self.where
        text = f"{place}: expected {self.expected}, got {self.got}"
        return f"{text}; {self.advice}" if self.advice else text


class InputError(PlannerError):
    """A file or argument was refused; all problems of one input arrive together."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            text = f"{source}: {self.problems[0]}"
        else:
            listed = "\n".join(f"  - {problem}" for problem in self.problems)
            text = f"{source}: {len(self.problems)} problems\n{listed}"
        super().__init__(text)


class UnknownIdError(PlannerError):
    """A name that is in no catalog; the nearest known names are offered.

    `got` says what was asked for, `advice` what is known in its place.
    """

    def __init__(self, kind: str, asked: str, known: Iterable[str], advice: str = "") -> None:
        self.kind = kind
        self.asked = asked
        names = sorted(set(known))
        self.nearest = nearest_names(asked, names)
        if self.nearest:
            hint = did_you_mean(self.nearest)
        elif len(names) <= 12:
            hint = "known: " + (", ".join(names) or "none")
        else:
            hint = f"{len(names)} are known, none with a similar name"
        self.got = f"unknown {kind} {asked!r}"
        apart = " " if hint.endswith("?") else "; "
        self.advice = f"{hint}{apart}{advice}" if advice else hint
        super().__init__(f"{self.got}; {self.advice}")


class UnsupportedModelError(PlannerError):
    """A network that cannot be read or costed as asked: which operators or shapes, and what would help."""


class MissingDataError(PlannerError):
    """A number that the question needs and the database lacks: which one, and which file to add it to."""


class OutputError(PlannerError):
    """A result could not be written; nothing half-written is left behind."""


def refusal_of(error: Exception) -> str | None:
    """The sentence for an error that is no fault of planner's; None for one that is."""
    if isinstance(error, PlannerError):
        return str(error)
    if isinstance(error, OSError):
        return f"cannot read or write: {error}; free the place or choose another"
    return None


def require_positive(source: str, limits: Mapping[str, float | None]) -> None:
    """Raise `InputError` for limits that are no number above zero; None is no limit.

    >>> require_positive("compare", {"max_latency_s": float("nan")})
    Traceback (most recent call last):
    planner.errors.InputError: compare: max_latency_s: expected a number above 0, got nan
    """
    problems = [
        Problem(name, "a number above 0", f"{value:g}")
        for name, value in limits.items()
        if value is not None and not (value > 0.0 and math.isfinite(value))
    ]
    if problems:
        raise InputError(source, problems)
