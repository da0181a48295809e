"""Measurements of a plan's own settings: which setting one is of, and how it stands beside a calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from planner.hardware.operating_point import OperatingPoint
from planner.hardware.processor import cpu_name
from planner.latency.anchoring.blend import network_name
from planner.latency.anchoring.file import Anchor
from planner.latency.band import Band
from planner.latency.calibrated.network import NINETY
from planner.latency.calibrated.store import THIS_MACHINE
from planner.latency.result import Estimate
from planner.latency.transfer.effects import MACHINE_TO_MACHINE, RUN_TO_RUN
from planner.units import format_quantity
from planner.wording.message import message


@dataclass(frozen=True, slots=True)
class MeasuredSource:
    """A file of measurements, with what its entries are of where they leave it open."""

    path: str
    facts: Anchor
    """What the user says of them all."""
    only_part: str | None = None
    """The part of a plan that has only one."""


def about(anchor: Anchor, source: MeasuredSource) -> Anchor:
    """The entry of a file, with what it is of where the file leaves it open.

    What ran on the processor of this machine is of no part of a catalogue unless the user says so.
    """
    facts = source.facts
    here = anchor.cpu is not None and anchor.cpu == cpu_name()
    return replace(
        anchor,
        device=anchor.device or facts.device or (THIS_MACHINE if here else source.only_part),
        unit=anchor.unit or facts.unit,
        mode=anchor.mode or facts.mode,
        engine=anchor.engine or facts.engine,
        precision=anchor.precision or facts.precision,
        batch=anchor.batch or facts.batch,
        threads=anchor.threads or facts.threads,
    )


def reason_not_measured(
    anchor: Anchor, model: str, device: str, point: OperatingPoint, default_mode: str
) -> tuple[int, str | None]:
    """Why a measurement is not one of this setting, and how many facts agree; None where it is one.

    A measurement without a mode is of the mode in which the part is delivered.
    """
    threads = point.processors if point.unit_kind == "cpu" else None
    facts: tuple[tuple[str, str | None, str], ...] = (
        ("network", network_name(anchor.network), model),
        ("device", anchor.device or "", device),
        ("unit", anchor.unit, point.unit),
        ("engine", anchor.engine, point.engine),
        ("precision", anchor.precision.value if anchor.precision else "", point.precision.value),
        ("mode", anchor.mode or default_mode, point.mode),
        ("threads", str(anchor.threads) if anchor.threads and threads else None, f"{threads or 0:g}"),
    )
    for rank, (name, own, asked) in enumerate(facts):
        if own == "":
            return rank, message(f"measurement_use.no_{name}")
        if own is not None and own != asked:
            label = message(f"measurement_use.{name}")
            return rank, message("measurement_use.another", name=label, own=own, asked=asked)
    if device == THIS_MACHINE and anchor.cpu is not None and anchor.cpu != cpu_name():
        return len(facts), message("measurement_use.machine_changed", own=anchor.cpu, now=cpu_name())
    return len(facts) + 1, None


def with_measured(found: Estimate, anchor: Anchor) -> Estimate:
    """A calibrated estimate beside a measurement of the same setting: one outside the band widens it."""
    noise = max(RUN_TO_RUN, anchor.deviation)
    if found.device != THIS_MACHINE:
        noise = math.hypot(noise, MACHINE_TO_MACHINE)
    low_s, high_s = (anchor.latency_s * math.exp(sign * NINETY * noise) for sign in (-1.0, 1.0))
    band = found.latency_s
    inside = band.low <= anchor.latency_s <= band.high
    key = "measurement_use.agrees" if inside else "measurement_use.outside"
    note = message(
        key,
        what=anchor.source,
        measured=format_quantity(anchor.latency_s, "s", 3),
        mid=format_quantity(band.mid, "s", 3),
    )
    if not inside:
        band = Band(min(band.low, low_s), band.mid, max(band.high, high_s), band.level)
    return replace(found, latency_s=band, warnings=(*found.warnings, note))
