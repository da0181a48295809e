"""Latency, throughput, power, energy and memory of one network on one part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.errors import InputError, Problem
from planner.hardware.operating_point import OperatingPoint
from planner.latency.anchoring.basis import basis_for
from planner.latency.anchoring.blend import Target, anchored
from planner.latency.anchoring.file import Anchor
from planner.latency.calibrated.calibration import Calibration
from planner.latency.calibrated.network import require_same_setting
from planner.latency.kernels.prepared import prepare, prepare_run
from planner.latency.memory_use import what_would_fit
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.result import Estimate
from planner.latency.transfer.prediction import usual_profile
from planner.latency.transfer.store import transfer_for
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
) -> Estimate:
    """Predict one network on one part.

    By the calibration, where one is given: the engine, precision and threads are its own then. Else by the
    model fitted on what others published of the engine on this kind of unit, where there is one and
    `transfer` is asked for; else by the roofline of datasheet numbers. `profile` names how the engine is
    called (see `planner.latency.transfer.prediction.predict`).

    Left out, `unit` is the first that runs the engine, `mode` the part's default, `engine` the unit's usual
    one, `precision` half precision where the unit computes in it at speed. Kernels that the unit does not run
    are timed on the units that help it out, with the crossings between (`planner.latency.units.placement`),
    but for anchored estimates, which are of the unit alone. Refuses names the part does not know and
    precisions it neither has nor falls back from; a network that does not fit is answered with ``fits =
    False``.

    `anchors`, measurements on this part or of this network, and `published` ones of the kind blend with the
    fitted model (see `planner.latency.anchoring.blend`); they are of the engine alone, without host overhead.
    """
    if calibration is not None:
        setting = calibration.setting
        precision, engine = precision or setting.precision, engine or setting.engine
        threads = threads or setting.threads
    point = point_for(device, unit=unit, mode=mode, precision=precision, engine=engine, threads=threads)
    size = workload.batch if batch is None else batch
    if calibration is not None:
        require_same_setting(calibration, point, threads)
        if anchors or published:
            problem = Problem("anchor", "none beside a calibration", "both", "ask with --calibration none")
            raise InputError("estimate", [problem])
        run = prepare_run(workload, size, point.precision, point.engine)
        return estimate_at(run, point, calibration=calibration)
    prepared = prepare(workload, size, point.precision, point.engine)
    model = transfer_for(point) if transfer or anchors or published else None
    if not (anchors or published):
        alone = estimate_with_helpers(workload, prepared, device, point, model, profile)
        return _with_memory_note(alone, workload, device, point)
    caller = "" if anchors or model is None else usual_profile(model, workload.model)
    caller = caller if profile is None else profile
    target = Target(prepared.workload, device, point, basis_for(point, model), threads, caller)
    found = anchored(target, anchors, with_published=published)
    if not found.used:
        alone = estimate_with_helpers(workload, prepared, device, point, model, profile)
        result = replace(alone, warnings=(*found.notes, *alone.warnings))
    else:
        result = estimate_at(prepared, point, model, caller, anchored=found)
    return _with_memory_note(result, workload, device, point)


def _with_memory_note(found: Estimate, workload: Workload, device: Device, point: OperatingPoint) -> Estimate:
    """The estimate, with what would fit where it does not."""
    if found.fits:
        return found
    return replace(found, warnings=(*found.warnings, what_would_fit(workload, device, point, found.batch)))
