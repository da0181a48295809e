"""The estimate of a network on one unit: by a calibration, a transferred model, or the roofline."""

from __future__ import annotations

import math
from dataclasses import replace

from planner.hardware.catalog import read_device
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.calibrated.calibration import Calibration
from planner.latency.calibrated.network import by_calibration
from planner.latency.kernels.prepared import Prepared
from planner.latency.kernels.unit_limits import Refusals, refusals
from planner.latency.link.over_link import LinkUse, over_link
from planner.latency.link.weights import streamed_weights
from planner.latency.memory_use import MemoryUse
from planner.latency.network_time import (
    NetworkTime,
    beyond_the_fit,
    bound_shares,
    by_model,
    by_roofline,
    step_by_step,
    times,
    unit_activity,
)
from planner.latency.power.draw import power_draw
from planner.latency.power.law import sustained_clock
from planner.latency.remarks import remarks
from planner.latency.result import Estimate
from planner.latency.seen.quoted import of_quoted_unit
from planner.latency.transfer.effects import Anchored, Used
from planner.latency.transfer.store import missed_of, roofline_anchoring, transfer_for
from planner.provenance import Provenance
from planner.schema.fitted.transfer import Transfer
from planner.units import format_number
from planner.wording.message import message


def estimate_at(
    prepared: Prepared,
    point: OperatingPoint,
    transfer: Transfer | None = None,
    profile: str | None = None,
    calibration: Calibration | None = None,
    anchored: Anchored | None = None,
    refused: Refusals | None = None,
    *,
    ideal: bool = False,
) -> Estimate:
    """The estimate of a network prepared for the point's precision and engine.

    By a calibration, else by a transferred model or, with neither, by the roofline over its kernels; that of
    a unit that no model covers is moved by what such units were missed by, unless the datasheet alone is
    asked for (`ideal`). What the unit does not run is in `refused`, where that was worked out already.
    """
    used = anchored.used if anchored else ()
    if calibration is not None:
        latency = by_calibration(prepared, point, calibration)
    elif transfer is not None:
        latency = by_model(prepared, point, transfer, profile, anchored)
        if anchored is None:
            latency = of_unseen_part(latency, point, transfer)
        latency = step_by_step(latency, prepared, point)
        latency = beyond_the_fit(latency, prepared, point)
    else:
        latency = by_roofline(prepared, point, anchored)
        if anchored is None and not ideal and transfer_for(point) is None:
            quoted = of_quoted_unit(latency, prepared, point)
            latency, used = quoted if quoted is not None else (of_unseen_unit(latency, point), ())
        latency = streamed_weights(latency, prepared, point)
        latency = step_by_step(latency, prepared, point)
    link = None
    if calibration is None:
        latency, link = over_link(latency, prepared, point)
    return assembled(
        prepared,
        point,
        latency,
        refusals(prepared, point) if refused is None else refused,
        link=link,
        rests_on=transfer.id if transfer else None,
        calibration=calibration.digest if calibration else None,
        anchors=used,
    )


PEAK_SPREAD = 2.5
"""What a judgement of a peak was off by: nine of ten parts lie within this factor.

Thirteen accelerators of which nobody states the peak were predicted before any fit saw them
(hardware_db/later, 2026-11-30-new-parts): the logarithms of their medians of measured over predicted deviate
by 0.52, and 1.645 deviations, times 1.1 for the next of thirteen, make 2.5.
"""
LONE_PART_SPREAD = 1.7
"""The same for a part of which the peak is stated, by a model that rests on one part alone: medians of parts
that were left out whole deviate by 0.3 in models of several accelerators (Hexagons, Rockchip, Hailo)."""


