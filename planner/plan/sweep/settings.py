"""What a sweep varies: `KEY=a,b,c` are choices, `KEY=lo..hi` is a range to draw from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.errors import InputError, Problem
from planner.schema.reading.keys import Key, find_key, keys_of, nearest_keys
from planner.schema.reading.yaml_file import parse_document
from planner.schema.scenario.scenario import Scenario

_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"^\s*({_NUMBER})\s*([^\s\d.][^.]*?)?\s*\.\.\s*({_NUMBER})\s*([^\s\d.].*?)?\s*$")
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class SweptKey:
    """A key and the values it takes, as a scenario file would hold them."""

    key: Key
    values: tuple[object, ...]

    def drawn(self, share: float) -> object:
        """The value at this share (0 to below 1) of the way through the choices."""
        return self.values[int(share * len(self.values))]


@dataclass(frozen=True, slots=True)
class Range:
    """A key and the ends of a range; whole numbers where both ends are whole and have no unit."""

    key: Key
    low: float
    high: float
    unit: str | None
    whole: bool

    def drawn(self, share: float) -> object:
        """The value at this share (0 to below 1) of the way, to six digits, written with its unit."""
        if self.whole:
            drawn = math.floor(self.low + share * (self.high - self.low + 1))
            return min(drawn, math.floor(self.high))  # a share just below 1 may round up
        rounded = float(f"{self.low + share * (self.high - self.low):.{_DIGITS}g}")
        value = min(max(rounded, self.low), self.high)
        return value if self.unit is None else f"{value:.15g} {self.unit}"


Setting = SweptKey | Range


def parse_settings(
    settings: Sequence[str] | Mapping[str, object], values: object, *, draws: bool
) -> tuple[Setting, ...]:
    """The settings of a sweep over a scenario's values: `KEY=a,b,c` texts, or lists of values by key.

    All problems in one `InputError`: unknown keys with the nearest known, ranges where nothing is drawn.
    """
    keys = keys_of(Scenario, values)
    given = settings.items() if isinstance(settings, Mapping) else [_split(text) for text in settings]
    found: list[Setting] = []
    problems: list[Problem] = []
    for asked, text in given:
        key = find_key(asked, keys)
        if text is None:
            problems.append(Problem(asked or "KEY", "KEY=a,b,c or KEY=lo..hi", "no values"))
        elif key is None:
            problems.append(_unknown(asked, keys))
        elif any(setting.key.path == key.path for setting in found):
            problems.append(Problem(asked, "each key once", "it again", "give all its values in one place"))
        else:
            try:
                found.append(_setting(asked, key, text, draws=draws))
            except InputError as error:
                problems += error.problems
    if not given:
        problems.append(Problem("KEY=a,b,c", "at least one key to vary", "none"))
    if problems:
        raise InputError("--set", problems)
    return tuple(found)


def _split(text: str) -> tuple[str, str | None]:
    key, equals, values = text.partition("=")
    return key.strip(), values if equals and values.strip() else None


def _unknown(asked: str, keys: dict[str, Key]) -> Problem:
    near = nearest_keys(asked, keys)
    top = ", ".join(text for text in keys if not {".", "["} & set(text))
    advice = f"did you mean {' or '.join(near)}?" if near else f"keys begin with one of {top}"
    return Problem(asked, "a key of the scenario", "no such key", advice)


def _setting(asked: str, key: Key, given: object, *, draws: bool) -> Setting:
    if isinstance(given, str) and (match := _RANGE.match(given)):
        if not draws:
            advice = "say how many with --random N, or list the values"
            raise InputError("--set", [Problem(asked, "values to go through", f"the range {given}", advice)])
        return _range(asked, key, given, match)
    values = _listed(asked, given) if isinstance(given, str) else _plain(given)
    if not values:
        raise InputError("--set", [Problem(asked, "a list of values, or a text with a range", repr(given))])
    if twice := [value for number, value in enumerate(values) if value in values[:number]]:
        raise InputError("--set", [Problem(asked, "each value once", f"{twice[0]!r} again", "remove one")])
    return SweptKey(key, tuple(values))


def _plain(given: object) -> list[object]:
    """Values as Python has them - a list, a range, an array - each as a file could hold it."""
    if not isinstance(given, Iterable) or isinstance(given, Mapping):
        return []
    return [item.item() if isinstance(item, np.generic) else item for item in given]


def _listed(asked: str, text: str) -> list[object]:
    """Values as YAML reads them in brackets, so that lists and mappings can be values too."""
    try:
        document = parse_document(f"values: [{text}]", "--set")
    except InputError as error:
        advice = "quote a text with a comma; write lists in brackets and mappings in braces"
        raise InputError(
            "--set", [Problem(asked, "values as in YAML", f"{text!r} ({error})", advice)]
        ) from None
    values = document.values
    listed = values["values"] if isinstance(values, dict) else None
    if document.problems or not isinstance(listed, list) or any(value is None for value in listed):
        raise InputError("--set", [Problem(asked, "values parted by commas", repr(text))])
    return listed


def _range(asked: str, key: Key, text: str, match: re.Match[str]) -> Range:
    low, low_unit, high, high_unit = match.groups()
    if low_unit is not None and low_unit != high_unit:
        expected = "one unit at both ends, such as '5 FPS..30 FPS'"
        raise InputError("--set", [Problem(asked, expected, repr(text))])
    if float(low) >= float(high):
        raise InputError("--set", [Problem(asked, "a range that rises", repr(text))])
    whole = high_unit is None and all(re.fullmatch(r"[-+]?\d+", end) for end in (low, high))
    return Range(key, float(low), float(high), high_unit, whole)
