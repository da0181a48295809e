"""What an imported result says of tokens, whatever tool wrote it, and how its values are checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from planner.errors import InputError, Problem

_MOST_PROBLEMS = 20
_LARGEST = 1e12
_LONGEST_TEXT = 60


@dataclass(frozen=True, slots=True)
class TokenRate:
    """One measured rate; None is what the tool does not say.

    `tokens_per_s` is of all users together; with `prompt_in_rate` the time of the prompts is in it. A step
    has `context_tokens` in the cache of each user, the half of its answer among them.
    """

    model: str
    engine: str | None = None
    weights: str | None = None
    threads: int | None = None
    users: int = 1
    prompt_tokens: int | None = None
    context_tokens: int | None = None
    output_tokens: int | None = None
    prompt_tokens_per_s: float | None = None
    ttft_s: float | None = None
    tokens_per_s: float | None = None
    prompt_in_rate: bool = False
    note: str = ""

    def record(self) -> dict[str, object]:
        """The rate as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TokenImport:
    """All rates of a file, and what to know of them."""

    tool: str
    file: str
    rates: tuple[TokenRate, ...]
    notes: tuple[str, ...] = ()


class Values:
    """Values of a file by name; what is wrong with them is collected and refused together."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: list[Problem] = []

    def problem(self, where: str, expected: str, got: object, line: int | None = None) -> None:
        """One more thing that is wrong."""
        text = got if isinstance(got, str) else repr(got)
        shown = text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."
        self._problems.append(Problem(where, expected, shown or "nothing", "", line))

    def number(
        self,
        values: Mapping[str, object],
        name: str,
        *,
        where: str = "",
        needed: bool = True,
        least: float = 0.0,
    ) -> float | None:
        """A finite number above `least`; None where it is missing and not needed, or was refused."""
        value, place = values.get(name), f"{where}{name}"
        if value is None or value == "":
            if needed:
                self.problem(place, "a number", "nothing")
            return None
        found = _as_number(value)
        if found is None or not math.isfinite(found):
            self.problem(place, "a finite number", value)
            return None
        if not least < found <= _LARGEST:
            self.problem(place, f"a number above {least:g} and at most {_LARGEST:g}", value)
            return None
        return found

    def count(
        self, values: Mapping[str, object], name: str, *, where: str = "", needed: bool = True
    ) -> int | None:
        """A whole number of zero or more."""
        found = self.number(values, name, where=where, needed=needed, least=-1e-9)
        if found is not None and not found.is_integer():
            self.problem(f"{where}{name}", "a whole number", values.get(name))
            return None
        return None if found is None else int(found)

    def text(self, values: Mapping[str, object], name: str, *, where: str = "") -> str:
        """A text; refused where it is missing or none."""
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.problem(f"{where}{name}", "a text", "nothing" if value is None else value)
        return ""

    def table(self, value: object, where: str) -> Mapping[str, object]:
        """An object of named values; an empty one where it is none."""
        if isinstance(value, Mapping):
            return value
        self.problem(where, "an object with named values", "nothing" if value is None else value)
        return {}

    def finish(self, rates: Sequence[TokenRate], expected: str) -> tuple[TokenRate, ...]:
        """The rates; `InputError` with everything that is wrong, or for none."""
        if self._problems:
            rest = len(self._problems) - _MOST_PROBLEMS
            shown = self._problems[:_MOST_PROBLEMS]
            if rest > 0:
                shown.append(Problem("file", "no further problems", f"{rest} more like these"))
            raise InputError(str(self._path), shown)
        if not rates:
            raise InputError(str(self._path), [Problem("file", expected, "none")])
        return tuple(rates)


def _as_number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 or isinstance(value, float) else math.inf
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None
