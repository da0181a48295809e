"""What precision and batch do to one part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from planner.report.figures.style import (
    COLOURS,
    DASHES,
    INK,
    MARKERS,
    VERMILLION,
    draw,
    legend_above,
    log_axis,
)
from planner.report.record import Band, Rung
from planner.wording.message import Wording

KNEE_SHARE = 0.9
"""Share of the greatest throughput at which a ladder bends; a convention, and said beside every drawing."""
_KNEE: dict[str, Any] = {"color": INK, "marker": "o", "markersize": 8.5, "linestyle": "", "fillstyle": "none"}
_UNFIT: dict[str, Any] = {"color": VERMILLION, "marker": "x", "markersize": 8, "linestyle": ""}


def knees(rungs: Sequence[Rung]) -> dict[str, Rung]:
    """By precision, the least batch that reaches nine tenths of the greatest throughput shown."""
    found: dict[str, Rung] = {}
    for precision in dict.fromkeys(rung["precision"] for rung in rungs):
        group = [rung for rung in rungs if rung["precision"] == precision and rung["fits"]]
        enough = KNEE_SHARE * max((_rate(rung) for rung in group), default=0.0)
        if enough > 0:
            reached = [rung for rung in group if _rate(rung) >= enough]
            found[precision] = min(reached, key=lambda rung: rung["batch"])
    return found


def _rate(rung: Rung) -> float:
    return rung["throughput_per_s"] or 0.0


def ladder(rungs: Sequence[Rung], say: Wording) -> bytes | None:
    """Latency and throughput of one part over the batch, a line per precision; `None` without any latency.

    A ring marks each precision's knee.
    """
    known = [rung for rung in rungs if rung["latency_s"] is not None]
    if not known:
        return None
    precisions = list(dict.fromkeys(rung["precision"] for rung in known))

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        handles: list[Artist] = []
        for index, precision in enumerate(precisions):
            group = sorted((r for r in known if r["precision"] == precision), key=lambda rung: rung["batch"])
            look = _look(index)
            _latency(left, group, look)
            _throughput(right, group, look)
            handles.append(Line2D([], [], label=precision.upper(), **look))
        _knees(right, knees(known))
        handles.append(Line2D([], [], label=say("latency.knee"), **_KNEE))
        unfit = [rung for rung in known if not rung["fits"]]
        if unfit:
            left.plot([r["batch"] for r in unfit], [band["mid"] for band in _bands(unfit)], **_UNFIT)
            handles.append(Line2D([], [], label=say("latency.unfit"), **_UNFIT))
        batches = sorted({rung["batch"] for rung in known})
        _frame(left, say("axis.batch_latency"), say("axis.batch"), "s", batches)
        _frame(right, say("axis.inferences"), say("axis.batch"), "per_s", batches)
        legend_above(figure, handles, [str(handle.get_label()) for handle in handles])

    return draw(2.7, paint, say)


def _knees(axes: Axes, found: Mapping[str, Rung]) -> None:
    axes.plot([r["batch"] for r in found.values()], [_rate(r) for r in found.values()], **_KNEE)


def _look(index: int) -> dict[str, Any]:
    kind = index % len(COLOURS)
    return {"color": COLOURS[kind], "linestyle": DASHES[kind], "marker": MARKERS[kind], "markersize": 4.5}


def _bands(rungs: Sequence[Rung]) -> list[Band]:
    return [rung["latency_s"] for rung in rungs if rung["latency_s"] is not None]


def _latency(axes: Axes, group: Sequence[Rung], look: Mapping[str, Any]) -> None:
    batches, bands = [rung["batch"] for rung in group], _bands(group)
    axes.plot(batches, [band["mid"] for band in bands], **look)
    low, high = [band["low"] for band in bands], [band["high"] for band in bands]
    axes.fill_between(batches, low, high, color=look["color"], alpha=0.15, linewidth=0)


def _throughput(axes: Axes, group: Sequence[Rung], look: Mapping[str, Any]) -> None:
    known = [(rung["batch"], rate) for rung in group if (rate := rung["throughput_per_s"]) is not None]
    axes.plot([batch for batch, _ in known], [rate for _, rate in known], **look)


def _frame(axes: Axes, title: str, across: str, dimension: str, batches: Sequence[int]) -> None:
    log_axis(axes, "y", dimension)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(list(batches)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.set_xlabel(across)
    axes.set_title(title)
    axes.grid(visible=True)
