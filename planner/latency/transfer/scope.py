"""Parameters that hold for some parts, precisions or ways of measuring alone, worked into a unit's facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from planner.hardware.operating_point import OperatingPoint
from planner.schema.fitted.transfer import ActsOn, ScopedParameter
from planner.schema.hardware.device import Device

FACTORS: tuple[ActsOn, ...] = (
    "rate", "winograd", "silu_bytes", "waves", "depth", "depthwise", "bandwidth", "launch",
)  # fmt: skip
"""What a scoped parameter may multiply, in the order of the fields of `UnitFacts`."""


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """What scoped parameters are matched against."""

    facts: Mapping[str, str]


def setting_of(point: OperatingPoint, profile: str) -> ScopeFacts:
    """The facts of an operating point and of the way it is measured; `profile` may be empty."""
    return ScopeFacts(
        {
            "precision": point.precision.value,
            "profile": profile,
            "unit": point.unit_name,
            "architecture": point.architecture,
            "form": point.form,
        }
    )


def applies(parameter: ScopedParameter, setting: ScopeFacts) -> bool:
    """Whether all facts that the parameter names match."""
    return all(
        any(fnmatchcase(setting.facts[fact], pattern) for pattern in patterns)
        for fact, patterns in parameter.when.items()
    )


def combined(
    scoped: Iterable[ScopedParameter], values: Mapping[str, float], setting: ScopeFacts
) -> dict[ActsOn, float]:
    """What acts on each target: products, and the sum of what is added to the fixed cost."""
    # Neutral elements: one for what is multiplied, zero for what is added.
    found: dict[ActsOn, float] = {**dict.fromkeys(FACTORS, 1.0), "fixed_us": 0.0}
    for parameter in scoped:
        if applies(parameter, setting):
            value = values[parameter.name]
            if parameter.acts_on == "fixed_us":
                found["fixed_us"] += value
            else:
                found[parameter.acts_on] *= value
    return found


def same_unit(device: Device, unit: str) -> str:
    """A text that is the same for parts that differ in name alone: same unit, clock and memory."""
    described = device.units[unit]
    clock = max((number.value for number in described.clocks_hz.values()), default=0.0)
    bandwidth = max(number.value for number in device.memory.bandwidth_bytes_per_s.values())
    return f"{described.name}, {clock / 1e6:g} MHz, {bandwidth / 1e9:g} GB/s"
