"""All parts in one drawing: arithmetic against memory bandwidth, the power limit as the size of the mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from planner.report.figures.labels import label_points
from planner.report.figures.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    draw,
    laid_out,
    legend_above,
    log_axis,
)
from planner.wording.message import Wording

_LOOKS = {"gpu": (BLUE, "o"), "dla": (GREEN, "D"), "npu": (ORANGE, "s"), "cpu": (PURPLE, "^")}
_RIDGES = (10.0, 100.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Spot:
    """One part: its number in the table, the kind of its fastest unit, and the numbers of one mode."""

    number: int
    kind: str
    peak_ops_per_s: float
    bandwidth_bytes_per_s: float
    power_limit_w: float


def parts(spots: Sequence[Spot], say: Wording) -> bytes:
    """SVG of the parts, each with its number; lines of equal operations per byte lie behind."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.margins(0.08)
        for kind, (colour, marker) in _LOOKS.items():
            group = [spot for spot in spots if spot.kind == kind]
            axes.scatter(
                [spot.bandwidth_bytes_per_s for spot in group],
                [spot.peak_ops_per_s for spot in group],
                s=[_area(spot.power_limit_w) for spot in group],
                color=colour, marker=marker, alpha=0.55, linewidths=0.4, edgecolors=INK,
            )  # fmt: skip
        log_axis(axes, "x", "bytes_per_s")
        log_axis(axes, "y", "ops_per_s")
        low, high = axes.get_xlim()
        bottom, top = axes.get_ylim()
        for ridge in _RIDGES:
            axes.plot([low, high], [low * ridge, high * ridge], color="#BBBBBB", linewidth=0.5, zorder=0)
        axes.set_xlim(low, high)
        axes.set_ylim(bottom, top)
        axes.set_xlabel(say("axis.bandwidth"))
        axes.set_ylabel(say("axis.peak"))
        axes.grid(visible=True)
        legend_above(figure, *_legend(spots), columns=7)
        laid_out(figure)
        places = [(str(s.number), s.bandwidth_bytes_per_s, s.peak_ops_per_s) for s in spots]
        label_points(axes, places)

    return draw(5.2, paint, say)


def _area(power_limit_w: float) -> float:
    """Area in square points: in proportion to the power, within what can be seen and distinguished."""
    return min(max(4.0 * power_limit_w, 12.0), 900.0)


def _legend(spots: Sequence[Spot]) -> tuple[list[Artist], list[str]]:
    kinds = [kind for kind in _LOOKS if any(spot.kind == kind for spot in spots)]
    handles: list[Artist] = [
        Line2D([], [], linestyle="", marker=_LOOKS[kind][1], color=_LOOKS[kind][0]) for kind in kinds
    ]
    sizes = (10.0, 60.0)
    handles += [
        Line2D([], [], linestyle="", marker="o", color="#BBBBBB", markersize=_area(w) ** 0.5) for w in sizes
    ]
    return handles, [*kinds, *(f"{w:g} W" for w in sizes)]
