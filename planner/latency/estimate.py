"""Latency, throughput, power, energy and memory of one network on one part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.errors import InputError, Problem
from planner.hardware.operating_point import OperatingPoint, choose_mode, fastest_mode
from planner.latency.anchoring.basis import basis_for
from planner.latency.anchoring.blend import Target, anchored
from planner.latency.anchoring.file import Anchor
from planner.latency.calibrated.calibration import Calibration
from planner.latency.calibrated.network import require_same_setting
from planner.latency.kernels.prepared import Preparation, prepare_run
from planner.latency.kernels.unit_limits import OnUnit, on_unit
from planner.latency.memory_use import what_would_fit
from planner.latency.one_unit import estimate_at
from planner.latency.overheads.around import with_overheads
from planner.latency.point import point_for
from planner.latency.result import Estimate, InFastestMode
from planner.latency.transfer.prediction import usual_profile
from planner.latency.transfer.store import transfer_for
from planner.latency.units.compete import CPU, compare_units, others_of, units_asked
from planner.latency.units.placement import estimate_with_helpers
from planner.schema.hardware.device import Device, Precision
from planner.workload.workload import Workload


def estimate(
    workload: Workload,
    device: Device,
    *,
    unit: str | None = None,
    mode: str | None = None,
    precision: Precision | str | None = None,
    batch: int | None = None,
    engine: str | None = None,
    threads: int | None = None,
    transfer: bool = True,
    profile: str | None = None,
    calibration: Calibration | None = None,
    anchors: Sequence[Anchor] = (),
    published: bool = False,
    overheads: bool = False,
    engine_version: str | None = None,
) -> Estimate:
    """Predict one network on one part.

    By the calibration, where one is given: the engine, precision and threads are its own then. Else by the
    model fitted on what others published of the engine on this kind of unit, where there is one and
    `transfer` is asked for; else by the roofline of datasheet numbers, moved by what such units were missed
    by unless `transfer` is not asked for. `profile` names how the engine is
    called (see `planner.latency.transfer.prediction.predict`).

    Left out, `unit` is the best of those that run the engine (`planner.latency.units.compete`; `others` of
    the result says why it is), and so it is among those of a kind where `unit` names a kind; `mode` is the
    part's default, `engine` the unit's usual one, `engine_version` its usual one there, `precision` half
    precision where the unit computes in it at speed. Threads are those of a CPU, a calibration is of its own
    unit. Kernels that the unit does not run are timed on the units that help it out, with the crossings
    between (`planner.latency.units.placement`), but for anchored estimates, which are of the unit alone.
    Refuses names the part does not know and precisions it neither has nor falls back from; a network that
    does not fit is answered with ``fits = False``.

    `anchors`, measurements on this part or of this network, and `published` ones of the kind blend with the
    fitted model (see `planner.latency.anchoring.blend`); they are of the engine alone, without host overhead.
    `overheads` asks for the time around inference as well (`planner.latency.overheads.around`).
    """
    if calibration is not None:
        given = {"anchor": anchors or published, "engine_version": engine_version}
        if problems := [
            Problem(name, "none beside a calibration", "both", "ask with --calibration none")
            for name, value in given.items()
            if value
        ]:
            raise InputError("estimate", problems)
        result = calibrated(workload, device, unit, mode, precision, batch, engine, threads, calibration)
        return with_overheads(result, workload, device, threads) if overheads else result
    networks = Preparation(workload)
    size = workload.batch if batch is None else batch

    def on(unit_id: str, mode: str | None = mode) -> tuple[OperatingPoint, OnUnit, Estimate]:
        point = point_for(
            device, unit=unit_id, mode=mode, precision=precision, engine=engine, threads=threads,
            engine_version=engine_version,
        )  # fmt: skip
        network = on_unit(networks.ready(size, point.precision, point.engine, point.fusing), point)
        model = transfer_for(point) if transfer else None
        found = estimate_with_helpers(workload, network, device, point, model, profile, ideal=not transfer)
        return point, network, found

    found: dict[str, tuple[OperatingPoint, OnUnit, Estimate]] = {}

    def run(unit_id: str) -> tuple[Estimate]:
        found[unit_id] = on(unit_id)
        return (found[unit_id][2],)

    choose_mode(device, mode)
    units = units_to_compare(device, unit, engine, threads, anchors)
    compared = compare_units(device, units, run, precision_asked=precision is not None)
    point, network, result = found[compared.best.unit]
    others = others_of(device, compared)
    if anchors or published:
        result = anchored_on(workload, network, device, point, threads, profile, anchors, published=published)
    result = replace(_with_memory_note(result, workload, device, point), others=others)
    fastest = fastest_mode(device, point.unit).id
    if mode is None and fastest != point.mode and not (anchors or published):
        faster = on(point.unit, fastest)[2]
        result = replace(result, fastest=InFastestMode(fastest, faster.through_s) if faster.fits else None)
    return with_overheads(result, workload, device, threads, network) if overheads else result


def units_to_compare(
    device: Device, unit: str | None, engine: str | None, threads: int | None, anchors: Sequence[Anchor]
) -> tuple[str, ...]:
    """The units that a question may be about: threads are those of a CPU, a measurement is of its unit."""
    if unit is None:
        measured = {anchor.unit for anchor in anchors if anchor.device in (None, device.id) and anchor.unit}
        if len(measured) == 1:
            return units_asked(device, measured.pop(), engine)
    units = units_asked(device, unit, engine)
    cpus = tuple(unit_id for unit_id in units if device.units[unit_id].kind == CPU)
    return cpus if threads is not None and cpus else units


def calibrated(
    workload: Workload,
    device: Device,
    unit: str | None,
    mode: str | None,
    precision: Precision | str | None,
    batch: int | None,
    engine: str | None,
    threads: int | None,
    calibration: Calibration,
) -> Estimate:
    """By a calibration of one engine on a machine, at its own setting where no other is asked for."""
    setting = calibration.setting
    threads = threads or setting.threads
    point = point_for(
        device,
        unit=unit,
        mode=mode,
        precision=precision or setting.precision,
        engine=engine or setting.engine,
        threads=threads,
    )
    require_same_setting(calibration, point, threads)
    run = prepare_run(workload, workload.batch if batch is None else batch, point.precision, point.engine)
    return estimate_at(run, point, calibration=calibration)


def anchored_on(
    workload: Workload,
    network: OnUnit,
    device: Device,
    point: OperatingPoint,
    threads: int | None,
    profile: str | None,
    anchors: Sequence[Anchor],
    *,
    published: bool,
) -> Estimate:
    """Moved by measurements; as without them, with a note, where none says anything of this estimate."""
    prepared, model = network.prepared, transfer_for(point)
    target = target_of(network, device, point, threads, profile, measured=bool(anchors))
    caller = target.caller
    found = anchored(target, anchors, with_published=published)
    if not found.used:
        alone = estimate_with_helpers(workload, network, device, point, model, profile)
        return replace(alone, warnings=(*found.notes, *alone.warnings))
    return estimate_at(prepared, point, model, caller, anchored=found, refused=network.refused)


def target_of(
    network: OnUnit,
    device: Device,
    point: OperatingPoint,
    threads: int | None,
    profile: str | None = None,
    *,
    measured: bool = True,
) -> Target:
    """The estimate as measurements are compared with it; `measured` ones are of the engine alone."""
    workload, model = network.prepared.workload, transfer_for(point)
    caller = "" if measured or model is None else usual_profile(model, workload.model)
    return Target(
        workload, device, point, basis_for(point, model), threads, caller if profile is None else profile
    )


def _with_memory_note(found: Estimate, workload: Workload, device: Device, point: OperatingPoint) -> Estimate:
    """The estimate, with what would fit where it does not."""
    if found.fits:
        return found
    return replace(found, warnings=(*found.warnings, what_would_fit(workload, device, point, found.batch)))
