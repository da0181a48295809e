"""How much a simulation would take, said before it begins."""

from __future__ import annotations

from planner.errors import InputError, Problem
from planner.rack.description.rack import Rack
from planner.rack.load.expected import over_the_period
from planner.units import format_quantity

LARGEST_FRAMES = 1e9
"""In all replications. A frame takes about a microsecond of a core (docs/rack.md): a quarter of an hour."""
_FRAMES_PER_S = 1e6


def frames_of(rack: Rack, replications: int) -> float:
    """Frames, device epochs and failures that so many replications simulate; streams at their rate over the
    period."""
    rate_per_s = sum(group.offered_per_s for group in over_the_period(rack).streams)
    epochs_per_s = rack.count / rack.epoch_s  # closing one takes about as long as a frame
    return replications * rack.duration_s * (rate_per_s + epochs_per_s + _failures_per_s(rack))


def _failures_per_s(rack: Rack) -> float:
    """On average, of all devices and carriers: each fails once in the mean times up and down together."""
    life, rate_per_s = rack.life, 0.0
    if life.failures is not None:
        rate_per_s += rack.installed / (life.failures.mtbf_s + life.failures.mttr_s)
    if life.carriers is not None:
        carriers = -(-rack.installed // life.carriers.slots)
        rate_per_s += carriers / (life.carriers.mtbf_s + life.carriers.mttr_s)
    return rate_per_s


def refuse_long_run(rack: Rack) -> None:
    """Refuse a run that nobody would wait for, with how long it would take and what duration would do."""
    frames = frames_of(rack, rack.replications)
    if frames <= LARGEST_FRAMES:
        return
    share = LARGEST_FRAMES / frames
    fewer = max(1, int(rack.replications * share))
    advice = f"shorten the duration to {format_quantity(rack.duration_s * share, 's')}"
    if rack.replications > 1:
        advice += f", or run {fewer} in place of {rack.replications} replications"
    expected = f"at most {LARGEST_FRAMES:.0e} frames, epochs of devices and failures in all replications"
    got = f"{frames:.2g}, which take about {_days(frames / _FRAMES_PER_S)} on one core"
    raise InputError("rack", [Problem("simulation.duration", expected, got, advice)])


def _days(seconds: float) -> str:
    days = seconds / 86_400
    return f"{days:,.0f} days" if days >= 2 else f"{seconds / 3600:.2g} hours"
