"""Interactive drawings: traces and layouts for plotly.js, as plain values.

Colours of the page (ink, grid, ground) are set where it is shown, because they follow its theme. Text of a
study is escaped: plotly.js reads a few tags in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planner.report.figures.style import BLUE, COLOURS, VERMILLION
from planner.report.names import setting_names
from planner.report.numbers import band, count, money, percent, quantity
from planner.report.page.heat_charts import (
    day_chart,
    density_chart,
    elevation_chart,
    spending_chart,
    tornado_chart,
)
from planner.report.page.rack_charts import histogram_chart, rack_chart, rivals_chart, time_chart
from planner.report.page.text import log_ticks, shown
from planner.report.selection import drawn_kernels, shares_by
from planner.schema.record import (
    BandRecord,
    KernelRecord,
    OptionRecord,
    RooflineRecord,
    RungRecord,
    StudyRecord,
)
from planner.wording.message import Wording

Chart = dict[str, Any]
"""`data` and `layout` of one drawing."""

_SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_NAMED_CLASSES = 5
_ROOF_POINTS = 60


def charts(study: StudyRecord, say: Wording) -> dict[str, Chart]:
    """Every drawing by the name of its placeholder."""
    found = {f"roofline-{index}": _roofline(entry, say) for index, entry in enumerate(study["roofline"])}
    for index, model in enumerate(dict.fromkeys(rung["model"] for rung in study["ladder"])):
        found[f"ladder-{index}"] = _ladder([r for r in study["ladder"] if r["model"] == model], say)
    found |= {f"time-{index}": time_chart(entry, say) for index, entry in enumerate(study["roofline"])}
    found["tradeoff"] = _tradeoff(study["options"], say)
    found["rivals"] = rivals_chart(study["rivals"], say)
    found |= _heat(study, say)
    if study["rack"] is not None:
        found["histogram"] = histogram_chart(study["rack"], say)
        found["rack"] = rack_chart(study["rack"], say)
    return found


def _heat(study: StudyRecord, say: Wording) -> dict[str, Chart]:
    throttle_c = study["rack"]["throttle_c"] if study["rack"] is not None else None
    rack, slots, hours = study.get("elevation"), study.get("slots"), study.get("day")
    density, spending, chosen = study.get("density"), study.get("spending"), study["chosen"]
    found: dict[str, Chart] = {}
    if rack is not None and slots is not None and slots["temperature_c"]:
        found["elevation"] = elevation_chart(rack, slots, throttle_c, say)
    if hours:
        found["day"] = day_chart(hours, throttle_c, say)
    if density is not None and chosen is not None:
        found["density"] = density_chart(density, chosen["count"] or 0, throttle_c, say)
    if spending is not None and spending["lines"]:
        found["spending"] = spending_chart(spending, say)
        tornado = spending.get("tornado")
        if tornado is not None:
            found["tornado"] = tornado_chart(tornado, say)
    return found


def _tradeoff(options: Sequence[OptionRecord], say: Wording) -> Chart:
    """Cost over power, the load that is planned as the size; options without a price are not drawn."""
    groups = ((True, "option.feasible", BLUE, "circle"), (False, "option.not_feasible", VERMILLION, "x"))
    data: list[Chart] = []
    for feasible, name, colour, symbol in groups:
        group = [o for o in options if o["feasible"] is feasible and o["total_cost"] and o["power_w"]]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": say(name),
                "x": [option["power_w"] for option in group],
                "y": [option["total_cost"] for option in group],
                "text": [_option_text(option, say) for option in group],
                "hovertemplate": "%{text}<extra></extra>",
                "marker": {"color": colour, "symbol": symbol, "size": 9, "opacity": 0.75},
            }
        )
    currency = options[0]["currency"] if options else ""
    known_w = [power_w for option in options if (power_w := option["power_w"]) is not None]
    ticks = log_ticks(known_w, "w")
    return {
        "data": data,
        "layout": {
            "xaxis": {"type": "log", "title": {"text": say("axis.rack_power")}, **ticks},
            "yaxis": {"type": "log", "title": {"text": f"{say('axis.total_cost')} ({shown(currency)})"}},
        },
    }


def _option_text(option: OptionRecord, say: Wording) -> str:
    latency = option["planning_latency_s"] or option["latency_s"]
    setting = [
        *setting_names(option["unit"], option["engine"], option["mode"], say),
        option["precision"].upper(),
        say("option.batch", batch=option["batch"]),
    ]
    lines = [
        f"{option['count']} × {option['name']}",
        ", ".join(part for part in setting if part),
        f"{say('head.latency')} {_band(latency)}" if latency else "",
        f"{say('head.power')} {quantity(option['power_w'], 'w')}",
        f"{say('head.horizon')} {money(option['total_cost'], option['currency'])}",
        *option["reasons"][:1],
    ]
    return "<br>".join(shown(line) for line in lines if line)


def _band(shape: BandRecord) -> str:
    return band(shape["low"], shape["mid"], shape["high"], "s")


def _roofline(entry: RooflineRecord, say: Wording) -> Chart:
    drawn = drawn_kernels(entry["kernels"], say)
    merged = {id(kernel) for kernel in drawn.merged}
    points = [k for k in (*drawn.single, *drawn.merged) if k["flops"] and k["bytes"] and k["latency_s"]]
    named = list(shares_by(points, lambda kernel: kernel["op_class"]))[:_NAMED_CLASSES]
    data: list[Chart] = []
    for name, colour, symbol in zip((*named, "other"), COLOURS, _SYMBOLS, strict=False):
        group = [k for k in points if (k["op_class"] if k["op_class"] in named else "other") == name]
        if group:
            data.append(_kernels(group, shown(say.term("op_class", name)), colour, symbol, merged, say))
    return {
        "data": [*_roofs(entry, points, say), *data],
        "layout": {
            "xaxis": {"type": "log", "title": {"text": say("axis.intensity")}},
            "yaxis": {"type": "log", "title": {"text": say("axis.ops")}, "exponentformat": "SI"},
        },
    }


def _kernels(
    group: Sequence[KernelRecord], name: str, colour: str, symbol: str, merged: set[int], say: Wording
) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [k["flops"] / k["bytes"] for k in group],
        "y": [k["flops"] / k["latency_s"] for k in group],
        "text": [_kernel_text(k, say) for k in group],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": colour,
            "symbol": [f"{symbol}-open" if id(k) in merged else symbol for k in group],
            "size": [max(6.0, 46.0 * min(k["share"], 0.15) ** 0.5) for k in group],
            "opacity": 0.8,
        },
    }


def _kernel_text(kernel: KernelRecord, say: Wording) -> str:
    lines = [
        kernel["name"],
        " + ".join(kernel["op_types"]),
        f"{quantity(kernel['latency_s'], 's')}, {percent(kernel['share'])}",
        say(f"network.bound_{kernel['bound']}"),
        f"{count(kernel['flops'], 'OP')}, {quantity(kernel['bytes'], 'bytes')}",
    ]
    return "<br>".join(shown(line) for line in lines)


def _roofs(entry: RooflineRecord, points: Sequence[KernelRecord], say: Wording) -> list[Chart]:
    peak, bandwidth = entry["peak_ops_per_s"], entry["bandwidth_bytes_per_s"]
    reached = [k["flops"] / k["bytes"] for k in points] or [peak / bandwidth]
    low, high = min(*reached, peak / bandwidth / 3), max(*reached, 6 * peak / bandwidth)
    intensity = np.geomspace(low, high, _ROOF_POINTS)
    roofs = [(say("roof.datasheet"), peak, bandwidth)]
    roofs += [
        (shown(c["name"]), c["ops_per_s"] or peak, c["bytes_per_s"] or bandwidth) for c in entry["ceilings"]
    ]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": intensity.tolist(),
            "y": np.minimum(flat, slope * intensity).tolist(),
            "line": {"dash": _DASHES[index % len(_DASHES)], "width": 2 if index == 0 else 1.4},
            "meta": "ink",
            "hoverinfo": "name",
        }
        for index, (name, flat, slope) in enumerate(roofs)
    ]


def _ladder(rungs: Sequence[RungRecord], say: Wording) -> Chart:
    data: list[Chart] = []
    for index, precision in enumerate(dict.fromkeys(rung["precision"] for rung in rungs)):
        group = sorted((r for r in rungs if r["precision"] == precision), key=lambda rung: rung["batch"])
        colour, dash = COLOURS[index % len(COLOURS)], _DASHES[index % len(_DASHES)]
        known = [(rung["batch"], rung["latency_s"]) for rung in group if rung["latency_s"] is not None]
        line = {"color": colour, "dash": dash}
        common: Chart = {"type": "scatter", "mode": "lines+markers", "line": line, "legendgroup": precision}
        data.append(
            common
            | {
                "name": precision.upper(),
                "x": [batch for batch, _ in known],
                "y": [shape["mid"] for _, shape in known],
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [shape["high"] - shape["mid"] for _, shape in known],
                    "arrayminus": [shape["mid"] - shape["low"] for _, shape in known],
                    "thickness": 1,
                },
                "text": [shown(f"{precision.upper()}, {_band(shape)}") for _, shape in known],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
        rates = [(rung["batch"], rung["throughput_per_s"]) for rung in group]
        data.append(
            common
            | {
                "name": precision.upper(),
                "showlegend": False,
                "x": [batch for batch, _ in rates],
                "y": [rate for _, rate in rates],
                "yaxis": "y2",
                "text": [shown(f"{precision.upper()}, {quantity(rate, 'per_s')}") for _, rate in rates],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    batches = sorted({rung["batch"] for rung in rungs})
    ticks = {"tickvals": batches, "ticktext": [str(batch) for batch in batches]}
    shapes = [rung["latency_s"] for rung in rungs if rung["latency_s"] is not None]
    times = log_ticks([end for shape in shapes for end in (shape["low"], shape["high"])], "s")
    return {
        "data": data,
        "layout": {
            "height": 520,
            "xaxis": {"type": "log", "title": {"text": say("axis.batch")}, "anchor": "y2", **ticks},
            "yaxis": {
                "type": "log",
                "domain": [0.56, 1],
                "title": {"text": say("axis.batch_latency")},
                **times,
            },
            "yaxis2": {"type": "log", "domain": [0, 0.46], "title": {"text": say("axis.inferences")}},
        },
    }