def of_unseen_part(found: NetworkTime, point: OperatingPoint, transfer: Transfer) -> NetworkTime:
    """The time of a model on an accelerator that its fit has not seen, where its band says too little of it.

    A model has learnt what engines reach of peaks that makers state, on the parts that it rests on. What a
    judgement of the peak is off by, or how parts differ where the fit saw one alone, is independent of the
    errors on those parts: logarithms add as squares. It does not hold for CPUs, whose peak follows from cores
    and clock.
    """
    rests = transfer.rests_on
    if point.unit_kind == "cpu" or rests is None or point.device in rests.devices:
        return found
    if point.peak_assumed:
        note = message("estimated.peak_assumed", unit=point.unit_name, factor=format_number(PEAK_SPREAD, 2))
        return _apart(replace(found, provenance=Provenance.ASSUMED), PEAK_SPREAD, note)
    alone = read_device(rests.devices[0]).units if len(rests.devices) == 1 else {}
    if alone and all(_design(unit.name) != _design(point.unit_name) for unit in alone.values()):
        note = message("estimated.lone_part", part=rests.devices[0])
        return _apart(found, LONE_PART_SPREAD, note)
    return found


def _design(unit_name: str) -> str:
    """The name of a unit without how many of it a part has, given in brackets."""
    return unit_name.partition(" (")[0]


def _apart(found: NetworkTime, spread: float, note: str) -> NetworkTime:
    """The band with both ends moved by a factor that is independent of it."""
    mid, apart = found.band.mid, math.log(spread)
    low = mid * math.exp(-math.hypot(math.log(found.band.low / mid), apart))
    high = mid * math.exp(math.hypot(math.log(found.band.high / mid), apart))
    band = Band(low, mid, high, found.band.level)
    return replace(found, band=band, frame=found.frame_with(band), notes=(*found.notes, note))


def assembled(
    prepared: Prepared,
    point: OperatingPoint,
    latency: NetworkTime,
    refused: Refusals,
    *,
    link: LinkUse | None = None,
    rests_on: str | None = None,
    calibration: str | None = None,
    anchors: tuple[Used, ...] = (),
) -> Estimate:
    """The estimate whose latency was worked out already: power, energy and memory beside it."""
    workload = prepared.workload
    memory = MemoryUse(*prepared.memory_bytes, point.capacity_bytes, prepared.weights)
    activity = unit_activity(latency, point)
    power = power_draw(point, activity)
    notes = remarks(prepared, memory, latency.layers, point, refused)
    return Estimate(
        model=workload.model,
        device=point.device,
        unit=point.unit,
        mode=point.mode,
        engine=point.engine,
        engine_version=point.engine_version or None,
        precision=point.precision,
        batch=workload.batch,
        latency_s=latency.band,
        power_w=power.system_w,
        part_power_w=power.part_w,
        idle_w=power.idle_w,
        power_boundary=power.boundary,
        power_rests_on=power.rests_on,
        limited_clock=sustained_clock(point.idle_w, power.demand_w, point.power_limit_w, power.exponent),
        power_at=power.places,
        power_assumed=tuple(
            name
            for name, assumed in (("idle", point.idle_assumed), ("limit", point.limit_assumed))
            if assumed
        ),
        activity=activity,
        peak_ops_per_s=point.peak_ops_per_s,
        power_limit_w=point.power_limit_w,
        memory=memory,
        bound=bound_shares(latency.layers, latency.fixed_s),
        provenance=latency.provenance,
        power_provenance=power.provenance,
        layers=latency.layers,
        frame_s=latency.frame,
        link=link,
        fixed_s=latency.fixed_s,
        warnings=(*point.warnings, *latency.notes, *notes),
        unresolved=workload.unresolved,
        rests_on=rests_on,
        calibration=calibration,
        caller_s=latency.caller_s,
        anchors=anchors,
    )


def of_unseen_unit(found: NetworkTime, point: OperatingPoint) -> NetworkTime:
    """The time by the roofline, times the median miss, in the band that holds the next unit of this kind.

    A roofline is an ideal: its two ends, perfect overlap and none, say nothing of what engines reach. Of each
    kind of unit the database has how far published latencies lay above the middle, with every unit left out
    whole: that is the case of a unit of which nobody published anything. It stops holding for an engine that
    reaches less than any that was published, such as one that runs most operators on its host.
    """
    missed = missed_of(point.unit_kind, point.engine)
    anywhere = missed is roofline_anchoring().missed_anywhere
    note = message(
        "estimated.missed",
        units=str(missed.units),
        kind=message("estimated.any_kind") if anywhere else point.unit_kind,
        rows=f"{missed.observations:,}",
        factor=format_number(missed.median, 3),
    )
    return times(found, missed.median, missed.low, missed.high, roofline_anchoring().level, (note,))
