"""The rack from the front: carriers, slots, and how warm the device in each is."""

from __future__ import annotations

from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from planner.report.figures.style import DASHES, GREY, INK, PALE, draw
from planner.schema.record import ElevationRecord, SlotsRecord
from planner.wording.message import Wording

Letters = Literal["all", "short", "none"]

_WARMTH = "YlOrBr"
"""Darker is warmer, also in grey and to colour-blind eyes."""
_SIDES = {False: DASHES[0], True: DASHES[2]}
"""How the sides of the rack are drawn where nothing is in it: whole, or shortened."""
_FEWEST_K = 5.0
_LARGEST_IN, _SMALLEST_IN = 7.0, 1.5
_RACK_IN = 5.2
"""Width of the rack in the drawing, beside the scale of warmth."""
_LETTER_EM = 0.52
"""Mean width of a digit or letter over the size of its face."""
_LONGEST, _SHORTEST = 10, 2
"""Letters of `123: 61 °C` and of `61`."""
_SMALLEST_PT = 4.5
"""Below this nothing is written: it would not be read."""
_UNIT_IN, _CARRIER_IN = 0.17, 0.13
"""Least heights of a rack unit and of a carrier, which may be half a unit, where there is space for them."""
_LABEL_IN = 2.6
"""Below this height the label of the scale is the unit alone."""
_FREE_UNITS = 4.0
"""The free height that is drawn where there is much more of it than there are devices."""


def elevation(
    rack: ElevationRecord, slots: SlotsRecord, throttle_c: float | None, say: Wording
) -> bytes | None:
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
        bar.set_label(say("axis.device_c") if _height_in(rack) > _LABEL_IN else "°C")
        bar.outline.set_linewidth(0.4)

    return draw(_height_in(rack), paint, say)


def _free(rack: ElevationRecord) -> float:
    return rack["rack_units"] - rack["carriers"] * rack["carrier_units"]


def _drawn_units(rack: ElevationRecord) -> float:
    """The height in the drawing: the rack's own, but for free height that would be most of it."""
    used = rack["rack_units"] - _free(rack)
    return used + _FREE_UNITS if _free(rack) > max(2 * _FREE_UNITS, used) else rack["rack_units"]


def _height_in(rack: ElevationRecord) -> float:
    unit_in = max(_UNIT_IN, _CARRIER_IN / rack["carrier_units"])
    return float(np.clip(unit_in * _drawn_units(rack) + 0.3, _SMALLEST_IN, _LARGEST_IN))


def letters(rack: ElevationRecord) -> Letters:
    """How much is written into a slot: position and temperature, the temperature alone, or nothing."""
    if _letters_pt(rack, _LONGEST) >= _SMALLEST_PT:
        return "all"
    return "short" if _letters_pt(rack, _SHORTEST) >= _SMALLEST_PT else "none"


def _letters_pt(rack: ElevationRecord, longest: int) -> float:
    """Size of letters that leaves air around so many of them in a slot, up to that of the drawing."""
    carrier_pt = 72.0 * 0.9 * _height_in(rack) * rack["carrier_units"] / _drawn_units(rack)
    slot_pt = 72.0 * _RACK_IN * 0.88 / rack["slots"]
    return min(0.62 * carrier_pt, 0.9 * slot_pt / (_LETTER_EM * longest), 7.0)


def _frame(axes: Axes, rack: ElevationRecord, say: Wording) -> None:
    height, free = _drawn_units(rack), _free(rack)
    top = rack["rack_units"] - free
    cut = height < rack["rack_units"]
    axes.plot([0, 0, 1, 1], [top, 0, 0, top], color=INK, linewidth=1.2)
    axes.plot([0, 0], [top, height], [1, 1], [top, height], color=INK, linewidth=1.2, linestyle=_SIDES[cut])
    axes.plot([0, 1], [height, height], color=INK, linewidth=1.2)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.1, height + 0.1)
    axes.set_xticks([])
    if rack["slots"] > 1:
        marked = sorted({1, *range(6, rack["slots"] + 1, 6), rack["slots"]})
        axes.set_xticks([(slot - 0.5) / rack["slots"] for slot in marked], [str(slot) for slot in marked])
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel(say("axis.slot"))
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
    axes: Axes,
    rack: ElevationRecord,
    position: int,
    temperature_c: float | None,
    scale: Normalize,
    say: Wording,
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
            linewidth=0.5 if letters(rack) != "none" else 0.1,
            hatch="////" if spare else "",
        )
    )
    written = letters(rack)
    if written == "none" or (spare and written == "short"):
        return
    dark = temperature_c is not None and scale(temperature_c) > 0.6
    text = "" if temperature_c is None else f"{temperature_c:.0f}"
    if written == "all":
        text = say("rack.spare") if temperature_c is None else f"{position + 1}: {text} °C"
    axes.annotate(
        text,
        (left + width / 2, bottom + height / 2),
        ha="center",
        va="center",
        fontsize=_letters_pt(rack, _LONGEST if written == "all" else _SHORTEST),
        color="white" if dark else INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4} if spare else None,
    )
