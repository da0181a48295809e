"""What a changed network has to keep on every part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from planner.schema.record.changed.check import ChangesRecord, CheckLimitsRecord, FiguresRecord
from planner.schema.record.options import OptionalBandRecord
from planner.units import format_percent, format_quantity
from planner.wording.message import Message, message

PlanFor = Literal["typical", "cautious"]
Broken = tuple[str, Message]
"""What is broken (latency, memory, energy, run), and the sentence that says it."""


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """None is no limit. `max_increase` is of the middle values over those of the baseline, as a share.

    Of a roofline and of a fitted model the error is largely the same for two versions of one network, so that
    the ratio of two middles says more than both bands do; how much more is not measured.
    """

    max_latency_s: float | None = None
    max_memory_bytes: float | None = None
    max_energy_j: float | None = None
    max_increase: float | None = None
    plan_for: PlanFor = "cautious"

    def record(self) -> CheckLimitsRecord:
        """The limits as JSON shows them."""
        return {
            "max_latency_s": self.max_latency_s,
            "max_memory_bytes": self.max_memory_bytes,
            "max_energy_j": self.max_energy_j,
            "max_increase": self.max_increase,
            "plan_for": self.plan_for,
        }


def changes_of(before: FiguresRecord | None, after: FiguresRecord | None) -> ChangesRecord:
    """New over old less one."""
    if before is None or after is None:
        return {"latency": None, "memory": None, "energy": None}
    return {
        "latency": _change(before["latency_s"]["mid"], after["latency_s"]["mid"]),
        "memory": _change(before["memory_bytes"]["total"], after["memory_bytes"]["total"]),
        "energy": _change(before["energy_per_inference_j"]["mid"], after["energy_per_inference_j"]["mid"]),
    }


def _change(before: float | None, after: float | None) -> float | None:
    return None if not before or after is None else after / before - 1.0


def broken_limits(limits: CheckLimits, found: FiguresRecord) -> Iterator[Broken]:
    """Limits that the network itself does not keep on a part, whatever it was before."""
    memory = found["memory_bytes"]
    if not found["fits"]:
        yield (
            "memory",
            message(
                "check.no_fit",
                needed=format_quantity(memory["total"], "bytes", 3),
                capacity=format_quantity(memory["capacity"], "bytes", 3),
            ),
        )
    counted = (
        ("latency", _counted(found["planning_latency_s"], limits), limits.max_latency_s, "s"),
        ("memory", float(memory["total"]), limits.max_memory_bytes, "bytes"),
        ("energy", _counted(found["energy_per_inference_j"], limits), limits.max_energy_j, "j"),
    )
    for name, value, limit, dimension in counted:
        if limit is not None and value is not None and value > limit:
            yield (
                name,
                message(
                    "check.over_limit",
                    measure=message(f"check.{name}"),
                    value=format_quantity(value, dimension, 3),
                    limit=format_quantity(limit, dimension),
                ),
            )


def _counted(band: OptionalBandRecord, limits: CheckLimits) -> float | None:
    return band["high"] if limits.plan_for == "cautious" else band["mid"]


def grown(
    limits: CheckLimits, before: FiguresRecord, after: FiguresRecord, changes: ChangesRecord
) -> Iterator[Broken]:
    """What grew by more than is allowed."""
    if limits.max_increase is None:
        return
    measured = (
        ("latency", changes["latency"], before["latency_s"]["mid"], after["latency_s"]["mid"], "s"),
        (
            "memory",
            changes["memory"],
            float(before["memory_bytes"]["total"]),
            float(after["memory_bytes"]["total"]),
            "bytes",
        ),
        (
            "energy",
            changes["energy"],
            before["energy_per_inference_j"]["mid"],
            after["energy_per_inference_j"]["mid"],
            "j",
        ),
    )
    for name, change, old, new, dimension in measured:
        if change is not None and old is not None and new is not None and change > limits.max_increase:
            yield (
                name,
                message(
                    "check.grew",
                    measure=message(f"check.{name}"),
                    change=format_percent(change),
                    before=format_quantity(old, dimension, 3),
                    after=format_quantity(new, dimension, 3),
                    allowed=format_percent(limits.max_increase),
                ),
            )
