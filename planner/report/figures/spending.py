"""What the parts have cost by the end of each year."""

from __future__ import annotations

from matplotlib.figure import Figure

from planner.report.figures.style import COLOURS, DASHES, MARKERS, draw, legend_above, plain_axis
from planner.report.numbers import shortened
from planner.report.record import Spending
from planner.wording.message import Wording


def spending_drawing(found: Spending, say: Wording) -> bytes | None:
    """A line for each part over the years; `None` where no price is known."""
    if not found["lines"] or len(found["years"]) < 2:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        handles = []
        for index, line in enumerate(found["lines"]):
            kind = index % len(COLOURS)
            handles += axes.plot(
                found["years"],
                line["spent"],
                color=COLOURS[kind],
                linestyle=DASHES[kind],
                marker=MARKERS[kind],
                markersize=4,
            )
        axes.set_ylim(bottom=0)
        axes.set_xlabel(say("axis.years"))
        axes.set_ylabel(say("axis.spent", currency=found["currency"]))
        plain_axis(axes, "x")
        plain_axis(axes, "y")
        axes.grid(visible=True)
        names = [f"{line['count']} × {shortened(line['name'], 34)}" for line in found["lines"]]
        legend_above(figure, list(handles), names, columns=2)

    return draw(2.7, paint, say)
