"""What a column of the table means for a template: which key it overrides, and how its cells are written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.errors import InputError, Problem
from planner.schema.fleet.fleet import OWN_COLUMNS, FleetSpec
from planner.schema.reading.keys import Key, find_key, keys_of, nearest_keys
from planner.schema.reading.problems import KeyPath
from planner.schema.reading.yaml_file import parse_document
from planner.schema.scenario.scenario import Scenario

BY_MONTH = "supply_by_month"
"""Twelve temperatures, of which a site is planned with the warmest."""
_MONTHS = 12
_SUPPLY: KeyPath = ("site", "supply")
_WITH_UNIT = re.compile(r"^(.*\S)\s+[\[(]\s*(\S+)\s*[\])]$")
_NUMBER = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")
_PLAIN = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class SiteColumn:
    """A column: its text in the table, the key that it names, and the unit of bare numbers in it."""

    text: str
    key: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class Rounding:
    """What rounding up did to the numbers of one column: how many it changed, and by how much of each."""

    column: str
    step: float
    changed: int
    largest_ratio: float
    mean_ratio: float
    """Sum of what was added over the sum of what was there."""


def heading_of(text: str, spec: FleetSpec) -> SiteColumn:
    """The key behind a heading: `site.supply [degC]`, or a short name that the fleet explains."""
    named = _WITH_UNIT.match(text)
    name, unit = (named[1], named[2]) if named else (text, None)
    short = spec.columns.get(name)
    if short is None:
        return SiteColumn(text, name, unit)
    return SiteColumn(text, short.key, unit or short.unit)


class TemplateKeys:
    """The keys of one template, looked up by the text of a column or of a climate."""

    def __init__(self, name: str, values: object) -> None:
        self.name = name
        self._keys = keys_of(Scenario, values)
        self._found: dict[str, Key | None] = {}

    def find(self, text: str) -> Key | None:
        """The key of this text; None where the template has none."""
        if text not in self._found:
            self._found[text] = Key(_SUPPLY, "supply_c") if text == BY_MONTH else find_key(text, self._keys)
        return self._found[text]

    def unknown(self, text: str) -> str:
        """What may be meant by a text that is no key."""
        near = nearest_keys(text, self._keys)
        return f"did you mean {' or '.join(near)}?" if near else "keys are those of docs/scenario.md"


def head_problems(headings: Sequence[SiteColumn], keys: Mapping[str, TemplateKeys]) -> list[Problem]:
    """Columns that no template has a key for."""
    return [
        Problem(
            heading.text,
            "a key of a template, a name under `columns`, or one of " + ", ".join(OWN_COLUMNS),
            "no such key",
            next(iter(keys.values())).unknown(heading.key),
            1,
        )
        for heading in headings
        if heading.key not in OWN_COLUMNS
        and heading.text not in OWN_COLUMNS
        and all(template.find(heading.key) is None for template in keys.values())
    ]


def missing_problems(headings: Sequence[SiteColumn], spec: FleetSpec) -> list[Problem]:
    """Columns that the fleet's file names and the table lacks."""
    texts = {text for heading in headings for text in (heading.text, heading.key)}
    names = {_name(heading.text) for heading in headings}
    found = [
        Problem(
            name, f"the column {name!r} that `columns` describes", "none", "add it, or leave it out there", 1
        )
        for name in spec.columns
        if name not in names
    ]
    return found + [
        Problem(name, f"the column {name!r} that `round_up` rounds", "none", "correct the name there", 1)
        for name in spec.round_up
        if name not in texts | names
    ]


def _name(text: str) -> str:
    """A heading without its unit."""
    named = _WITH_UNIT.match(text)
    return named[1] if named else text


def cell_value(heading: SiteColumn, cell: str) -> object:
    """A cell as a scenario's file would hold it; `InputError` for a list that is none."""
    if heading.key == BY_MONTH:
        return warmest(heading.text, cell if heading.unit is None else f"{cell} {heading.unit}")
    if cell[:1] in ("[", "{"):
        document = parse_document(f"value: {cell}", heading.text)
        values = document.values
        return values["value"] if isinstance(values, dict) else cell
    number = _NUMBER.match(cell)
    if number is not None and heading.unit is not None and not number[2]:
        return f"{number[1]} {heading.unit}"
    if number is None or number[2]:
        return _PLAIN.get(cell.lower(), cell)
    value = float(number[1])
    return int(number[1]) if re.fullmatch(r"[-+]?\d+", number[1]) else value


def warmest(where: str, given: object) -> str:
    """The warmest of twelve months, as text with its unit: a list, or numbers in a row with one unit."""
    texts = [str(item) for item in given] if isinstance(given, list) else str(given).replace(";", " ").split()
    unit = "degC"
    if not isinstance(given, list) and texts and _NUMBER.match(texts[-1]) is None:
        *texts, unit = texts
    found = [match for text in texts if (match := _NUMBER.match(text)) is not None]
    units = {match[2] or unit for match in found}
    if len(found) != _MONTHS or len(texts) != _MONTHS or len(units) != 1:
        expected = f"{_MONTHS} temperatures with one unit, January first"
        raise InputError(where, [Problem(where, expected, repr(given)[:80])])
    return f"{max(float(match[1]) for match in found):g} {units.pop()}"


class Rounder:
    """Numbers of some columns rounded up to the next multiple of a step, with what that adds."""

    def __init__(self, steps: Mapping[str, float]) -> None:
        self._steps = steps
        self._sums: dict[str, list[float]] = {name: [0.0, 0.0, 0.0, 0.0] for name in steps}

    def rounded(self, heading: SiteColumn, cell: str) -> str:
        """The cell with its number rounded up; others stay."""
        name = next((n for n in (heading.text, _name(heading.text), heading.key) if n in self._steps), None)
        number = None if name is None else _NUMBER.match(cell)
        if name is None or number is None:
            return cell
        step, value = self._steps[name], float(number[1])
        # A multiple that a float misses by its last bit stays where it is.
        up = math.ceil(value / step - 1e-9) * step
        if value < 0.0 <= up:  # zero cameras are none, and fewer are a mistake that has to be seen
            return cell
        sums = self._sums[name]
        sums[0] += up != value
        sums[1] = max(sums[1], (up - value) / abs(value) if value else 0.0)
        sums[2] += up - value
        sums[3] += abs(value)
        return f"{up:.12g} {number[2]}".rstrip()

    def roundings(self) -> tuple[Rounding, ...]:
        """What was done to each column."""
        return tuple(
            Rounding(name, self._steps[name], int(changed), largest, added / whole if whole else 0.0)
            for name, (changed, largest, added, whole) in self._sums.items()
        )
