"""Whether a part has what chips of its family have: formats, rates of matrix arithmetic, PCIe."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from planner.hardware.families.rules import families_of
from planner.hardware.families.video import units_conflicts
from planner.schema.hardware.checks.families import Family
from planner.schema.hardware.device import ComputeUnit, Device, Precision
from planner.schema.reading.strict import Conflict

TOLERANCE = 0.05
"""Makers round what they print; the nearest other rate is a half or twice."""
_GENERATION = re.compile(r"PCIe\s*(?:Gen\s*)?(\d)", re.IGNORECASE)
_LANES = re.compile(r"PCIe\s*(?:Gen\s*)?\d(?:\.\d)?\s*x\s*(\d+)", re.IGNORECASE)


def family_conflicts(device: Device) -> Iterator[Conflict]:
    """What no chip of the part's family has, and a link that two of its entries give differently."""
    yield from _one_link(device)
    for family in families_of(device.id, device.architecture):
        for unit_id, unit in device.units.items():
            if unit.kind == "gpu":
                yield from _formats(family, unit_id, unit)
                yield from _rates(family, unit_id, unit)
        yield from _link(family, device)
        if device.video is not None:
            yield from units_conflicts(family, device.video, ("video",))


def _formats(family: Family, unit_id: str, unit: ComputeUnit) -> Iterator[Conflict]:
    for precision in unit.peaks_ops_per_s:
        if family.precisions and precision not in family.precisions:
            path = ("units", unit_id, "peaks", precision.value)
            expected = (
                f"one of {', '.join(item.value for item in family.precisions)}, the formats of {family.name}"
            )
            yield Conflict(path, expected, precision.value, "put a format that is emulated under `fallback`")


def _rates(family: Family, unit_id: str, unit: ComputeUnit) -> Iterator[Conflict]:
    half = unit.peaks_ops_per_s.get(Precision.FP16, {})
    for precision, allowed in family.rates.items():
        for mode, peak in unit.peaks_ops_per_s.get(precision, {}).items():
            if mode not in half or not half[mode].value:
                continue
            ratio = peak.value / half[mode].value
            if not any(math.isclose(ratio, one, rel_tol=TOLERANCE) for one in allowed):
                path = ("units", unit_id, "peaks", precision.value, mode)
                times = " or ".join(f"{one:g}" for one in allowed)
                expected = f"{times} times the FP16 rate, as on chips of {family.name}"
                yield Conflict(
                    path,
                    expected,
                    f"{ratio:.3g} times",
                    "sparse rates go under `sparse_peaks`",
                    of_values=True,
                )


def _link(family: Family, device: Device) -> Iterator[Conflict]:
    if family.pcie is None:
        return
    expected = f"PCIe {family.pcie} at most, as chips of {family.name} speak"
    link = device.host_link
    found = _GENERATION.search(link.technology) if link is not None else None
    if link is not None and found is not None and int(found[1]) > family.pcie:
        yield Conflict(("host_link", "technology"), expected, link.technology)
    needs = device.needs_host
    if needs is not None and needs.attachment == "pcie" and needs.generation.value > family.pcie:
        yield Conflict(("needs_host", "generation"), expected, str(needs.generation.value))


def _one_link(device: Device) -> Iterator[Conflict]:
    """Lanes and generation are written twice: in the name of the link, and in what is needed of a host."""
    link, needs = device.host_link, device.needs_host
    if link is None or needs is None or needs.attachment == "usb":
        return
    said = {"generation": _GENERATION.search(link.technology), "lanes": _LANES.search(link.technology)}
    for key, number in (("generation", needs.generation.value), ("lanes", needs.lanes.value)):
        found = said[key]
        if found is not None and int(found[1]) != number:
            expected = f"{found[1]}, as in the host link {link.technology}"
            yield Conflict(
                ("needs_host", key), expected, str(number), "correct one of the two", of_values=True
            )
