"""Drawings of the page that show parts, time and the rack: bars, histograms, lines over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planner.report.figures.latency import MOST_RIVALS, rival_name
from planner.report.figures.style import BLUE, COLOURS, GREY, ORANGE, PALE, SKY, VERMILLION
from planner.report.figures.time_bars import TOP_KERNELS
from planner.report.names import setting_names
from planner.report.numbers import band, quantity, shortened, stated
from planner.report.page.text import log_ticks, shown
from planner.schema.record import BandRecord, RackRecord, RivalRecord, RooflineRecord, StreamResultRecord
from planner.wording.message import Wording

Chart = dict[str, Any]

_DASHES = ("solid", "dash", "dot", "dashdot")
_BOUNDS = (("compute", BLUE, ""), ("memory", SKY, "/"), ("overhead", PALE, "."))


def rivals_chart(rivals: Sequence[RivalRecord], say: Wording) -> Chart:
    """A bar from low to high for each part, its middle, the latency planned with and the objective."""
    listed = list(rivals[:MOST_RIVALS])
    names = [_two_lines(rival, listed, say) for rival in listed]
    estimate = {
        "type": "bar",
        "orientation": "h",
        "name": say("latency.estimate"),
        "y": names,
        "base": [r["latency_s"]["low"] for r in listed],
        "x": [r["latency_s"]["high"] - r["latency_s"]["low"] for r in listed],
        "text": [shown(_band(r["latency_s"])) for r in listed],
        "textposition": "none",
        "hovertemplate": "%{y}<br>%{text}<extra></extra>",
        "marker": {"color": SKY, "line": {"color": BLUE, "width": 1}},
    }
    planned = [(name, r["planning_latency_s"]) for name, r in zip(names, listed, strict=True)]
    known = [(name, shape) for name, shape in planned if shape is not None]
    line = {
        "type": "scatter",
        "mode": "markers",
        "name": say("latency.planned"),
        "y": [name for name, _ in known],
        "x": [shape["mid"] for _, shape in known],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [shape["high"] - shape["mid"] for _, shape in known],
            "arrayminus": [shape["mid"] - shape["low"] for _, shape in known],
        },
        "text": [shown(_band(shape)) for _, shape in known],
        "hovertemplate": "%{y}<br>%{text}<extra></extra>",
        "marker": {"color": ORANGE, "symbol": "diamond", "size": 8},
    }
    limits = sorted({r["slo_s"] for r in listed if r["slo_s"]})
    shapes = [shape for r in listed for shape in (r["latency_s"], r["planning_latency_s"]) if shape]
    ticks = log_ticks([end for shape in shapes for end in (shape["low"], shape["high"])] + limits, "s")
    return {
        "data": [estimate, line, *_objective(limits, say)],
        "layout": {
            "height": 130 + 38 * len(listed),
            "xaxis": {"type": "log", "title": {"text": say("axis.batch_latency")}, **ticks},
            "yaxis": {"autorange": "reversed", "tickfont": {"size": 10}},
            "shapes": [_upright(limit_s) for limit_s in limits],
        },
    }


def _two_lines(rival: RivalRecord, listed: Sequence[RivalRecord], say: Wording) -> str:
    """The part above its setting, which leaves space for the bars on a narrow screen."""
    parts = (
        *setting_names("", None, rival["mode"], say),
        rival["precision"].upper(),
        say("option.batch", batch=rival["batch"]),
    )
    setting = say("option.setting", items=tuple(part for part in parts if part))
    return f"{shown(rival_name(rival, listed))}<br>{shown(shortened(setting, 30))}"


def _objective(limits: Sequence[float], say: Wording) -> list[Chart]:
    """What the upright lines are, for the legend; the lines themselves are shapes."""
    if not limits:
        return []
    name = say("latency.objective", items=tuple(stated(limit_s, "s") for limit_s in limits[:3]))
    line = {"color": VERMILLION, "dash": "dash", "width": 1.6}
    return [{"type": "scatter", "mode": "lines", "name": name, "x": [None], "y": [None], "line": line}]


def _band(shape: BandRecord) -> str:
    return band(shape["low"], shape["mid"], shape["high"], "s")


def _upright(at: float) -> Chart:
    line = {"color": VERMILLION, "dash": "dash", "width": 1.6}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def time_chart(entry: RooflineRecord, say: Wording) -> Chart:
    """Share of the time of the longest kernels and of all others, by what bounds them."""
    ranked = sorted(entry["kernels"], key=lambda kernel: -kernel["share"])
    rows = [(kernel["name"], [kernel]) for kernel in ranked[:TOP_KERNELS]]
    if ranked[TOP_KERNELS:]:
        rest = ranked[TOP_KERNELS:]
        rows.append((say.counted("network.other_kernels", len(rest)), rest))
    names = [shown(f"{index}. {shortened(name, 34)}") for index, (name, _) in enumerate(rows, start=1)]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": say(f"network.bound_{bound}"),
            "y": names,
            "x": [100 * sum(k["share"] for k in kernels if k["bound"] == bound) for _, kernels in rows],
            "marker": {"color": colour, "pattern": {"shape": pattern}},
            "hovertemplate": "%{y}: %{x:.2g} %<extra></extra>",
        }
        for bound, colour, pattern in _BOUNDS
        if any(kernel["bound"] == bound for kernel in ranked)
    ]
    return {
        "data": data,
        "layout": {
            "height": 150 + 22 * len(rows),
            "barmode": "stack",
            "xaxis": {"title": {"text": say("axis.time_share")}},
            "yaxis": {"autorange": "reversed"},
        },
    }


def histogram_chart(rack: RackRecord, say: Wording) -> Chart:
    """Share of each stream's requests by latency, with its 99th percentile in the name and its interval."""
    results = {result["name"]: result for result in rack["streams"]}
    data: list[Chart] = []
    intervals: list[Chart] = []
    for histogram in rack["latency_histogram"]:
        total = sum(histogram["counts"])
        if not total:
            continue
        edges_ms = [1e3 * edge for edge in histogram["edges_s"]]
        result = results.get(histogram["stream"])
        p99_s = result["latency_s"]["p99"] if result else None
        name = shortened(histogram["stream"], 40)
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": shown(name if p99_s is None else f"{name}, p99 {quantity(p99_s, 's')}"),
                "x": edges_ms,
                "y": [100 * count / total for count in [*histogram["counts"], 0]],
                "line": {
                    "shape": "hv",
                    "color": COLOURS[len(data) % len(COLOURS)],
                    "dash": _DASHES[len(data) % len(_DASHES)],
                },
                "fill": "tozeroy",
                "hovertemplate": "%{x:.3g} ms: %{y:.2g} %<extra></extra>",
            }
        )
        intervals += _interval(result) if result else []
    return {
        "data": data,
        "layout": {
            "shapes": intervals,
            "xaxis": {"title": {"text": say("axis.latency")}},
            "yaxis": {"title": {"text": say("axis.requests")}},
        },
    }


