"""How predictions of latency have held, as JSON."""

from __future__ import annotations

from planner.calibration.later.record import score_record
from planner.plan.study.published import PublishedFit, predicted_s
from planner.plan.study.validation import MeasuredHere, PublishedAccuracy
from planner.schema.record import PublishedRecord, ValidationRecord
from planner.schema.record.trust import MeasuredHereRecord


def validation_record(found: PublishedAccuracy) -> ValidationRecord:
    """One network of the chosen option."""
    return {
        "model": found.model,
        "device": found.device,
        "engine": found.engine,
        "basis": found.basis,
        "title": found.title,
        "rows": found.rows,
        "observations": found.observations,
        "device_seen": found.device_seen,
        "network_seen": found.network_seen,
        "level": found.level,
        "low": found.low,
        "high": found.high,
        "devices": list(found.devices),
        "device_names": list(found.device_names),
        "networks": list(found.networks),
        "median": found.median,
        "p90": found.p90,
        "note": found.note,
        "later": None if found.later is None else score_record(found.later),
    }


def measured_here_record(found: MeasuredHere) -> MeasuredHereRecord:
    """One measurement of the plan's own part; SI units."""
    band = found.predicted
    return {
        "quantity": found.quantity,
        "model": found.model,
        "name": found.name,
        "predicted": {"low": band.low, "mid": band.mid, "high": band.high, "level": band.level},
        "ratio": found.ratio,
        "inside": found.inside,
    }


def published_record(found: PublishedFit) -> PublishedRecord:
    """One fitted model with the latencies behind it."""
    return {
        "title": found.title,
        "device": found.device,
        "level": found.level,
        "low": found.low,
        "high": found.high,
        "own": found.own,
        "planned": [
            {
                "model": item.estimate.model,
                "batch": item.estimate.batch,
                "predicted_s": item.estimate.latency_s.mid,
            }
            for item in found.planned
        ],
        "points": [
            {
                "row": row.row,
                "model": row.model,
                "device": row.device,
                "state": row.state,
                "precision": row.precision,
                "batch": row.batch,
                "measured_s": row.latency_s,
                "predicted_s": predicted_s(row),
            }
            for row in found.rows
        ],
    }
