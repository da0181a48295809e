"""Measured power of a plan's own parts in place of the model's: which setting it is of, and its band."""

from __future__ import annotations

import math
from dataclasses import replace

from planner.latency.anchoring.blend import network_name
from planner.latency.anchoring.file import PowerReading
from planner.latency.anchoring.measured import MeasuredSource
from planner.latency.band import Band
from planner.latency.calibrated.network import NINETY
from planner.latency.calibrated.store import THIS_MACHINE
from planner.latency.result import Estimate
from planner.latency.transfer.effects import MACHINE_TO_MACHINE
from planner.provenance import Provenance
from planner.units import format_percent, format_quantity
from planner.wording.message import message

METER = 0.05
"""Deviation of the logarithm of a power that a board or a plug reads of itself; assumed, as no spread of such
monitors between units is published."""
LEAST_BUSY = 0.2
"""A log of a unit that was idle for more of the time says little of its power at work."""


def of_plan(reading: PowerReading, source: MeasuredSource) -> PowerReading:
    """The entry of a file, with what it is of where the file leaves it open."""
    facts = source.facts
    return replace(
        reading,
        network=reading.network or facts.network or None,
        device=reading.device or facts.device or source.only_part,
        unit=reading.unit or facts.unit,
        mode=reading.mode or facts.mode,
        precision=reading.precision or facts.precision,
        batch=reading.batch or facts.batch,
        ambient_c=source.ambient_c if reading.ambient_c is None else reading.ambient_c,
    )


def reason_against_power(reading: PowerReading, found: Estimate, default_mode: str) -> tuple[int, str | None]:
    """Why a power is not that of an estimate's setting, and how many facts agree; None where it is.

    Without a mode it is of the one in which the part is delivered; without a network, of every one.
    """
    network = None if reading.network is None else network_name(reading.network)
    facts: tuple[tuple[str, str | None, str], ...] = (
        ("device", reading.device or "", found.device),
        ("mode", reading.mode or default_mode, found.mode),
        ("unit", reading.unit, found.unit),
        ("network", network, found.model),
        ("precision", reading.precision, found.precision),
        ("batch_size", None if reading.batch is None else str(reading.batch), str(found.batch)),
    )
    for rank, (name, own, asked) in enumerate(facts):
        if own == "":
            return rank, message(f"measurement_use.no_{name}")
        if own is not None and own != asked:
            label = message(f"measurement_use.{name}")
            return rank, message("measurement_use.another", name=label, own=own, asked=asked)
    if reading.busy is not None and reading.busy < LEAST_BUSY:
        return len(facts), message("measurement_use.idle_log", busy=format_percent(reading.busy))
    return len(facts) + 1, None


def with_power(found: Estimate, reading: PowerReading) -> Estimate:
    """The estimate with a measured power: never in a wider band than before.

    A log with pauses holds idle and work by the share of the time: mean = idle + (serving - idle) x busy.
    """
    busy = 1.0 if reading.busy is None else reading.busy
    rail_w = found.power_at.rail_w
    # What the unit adds to idle is known apart; losses of a carrier and a supply are no fixed share.
    own_idle_w = found.part_power_w.mid - rail_w.mid if rail_w else found.idle_w
    serving_w = max(reading.power_w, own_idle_w + (reading.power_w - own_idle_w) / busy)
    deviation = METER if found.device == THIS_MACHINE else math.hypot(METER, MACHINE_TO_MACHINE)
    part_w = _narrowed(found.part_power_w, serving_w, deviation)
    whole_w = part_w.scaled(found.power_w.mid / found.part_power_w.mid)
    places = found.power_at.scaled(part_w.mid / found.part_power_w.mid)
    return replace(
        found, part_power_w=part_w, power_w=whole_w, power_at=places, power_provenance=Provenance.MEASURED
    )


def power_note(found: Estimate, moved: Estimate, reading: PowerReading) -> str:
    """What is planned with in place of the model's power."""
    over = moved.part_power_w.mid > found.power_limit_w
    return message(
        "measurement_use.power_over" if over else "measurement_use.power",
        what=reading.source,
        device=found.device,
        mode=found.mode,
        measured=format_quantity(moved.part_power_w.mid, "w", 3),
        limit=format_quantity(found.power_limit_w, "w", 3),
    )


def _narrowed(before: Band, mid_w: float, deviation: float) -> Band:
    """A band of 90 % around what was measured, no wider to either side than the one before."""
    least = math.exp(-NINETY * deviation)
    low = max(least, before.low / before.mid)
    high = min(1.0 / least, before.high / before.mid)
    return Band(mid_w * low, mid_w, mid_w * high, 0.9 if before.level is None else before.level)