def _interval(result: StreamResultRecord) -> list[Chart]:
    low_s, high_s = result["latency_s"]["p99_low"], result["latency_s"]["p99_high"]
    if low_s is None or high_s is None:
        return []
    band = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "fillcolor": GREY, "opacity": 0.3}
    return [band | {"x0": 1e3 * low_s, "x1": 1e3 * high_s, "line": {"width": 0}}]


def rack_chart(rack: RackRecord, say: Wording) -> Chart:
    """Queue, temperatures and power over one run, above each other."""
    series = rack["series"]
    lines = (
        ("queue", "y", BLUE, "solid", say("axis.waiting")),
        ("temperature_max_c", "y2", VERMILLION, "solid", say("rack.hottest")),
        ("temperature_mean_c", "y2", ORANGE, "dash", say("rack.mean")),
        ("inlet_c", "y2", BLUE, "dot", say("rack.inlet")),
        ("power_w", "y3", BLUE, "solid", say("axis.power")),
    )
    values: dict[str, list[float | None]] = {
        "queue": series["queue"],
        "temperature_max_c": series["temperature_max_c"],
        "temperature_mean_c": series["temperature_mean_c"],
        "inlet_c": series["inlet_c"],
        "power_w": series["power_w"],
    }
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": series["time_s"],
            "y": values[key],
            "yaxis": axis,
            "line": {"color": colour, "dash": dash, "width": 1.4},
            "showlegend": axis == "y2",
        }
        for key, axis, colour, dash, name in lines
    ]
    return {
        "data": data,
        "layout": {
            "height": 620,
            "xaxis": {"title": {"text": say("axis.time", unit="s")}, "anchor": "y3"},
            "yaxis": {"domain": [0.74, 1], "title": {"text": say("axis.waiting")}, "rangemode": "tozero"},
            "yaxis2": {"domain": [0.32, 0.68], "title": {"text": say("axis.temperature")}},
            "yaxis3": {"domain": [0, 0.26], "title": {"text": say("axis.power")}, "rangemode": "tozero"},
        },
    }
