"""Candidates by latency and power: their bands, which keep the limits, and the front of best trade-offs."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from planner.errors import InputError, Problem
from planner.report.figures.labels import label_points
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
from planner.report.numbers import shortened
from planner.schema.record.compare import CandidateRecord, ComparisonRecord
from planner.wording.message import Wording

_MOST_NAMES = 30
"""More numbers than these lie on each other: the front and the best of the others have theirs."""
_COLUMNS = 3
_DRAWING_IN, _LINE_IN = 4.2, 0.15


def plot_comparison(
    record: ComparisonRecord, kind: PictureKind, say: Wording, max_latency_s: float | None = None
) -> bytes:
    """Planning latency against power, each with its band; the best setting of each part and what is best.

    Raises `InputError` where no candidate fits its memory.
    """
    shown = _shown(record["candidates"])
    if not shown:
        raise InputError("compare", [Problem("plot", "a candidate that fits its memory", "none")])

    named = sorted(shown, key=lambda item: not item["pareto"])[:_MOST_NAMES]
    lines = -(-len(named) // _COLUMNS)
    heights = (_DRAWING_IN, 0.1 + _LINE_IN * lines)

    def paint(figure: Figure) -> None:
        above, below = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
        axes = above.subplots()
        _drawn(axes, shown, say, max_latency_s)
        handles, labels = axes.get_legend_handles_labels()
        legend_above(above, list(handles), labels)
        _key(below, named, lines)
        laid_out(figure)
        numbers = [(str(number), *_place(item)) for number, item in enumerate(named, start=1)]
        label_points(axes, numbers)

    return picture(kind, sum(heights), paint, say)


def _drawn(axes: Axes, shown: Sequence[CandidateRecord], say: Wording, max_latency_s: float | None) -> None:
    for feasible, colour, marker, label in (
        (True, BLUE, "o", "option.feasible"),
        (False, VERMILLION, "x", "option.not_feasible"),
    ):
        _bands(axes, [item for item in shown if item["feasible"] is feasible], colour, marker, say(label))
    _front(axes, shown, say)
    if max_latency_s is not None:
        axes.axvline(max_latency_s, color=GREY, linewidth=0.8, linestyle=(0, (3, 2)), label=say("plot.limit"))
    log_axis(axes, "x", "s")
    log_axis(axes, "y", "w")
    axes.set_xlabel(say("axis.batch_latency"))
    axes.set_ylabel(say("plot.power"))
    axes.grid(visible=True)


def _key(place: SubFigure, named: Sequence[CandidateRecord], lines: int) -> None:
    """What the numbers mean, column by column."""
    for index, item in enumerate(named):
        column, line = divmod(index, lines)
        place.text(
            0.02 + column / _COLUMNS,
            1 - (line + 0.5) / lines,
            f"{index + 1}  {_name(item)}",
            va="center",
            size=7,
        )


def _shown(candidates: Sequence[CandidateRecord]) -> list[CandidateRecord]:
    """Every candidate of the front, and the first of each part, best first."""
    met: set[str] = set()
    found = []
    for item in candidates:
        if item["fits"] and (item["pareto"] or item["device"] not in met):
            met.add(item["device"])
            found.append(item)
    return found


def _name(item: CandidateRecord) -> str:
    return shortened(f"{item['device']} {item['mode']} {item['precision']}", 36)


def _place(item: CandidateRecord) -> tuple[float, float]:
    return item["planning_latency_s"]["mid"], item["power_w"]["mid"]


def _bands(axes: Axes, group: Sequence[CandidateRecord], colour: str, marker: str, label: str) -> None:
    if not group:
        return
    latency = [item["planning_latency_s"] for item in group]
    power = [item["power_w"] for item in group]
    axes.errorbar(
        [band["mid"] for band in latency],
        [band["mid"] for band in power],
        xerr=[[b["mid"] - b["low"] for b in latency], [b["high"] - b["mid"] for b in latency]],
        yerr=[[b["mid"] - b["low"] for b in power], [b["high"] - b["mid"] for b in power]],
        fmt=marker,
        color=colour,
        markersize=5,
        elinewidth=0.6,
        alpha=0.8,
        label=label,
    )


def _front(axes: Axes, shown: Sequence[CandidateRecord], say: Wording) -> None:
    """Rings around what no other candidate beats in latency, power, price and risk together."""
    best = [_place(item) for item in shown if item["pareto"]]
    if best:
        axes.scatter(
            [x for x, _ in best],
            [y for _, y in best],
            s=90,
            facecolors="none",
            edgecolors=BLUE,
            label=say("option.best_tradeoffs"),
        )
