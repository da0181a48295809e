"""Drawings of the page that show heat and money: the rack slot by slot, a day, density, the years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planner.report.figures.style import BLUE, COLOURS, GREEN, INK, ORANGE, PALE, VERMILLION
from planner.report.figures.tornado import MOST_SWINGS
from planner.report.numbers import money, shortened
from planner.report.page.text import shown
from planner.schema.record import (
    DensityRecord,
    ElevationRecord,
    HourRecord,
    SlotsRecord,
    SpendingRecord,
    TornadoRecord,
)
from planner.wording.message import Wording

Chart = dict[str, Any]

WARMTH = [[0.0, "#ffffe5"], [0.35, "#fec44f"], [0.7, "#cc4c02"], [1.0, "#662506"]]
"""Darker is warmer (ColorBrewer's YlOrBr)."""
_FEWEST_K = 5.0
_ROW_PX, _FRAME_PX = 34, 110


def elevation_chart(
    rack: ElevationRecord, slots: SlotsRecord, throttle_c: float | None, say: Wording
) -> Chart:
    """Carriers from the bottom up; the script fills in the temperatures of the instant that is shown."""
    values = [value for row in slots["temperature_c"] for value in row]
    low, high = min(values), max(values)
    columns, rows = rack["slots"], rack["carriers"]
    slots_alike: Chart = {
        "type": "heatmap",
        "x": [str(slot + 1) for slot in range(columns)],
        "y": [f"{carrier + 1}" for carrier in range(rows)],
        "z": [],
        "text": [],
        "hovertext": [],
        "texttemplate": "%{text}",
        "hovertemplate": "%{hovertext}<extra></extra>",
        "xgap": 4,
        "ygap": 4,
    }
    warm: Chart = {
        "zmin": min(low, high - _FEWEST_K),
        "zmax": max(high, throttle_c or high),
        "colorscale": WARMTH,
        "colorbar": {"title": {"text": "°C"}, "thickness": 12},
    }
    spare: Chart = {"colorscale": [[0, PALE], [1, PALE]], "showscale": False, "textfont": {"color": INK}}
    return {
        "data": [slots_alike | warm, slots_alike | spare],
        "layout": {
            "height": _FRAME_PX + _ROW_PX * rows,
            "xaxis": {"title": {"text": say("axis.slot")}, "type": "category", "showgrid": False},
            "yaxis": {"title": {"text": say("axis.carrier")}, "type": "category", "showgrid": False},
        },
    }


def day_chart(hours: Sequence[HourRecord], throttle_c: float | None, say: Wording) -> Chart:
    """Temperatures, queue and power of each hour above each other."""
    middles = [hour["hour"] + 0.5 for hour in hours]
    lines = (
        ([hour["temperature_max_c"] for hour in hours], "y", VERMILLION, "solid", say("rack.hottest")),
        ([hour["inlet_c"] for hour in hours], "y", BLUE, "dot", say("rack.inlet")),
        ([hour["supply_c"] for hour in hours], "y", GREEN, "dash", say("rack.supply")),
        ([hour["queue_mean"] for hour in hours], "y2", BLUE, "solid", say("axis.waiting")),
        ([hour["power_w"] for hour in hours], "y3", ORANGE, "solid", say("axis.power")),
        ([100 * hour["load_ratio"] for hour in hours], "y4", BLUE, "solid", say("axis.load")),
    )
    trip = [] if throttle_c is None else [_level(throttle_c)]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": middles,
                "y": values,
                "yaxis": axis,
                "line": {"color": colour, "dash": dash, "shape": "hvh"},
                "marker": {"size": 4},
                "showlegend": axis == "y",
            }
            for values, axis, colour, dash, name in lines
        ],
        "layout": {
            "height": 700,
            "shapes": trip,
            "xaxis": {"title": {"text": say("axis.hour")}, "anchor": "y4", "range": [0, 24], "dtick": 3},
            "yaxis": {"domain": [0.66, 1], "title": {"text": say("axis.temperature")}},
            "yaxis2": _panel(0.44, 0.61, say("axis.waiting")),
            "yaxis3": _panel(0.22, 0.39, say("axis.power")),
            "yaxis4": _panel(0.0, 0.17, say("axis.load")),
        },
    }


