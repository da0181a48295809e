"""What `compare` prints of a scenario of conversations: how many of its users one of each part serves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner import api
from planner.cli.output import CommandResult, Output
from planner.cli.text.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.plan.conversation.capacity import DeviceCapacity

_RIGHT = frozenset({"hold", "first token", "one user", "all users", "memory"})


def write_capacities(scenario: Path, devices: Sequence[str], output: Output) -> int:
    """What one of each part gives to the scenario's users."""
    from planner.cli.main import INFEASIBLE, OK

    found = api.capacities(scenario, devices, progress=output.progress)
    output.progress_done()
    records = [_capacity_record(item) for item in found]
    table = [_capacity_row(item) for item in found]
    heading = ["one of each part: the most users it keeps the promises for, and what they get"]
    lines = ["one user: times at the median, alone; all users: tokens a second of all who hold, low - high"]
    output.write(CommandResult({"devices": records}, records, table, heading, lines, _RIGHT))
    return OK if any(item.users for item in found) else INFEASIBLE


def _capacity_record(item: DeviceCapacity) -> dict[str, object]:
    def ends(name: str) -> dict[str, object]:
        band = getattr(item, name)
        keys = ("low", "mid", "high")
        return {f"{name}_{key}": None if band is None else getattr(band, key) for key in keys}

    return {
        "device": item.device, "unit": item.unit, "mode": item.mode, "engine": item.engine,
        "weights": item.weights, "users": item.users, "sessions_that_fit": item.sessions_that_fit,
        **ends("ttft_s"), **ends("time_per_token_s"), **ends("tokens_per_s"),
    }  # fmt: skip


def _capacity_row(item: DeviceCapacity) -> dict[str, str]:
    first, step, rate = item.ttft_s, item.time_per_token_s, item.tokens_per_s
    fits = first is not None and step is not None and rate is not None
    return {
        "part": item.device,
        "unit": item.unit,
        "mode": item.mode,
        "engine": item.engine,
        "weights": item.weights,
        "hold": str(item.users),
        "first token": quantity(first.mid, "s") if first else "-",
        "one user": f"{1 / step.mid:.3g} tokens/s" if step else "-",
        "all users": f"{rate.mid:.3g} ({rate.low:.3g} - {rate.high:.3g})" if rate else "-",
        "memory": f"{item.sessions_that_fit} sessions" if fits else "does not fit",
    }
