"""`planner validate PLAN --log FILE` as JSON."""

from __future__ import annotations

import math

from planner.plan.field.score import FieldRow, FieldScore
from planner.plan.record.options import service_records
from planner.schema.record.commands.validate import FieldRecord, FieldRowRecord


def field_record(found: FieldScore) -> FieldRecord:
    """Every quantity planned and measured, and each promise; null is without end."""
    return {
        "scenario": found.source.scenario.id,
        "device": found.run.option.device,
        "count": found.run.rack.count,
        "services": service_records(found.run.option),
        "rows": [_row_record(row) for row in found.rows],
        "promises": [
            {
                "stream": item.stream,
                "planned": item.planned.value,
                "field": item.field.value,
                "late_share": item.late_share,
            }
            for item in found.verdicts
        ],
        "agreeing": found.agreeing,
        "warnings": list(found.notes),
    }


def _row_record(row: FieldRow) -> FieldRowRecord:
    return {
        "quantity": row.quantity,
        "of": row.of,
        "unit": row.unit,
        "planned": {
            "low": _finite(row.planned.low),
            "mid": _finite(row.planned.mid),
            "high": _finite(row.planned.high),
        },
        "measured": {
            "low": _finite(row.measured_low),
            "mid": _finite(row.measured),
            "high": _finite(row.measured_high),
        },
        "error": row.error,
        "agrees": row.agrees,
        "samples": row.samples,
        "source": row.source,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
