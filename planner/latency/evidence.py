"""What estimates rest on beside the database: an engine, threads, calibrations and a user's measurements.

`estimate` and every plan ask here, so that one network on one part has one latency whichever command prints
it. A measurement that is not of a setting that is asked about is not used, and named with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean

from planner.errors import InputError, PlannerError
from planner.hardware.operating_point import OperatingPoint, choose_mode
from planner.hardware.processor import cpu_name
from planner.latency.anchoring.blend import reason_against
from planner.latency.anchoring.file import Anchor, PowerReading, read_measurements
from planner.latency.anchoring.measured import (
    Beside,
    MeasuredSource,
    about,
    reason_not_measured,
    timed,
    with_measured,
)
from planner.latency.anchoring.possible import refuse_impossible
from planner.latency.anchoring.power import of_plan, power_note, reason_against_power, with_power
from planner.latency.band import Band
from planner.latency.calibrated.calibration import Calibration
from planner.latency.calibrated.file import is_calibration, read_calibration
from planner.latency.calibrated.network import require_same_setting
from planner.latency.calibrated.store import THIS_MACHINE, of_this_machine, staleness
from planner.latency.choice import NONE, anchors_for
from planner.latency.estimate import anchored_on, target_of
from planner.latency.kernels.prepared import prepare_run
from planner.latency.kernels.unit_limits import OnUnit
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.result import Estimate
from planner.latency.units.compete import CPU
from planner.provenance import Provenance
from planner.schema.hardware.device import Device, Precision
from planner.units import format_quantity
from planner.wording.message import key_of, message
from planner.workload.workload import Workload


@dataclass(frozen=True)
class Evidence:
    """What a plan gives beside its networks and parts; empty unless stated."""

    engine: str | None = None
    threads: int | None = None
    """Of CPUs."""
    instances: int | None = None
    """Workers side by side on one part; as it has units unless given."""
    kept: bool = True
    """Whether the calibration that is kept for this machine is used, and models fitted on published rows;
    else the datasheets alone."""
    calibrations: tuple[Calibration, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    """Measurements on the parts or of the networks, to blend with."""
    published: bool = False
    measured: tuple[Anchor, ...] = ()
    """Measurements of settings of the plan itself; others are not used."""
    powers: tuple[PowerReading, ...] = ()
    """The same of power."""


def read_evidence(
    *,
    engine: str | None = None,
    threads: int | None = None,
    instances: int | None = None,
    calibration: str | None = None,
    anchors: Sequence[str] = (),
    measured: Sequence[MeasuredSource] = (),
) -> Evidence:
    """Everything read from its files.

    A calibration among those measured counts as one. Raises `InputError` as their readers do.
    """
    found, published = anchors_for(anchors)
    calibrations = [] if calibration in (None, NONE) else [read_calibration(Path(calibration or ""))]
    own: list[Anchor] = []
    powers: list[PowerReading] = []
    for source in measured:
        path = Path(source.path)
        if is_calibration(path):
            calibrations.append(read_calibration(path))
        else:
            read = read_measurements(path)
            latencies = [about(anchor, source) for anchor in read.latencies]
            refuse_impossible(source.path, map(timed, latencies))
            own += latencies
            powers += [of_plan(reading, source) for reading in read.powers]
    kept = calibration != NONE
    return Evidence(
        engine,
        threads,
        instances,
        kept,
        tuple(calibrations),
        found,
        published,
        tuple(own),
        tuple(powers),
    )


@dataclass
class Uses:
    """What was of use as a plan went through its settings, and the nearest reason against what was not."""

    _batches: dict[Anchor | PowerReading, set[int]] = field(default_factory=dict)
    _against: dict[Anchor | PowerReading, tuple[int, str]] = field(default_factory=dict)
    _asked: set[int] = field(default_factory=set)
    _calibrations: dict[str, bool] = field(default_factory=dict)
    _notes: dict[str, None] = field(default_factory=dict)

    def refused(self, anchor: Anchor | PowerReading, rank: int, reason: str) -> None:
        """Not used here; the reason that ranks highest is of the setting nearest to the measurement's."""
        if anchor not in self._against or self._against[anchor][0] < rank:
            self._against[anchor] = rank, reason

    def used(self, anchors: Sequence[Anchor | PowerReading], batch: int) -> None:
        """Used for an estimate of this batch."""
        for anchor in anchors:
            self._batches.setdefault(anchor, set()).add(batch)

    def say(self, text: str) -> None:
        """Something that a reader of the plan has to know."""
        self._notes.setdefault(text)

    def notes(self) -> tuple[str, ...]:
        """What was not used and why, and what was used for other batches than its own."""
        return (*self._notes, *self._of_anchors())

    def _of_anchors(self) -> Iterator[str]:
        for anchor, (_, reason) in self._against.items():
            if anchor not in self._batches:
                yield message("measurement_use.not_used", what=_called(anchor), reason=reason)
        for anchor, batches in self._batches.items():
            if anchor.batch is not None and anchor.batch not in batches:
                others = ", ".join(map(str, sorted(batches)))
                yield message(
                    "measurement_use.other_batch",
                    what=_called(anchor),
                    batch=str(anchor.batch),
                    others=others,
                )


