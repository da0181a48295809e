"""Measurements of a plan's own settings: which setting one is of, and how it stands beside a calibration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from planner.hardware.operating_point import OperatingPoint
from planner.hardware.processor import cpu_name
from planner.latency.anchoring.blend import FAR_DEVIATIONS, network_name
from planner.latency.anchoring.file import Anchor
from planner.latency.anchoring.possible import Timed
from planner.latency.band import Band
from planner.latency.calibrated.network import NINETY
from planner.latency.calibrated.store import THIS_MACHINE
from planner.latency.result import Estimate
from planner.latency.transfer.effects import MACHINE_TO_MACHINE, RUN_TO_RUN, Used
from planner.provenance import Provenance
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
    ambient_c: float | None = None
    """Of the air while power and temperature were logged."""


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


def timed(anchor: Anchor) -> Timed:
    """The entry of a file as its time is checked: rates above the roofline are refused."""
    return Timed(
        anchor.line,
        "latency",
        anchor.network,
        anchor.device,
        anchor.unit,
        anchor.mode,
        anchor.precision,
        anchor.batch,
        anchor.latency_s,
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


@dataclass(frozen=True, slots=True)
class Beside:
    """A measurement of a calibrated setting, and what the calibration says of its batch."""

    anchor: Anchor
    calibrated_s: float
    same_batch: bool

    @property
    def log_ratio(self) -> float:
        """Of measured over calibrated."""
        return math.log(self.anchor.latency_s / self.calibrated_s)


def with_measured(found: Estimate, beside: Sequence[Beside]) -> Estimate:
    """A calibrated estimate with measurements of the same network and setting.

    Both are normal in the logarithm, so that their precisions add up (the conditional mean of
    `planner.latency.transfer.effects` with one shared effect). The band narrows to what runs and machines
    leave open and no further; a measurement of another batch moves the middle and leaves the band its width.
    One that is too far off for both to be right leaves the middle and widens the band to hold both.
    """
    band, least = found.latency_s, least_deviation(found.device)
    prior = math.log(band.high / band.low) / (2.0 * NINETY)
    noise = [_noise(found.device, item.anchor) for item in beside]
    total = sum(each**-2 for each in noise)
    mean = sum(item.log_ratio / each**2 for item, each in zip(beside, noise, strict=True)) / total
    spread = sum((item.log_ratio - mean) ** 2 for item in beside)
    scatter = math.sqrt(spread / (len(beside) - 1)) if len(beside) > 1 else 0.0
    # Repeats of one machine drift together: more of them are no more precise than the best of them.
    own = max(min(noise), scatter)
    notes = [*_disagreeing(beside, noise)]
    if abs(mean) > FAR_DEVIATIONS * math.hypot(prior, own):
        notes += [_note("measurement_use.outside", item) for item in beside]
        ends = [
            item.log_ratio + sign * NINETY * each
            for item, each in zip(beside, noise, strict=True)
            for sign in (-1.0, 1.0)
        ]
        low_s, high_s = band.mid * math.exp(min(ends)), band.mid * math.exp(max(ends))
        wide = Band(min(band.low, low_s), band.mid, max(band.high, high_s), band.level)
        return replace(found, latency_s=wide, warnings=(*found.warnings, *notes))
    weight = prior**2 / (prior**2 + own**2)
    direct = any(item.same_batch for item in beside)
    deviation = min(prior, max(math.sqrt(weight) * own, least)) if direct else prior
    power, mid_s = deviation / prior if prior > 0 else 1.0, band.mid * math.exp(weight * mean)
    narrowed = Band(
        mid_s * (band.low / band.mid) ** power, mid_s, mid_s * (band.high / band.mid) ** power, band.level
    )
    if len(beside) > 1:
        narrowed = _holding_all(narrowed, band.mid, beside)
    notes += [_note("measurement_use.agrees", item) for item in beside]
    return replace(
        found,
        latency_s=narrowed,
        provenance=Provenance.MEASURED if direct else found.provenance,
        anchors=tuple(Used(_called(found, item.anchor), math.exp(item.log_ratio), weight) for item in beside),
        warnings=(*found.warnings, *notes),
    )


def least_deviation(device: str) -> float:
    """What no measurement goes below: runs differ, and of a part that is ordered, machines do as well."""
    return RUN_TO_RUN if device == THIS_MACHINE else math.hypot(RUN_TO_RUN, MACHINE_TO_MACHINE)


def _noise(device: str, anchor: Anchor) -> float:
    own = max(RUN_TO_RUN, anchor.deviation)
    return own if device == THIS_MACHINE else math.hypot(own, MACHINE_TO_MACHINE)


def _holding_all(band: Band, calibrated_s: float, beside: Sequence[Beside]) -> Band:
    """The band, as wide as what was measured several times."""
    times_s = [calibrated_s * math.exp(item.log_ratio) for item in beside]
    return Band(min(band.low, *times_s), band.mid, max(band.high, *times_s), band.level)


def _disagreeing(beside: Sequence[Beside], noise: Sequence[float]) -> Iterator[str]:
    """The lowest and the highest measurement, where runs and machines do not explain the distance."""
    ordered = sorted(zip(beside, noise, strict=True), key=lambda item: item[0].log_ratio)
    (low, low_noise), (high, high_noise) = ordered[0], ordered[-1]
    if high.log_ratio - low.log_ratio > FAR_DEVIATIONS * math.hypot(low_noise, high_noise):
        yield message("measurement_use.contradict", one=_named(low.anchor), other=_named(high.anchor))


def _called(found: Estimate, anchor: Anchor) -> str:
    time = format_quantity(anchor.latency_s, "s", 3)
    return f"{found.model}, batch {anchor.batch or found.batch}, on {found.device}: {time}"


def _named(anchor: Anchor) -> str:
    return f"{anchor.source}: {format_quantity(anchor.latency_s, 's', 3)}"


def _note(key: str, item: Beside) -> str:
    return message(
        key,
        what=item.anchor.source,
        measured=format_quantity(item.anchor.latency_s, "s", 3),
        mid=format_quantity(item.calibrated_s, "s", 3),
    )
