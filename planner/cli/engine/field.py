"""`planner validate PLAN --log FILE`: a plan that runs in the field, scored by its logs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planner import api
from planner.cli.output import CommandResult, Output
from planner.cli.text.numbers import interval, quantity, share
from planner.cli.text.services import option_lines

if TYPE_CHECKING:
    from planner.plan.field.score import FieldRow, FieldScore

_RIGHT = frozenset({"planned", "measured", "error", "samples"})
_RANK = ("samples", "log", "interval")


def field(plan: Path, logs: Sequence[Path], output: Output) -> int:
    """Print what was planned beside what was logged; exit status 3 where a promise of the plan is broken."""
    from planner.cli.main import INFEASIBLE, OK
    from planner.plan.field.record import field_record

    found = api.validate_plan(plan, logs, progress=output.progress)
    output.progress_done()
    record = field_record(found)
    rows = [_flat(row) for row in found.rows]
    heading = [
        f"{found.run.rack.count} devices in the plan; {found.agreeing} of {len(found.rows)} quantities agree",
        *option_lines(found.run.option),
    ]
    footer = [*_promises(found), *(f"note: {text}" for text in found.notes)]
    output.write(
        CommandResult(record, rows, [_cells(row) for row in found.rows], heading, footer, _RIGHT, _RANK)
    )
    return OK if found.kept else INFEASIBLE


def _flat(row: FieldRow) -> dict[str, object]:
    return {
        "quantity": row.quantity,
        "of": row.of,
        "unit": row.unit,
        "planned_low": row.planned.low,
        "planned_mid": row.planned.mid,
        "planned_high": row.planned.high,
        "measured": row.measured,
        "error": row.error,
        "agrees": row.agrees,
        "source": row.source,
    }


def _cells(row: FieldRow) -> dict[str, str]:
    error = row.error
    off = "" if error is None else f"{error:+.1f} K" if row.unit == "c" else f"{100 * error:+.1f} %"
    low, high = row.measured_low, row.measured_high
    return {
        "of": row.of,
        "quantity": row.quantity,
        "planned": _value(row.planned.mid, row.unit),
        "band": interval(_known(row.planned.low), _known(row.planned.high), row.unit),
        "measured": _value(row.measured, row.unit),
        "interval": interval(_known(low), _known(high), row.unit),
        "error": off,
        "agrees": "yes" if row.agrees else "no",
        "samples": f"{row.samples:,}",
        "log": Path(row.source).name,
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _value(value: float, unit: str) -> str:
    return quantity(value, unit) if math.isfinite(value) else "no end"


def _promises(found: FieldScore) -> list[str]:
    lines = [
        f"{item.stream}: planned {item.planned.value}, in the field {item.field.value}; "
        f"{share(item.late_share)} late or dropped"
        for item in found.verdicts
    ]
    off = [row for row in found.rows if not row.agrees]
    if off:
        lines.append(
            "what does not agree: measure it on one unit and plan again (`planner size PLAN --measured FILE`)"
        )
    return lines
