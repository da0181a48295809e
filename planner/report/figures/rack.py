"""The simulated rack over time, and the spread of its latencies."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from planner.report.figures.style import (
    BLUE,
    DASHES,
    INK,
    ORANGE,
    PALE,
    SKY,
    SOLID,
    VERMILLION,
    Dash,
    draw,
    plain_axis,
)
from planner.report.numbers import quantity, shortened
from planner.report.selection import Envelope, envelope
from planner.schema.record import HistogramRecord, RackRecord, StreamResultRecord
from planner.wording.message import Wording

MOST_STREAMS = 4


def rack_over_time(rack: RackRecord, say: Wording) -> bytes | None:
    """Queue, temperatures with the trip line, and power over time; `None` without any instant."""
    series = rack["series"]
    time_s = series["time_s"]
    if len(time_s) < 2:
        return None
    scale, unit = (60.0, "min") if time_s[-1] - time_s[0] >= 300 else (1.0, "s")

    def paint(figure: Figure) -> None:
        queue, heat, power = figure.subplots(3, 1, sharex=True, height_ratios=[1, 1.6, 1])
        _line(queue, envelope(time_s, series["queue"]), scale, BLUE)
        queue.set_ylabel(say("axis.waiting"))
        queue.set_ylim(bottom=0)
        for values, colour, dash, name in (
            (series["temperature_max_c"], VERMILLION, SOLID, say("rack.hottest")),
            (series["temperature_mean_c"], ORANGE, DASHES[1], say("rack.mean")),
            (series["inlet_c"], BLUE, DASHES[2], say("rack.inlet")),
        ):
            _line(heat, envelope(time_s, values), scale, colour, dash, name)
        if rack["throttle_c"] is not None:
            heat.axhline(
                rack["throttle_c"], color=INK, linestyle=DASHES[3], linewidth=0.9, label=say("rack.trip")
            )
        heat.set_ylabel(say("axis.temperature"))
        heat.margins(y=0.12)
        if heat.get_legend_handles_labels()[0]:
            heat.legend(loc="lower left", bbox_to_anchor=(0.0, 0.98), ncols=4, borderpad=0.1)
        _line(power, envelope(time_s, series["power_w"]), scale, BLUE)
        power.set_ylabel(say("axis.power"))
        power.set_ylim(bottom=0)
        power.set_xlabel(say("axis.time", unit=unit))
        for axes in (queue, heat, power):
            plain_axis(axes, "y", 4)
            axes.grid(visible=True)
            axes.set_xlim(min(time_s[0], 0.0) / scale, time_s[-1] / scale)
        plain_axis(power, "x", 8)
        figure.align_ylabels()

    return draw(3.3, paint, say)


def _line(
    axes: Axes, series: Envelope | None, scale: float, colour: str, dash: Dash = SOLID, label: str = "_"
) -> None:
    if series is None:
        return
    if series.per_bucket > 1:
        axes.fill_between(
            series.time_s / scale, series.low, series.high, color=colour, alpha=0.25, linewidth=0
        )
    axes.plot(series.time_s / scale, series.mean, color=colour, linestyle=dash, linewidth=0.9, label=label)


def latency_histogram(rack: RackRecord, say: Wording) -> bytes | None:
    """Share of the requests by latency, with the 99th percentile and the objective; at most four streams."""
    shown = [histogram for histogram in rack["latency_histogram"] if sum(histogram["counts"]) > 0][
        :MOST_STREAMS
    ]
    if not shown:
        return None
    results = {result["name"]: result for result in rack["streams"]}

    def paint(figure: Figure) -> None:
        all_axes = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
        for axes, histogram in zip(all_axes, shown, strict=True):
            _histogram(axes, histogram, results.get(histogram["stream"]), say)
        all_axes[-1].set_xlabel(say("axis.latency"))

    return draw(0.5 + 1.4 * len(shown), paint, say)


def _histogram(
    axes: Axes, histogram: HistogramRecord, result: StreamResultRecord | None, say: Wording
) -> None:
    edges_ms = 1e3 * np.array(histogram["edges_s"])
    counts = np.array(histogram["counts"], dtype=np.float64)
    axes.stairs(
        100 * counts / counts.sum(), edges_ms, fill=True, facecolor=SKY, edgecolor=BLUE, linewidth=0.7
    )
    marks: list[tuple[float | None, str, Dash, str]] = []
    if result is not None:
        latency = result["latency_s"]
        if latency["p99_low"] is not None and latency["p99_high"] is not None:
            axes.axvspan(1e3 * latency["p99_low"], 1e3 * latency["p99_high"], color=PALE, zorder=0)
        marks = [
            (latency["p99"], INK, SOLID, "p99"),
            (result["slo_s"], VERMILLION, DASHES[1], say("rack.objective")),
        ]
    for value_s, colour, dash, name in marks:
        if value_s is not None:
            axes.axvline(
                1e3 * value_s,
                color=colour,
                linestyle=dash,
                linewidth=1.1,
                label=f"{name} {quantity(value_s, 's')}",
            )
    filled = np.flatnonzero(counts)
    right = max([edges_ms[filled[-1] + 1], *(1e3 * value for value, *_ in marks if value is not None)])
    axes.set_xlim(min(edges_ms[filled[0]], 0.0), right * 1.04)
    axes.set_ylabel(say("axis.requests"))
    axes.set_title(shortened(histogram["stream"], 60))
    plain_axis(axes, "x", 8)
    plain_axis(axes, "y", 4)
    axes.grid(visible=True)
    if marks:
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.97), ncols=2, borderpad=0.1)
