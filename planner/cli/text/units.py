"""A network over the units of a part as lines on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from planner.cli.text.numbers import quantity, share
from planner.units import format_number

if TYPE_CHECKING:
    from planner.latency.result import OtherUnit
    from planner.plan.compare.units_auto import AutoAnswer, Together, UnitTrial

_SHOWN = 8


def unit_lines(answer: AutoAnswer) -> Iterator[str]:
    """What was tried, what falls back, and all units together."""
    yield "units"
    for item in answer.tried:
        chosen = " <- chosen" if item.placement is answer.best else ""
        yield f"  {item.unit:10} {_tried(item)}{chosen}"
    fell = answer.best.falls_back
    for layer in fell[:_SHOWN]:
        yield f"  falls back to {layer.unit}: {layer.name} ({'+'.join(layer.op_types)})"
    if len(fell) > _SHOWN:
        yield f"  and {len(fell) - _SHOWN} more; `--format json` lists all"
    if answer.together is not None:
        yield from _together(answer.together)


def other_lines(others: Iterable[OtherUnit]) -> Iterator[str]:
    """Each unit that was compared and not taken, with its setting and the reason."""
    for other in others:
        count = f"{other.count} x " if other.count > 1 else ""
        name = f"{count}{other.unit}"
        how = [other.engine, *(str(item) for item in (other.precision, other.provenance) if item)]
        yield f"{name} ({' '.join(how)}): {other.reason}"


def _tried(item: UnitTrial) -> str:
    placement = item.placement
    if placement is None:
        return f"cannot: {item.reason}"
    found = placement.estimate
    if not found.fits:
        return "does not fit its memory"
    lost, crossed = len(placement.falls_back), len(placement.crossings)
    helped = f", {lost} kernels fall back, {crossed} tensors cross" if lost else ""
    joules = quantity(found.energy_per_inference_j.mid, "j")
    return f"{quantity(found.latency_s.mid, 's')}, {joules}, {found.engine} {found.precision}{helped}"


def _together(found: Together) -> Iterator[str]:
    parts = ", ".join(
        f"{stream.count} x {stream.unit} {format_number(stream.throughput_per_s, 4)}/s ({stream.precision})"
        for stream in found.units
    )
    limit = f", held back by {found.limited_by}" if found.limited_by else ""
    yield (
        f"together    {format_number(found.throughput_per_s, 4)}/s in streams of their own ({parts}), "
        f"{found.throughput_per_s / found.alone_per_s:.2f} times the best alone{limit}; "
        f"{share(found.bandwidth_share)} of the memory's bandwidth, the part {quantity(found.power_w, 'w')}"
    )
