"""`planner plan` as JSON and CSV."""

from __future__ import annotations

from pathlib import Path

from planner.plan.record.pitfalls import pitfall_record
from planner.plan.record.sizing import sizing_record
from planner.plan.short.plan import ShortPlan
from planner.schema.record.plan import PlanRecord


def plan_record(plan: ShortPlan, written: Path | None = None) -> PlanRecord:
    """The sizing, the scenario that gives it, every default in it, and the mistakes of the plan."""
    return {
        **sizing_record(plan.sizing),
        "scenario_text": plan.text,
        "scenario_file": None if written is None else str(written),
        "defaults": [{"key": item.key, "value": item.value, "why": item.why} for item in plan.defaults],
        "pitfalls": [pitfall_record(pitfall) for pitfall in plan.pitfalls],
    }
