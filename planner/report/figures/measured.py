"""What a fitted model predicts against what was published, on one square."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from planner.report.figures.style import BLUE, GREY, INK, ORANGE, PALE, draw, legend_above, log_axis
from planner.schema.record import PublishedPointRecord, PublishedRecord
from planner.wording.message import Wording

_LEFT, _RIGHT = 0.7, 1.4
"""Space at the two ends of the axes."""


def measured(found: PublishedRecord, say: Wording) -> bytes | None:
    """Points of the chosen part large, of others small; the band in use; the planned networks on the line.

    None where nothing was published.
    """
    points = found["points"]
    if not points:
        return None
    own = [point for point in points if point["device"] == found["device"]]
    others = [point for point in points if point["device"] != found["device"]]
    marks = [item["predicted_s"] for item in found["planned"]]
    times = [*(point["measured_s"] for point in points), *(point["predicted_s"] for point in points), *marks]
    ends = (_LEFT * min(times), _RIGHT * max(times))

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_xlim(*ends)
        axes.set_ylim(*ends)
        axes.fill_between(
            ends,
            [end * found["low"] for end in ends],
            [end * found["high"] for end in ends],
            color=PALE,
            alpha=0.6,
            linewidth=0,
            label=say("measured.band"),
        )
        axes.plot(ends, ends, color=GREY, linewidth=0.7)
        _points(axes, others, say("measured.others"), {"s": 5, "color": ORANGE, "alpha": 0.5})
        _points(axes, own, say("measured.own"), {"s": 20, "color": BLUE, "marker": "s"})
        for number, mark in enumerate(marks):
            label = "_" if number else say("measured.planned")
            axes.axvline(mark, color=INK, linewidth=0.8, linestyle=(0, (4, 2)), label=label)
        for which, label in (("x", "measured.predicted"), ("y", "measured.measured")):
            log_axis(axes, which, "s")
            axes.set(**{f"{which}label": say(label)})
        axes.grid(visible=True)
        handles, labels = axes.get_legend_handles_labels()
        legend_above(figure, list(handles), labels)

    return draw(3.6, paint, say)


def _points(axes: Axes, points: Sequence[PublishedPointRecord], label: str, look: Mapping[str, Any]) -> None:
    if points:
        across = [point["predicted_s"] for point in points]
        axes.scatter(across, [point["measured_s"] for point in points], label=label, linewidths=0, **look)
