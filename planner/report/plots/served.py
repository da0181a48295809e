"""Distribution functions of a served run and of its simulations, one panel a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from planner.errors import InputError, Problem
from planner.report.figures.style import (
    BLUE,
    GREY,
    VERMILLION,
    PictureKind,
    laid_out,
    legend_above,
    log_axis,
    picture,
)
from planner.wording.message import Wording

_PANEL_IN = 2.6
_MOST_STREAMS = 4
_COLOURS = {"measured": VERMILLION, "replayed": GREY, "process": BLUE}


def plot_served(
    streams: Sequence[tuple[str, Mapping[str, Sequence[float]]]], kind: PictureKind, say: Wording
) -> bytes:
    """The share of requests answered within each latency, measured and simulated, stream by stream.

    `streams` are their names, with latencies in seconds at equal steps of the share by side: measured,
    replayed, process. Raises `InputError` where none was answered.
    """
    shown = [item for item in streams if item[1]["measured"]][:_MOST_STREAMS]
    if not shown:
        raise InputError("serve", [Problem("plot", "a stream with answers", "none")])

    def paint(figure: Figure) -> None:
        panels = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
        for axes, (name, sides) in zip(panels, shown, strict=True):
            _drawn(axes, name, sides, say)
        handles, labels = panels[0].get_legend_handles_labels()
        legend_above(figure, list(handles), labels)
        laid_out(figure)

    return picture(kind, _PANEL_IN * len(shown), paint, say)


def _drawn(axes: Axes, name: str, sides: Mapping[str, Sequence[float]], say: Wording) -> None:
    for side, colour in _COLOURS.items():
        latencies_s = sides.get(side, ())
        shares = [(step + 1) / len(latencies_s) for step in range(len(latencies_s))]
        if latencies_s:
            axes.step(latencies_s, shares, where="post", color=colour, label=say(f"plot.served_{side}"))
    log_axis(axes, "x", "s")
    axes.set_title(name)
    axes.set_xlabel(say("plot.served_latency"))
    axes.set_ylabel(say("plot.served_share"))
