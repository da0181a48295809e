"""Costs around inference as lines on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from planner.cli.text.numbers import band, quantity
from planner.units import format_number

if TYPE_CHECKING:
    from planner.latency.band import BandEnd
    from planner.latency.overhead import Overhead

_NAMES = {
    "engine_build": "engine build",
    "first_run": "first run",
    "copies": "host copies",
    "preprocess": "before",
    "postprocess": "after",
    "reformat": "reformatting",
    "dynamic_axes": "open axes",
    "provider_switches": "unit switches",
    "fallback": "fallback",
}
_ENDS: tuple[BandEnd, ...] = ("low", "mid", "high")
_WHEN = {"build": "once", "start": "at each start", "inference": "each batch"}


def hidden_lines(costs: Sequence[Overhead]) -> Iterator[str]:
    """One line a cost: what it takes, when, whether the latency holds it, and why."""
    if costs:
        yield "around it"
    for cost in costs:
        held = ", in the latency" if cost.in_latency else ""
        yield f"  {_NAMES[cost.id]:13} {_time(cost)} {_WHEN[cost.when]}{held}: {cost.reason}"


def _time(cost: Overhead) -> str:
    if cost.time_s is None:
        return "unknown"
    if cost.time_s.low == cost.time_s.high == 0:
        return "none"
    if cost.time_s.high >= 120:
        low, mid, high = (format_number(cost.time_s.at(end) / 60, 3) for end in _ENDS)
        return f"{mid} min ({low} - {high} min)"
    if cost.time_s.low < 0:
        return quantity(cost.time_s.mid, "s")
    return band(cost.time_s.low, cost.time_s.mid, cost.time_s.high, "s")
