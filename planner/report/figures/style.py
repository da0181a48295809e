"""One look for all drawings: size, type, a palette that colour-blind eyes and grey printers can distinguish.

Colours are those of Okabe and Ito, "Color Universal Design" (2008); a marker, a dash or a hatch always says
the same as the colour. The text stays text in the SVG, and the page sets it in its own face; the drawing is
laid out with a face of nearly the same widths that matplotlib carries.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from planner.report.fonts import chinese_face, face_beside
from planner.report.numbers import quantity
from planner.wording.message import Wording

Dash = Literal["-"] | tuple[float, tuple[float, ...]]
"""A line style: solid, or an offset and the lengths of dashes and gaps."""

BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, INK, GREY, PALE = "#CC79A7", "#56B4E9", "#222222", "#777777", "#D9D9D9"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION)
MARKERS = ("o", "s", "^", "D", "v", "P")
SOLID: Dash = "-"
DASHES: tuple[Dash, ...] = (
    SOLID,
    (0, (5, 1.5)),
    (0, (1, 1)),
    (0, (5, 1, 1, 1)),
    (0, (8, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)

_WIDTH_IN = 6.55
_PNG_DPI = 200
PictureKind = Literal["svg", "png"]
_LATIN = ("STIXGeneral", "DejaVu Sans")
_SET_IN = b"'Libertinus Serif'"
_NOT_IN_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FACE_OF_TEXT = re.compile(rb"(<text style=\"[^\"]*?)'STIXGeneral'")
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "planner",
    "font.size": 8.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "lines.linewidth": 1.1,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "legend.handlelength": 2.2,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.08,
}


Paint = Callable[[Figure | SubFigure], None]
"""What draws into a figure, or into a part of one."""


def draw(height_in: float, paint: Callable[[Figure], None], say: Wording) -> bytes:
    """SVG of a drawing as wide as the text column; the same painting gives the same bytes."""
    if say.language == "zh":
        face = chinese_face()
        svg = _drawn(height_in, paint, [face.drawn_as, *_LATIN])
        return svg.replace(face.drawn_as.encode(), face.family.encode())
    svg = _drawn(height_in, paint, _LATIN)
    beside = face_beside(svg.decode())
    if beside is None:
        return svg
    svg = _drawn(height_in, paint, [*_LATIN, beside.drawn_as])
    return svg.replace(beside.drawn_as.encode(), beside.family.encode())


def _drawn(height_in: float, paint: Callable[[Figure], None], families: Sequence[str]) -> bytes:
    """The drawing with text measured in these faces, the first that has a letter."""
    return _FACE_OF_TEXT.sub(rb"\1" + _SET_IN, _saved("svg", height_in, paint, families))


def picture(kind: PictureKind, height_in: float, paint: Callable[[Figure], None], say: Wording) -> bytes:
    """A drawing that is a file of its own, as SVG with text in a common face, or as PNG."""
    families = ["DejaVu Sans"] if say.language == "en" else [chinese_face().drawn_as, "DejaVu Sans"]
    drawn = _saved(kind, height_in, paint, families)
    if say.language == "zh" and kind == "svg":
        face = chinese_face()
        return drawn.replace(face.drawn_as.encode(), face.family.encode())
    return drawn


def _saved(
    kind: PictureKind, height_in: float, paint: Callable[[Figure], None], families: Sequence[str]
) -> bytes:
    settings = {**_SETTINGS, "font.family": list(families)}
    with mpl.rc_context(settings):  # type: ignore[arg-type]
        figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
        (FigureCanvasSVG if kind == "svg" else FigureCanvasAgg)(figure)
        buffer = io.BytesIO()
        with warnings.catch_warnings():  # a letter that matplotlib lacks is set by the page all the same
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
            paint(figure)
            laid_out(figure)
            if kind == "svg":
                figure.savefig(buffer, format="svg", metadata={"Date": None})
            else:
                figure.savefig(buffer, format="png", dpi=_PNG_DPI, metadata={"Software": None})
    found = buffer.getvalue()
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}".encode(), found) if kind == "svg" else found


def laid_out(figure: Figure) -> None:
    """Give all axes their final position; saving a figure that has yet to be laid out draws it twice."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)  # "none" would keep a place for one, and draw twice again


def log_axis(axes: Axes, which: str, dimension: str, most_ticks: int = 9) -> None:
    """A logarithmic axis whose ticks are quantities with their unit, such as ``10 ms``."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    steps = (1.0, 2.0, 5.0) if 3 * math.log10(high / low) <= most_ticks else (1.0,)
    axis.set_major_locator(LogLocator(subs=steps, numticks=12))
    decades = math.log10(high / low)
    digits = 1 if decades >= 1 else 2 if decades >= 0.1 else 3  # so that close ticks do not read alike
    axis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value, dimension, digits)))
    axis.set_minor_locator(NullLocator())


def plain_axis(axes: Axes, which: str, most_ticks: int = 6) -> None:
    """A linear axis with few round ticks, commas at thousands and no offset."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(nbins=most_ticks, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value + 0:,.6g}"))


def legend_above(
    figure: Figure | SubFigure, handles: list[Artist], labels: list[str], columns: int = 4
) -> None:
    """One legend for the whole drawing, above it and outside all axes."""
    shown = [f" {label}" if label.startswith("_") else label for label in labels]  # matplotlib hides those
    if handles:
        figure.legend(
            handles, shown, loc="outside upper left", ncols=columns, borderpad=0.2, columnspacing=1.4
        )
