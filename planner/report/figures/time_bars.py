"""Where the time of one inference goes, kernel by kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch

from planner.report.figures.style import BLUE, INK, PALE, SKY, Paint, draw, legend_above, plain_axis
from planner.report.numbers import percent, shortened
from planner.schema.record import KernelRecord, RooflineRecord
from planner.wording.message import Wording

TOP_KERNELS = 12
_LOOKS: dict[str, dict[str, Any]] = {
    "compute": {"facecolor": BLUE, "hatch": "", "label": "network.bound_compute"},
    "memory": {"facecolor": SKY, "hatch": "////", "label": "network.bound_memory"},
    "overhead": {"facecolor": PALE, "hatch": "xxxx", "label": "network.bound_overhead"},
}


def time_bars(record: RooflineRecord, say: Wording) -> bytes | None:
    """Share of the time of the twelve longest kernels and of all others together, by what bounds them."""
    found = time_bars_paint(record, say)
    return None if found is None else draw(*found, say)


def time_bars_paint(record: RooflineRecord, say: Wording) -> tuple[float, Paint] | None:
    """Its height in inches and what draws it, also as a part of another drawing."""
    ranked = sorted(record["kernels"], key=lambda kernel: -kernel["share"])
    if not ranked:
        return None
    bars = [(shortened(kernel["name"], 40), [kernel]) for kernel in ranked[:TOP_KERNELS]]
    rest = ranked[TOP_KERNELS:]
    if rest:
        bars.append((say.counted("network.other_kernels", len(rest)), rest))

    def paint(figure: Figure | SubFigure) -> None:
        axes = figure.subplots()
        for index, (_, kernels) in enumerate(bars):
            _bar(axes, index, kernels)
        axes.set_yticks(range(len(bars)), [name for name, _ in bars])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlabel(say("axis.time_share"))
        axes.margins(x=0.1)
        plain_axis(axes, "x")
        axes.grid(visible=True, axis="x")
        present = [look for bound, look in _LOOKS.items() if any(k["bound"] == bound for k in ranked)]
        patches = [Patch(edgecolor=INK, linewidth=0.5, **look) for look in present]
        legend_above(figure, list(patches), [say(str(look["label"])) for look in present])

    return 0.72 + 0.17 * len(bars), paint


def _bar(axes: Axes, index: int, kernels: Sequence[KernelRecord]) -> None:
    """One bar, its parts by bound, and its length in words."""
    start = 0.0
    for bound, look in _LOOKS.items():
        share = sum(kernel["share"] for kernel in kernels if kernel["bound"] == bound)
        if share > 0:
            axes.barh(index, 100 * share, left=100 * start, height=0.7, edgecolor=INK, linewidth=0.5, **look)
        start += share
    axes.annotate(
        percent(start),
        (100 * start, index),
        xytext=(3, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
    )
