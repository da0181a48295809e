"""Latency of the parts against the objective."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from planner.report.figures.style import (
    BLUE,
    DASHES,
    GREY,
    INK,
    SKY,
    VERMILLION,
    draw,
    legend_above,
    log_axis,
)
from planner.report.names import setting_names
from planner.report.numbers import shortened, stated
from planner.schema.record import RivalRecord
from planner.wording.message import Wording

MOST_RIVALS = 24
_NAME = 30


def latency_bars(rivals: Sequence[RivalRecord], say: Wording) -> bytes | None:
    """A bar from low to high per part, its middle, the latency planned with, and the objective."""
    shown = rivals[:MOST_RIVALS]
    if not shown:
        return None
    limits_s = sorted({rival["slo_s"] for rival in shown if rival["slo_s"]})

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for index, rival in enumerate(shown):
            _bar(axes, index, rival)
        for limit_s in limits_s:
            axes.axvline(limit_s, color=VERMILLION, linestyle=DASHES[1], linewidth=1.2)
        _limits(axes, [*limits_s, *_ends(shown)])
        axes.set_yticks(range(len(shown)), [_label(rival, shown, say) for rival in shown])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel(say("axis.batch_latency"))
        axes.grid(visible=True, axis="x")
        _legend(figure, limits_s, say)

    return draw(0.8 + 0.24 * len(shown), paint, say)


def rival_name(rival: RivalRecord, shown: Sequence[RivalRecord]) -> str:
    """A long name loses what is in brackets, where the rest still distinguishes it from the others."""
    bare = rival["name"].partition(" (")[0]
    alike = sum(other["name"].partition(" (")[0] == bare for other in shown)
    return shortened(bare if len(rival["name"]) > _NAME and alike == 1 else rival["name"], _NAME)


def _bar(axes: Axes, index: int, rival: RivalRecord) -> None:
    estimate, planning = rival["latency_s"], rival["planning_latency_s"]
    if planning is not None:
        ends = [planning["low"], planning["high"]]
        axes.plot(ends, [index, index], color=GREY, linewidth=0.9, marker="|", markersize=6)
    width = estimate["high"] - estimate["low"]
    axes.barh(
        index, width, left=estimate["low"], height=0.46, color=SKY, edgecolor=BLUE, linewidth=0.6, zorder=3
    )
    axes.plot([estimate["mid"]], [index], color=INK, marker="D", markersize=3.6, zorder=4)


def _ends(rivals: Sequence[RivalRecord]) -> list[float]:
    bands = [band for rival in rivals for band in (rival["latency_s"], rival["planning_latency_s"]) if band]
    return [end for band in bands for end in (band["low"], band["high"])]


def _limits(axes: Axes, values: Sequence[float]) -> None:
    positive = [value for value in values if value > 0]
    if positive:
        axes.set_xlim(min(positive) / 1.35, max(positive) * 1.35)
        log_axis(axes, "x", "s", most_ticks=6)


def _label(rival: RivalRecord, shown: Sequence[RivalRecord], say: Wording) -> str:
    parts = [
        *setting_names("", None, rival["mode"], say),
        rival["precision"].upper(),
        say("option.batch", batch=rival["batch"]),
    ]
    return f"{rival_name(rival, shown)}, {shortened(', '.join(parts), 26)}"


def _legend(figure: Figure, limits_s: Sequence[float], say: Wording) -> None:
    handles: list[Artist] = [
        Patch(facecolor=SKY, edgecolor=BLUE, linewidth=0.6),
        Line2D([], [], color=INK, marker="D", markersize=3.6, linestyle=""),
        Line2D([], [], color=GREY, marker="|", linewidth=0.9),
    ]
    labels = [say("latency.estimate"), say("latency.middle"), say("latency.planned")]
    if limits_s:
        handles.append(Line2D([], [], color=VERMILLION, linestyle=DASHES[1]))
        labels.append(say("latency.objective", items=tuple(stated(limit_s, "s") for limit_s in limits_s[:3])))
    legend_above(figure, handles, labels)
