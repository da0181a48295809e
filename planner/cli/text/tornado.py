"""What a cost depends on, as bars of characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.cli.text.numbers import interval
from planner.units import format_number

if TYPE_CHECKING:
    from planner.plan.cost.sensitivity import Swing, Tornado

_BAR = 24
_WARMER_K = 0.5


def tornado_lines(found: Tornado) -> list[str]:
    """A bar for each input, the widest first."""
    lines = ["", "one input at a time, total cost from its low to its high end:"]
    widest = max((swing.width for swing in found.swings), default=0.0)
    for swing in found.swings:
        bar = "#" * round(_BAR * swing.width / widest) if widest else ""
        ends = f"{swing.total_cost_at_low:,.0f} - {swing.total_cost_at_high:,.0f}"
        lines.append(f"  {swing.input:18} {ends:>19} {bar:{_BAR}} {_range(swing)}")
    return lines


def _range(swing: Swing) -> str:
    counts = swing.count_at_low, swing.count_at_high
    devices = f", {counts[0]} to {counts[1]} devices" if counts[0] != counts[1] else ""
    hottest = swing.hottest_c_at_low, swing.hottest_c_at_high
    if abs(hottest[1] - hottest[0]) >= _WARMER_K:
        devices += f", hottest {hottest[0]:.0f} to {hottest[1]:.0f} °C"
    if swing.unit in ("s", "W"):
        ends = interval(swing.low, swing.high, swing.unit.lower())
    else:
        ends = f"{format_number(swing.low, 3)} - {format_number(swing.high, 3)} {swing.unit}"
    return f"{ends}{devices}; {swing.basis}"
