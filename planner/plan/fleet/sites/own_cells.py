"""Cells of a row that are the fleet's own: name, group, place, year of opening, uplink."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from planner.errors import Problem
from planner.schema.fleet.fleet import FleetSpec
from planner.units import UnitError, parse_quantity

ALL = "all"
"""The group of sites where the table has neither groups nor climates."""
_MOST_YEARS = 30


@dataclass(frozen=True, slots=True)
class OwnCells:
    """What a row says of the site itself; `opens_in` counts years from one, zero where it does not say."""

    id: str
    group: str
    climate: str
    latitude: float | None
    longitude: float | None
    opens_in: int
    uplink_bytes_per_s: float | None

    def opening(self, year: int) -> OwnCells:
        """The same, opening in this year."""
        return replace(self, opens_in=year)


@dataclass(frozen=True, slots=True)
class OwnRow:
    """The fleet's own cells of a row, its template, and what is wrong with them."""

    cells: OwnCells
    template: str
    problems: tuple[Problem, ...]


def own_cells(row: Mapping[str, str], spec: FleetSpec, templates: Collection[str]) -> OwnRow:
    """The cells with what is wrong with them."""
    problems: list[Problem] = []
    name, climate = row.get("id", ""), row.get("climate", "")
    if not name:
        problems.append(Problem("id", "the name of the site", "nothing"))
    if climate and climate not in spec.climates:
        known = ", ".join(spec.climates) or "none is described under `climates`"
        problems.append(Problem("climate", f"one of {known}", repr(climate)))
    template = row.get("template", "") or (next(iter(templates)) if len(templates) == 1 else "")
    if template not in templates:
        got = repr(template) if template else "nothing"
        problems.append(Problem("template", f"one of {', '.join(templates)}", got))
    opens = _number(row, "opens", 1, _MOST_YEARS, problems)
    if opens is not None and not opens.is_integer():
        problems.append(Problem("opens", "a year, counted from 1", repr(row["opens"])))
    cells = OwnCells(
        name,
        row.get("group", "") or climate or ALL,
        climate,
        _number(row, "latitude", -90, 90, problems),
        _number(row, "longitude", -180, 180, problems),
        0 if opens is None else int(opens),
        _uplink(row, problems),
    )
    return OwnRow(cells, template, tuple(problems))


def _number(
    row: Mapping[str, str], name: str, low: float, high: float, problems: list[Problem]
) -> float | None:
    text = row.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if low <= value <= high:
        return value
    problems.append(Problem(name, f"a number of {low:g} to {high:g}", repr(text)))
    return None


def _uplink(row: Mapping[str, str], problems: list[Problem]) -> float | None:
    text = row.get("uplink", "")
    if not text:
        return None
    try:
        rate = parse_quantity(text, "bytes_per_s")
    except UnitError as error:
        problems.append(Problem("uplink", error.expected, repr(text), error.advice))
        return None
    if rate <= 0:
        problems.append(Problem("uplink", "a rate above zero", repr(text)))
        return None
    return rate
