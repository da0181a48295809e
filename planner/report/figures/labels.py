"""Numbers beside points, each in the first free position around its point."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from planner.report.figures.style import GREY

_SIZE_PT = 7.5
_RADII_PT = (7.0, 11.0, 16.0, 22.0)
_DIRECTIONS = ((1, 0.6), (1, -0.6), (-1, 0.6), (-1, -0.6), (0, 1), (0, -1), (1, 0), (-1, 0))

Box = tuple[float, float, float, float]


def label_points(axes: Axes, points: Sequence[tuple[str, float, float]]) -> None:
    """Write each text beside its point, clear of all points and of the texts before it where there is space.

    The axes must have their final size and limits. A text away from its point gets a thin line to its point.
    """
    scale = 72.0 / axes.get_figure().dpi  # type: ignore[union-attr]
    places = [tuple(scale * axes.transData.transform((x, y))) for _, x, y in points]
    taken: list[Box] = [(x - 3, y - 3, x + 3, y + 3) for x, y in places]
    for (text, x, y), (across, up) in zip(points, places, strict=True):
        half_width, half_height = 0.27 * _SIZE_PT * len(text), 0.4 * _SIZE_PT
        choices = [
            (radius * right + half_width * right, radius * above)
            for radius in _RADII_PT
            for right, above in _DIRECTIONS
        ]
        boxes = [
            (across + dx - half_width, up + dy - half_height, across + dx + half_width, up + dy + half_height)
            for dx, dy in choices
        ]
        best = min(range(len(choices)), key=lambda index: (_overlaps(boxes[index], taken), index))
        taken.append(boxes[best])
        far = best >= len(_DIRECTIONS)
        axes.annotate(
            text,
            (x, y),
            xytext=choices[best],
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=_SIZE_PT,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.4, "shrinkA": 0.5, "shrinkB": 2.5}
            if far
            else None,
        )


def _overlaps(box: Box, taken: Sequence[Box]) -> int:
    left, bottom, right, top = box
    return sum(
        left < other[2] and other[0] < right and bottom < other[3] and other[1] < top for other in taken
    )
