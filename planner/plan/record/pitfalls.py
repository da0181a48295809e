"""`planner lint` as JSON."""

from __future__ import annotations

from planner.plan.pitfalls.lint import Pitfall
from planner.plan.record.options import service_records
from planner.plan.study.pitfalls import Linted
from planner.schema.record import PitfallRecord
from planner.schema.record.trust import LintRecord


def lint_record(found: Linted) -> LintRecord:
    """All known mistakes that were found, and the service times of the plan that makes them."""
    return {
        "pitfalls": [pitfall_record(pitfall) for pitfall in found.pitfalls],
        "services": service_records(found.option) if found.option else [],
    }


def pitfall_record(pitfall: Pitfall) -> PitfallRecord:
    """One known mistake that was found."""
    return {
        "id": pitfall.id,
        "rule": pitfall.rule,
        "title": pitfall.title,
        "severity": pitfall.severity,
        "where": pitfall.where,
        "evidence": pitfall.evidence,
        "advice": pitfall.advice,
        "source": pitfall.source,
        "accepted": pitfall.accepted,
    }
