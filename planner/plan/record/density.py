"""`planner density` as JSON."""

from __future__ import annotations

from planner.plan.density.limits import LimitWeight, LiquidAnswer
from planner.plan.density.study import BestDensity, DensityCurve
from planner.plan.record.options import cooler_record, service_records
from planner.rack.studies.airflow_models import FittedAirflow, LeakageFit
from planner.rack.studies.density import DensityLimit, DensityRow
from planner.rack.studies.joint_fit import JointFit
from planner.schema.record.density import (
    BestDensityRecord,
    DensityLimitRecord,
    DensityRecord,
    DensityRowRecord,
    JointReadingRecord,
    LeakageRecord,
    LimitWeightRecord,
    LiquidRecord,
    ReadingRecord,
)


def density_record(curve: DensityCurve) -> DensityRecord:
    """The rows, each limit with its weight, and what published rows allow."""
    return {
        "rows": [_row_record(row, curve.pue.get(row.devices)) for row in curve.rows],
        "limit": _limit_record(curve.limit),
        "limits": [_weight_record(weight) for weight in curve.weights],
        "best": _best_record(curve.best) if curve.best else None,
        "liquid": _liquid_record(curve.liquid) if curve.liquid else None,
        "airflow": curve.airflow,
        "published": [
            {"devices": r.devices, "rise_error_k": r.rise_error_k, "power_error_w": r.power_error_w}
            for r in curve.residuals
        ],
        "readings": [_reading_record(fit) for fit in curve.airflows],
        "leakages": [_leakage_record(leakage) for leakage in curve.leakages],
        "joint": [_joint_record(reading) for reading in curve.joint],
        "remarks": list(curve.remarks),
        "cooler": cooler_record(curve.part) if curve.part else None,
        "services": service_records(curve.option) if curve.option else [],
    }


def _row_record(row: DensityRow, pue: float | None) -> DensityRowRecord:
    return {
        "devices": row.devices,
        "inlet_c": row.inlet_c,
        "temperature_rise_k": row.temperature_rise_k,
        "power_per_device_w": row.power_per_device_w,
        "throttled_share": row.throttled_share,
        "throughput_per_s": row.throughput_per_s,
        "device_c": row.device_c,
        "off_share": row.off_share,
        "airflow_m3_per_s": row.airflow_m3_per_s,
        "pue_chilled_water": pue,
    }


def _limit_record(limit: DensityLimit) -> DensityLimitRecord:
    return {
        "devices": limit.devices,
        "reason": limit.reason,
    }


def _weight_record(weight: LimitWeight) -> LimitWeightRecord:
    return {
        "name": weight.name,
        "devices": weight.devices,
        "met": weight.met,
        "used": weight.used,
        "devices_with_a_tenth_more": weight.devices_with_a_tenth_more,
    }


def _best_record(best: BestDensity) -> BestDensityRecord:
    return {
        "devices": best.devices,
        "throughput_per_s": best.throughput_per_s,
        "power_w": best.power_w,
        "binds": best.binds,
        "fullest": best.fullest,
        "fullest_throughput_per_s": best.fullest_throughput_per_s,
    }


def _liquid_record(liquid: LiquidAnswer) -> LiquidRecord:
    return {
        "limit": _limit_record(liquid.limit),
        "return_c": liquid.return_c,
        "device_c": liquid.device_c,
    }


def _reading_record(fit: FittedAirflow) -> ReadingRecord:
    return {
        "name": fit.model.name,
        "meaning": fit.model.meaning,
        "numbers": fit.model.numbers,
        "fitted": fit.model.fitted,
        "residuals_k": list(fit.residuals_k),
    }


def _leakage_record(leakage: LeakageFit) -> LeakageRecord:
    return {
        "per_k": leakage.per_k,
        "base_w": leakage.base_w,
        "reference_w": leakage.reference_w,
        "worst_w": leakage.worst_w,
        "low_w": leakage.low_w,
        "high_w": leakage.high_w,
    }


def _joint_record(reading: JointFit) -> JointReadingRecord:
    return {
        "fitted": reading.fitted,
        "airflow": reading.airflow,
        "power": reading.power,
        "assumed": list(reading.assumed),
        "worst_k": reading.worst_k,
        "worst_w": reading.worst_w,
        "holds": reading.holds,
    }
