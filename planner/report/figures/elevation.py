"""The rack from the front: carriers, slots, and how warm the device in each is."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from planner.report.figures.style import DASHES, GREY, INK, PALE, draw
from planner.report.record import Elevation, Slots
from planner.wording.message import Wording

_WARMTH = "YlOrBr"
"""Darker is warmer, also in grey and to colour-blind eyes."""
_SIDES = {False: DASHES[0], True: DASHES[2]}
"""How the sides of the rack are drawn where nothing is in it: whole, or shortened."""
_FEWEST_K = 5.0
_LARGEST_IN, _SMALLEST_IN = 5.4, 1.5
_FREE_UNITS = 4.0
"""The free height that is drawn where there is much more of it than there are devices."""


def elevation(rack: Elevation, slots: Slots, throttle_c: float | None, say: Wording) -> bytes | None:
    """The rack with the highest temperature of each device over the run; `None` without a device."""
    if not slots["temperature_c"]:
        return None
    hottest_c = np.max(np.array(slots["temperature_c"]), axis=0)
    low, high = float(hottest_c.min()), float(hottest_c.max())
    scale = Normalize(min(low, high - _FEWEST_K), max(high, throttle_c or high))

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        _frame(axes, rack, say)
        for position in range(rack["count"] + rack["spares"]):
            temperature_c = float(hottest_c[position]) if position < len(hottest_c) else None
            _slot(axes, rack, position, temperature_c, scale, say)
        mappable = mpl.cm.ScalarMappable(scale, _WARMTH)
        bar = figure.colorbar(mappable, ax=axes, shrink=0.8, pad=0.02, aspect=30)
        bar.set_label(say("axis.device_c"))
        bar.outline.set_linewidth(0.4)

    return draw(_height_in(rack), paint, say)


def _free(rack: Elevation) -> float:
    return rack["rack_units"] - rack["carriers"] * rack["carrier_units"]


def _drawn_units(rack: Elevation) -> float:
    """The height in the drawing: the rack's own, but for free height that would be most of it."""
    used = rack["rack_units"] - _free(rack)
    return used + _FREE_UNITS if _free(rack) > max(2 * _FREE_UNITS, used) else rack["rack_units"]


def _height_in(rack: Elevation) -> float:
    return float(np.clip(0.17 * _drawn_units(rack) + 0.3, _SMALLEST_IN, _LARGEST_IN))


def _letters_pt(rack: Elevation) -> float:
    """Size of letters that leaves air above and below them in a carrier."""
    carrier_pt = 72.0 * 0.9 * _height_in(rack) * rack["carrier_units"] / _drawn_units(rack)
    return float(np.clip(0.62 * carrier_pt, 4.0, 7.0))


def _frame(axes: Axes, rack: Elevation, say: Wording) -> None:
    height, free = _drawn_units(rack), _free(rack)
    top = rack["rack_units"] - free
    cut = height < rack["rack_units"]
    axes.plot([0, 0, 1, 1], [top, 0, 0, top], color=INK, linewidth=1.2)
    axes.plot([0, 0], [top, height], [1, 1], [top, height], color=INK, linewidth=1.2, linestyle=_SIDES[cut])
    axes.plot([0, 1], [height, height], color=INK, linewidth=1.2)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.1, height + 0.1)
    axes.set_xticks([])
    step = 1 if height <= 14 else 5
    ticks = list(range(step, int(top if cut else height) + 1, step))
    places = [tick - 0.5 for tick in ticks]
    if cut:
        ticks, places = [*ticks, round(rack["rack_units"])], [*places, height - 0.5]
    axes.set_yticks(places, [f"{tick} U" for tick in ticks])
    axes.tick_params(axis="y", length=0)
    axes.spines[:].set_visible(False)
    if free >= 1:
        axes.annotate(
            say("rack.free_not_to_scale" if cut else "rack.free", units=f"{free:g}"),
            (0.5, (top + height) / 2),
            ha="center",
            va="center",
            color=GREY,
        )


def _slot(
    axes: Axes, rack: Elevation, position: int, temperature_c: float | None, scale: Normalize, say: Wording
) -> None:
    """One device; a spare, which idles, is hatched."""
    carrier, slot = divmod(position, rack["slots"])
    width, height = 1.0 / rack["slots"], rack["carrier_units"]
    left, bottom = slot * width, carrier * height
    spare = temperature_c is None
    warmth = PALE if temperature_c is None else mpl.colormaps[_WARMTH](scale(temperature_c))
    axes.add_patch(
        Rectangle(
            (left + 0.06 * width, bottom + 0.08 * height),
            0.88 * width,
            0.84 * height,
            facecolor=warmth,
            edgecolor=INK,
            linewidth=0.5,
            hatch="////" if spare else "",
        )
    )
    dark = temperature_c is not None and scale(temperature_c) > 0.6
    text = say("rack.spare") if temperature_c is None else f"{position + 1}: {temperature_c:.0f} °C"
    axes.annotate(
        text,
        (left + width / 2, bottom + height / 2),
        ha="center",
        va="center",
        fontsize=_letters_pt(rack),
        color="white" if dark else INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4} if spare else None,
    )
