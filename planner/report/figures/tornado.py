"""Sensitivity of the total cost: each input at both ends of its band."""

from __future__ import annotations

from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from planner.report.figures.style import BLUE, INK, ORANGE, draw, legend_above, plain_axis
from planner.report.numbers import shortened
from planner.report.record import Swing, Tornado
from planner.wording.message import Wording

MOST_SWINGS = 10
_LOW: dict[str, Any] = {"facecolor": BLUE, "edgecolor": INK, "linewidth": 0.4}
_HIGH: dict[str, Any] = {"facecolor": ORANGE, "edgecolor": INK, "linewidth": 0.4, "hatch": "////"}


def tornado_drawing(found: Tornado, say: Wording) -> bytes | None:
    """A bar for each input from end to end around the planned sum; `None` where none moves it."""
    shown = [s for s in found["swings"] if s["total_cost_at_low"] != s["total_cost_at_high"]][:MOST_SWINGS]
    if not shown:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for index, swing in enumerate(shown):
            _bar(axes, index, found["total_cost"], swing)
        axes.axvline(found["total_cost"], color=INK, linewidth=1.0)
        axes.set_yticks(range(len(shown)), [_named(swing, say) for swing in shown])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlabel(say("axis.total_in", currency=found["currency"]))
        axes.margins(x=0.08)
        plain_axis(axes, "x")
        axes.grid(visible=True, axis="x")
        handles: list[Artist] = [Patch(**_LOW), Patch(**_HIGH)]
        legend_above(figure, handles, [say("spending.at_low"), say("spending.at_high")])

    return draw(0.75 + 0.24 * len(shown), paint, say)


def _named(swing: Swing, say: Wording) -> str:
    return shortened(say.term("cost_input", swing["input"]), 40)


def _bar(axes: Axes, index: int, planned: float, swing: Swing) -> None:
    for end, look in ((swing["total_cost_at_low"], _LOW), (swing["total_cost_at_high"], _HIGH)):
        axes.barh(index, end - planned, left=planned, height=0.6, **look)
