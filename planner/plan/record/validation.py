"""How predictions of latency have held, as JSON."""

from __future__ import annotations

from planner.plan.study.validation import PublishedAccuracy
from planner.schema.record import ValidationRecord


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
        "networks": list(found.networks),
        "median": found.median,
        "p90": found.p90,
        "note": found.note,
    }
