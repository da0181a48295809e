"""A soak as lines: the cooler, time to throttle, and the rate after it beside the first minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.cli.text.numbers import share
from planner.units import format_number, format_quantity

if TYPE_CHECKING:
    from planner.plan.rack.soak import SoakAnswer
    from planner.rack.studies.soak import Soak


def soak_lines(answer: SoakAnswer) -> list[str]:
    """What the part does when it is busy all the time, and what its cooler's range makes of that."""
    thermal, planned = answer.part.thermal, answer.planned
    resistance = thermal.resistance_k_per_w
    after, ambient = format_quantity(planned.duration_s, "s"), _air(answer)
    lines = [
        f"soak        {after} at {format_quantity(answer.power_w, 'w', 3)} in air of {ambient} under "
        f"{thermal.cooler}, {resistance.value:.3g} K/W {resistance.status.value}: {_what(planned)}",
        f"  rate      {format_number(answer.batch * planned.first_minute_per_s, 4)} inferences/s in the "
        f"first minute, {format_number(answer.batch * planned.last_minute_per_s, 4)} in the last "
        f"({share(planned.kept)})",
    ]
    for name, end in (("at best", answer.best), ("at worst", answer.worst)):
        lines.append(f"  {name:9} {_what(end)}, {share(end.kept)} of the first minute's rate left")
    return lines


def _air(answer: SoakAnswer) -> str:
    above = f" at {answer.altitude_m:,.0f} m" if answer.altitude_m else ""
    return f"{answer.ambient_c:g} °C{above}"


def _what(found: Soak) -> str:
    if found.shutdown_s is not None:
        return f"shuts down after {format_quantity(found.shutdown_s, 's', 3)}"
    hottest = f"{found.hottest_c:.1f} °C at most"
    if found.time_to_throttle_s is None:
        return f"no throttling, {hottest}"
    return (
        f"throttles after {format_quantity(found.time_to_throttle_s, 's', 3)} and for "
        f"{share(found.throttled_share)} of the time, {hottest}"
    )
