"""What the options cost, draw and answer in, against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from planner.report.figures.labels import label_points
from planner.report.figures.style import BLUE, VERMILLION, draw, laid_out, legend_above, log_axis
from planner.report.selection import ComparisonRows
from planner.schema.record import OptionRecord
from planner.wording.message import Wording

_LOOKS: Mapping[bool, dict[str, Any]] = {
    True: {"s": 34, "marker": "o", "color": BLUE, "label": "option.feasible"},
    False: {"s": 30, "marker": "x", "color": VERMILLION, "linewidths": 1.1, "label": "option.not_feasible"},
}
_SMALL: dict[str, Any] = {"s": 7, "linewidths": 0.6, "alpha": 0.6, "label": "_"}
_RING: dict[str, Any] = {"s": 82, "facecolors": "none", "edgecolors": BLUE, "label": "option.best_tradeoffs"}


@dataclass(frozen=True, slots=True)
class _Measure:
    """A number of an option, the name of its axis and, unless it is money, its dimension."""

    value: Callable[[OptionRecord], float | None]
    label: str
    dimension: str | None


def _planned_latency_s(option: OptionRecord) -> float | None:
    shown = option["planning_latency_s"] or option["latency_s"]
    return None if shown is None else shown["mid"]


_POWER = _Measure(lambda option: option["power_w"], "axis.rack_power", "w")
_LATENCY = _Measure(_planned_latency_s, "axis.batch_latency", "s")
_TOTAL = _Measure(lambda option: option["total_cost"], "axis.total_cost", None)
_CAPITAL = _Measure(lambda option: option["capital"], "axis.capital", None)


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """The drawing, and how many options lack a number that it needs."""

    svg: bytes
    missing: int


def tradeoff(compared: ComparisonRows, options: Sequence[OptionRecord], say: Wording) -> Tradeoff | None:
    """Cost against power and against latency; latency against power where no prices are known.

    Points carry the row numbers of the comparison table; options that are not in the table are small. `None`
    when no option has two of these numbers.
    """
    panels = _panels(options)
    if not panels:
        return None

    def paint(figure: Figure) -> None:
        all_axes = list(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0])
        for axes, (across, upward) in zip(all_axes, panels, strict=True):
            axes.margins(0.09)
            _points(axes, compared, options, across, upward)
            _scale(axes, "x", across)
            axes.set_xlabel(say(across.label))
            axes.grid(visible=True)
        upward = panels[0][1]
        _scale(all_axes[0], "y", upward)
        currency = "" if upward.dimension else f" ({options[0]['currency']})"
        all_axes[0].set_ylabel(say(upward.label) + currency)
        handles, labels = all_axes[0].get_legend_handles_labels()
        legend_above(figure, list[Artist](handles), [say(label) for label in labels])
        laid_out(figure)
        for axes, (across, upward) in zip(all_axes, panels, strict=True):
            _number(axes, compared, across, upward)

    missing = sum(not all(_drawable(option, *panel) for panel in panels) for option in options)
    return Tradeoff(draw(2.9, paint, say), missing)


def _panels(options: Sequence[OptionRecord]) -> list[tuple[_Measure, _Measure]]:
    for cost in (_TOTAL, _CAPITAL):
        panels = [(across, cost) for across in (_POWER, _LATENCY) if _any_drawable(options, across, cost)]
        if panels:
            return panels
    return [(_POWER, _LATENCY)] if _any_drawable(options, _POWER, _LATENCY) else []


def _any_drawable(options: Sequence[OptionRecord], *measures: _Measure) -> bool:
    return any(_drawable(option, *measures) for option in options)


def _drawable(option: OptionRecord, *measures: _Measure) -> bool:
    """Whether all measures are known and above zero, as logarithmic axes need."""
    return all((measure.value(option) or 0) > 0 for measure in measures)


def _scale(axes: Axes, which: str, measure: _Measure) -> None:
    log_axis(axes, which, measure.dimension or "per_s", most_ticks=5 if which == "x" else 9)
    if measure.dimension is None:
        axis = axes.xaxis if which == "x" else axes.yaxis
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _points(
    axes: Axes, compared: ComparisonRows, options: Sequence[OptionRecord], across: _Measure, upward: _Measure
) -> None:
    shown = {id(option) for option in compared.rows}
    drawable = [option for option in options if _drawable(option, across, upward)]
    for feasible, look in _LOOKS.items():
        group = [option for option in drawable if option["feasible"] is feasible]
        _scatter(axes, [option for option in group if id(option) in shown], across, upward, look)
        others = [option for option in group if id(option) not in shown]
        _scatter(axes, others, across, upward, {**look, **_SMALL})
    front = [option for option in drawable if option["pareto"]]
    _scatter(axes, [option for option in front if id(option) in shown], across, upward, _RING)
    small = {**_RING, "s": 26, "linewidths": 0.6, "label": "_"}
    _scatter(axes, [option for option in front if id(option) not in shown], across, upward, small)


def _scatter(
    axes: Axes, group: Sequence[OptionRecord], across: _Measure, upward: _Measure, look: Mapping[str, Any]
) -> None:
    if group:
        axes.scatter(*_places(group, across, upward), **look)


def _places(
    group: Sequence[OptionRecord], across: _Measure, upward: _Measure
) -> tuple[list[float], list[float]]:
    return [across.value(option) or 0.0 for option in group], [
        upward.value(option) or 0.0 for option in group
    ]


def _number(axes: Axes, compared: ComparisonRows, across: _Measure, upward: _Measure) -> None:
    """Write the row numbers of the comparison beside its points."""
    rows = [(str(number), option) for number, option in enumerate(compared.rows, start=1)]
    drawn = [(text, option) for text, option in rows if _drawable(option, across, upward)]
    xs, ys = _places([option for _, option in drawn], across, upward)
    label_points(axes, [(text, x, y) for (text, _), x, y in zip(drawn, xs, ys, strict=True)])
