"""Temperature and power of the devices as the rack fills, and where it is full."""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from planner.report.figures.style import (
    BLUE,
    DASHES,
    GREY,
    INK,
    ORANGE,
    VERMILLION,
    draw,
    legend_above,
    plain_axis,
)
from planner.schema.record import DensityRecord
from planner.wording.message import Wording


def density_drawing(
    found: DensityRecord, planned: int, throttle_c: float | None, say: Wording
) -> bytes | None:
    """Two panels over the number of devices; the limit and the planned number are upright lines."""
    rows = found["rows"]
    if not rows:
        return None
    counts = [row["devices"] for row in rows]

    def paint(figure: Figure) -> None:
        heat, served = figure.subplots(1, 2)
        heat.plot(counts, [row["device_c"] for row in rows], color=VERMILLION, marker="o", markersize=4)
        inlets_c = [row["inlet_c"] for row in rows]
        heat.plot(counts, inlets_c, color=BLUE, linestyle=DASHES[2], marker="s", markersize=4)
        if throttle_c is not None:
            heat.axhline(throttle_c, color=INK, linestyle=DASHES[3], linewidth=0.9)
        heat.set_ylabel(say("axis.temperature"))
        served.plot(
            counts, [row["throughput_per_s"] for row in rows], color=ORANGE, marker="^", markersize=4.5
        )
        served.set_ylabel(say("axis.served"))
        served.set_ylim(bottom=0)
        for axes in (heat, served):
            _uprights(axes, found["limit"]["devices"], planned)
        for axes in (heat, served):
            axes.set_xlabel(say("axis.devices"))
            axes.set_xlim(0, 1.05 * max(*counts, found["limit"]["devices"], planned))
            plain_axis(axes, "x")
            plain_axis(axes, "y")
            axes.grid(visible=True)
        handles, labels = _legend(throttle_c is not None, say)
        legend_above(figure, handles, labels)

    return draw(2.9, paint, say)


def _uprights(axes: Axes, limit: int, planned: int) -> None:
    axes.axvline(limit, color=INK, linewidth=1.3)
    axes.axvline(planned, color=GREY, linestyle=DASHES[1], linewidth=1.0)


def _legend(trip: bool, say: Wording) -> tuple[list[Artist], list[str]]:  # noqa: FBT001
    handles: list[Artist] = [
        Line2D([], [], color=VERMILLION, marker="o", markersize=4),
        Line2D([], [], color=BLUE, linestyle=DASHES[2], marker="s", markersize=4),
        Line2D([], [], color=ORANGE, marker="^", markersize=4.5),
        Line2D([], [], color=INK, linewidth=1.3),
        Line2D([], [], color=GREY, linestyle=DASHES[1]),
    ]
    names = ["rack.device", "rack.inlet", "density.served", "density.limit", "density.planned"]
    if trip:
        handles.append(Line2D([], [], color=INK, linestyle=DASHES[3], linewidth=0.9))
        names.append("rack.trip")
    return handles, [say(name) for name in names]
