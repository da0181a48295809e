"""Throughput and latency over batch, threads or streams, and the knee."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from planner.errors import InputError, Problem
from planner.report.figures.style import BLUE, GREY, SKY, PictureKind, legend_above, log_axis, picture
from planner.report.numbers import significant
from planner.schema.record.commands.curve import CurveRecord
from planner.wording.message import Wording


def plot_curve(record: CurveRecord, kind: PictureKind, say: Wording) -> bytes:
    """Two drawings above each other with one axis. Raises `InputError` where nothing fits."""
    rows = [row for row in record["rows"] if row["fits"]]
    if not rows:
        raise InputError(record["model"], [Problem("plot", "a size that fits the memory", "none")])
    sizes = [float(row.get(record["over"]) or 0) for row in rows]
    rates = [row["throughput_per_s"] or 0.0 for row in rows]
    bands = [row["latency_s"] for row in rows]
    knee = record["knee_at"]

    def paint(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        above.plot(sizes, rates, "o-", color=BLUE, label=say("plot.rate"))
        below.fill_between(
            sizes, [band["low"] for band in bands], [band["high"] for band in bands], color=SKY, alpha=0.35
        )
        below.plot(sizes, [band["mid"] for band in bands], "s-", color=BLUE, label=say("plot.latency"))
        for axes in (above, below):
            if knee is not None:
                axes.axvline(knee, color=GREY, linewidth=0.9, linestyle=(0, (3, 2)), label=say("plot.knee"))
            axes.grid(visible=True)
        above.set_ylim(0, 1.1 * max(rates))
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: significant(value, 3)))
        log_axis(below, "y", "s")
        below.set_xscale("log", base=2)
        below.set_xticks(sizes, [f"{size:g}" for size in sizes])
        below.xaxis.set_minor_locator(NullLocator())
        below.set_xlabel(say(f"plot.{record['over']}"))
        above.set_ylabel(say("axis.inferences"))
        below.set_ylabel(say("axis.batch_latency"))
        found = dict(zip(*reversed(above.get_legend_handles_labels()), strict=True))
        found |= dict(zip(*reversed(below.get_legend_handles_labels()), strict=True))
        legend_above(figure, list(found.values()), list(found))

    return picture(kind, 4.2, paint, say)
