"""Drawings of a fleet: parts by group, a map without tiles, headroom, money by year, the tornado."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from planner.report.figures.style import (
    BLUE,
    COLOURS,
    INK,
    MARKERS,
    ORANGE,
    VERMILLION,
    draw,
    legend_above,
    plain_axis,
)
from planner.report.numbers import shortened
from planner.schema.record.fleet.record import FleetRecord, FleetYearRecord
from planner.wording.message import Wording

_Look = dict[str, Any]

MOST_GROUPS = 24
_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "++++")
_MOST_PARTS = len(COLOURS)
_BINS = 20


def groups_drawing(found: FleetRecord, say: Wording) -> bytes | None:
    """A bar for each group: devices and spares at its sites, by part; `None` without any."""
    groups = [item for item in found["groups"] if item["parts"]][:MOST_GROUPS]
    parts = found["plan"]["parts"][:_MOST_PARTS]
    if not groups or not parts:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        left = [0.0] * len(groups)
        handles: list[Artist] = []
        for number, part in enumerate(parts):
            look: _Look = {"facecolor": COLOURS[number], "edgecolor": INK, "hatch": _HATCHES[number]}
            widths = [float(group["parts"].get(part, 0)) for group in groups]
            axes.barh(range(len(groups)), widths, left=left, height=0.62, linewidth=0.4, **look)
            left = [start + width for start, width in zip(left, widths, strict=True)]
            handles.append(Patch(linewidth=0.4, **look))
        axes.set_yticks(range(len(groups)), [shortened(group["name"], 28) for group in groups])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlabel(say("fleet.axis_devices"))
        plain_axis(axes, "x")
        axes.grid(visible=True, axis="x")
        legend_above(figure, handles, [found["part_names"].get(part, part) for part in parts], columns=2)

    return draw(0.8 + 0.26 * len(groups), paint, say)


def map_drawing(found: FleetRecord, say: Wording) -> bytes | None:
    """Each site at its longitude and latitude, by part; `None` where not every site says where it is.

    Degrees are drawn alike in both directions at the middle latitude: shapes are right there alone.
    """
    places = [(row["longitude"], row["latitude"], row["device"]) for row in found["rows"]]
    if len(places) < 2 or any(x is None or y is None for x, y, _ in places):
        return None
    parts = found["plan"]["parts"][:_MOST_PARTS]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        handles: list[Artist] = []
        for number, part in enumerate(parts):
            own = [(x, y) for x, y, device in places if device == part]
            handles += axes.plot(
                [x for x, _ in own],
                [y for _, y in own],
                linestyle="",
                marker=MARKERS[number],
                markersize=3.5,
                color=COLOURS[number],
                markeredgewidth=0.3,
                markeredgecolor=INK,
            )
        names = [found["part_names"].get(part, part) for part in parts]
        none = [(x, y) for x, y, device in places if device is None]
        if none:
            crosses: _Look = {"linestyle": "", "marker": "X", "markersize": 5.0, "color": VERMILLION}
            handles += axes.plot([x for x, _ in none], [y for _, y in none], **crosses)
            names.append(say("fleet.no_part"))
        middle = sum(y for _, y, _ in places) / len(places)
        axes.set_aspect(1.0 / max(0.2, math.cos(math.radians(middle))), adjustable="datalim")
        axes.set_xlabel(say("fleet.axis_longitude"))
        axes.set_ylabel(say("fleet.axis_latitude"))
        axes.grid(visible=True)
        legend_above(figure, handles, names, columns=2)

    return draw(3.4, paint, say)


def headroom_drawing(found: FleetRecord, say: Wording) -> bytes | None:
    """How many sites have how much headroom; `None` without any."""
    shares = [100.0 * value for value in found["headroom"]]
    if not shares:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.hist(shares, bins=_BINS, color=BLUE, edgecolor=INK, linewidth=0.4)
        axes.axvline(shares[len(shares) // 2], color=INK, linewidth=1.0)
        axes.set_xlabel(say("fleet.axis_headroom"))
        axes.set_ylabel(say("fleet.axis_sites"))
        plain_axis(axes, "x")
        plain_axis(axes, "y")
        axes.grid(visible=True, axis="y")

    return draw(2.2, paint, say)


_LINES = ("capital", "running", "visits_cost", "kinds_cost", "spares_cost")


def years_drawing(found: FleetRecord, say: Wording) -> bytes | None:
    """What each year costs, line by line; `None` without years."""
    years = found["years"]
    if not years:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        bottom = [0.0] * len(years)
        handles: list[Artist] = []
        for number, name in enumerate(_LINES):
            heights = _column(years, name)
            look: _Look = {"facecolor": COLOURS[number], "edgecolor": INK, "hatch": _HATCHES[number]}
            axes.bar(range(len(years)), heights, bottom=bottom, width=0.62, linewidth=0.4, **look)
            bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
            handles.append(Patch(linewidth=0.4, **look))
        axes.set_xticks(range(len(years)), [str(year["year"]) for year in years])
        axes.set_xlabel(say("fleet.axis_year"))
        axes.set_ylabel(found["currency"])
        plain_axis(axes, "y")
        axes.grid(visible=True, axis="y")
        legend_above(figure, handles, [say(f"fleet.line_{name}") for name in _LINES], columns=5)

    return draw(2.5, paint, say)


def _column(years: Sequence[FleetYearRecord], name: str) -> list[float]:
    values = {
        "capital": [year["capital"] for year in years],
        "running": [year["running"] for year in years],
        "visits_cost": [year["visits_cost"] for year in years],
        "kinds_cost": [year["kinds_cost"] for year in years],
        "spares_cost": [year["spares_cost"] for year in years],
    }
    return values[name]


def swings_drawing(found: FleetRecord, say: Wording) -> bytes | None:
    """A bar for each input from end to end around the planned sum; `None` where none moves it."""
    swings, planned = found["swings"], found["plan"]["total"]
    if not swings:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        looks: dict[str, _Look] = {"low": {"facecolor": BLUE}, "high": {"facecolor": ORANGE, "hatch": "////"}}
        for number, swing in enumerate(swings):
            for end, value in (("low", swing["low"]), ("high", swing["high"])):
                axes.barh(
                    number,
                    value - planned,
                    left=planned,
                    height=0.6,
                    edgecolor=INK,
                    linewidth=0.4,
                    **looks[end],
                )
        axes.axvline(planned, color=INK, linewidth=1.0)
        axes.set_yticks(range(len(swings)), [say.term("cost_input", swing["input"]) for swing in swings])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlabel(say("fleet.axis_value", currency=found["currency"]))
        axes.margins(x=0.08)
        plain_axis(axes, "x")
        axes.grid(visible=True, axis="x")
        handles: list[Artist] = [Patch(edgecolor=INK, linewidth=0.4, **look) for look in looks.values()]
        legend_above(figure, handles, [say("spending.at_low"), say("spending.at_high")])

    return draw(0.75 + 0.24 * len(swings), paint, say)
