"""The kernels of a network under the roofs of a part.

The roofline is that of Williams, Waterman and Patterson, CACM 52(4), 2009: attainable operations per second
are the lesser of the peak and of intensity times bandwidth. It holds for one kernel at a time that overlaps
its computing with its memory traffic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator

from planner.report.figures.style import (
    COLOURS,
    DASHES,
    GREY,
    INK,
    MARKERS,
    Paint,
    draw,
    legend_above,
    log_axis,
)
from planner.report.numbers import shortened, significant
from planner.report.selection import DrawnKernels, drawn_kernels, shares_by
from planner.schema.record import KernelRecord, RooflineRecord
from planner.wording.message import Wording

_NAMED_CLASSES = 5
_OTHER = "other"
ROOFLINE_HEIGHT_IN = 3.1


def roofline(record: RooflineRecord, say: Wording) -> bytes | None:
    """Operations per second over operations per byte, a point per kernel, its area the share of the time.

    Kernels without operations or bytes cannot be drawn on logarithmic axes; `None` when there are no others.
    """
    paint = roofline_paint(record, say)
    return None if paint is None else draw(ROOFLINE_HEIGHT_IN, paint, say)


def roofline_paint(record: RooflineRecord, say: Wording) -> Paint | None:
    """What draws it, also as a part of another drawing."""
    drawn = drawn_kernels(record["kernels"], say)
    points = _placeable([*drawn.single, *drawn.merged])
    if not points:
        return None

    def paint(figure: Figure | SubFigure) -> None:
        axes = figure.subplots()
        _limits(axes, record, points)
        handles = [*_groups(axes, drawn, points, say), *_roofs(axes, record, say)]
        axes.set_xlabel(say("axis.intensity"))
        axes.set_ylabel(say("axis.ops"))
        axes.grid(visible=True)
        legend_above(figure, handles, [str(handle.get_label()) for handle in handles], columns=3)

    return paint


def placed_share(kernels: Sequence[KernelRecord]) -> float:
    """Share of the time of the kernels that have operations and bytes, and so a point in the roofline."""
    return sum(kernel["share"] for kernel in _placeable(kernels))


def _placeable(kernels: Sequence[KernelRecord]) -> list[KernelRecord]:
    return [k for k in kernels if k["flops"] > 0 and k["bytes"] > 0 and k["latency_s"] > 0]


def _intensity(kernel: KernelRecord) -> float:
    return kernel["flops"] / kernel["bytes"]


def _speed(kernel: KernelRecord) -> float:
    return kernel["flops"] / kernel["latency_s"]


def _limits(axes: Axes, record: RooflineRecord, points: Sequence[KernelRecord]) -> None:
    peak, ridge = record["peak_ops_per_s"], record["peak_ops_per_s"] / record["bandwidth_bytes_per_s"]
    left = min(ridge / 3, *map(_intensity, points))
    right = max(ridge * 6, *map(_intensity, points))
    axes.set_xlim(10 ** math.floor(math.log10(left)), 10 ** math.ceil(math.log10(right)))
    axes.set_ylim(
        10 ** math.floor(math.log10(min(map(_speed, points)))), 2.5 * max(peak, *map(_speed, points))
    )
    log_axis(axes, "x", "per_s")
    log_axis(axes, "y", "ops_per_s")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: significant(value, 1)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=12))


def _groups(axes: Axes, drawn: DrawnKernels, points: Sequence[KernelRecord], say: Wording) -> list[Artist]:
    """Scatter the kernels by class, the merged ones hollow; the classes with the most time have a name."""
    named = list(shares_by(points, lambda kernel: kernel["op_class"]))[:_NAMED_CLASSES]
    merged = {id(kernel) for kernel in drawn.merged}
    handles: list[Artist] = []
    for name, colour, marker in zip((*named, _OTHER), COLOURS, MARKERS, strict=False):
        group = [kernel for kernel in points if _class_of(kernel, named) == name]
        for hollow in (False, True):
            _scatter(
                axes, [kernel for kernel in group if (id(kernel) in merged) is hollow], colour, marker, hollow
            )
        if group:
            label = shortened(say.term("op_class", name), 30)
            handles.append(
                Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=label)
            )
    return handles


def _class_of(kernel: KernelRecord, named: Sequence[str]) -> str:
    return kernel["op_class"] if kernel["op_class"] in named else _OTHER


def _scatter(axes: Axes, kernels: Sequence[KernelRecord], colour: str, marker: str, hollow: bool) -> None:  # noqa: FBT001
    axes.scatter(
        [_intensity(kernel) for kernel in kernels],
        [_speed(kernel) for kernel in kernels],
        s=[max(4.0, 2600 * min(kernel["share"], 0.15)) for kernel in kernels],
        facecolors="none" if hollow else colour,
        edgecolors=colour if hollow else "white",
        linewidths=1.0 if hollow else 0.3,
        marker=marker,
        alpha=0.85,
        zorder=3,
    )


def _roofs(axes: Axes, record: RooflineRecord, say: Wording) -> list[Artist]:
    """The datasheet's roof, and each ceiling under it completed by the datasheet where it says nothing."""
    peak, bandwidth = record["peak_ops_per_s"], record["bandwidth_bytes_per_s"]
    intensity = np.geomspace(*axes.get_xlim(), 200)
    roof = np.minimum(peak, bandwidth * intensity)
    label = say("roof.datasheet")
    handles: list[Artist] = list(axes.plot(intensity, roof, color=INK, linewidth=1.4, label=label))
    for index, ceiling in enumerate(record["ceilings"], start=1):
        flat = peak if ceiling["ops_per_s"] is None else ceiling["ops_per_s"]
        slope = bandwidth if ceiling["bytes_per_s"] is None else ceiling["bytes_per_s"]
        handles += axes.plot(
            intensity,
            np.minimum(flat, slope * intensity),
            color=GREY,
            linestyle=DASHES[index % len(DASHES)],
            label=shortened(ceiling["name"], 40),
            zorder=1.9,
        )
    return handles