def _panel(bottom: float, top: float, title: str) -> Chart:
    return {"domain": [bottom, top], "title": {"text": title}, "rangemode": "tozero"}


def _level(height: float) -> Chart:
    line = {"dash": "dashdot", "width": 1.4, "color": VERMILLION}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": height, "y1": height, "line": line}


def _upright(at: float, dash: str) -> Chart:
    line = {"color": "#888888", "dash": dash}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def density_chart(found: DensityRecord, planned: int, throttle_c: float | None, say: Wording) -> Chart:
    """Temperatures and throughput over the number of devices, the limit and the plan as upright lines."""
    rows = found["rows"]
    counts = [row["devices"] for row in rows]
    lines = (
        ([row["device_c"] for row in rows], "y", VERMILLION, "solid", say("rack.device")),
        ([row["inlet_c"] for row in rows], "y", BLUE, "dot", say("rack.inlet")),
        ([row["throughput_per_s"] for row in rows], "y2", ORANGE, "solid", say("axis.served")),
    )
    uprights = [_upright(found["limit"]["devices"], "solid"), _upright(planned, "dash")]
    names = [
        {"x": found["limit"]["devices"], "text": say("density.limit")},
        {"x": planned, "text": say("density.planned")},
    ]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": counts,
                "y": values,
                "yaxis": axis,
                "line": {"color": colour, "dash": dash},
            }
            for values, axis, colour, dash, name in lines
        ],
        "layout": {
            "height": 520,
            "shapes": [*uprights, *([] if throttle_c is None else [_level(throttle_c)])],
            "annotations": [
                name | {"yref": "paper", "y": 1, "xanchor": "left", "showarrow": False} for name in names
            ],
            "xaxis": {"title": {"text": say("axis.devices")}, "anchor": "y2", "rangemode": "tozero"},
            "yaxis": {"domain": [0.5, 1], "title": {"text": say("axis.temperature")}},
            "yaxis2": _panel(0.0, 0.42, say("axis.served")),
        },
    }


def tornado_chart(found: TornadoRecord, say: Wording) -> Chart:
    """A bar for each input from its low to its high end around the planned sum."""
    swings, planned = found["swings"][:MOST_SWINGS], found["total_cost"]
    ends = (
        ("spending.at_low", [swing["total_cost_at_low"] for swing in swings], BLUE),
        ("spending.at_high", [swing["total_cost_at_high"] for swing in swings], ORANGE),
    )
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": say(name),
                "y": [shown(shortened(say.term("cost_input", swing["input"]), 30)) for swing in swings],
                "x": [value - planned for value in values],
                "base": planned,
                "text": [shown(money(value, found["currency"])) for value in values],
                "textposition": "none",
                "hovertemplate": "%{y}: %{text}<extra></extra>",
                "marker": {"color": colour},
            }
            for name, values, colour in ends
        ],
        "layout": {
            "height": 150 + 30 * len(swings),
            "barmode": "overlay",
            "xaxis": {"title": {"text": say("axis.total_in", currency=shown(found["currency"]))}},
            "yaxis": {"autorange": "reversed"},
        },
    }


def spending_chart(found: SpendingRecord, say: Wording) -> Chart:
    """A line for each part over the years."""
    currency = found["currency"]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": shown(f"{line['count']} × {shortened(line['name'], 34)}"),
                "x": found["years"],
                "y": line["spent"],
                "text": [shown(money(amount, currency)) for amount in line["spent"]],
                "hovertemplate": "%{text}<extra></extra>",
                "line": {"color": COLOURS[index % len(COLOURS)]},
            }
            for index, line in enumerate(found["lines"])
        ],
        "layout": {
            "xaxis": {"title": {"text": say("axis.years")}, "dtick": 1},
            "yaxis": {"title": {"text": say("axis.spent", currency=shown(currency))}, "rangemode": "tozero"},
        },
    }
