"""The supply of an outdoor site from its climate, before the scenario's other rules look at it.

Of a sine over year and day the hottest day is T(h) = mean + year + day cos(2 pi (h - h_max) / 24); of a file
of hours it is the day with the hottest one. Plans take the hottest hour, the picture of a day its day.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from planner.data_files import files_outside_allowed
from planner.errors import InputError, Problem, UnknownIdError
from planner.formulas import formula
from planner.hardware.surroundings import climates
from planner.read_files import read_bounded_text
from planner.schema.reading.keys import with_value
from planner.schema.reading.yaml_file import Document, validate
from planner.schema.scenario.climate import Climate

HOURS = 24
_PLACE = ("site", "climate")


def with_climate(document: Document, folder: Path) -> Document:
    """The document with `site.supply` and `supply_by_hour` of its climate; as it is without one."""
    values = document.values
    site = values.get("site") if isinstance(values, dict) else None
    given = site.get("climate") if isinstance(site, dict) else None
    if not isinstance(site, dict) or given is None:
        return document
    stated = [key for key in ("supply", "supply_by_hour") if key in site]
    if stated:
        raise _refused(document, "either `climate`, or `supply` and `supply_by_hour`", ", ".join(stated))
    if not isinstance(given, dict):
        raise _refused(
            document, "such as {place: phoenix}, or {mean: 18 degC, year: 12 K, day: 7 K}", repr(given)
        )
    climate = validate(Document(document.file, given, {}, document.sha256), Climate)
    hours_c = [round(hour_c, 3) for hour_c in _hottest_day(document, climate, folder)]
    changed = with_value(values, ("site", "supply"), f"{max(hours_c)!r} degC")
    changed = with_value(changed, ("site", "supply_by_hour"), [f"{hour_c!r} degC" for hour_c in hours_c])
    return replace(document, values=changed)


def _refused(document: Document, expected: str, got: str, advice: str = "") -> InputError:
    problem = Problem("site.climate", expected, got, advice, document.line_of(_PLACE))
    return InputError(document.file, [problem])


def _hottest_day(document: Document, climate: Climate, folder: Path) -> list[float]:
    if climate.file is not None:
        return _day_of_file(document, climate.file, folder)
    if climate.place is not None:
        places = climates().places
        if climate.place not in places:
            unknown = UnknownIdError("place", climate.place, places)
            raise _refused(document, "a place of the database", unknown.got, unknown.advice)
        found = places[climate.place]
        return hottest_day_c(found.mean_c.value, found.year_k.value, found.day_k.value, climate.hottest_hour)
    # The schema has seen that all three are there.
    return hottest_day_c(
        climate.mean_c or 0.0, climate.year_k or 0.0, climate.day_k or 0.0, climate.hottest_hour
    )


@formula("climate_sine")
def hottest_day_c(mean_c: float, year_k: float, day_k: float, hottest_hour: int) -> list[float]:
    """Temperatures of the hottest day, hour by hour from midnight on."""
    return [
        mean_c + year_k + day_k * math.cos(2.0 * math.pi * (hour - hottest_hour) / HOURS)
        for hour in range(HOURS)
    ]


def _day_of_file(document: Document, name: str, folder: Path) -> list[float]:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) and not files_outside_allowed():
        raise _refused(
            document, "a file beside the scenario or below", name, "allow it with `--allow-outside`"
        )
    try:
        lines = read_bounded_text(path).splitlines()
    except InputError:
        raise _refused(document, "a text file of hourly temperatures", name, "one a line, in degC") from None
    hours = [value for line in lines if (value := _last_number(line)) is not None]
    if not hours or len(hours) % HOURS:
        raise _refused(document, "whole days: a multiple of 24 temperatures", str(len(hours)))
    if not all(-90.0 <= hour_c <= 60.0 for hour_c in hours):
        raise _refused(
            document, "outdoor temperatures of -90 to 60 degC", f"{min(hours):g} to {max(hours):g}"
        )
    hottest = hours.index(max(hours)) // HOURS
    return hours[HOURS * hottest : HOURS * (hottest + 1)]


def _last_number(line: str) -> float | None:
    """The last column of a line; None of a line of names or none."""
    cells = [cell.strip() for cell in line.replace(";", ",").replace("\t", ",").split(",")]
    try:
        value = float(cells[-1])
    except ValueError:
        return None
    return value if math.isfinite(value) else None
