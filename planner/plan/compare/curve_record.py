"""A curve as JSON: the keys that `planner curve --format json` promises."""

from __future__ import annotations

from planner.latency.record import band_record
from planner.latency.result import Estimate
from planner.plan.compare.load_curve import CurvePoint, LoadCurve, Over
from planner.schema.record.commands.curve import CurvePointRecord, CurveRecord, CurveSizeRecord


def curve_record(first: Estimate, curve: LoadCurve) -> CurveRecord:
    """All sizes, and the unit that the estimate of the first one names."""
    return {
        "model": first.model,
        "device": first.device,
        "unit": first.unit,
        "mode": first.mode,
        "engine": first.engine,
        "precision": first.precision.value,
        "over": curve.over,
        "knee_at": curve.knee_at,
        "rows": [point_record(point, curve.over) for point in curve.points],
    }


def point_record(point: CurvePoint, over: Over) -> CurvePointRecord:
    """One size, under the name of what grows."""
    size: CurveSizeRecord = {}
    size[over] = point.at
    return {
        **size,
        "latency_s": band_record(point.latency_s),
        "throughput_per_s": point.throughput_per_s if point.fits else None,
        "energy_per_inference_j": point.energy_per_inference_j if point.fits else None,
        "fits": point.fits,
    }
