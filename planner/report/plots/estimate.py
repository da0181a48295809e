"""One network on one part: its kernels under the roofs, and where the time goes."""

from __future__ import annotations

from matplotlib.figure import Figure

from planner.errors import InputError, Problem
from planner.report.figures.roofline import ROOFLINE_HEIGHT_IN, roofline_paint
from planner.report.figures.style import Paint, PictureKind, picture
from planner.report.figures.time_bars import time_bars_paint
from planner.schema.record import RooflineRecord
from planner.wording.message import Wording


def plot_estimate(record: RooflineRecord, kind: PictureKind, say: Wording) -> bytes:
    """The roofline above, the longest kernels below; one alone where there is nothing to draw of the other.

    Raises `InputError` for a network without a kernel that takes time.
    """
    parts: list[tuple[float, Paint]] = []
    roofs = roofline_paint(record, say)
    if roofs is not None:
        parts.append((ROOFLINE_HEIGHT_IN, roofs))
    bars = time_bars_paint(record, say)
    if bars is not None:
        parts.append(bars)
    if not parts:
        raise InputError(record["model"], [Problem("plot", "a kernel that takes time", "none")])
    heights = [height for height, _ in parts]

    def paint(figure: Figure) -> None:
        places = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False)[:, 0]
        for place, (_, part) in zip(places, parts, strict=True):
            part(place)

    return picture(kind, sum(heights), paint, say)
