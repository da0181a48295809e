"""A day of the rack, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from planner.report.figures.style import (
    BLUE,
    DASHES,
    GREEN,
    INK,
    SOLID,
    VERMILLION,
    Dash,
    draw,
    plain_axis,
)
from planner.schema.record import HourRecord
from planner.wording.message import Wording


def day_drawing(hours: Sequence[HourRecord], throttle_c: float | None, say: Wording) -> bytes | None:
    """Load, temperatures, queue and power over the hours; `None` without an hour."""
    if not hours:
        return None

    def paint(figure: Figure) -> None:
        load, heat, queue, power = figure.subplots(4, 1, sharex=True, height_ratios=[1, 1.7, 1, 1])
        _steps(load, hours, [100 * hour["load_ratio"] for hour in hours], BLUE)
        load.set_ylabel(say("axis.load"))
        for key, colour, dash, name in _TEMPERATURES:
            _steps(heat, hours, [_value(hour, key) for hour in hours], colour, dash, say(name))
        if throttle_c is not None:
            heat.axhline(throttle_c, color=INK, linestyle=DASHES[3], linewidth=0.9, label=say("rack.trip"))
        heat.set_ylabel(say("axis.temperature"))
        heat.legend(loc="lower left", bbox_to_anchor=(0.0, 0.98), ncols=4, borderpad=0.1)
        _steps(queue, hours, [hour["queue_mean"] for hour in hours], BLUE)
        queue.set_ylabel(say("axis.waiting"))
        _steps(power, hours, [hour["power_w"] for hour in hours], BLUE)
        power.set_ylabel(say("axis.power"))
        power.set_xlabel(say("axis.hour"))
        for axes in (load, heat, queue, power):
            plain_axis(axes, "y", 4)
            axes.grid(visible=True)
            if axes is not heat:
                axes.set_ylim(bottom=0)
        heat.margins(y=0.12)
        power.set_xlim(0, len(hours))
        power.set_xticks(range(0, len(hours) + 1, 3))
        figure.align_ylabels()

    return draw(4.6, paint, say)


_TEMPERATURES: tuple[tuple[str, str, Dash, str], ...] = (
    ("temperature_max_c", VERMILLION, SOLID, "rack.hottest"),
    ("inlet_c", BLUE, DASHES[2], "rack.inlet"),
    ("supply_c", GREEN, DASHES[1], "rack.supply"),
)


def _value(hour: HourRecord, key: str) -> float | None:
    known = {
        "temperature_max_c": hour["temperature_max_c"],
        "inlet_c": hour["inlet_c"],
        "supply_c": hour["supply_c"],
    }
    return known[key]


def _steps(
    axes: Axes,
    hours: Sequence[HourRecord],
    values: Sequence[float | None],
    colour: str,
    dash: Dash = SOLID,
    label: str = "_",
) -> None:
    """One level an hour; an hour without a value is a gap."""
    heights = [float("nan") if value is None else value for value in values]
    edges = [hour["hour"] for hour in hours] + [hours[-1]["hour"] + 1]
    axes.step(edges, [*heights, heights[-1]], where="post", color=colour, linestyle=dash, label=label)