def _called(anchor: Anchor | PowerReading) -> str:
    place = f" line {anchor.line}" if anchor.line is not None else ""
    of_what = anchor.network if isinstance(anchor, Anchor) else format_quantity(anchor.power_w, "w", 3)
    return f"{of_what} ({anchor.source}{place})"


def with_powers(found: Estimate, device: Device, powers: Sequence[PowerReading], uses: Uses) -> Estimate:
    """The estimate with what was measured of its power; of several readings the mean counts, all are said."""
    default = choose_mode(device, None).id
    own: list[PowerReading] = []
    for reading in powers:
        rank, reason = reason_against_power(reading, found, default)
        if reason is None:
            own.append(reading)
            uses.used([reading], found.batch)
        else:
            uses.refused(reading, rank, reason)
    if not own:
        return found
    each = [with_power(found, reading) for reading in own]
    for reading, moved in zip(own, each, strict=True):
        uses.say(power_note(found, moved, reading))
        if reading.temperature_c is not None and not (reading.settled and reading.ambient_c is not None):
            key = "no_ambient" if reading.settled else "not_settled"
            uses.say(message(f"measurement_use.{key}", what=reading.source))
    low, high = (end(each, key=lambda item: item.part_power_w.mid) for end in (min, max))
    mid_w = fmean(item.part_power_w.mid for item in each)
    band = Band(low.part_power_w.low, mid_w, high.part_power_w.high, low.part_power_w.level)
    whole = band.scaled(found.power_w.mid / found.part_power_w.mid)
    places = found.power_at.scaled(mid_w / found.part_power_w.mid)
    return replace(each[0], part_power_w=band, power_w=whole, power_at=places)


def calibration_on(
    evidence: Evidence, device: Device, engine: str | None, precision: Precision | None, uses: Uses
) -> Calibration | None:
    """The calibration for a part at an engine and precision, as `planner estimate` chooses it.

    One that is given goes before the one kept for this machine. A kept one of another processor is not used,
    and named.
    """
    for calibration in evidence.calibrations:
        own = calibration.setting
        if own.device != device.id:
            uses.say(message("measurement_use.calibration_of", own=own.device, device=device.id))
            continue
        wanted = ((engine, own.engine), (evidence.threads, own.threads), (precision, own.precision))
        if any(asked is not None and asked != has for asked, has in wanted):
            setting = f"{own.engine} {own.precision}, {own.threads} threads"
            uses.say(message("measurement_use.calibration_setting", device=own.device, setting=setting))
            continue
        for text in staleness(calibration, cpu_name()) if device.id == THIS_MACHINE else ():
            uses.say(message("measurement_use.stale", text=text))
        return calibration
    if device.id != THIS_MACHINE or not evidence.kept:
        return None
    try:
        found, notes = of_this_machine(engine, evidence.threads, precision)
    except InputError as error:
        uses.say(message("measurement_use.not_used", what=error.source, reason=str(error.problems[0])))
        return None
    for note in notes:
        uses.say(note)
    return found


