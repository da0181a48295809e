"""`planner lint` as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from planner.plan.pitfalls.lint import Pitfall
from planner.schema.record import PitfallRecord
from planner.schema.record.trust import LintRecord


def lint_record(pitfalls: Sequence[Pitfall]) -> LintRecord:
    """All known mistakes that were found."""
    return {"pitfalls": [pitfall_record(pitfall) for pitfall in pitfalls]}


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