def unit_of(
    calibration: Calibration, device: Device, mode: str, threads: int | None
) -> OperatingPoint | None:
    """Where a calibration of this part applies; None where the part does not run its engine any more."""
    own = calibration.setting
    try:
        point = point_for(
            device,
            mode=mode,
            precision=own.precision,
            engine=own.engine,
            threads=threads or own.threads,
        )
        require_same_setting(calibration, point, threads)
    except PlannerError:
        return None
    return point


def by_calibration_on(
    workload: Workload,
    device: Device,
    point: OperatingPoint,
    batch: int,
    calibration: Calibration,
    measured: Sequence[Anchor],
    uses: Uses,
) -> Estimate:
    """By a calibration, moved and narrowed by measurements of the same network and setting."""
    run = prepare_run(workload, batch, point.precision, point.engine)
    found = estimate_at(run, point, calibration=calibration)
    default = choose_mode(device, None).id
    beside: list[Beside] = []
    for anchor in measured:
        rank, reason = reason_not_measured(anchor, workload.model, device.id, point, default)
        if reason is not None:
            uses.refused(anchor, rank, reason)
            continue
        same = anchor.batch in (None, batch)
        if not same and not workload.takes_batch(anchor.batch or batch):
            uses.refused(anchor, rank, message("measurement_use.no_such_batch", batch=str(anchor.batch)))
            continue
        uses.used([anchor], batch)
        if same:
            calibrated_s = found.latency_s.mid
        else:
            other = prepare_run(workload, anchor.batch or batch, point.precision, point.engine)
            calibrated_s = estimate_at(other, point, calibration=calibration).latency_s.mid
        beside.append(Beside(anchor, calibrated_s, same))
    if any(item.same_batch for item in beside):
        beside = [item for item in beside if item.same_batch]
    if not beside:
        return found
    moved = with_measured(found, beside)
    for text in moved.warnings[len(found.warnings) :]:
        uses.say(text)
    return moved


def with_anchors(
    plain: Estimate,
    workload: Workload,
    network: OnUnit,
    device: Device,
    point: OperatingPoint,
    evidence: Evidence,
    uses: Uses,
) -> Estimate:
    """The estimate of one unit moved by what was measured; as it was where nothing was of use."""
    threads = evidence.threads if point.unit_kind == CPU else None
    kept: list[Anchor] = []
    own: list[Anchor] = []
    default = choose_mode(device, None).id
    for anchor in evidence.measured:
        rank, reason = reason_not_measured(anchor, workload.model, device.id, point, default)
        if reason is None:
            # Threads of a measurement are those that feed an accelerator, which an estimate of it has not.
            own.append(
                replace(anchor, mode=point.mode, threads=anchor.threads if point.unit_kind == CPU else None)
            )
            uses.used([anchor], plain.batch)
        else:
            uses.refused(anchor, rank, reason)
    if evidence.anchors:
        target = target_of(network, device, point, threads)
        for anchor in evidence.anchors:
            reason = reason_against(target, anchor)
            if reason is None:
                kept.append(anchor)
                uses.used([anchor], plain.batch)
            else:
                uses.refused(anchor, 0, reason)
    if not (own or kept or evidence.published):
        return plain
    moved = anchored_on(
        workload, network, device, point, threads, None, (*own, *kept), published=evidence.published
    )
    for text in moved.warnings:
        if key_of(text) == "measurement_use.contradict":
            uses.say(text)
    if any(anchor.batch in (None, plain.batch) for anchor in own):
        moved = replace(moved, provenance=Provenance.MEASURED)
    return replace(moved, others=plain.others)
