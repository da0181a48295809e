"""Whether a run shows enough of a stream to judge its promise."""

from __future__ import annotations

from collections.abc import Sequence

from planner.rack.counts.results import Verdict
from planner.rack.description.evidence import (
    CHANGES_LEAST,
    INSTALLATIONS_LEAST,
    TAIL_LEAST,
    change_s,
    requests_wanted,
)
from planner.rack.description.rack import Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.load.expected import in_phase_s
from planner.units import format_number, format_quantity
from planner.wording.message import Message, message

_UNLUCKIEST = 2.0


def rests_on_phases(rack: Rack, group: StreamGroup, verdict: Verdict, quantiles_s: Sequence[float]) -> bool:
    """Whether so few sets of phases were seen that others may give another verdict.

    None can where even all sources at once would keep the promise, where it is twice the worst that was seen,
    or where every set seen breaks it.
    """
    few = group.keeps_phases and len(quantiles_s) < INSTALLATIONS_LEAST and rack.installations is None
    if not few or verdict is Verdict.UNDECIDED:
        return False
    if verdict is Verdict.FAIL:
        return min(quantiles_s) <= group.slo_s
    # Phases decide behind how many frames one waits: twice the worst of several sets is far beyond any.
    return group.slo_s < _UNLUCKIEST * max(quantiles_s) and in_phase_s(rack, group) >= group.slo_s


def missing_evidence(
    rack: Rack, group: StreamGroup, seen: int, replications: int, *, passed: bool
) -> Message | None:
    """Why the run is too short for a verdict, with the length that would decide; None where it is not.

    Many late requests break a promise however few there were, but few in time do not show that it is kept.
    """
    counted_s = rack.duration_s - rack.warmup_s
    changes_s = change_s(group) if rack.horizon == "steady" else None
    least_s = CHANGES_LEAST * changes_s / replications if changes_s else 0.0
    if counted_s < least_s:
        return message(
            "judged.few_changes",
            change=format_quantity(changes_s or 0.0, "s", 3),
            counted=format_quantity(counted_s, "s", 3),
            wanted=format_quantity(least_s + rack.warmup_s, "s", 3),
        )
    wanted = requests_wanted(group, TAIL_LEAST)
    if seen == 0 or (passed and seen < wanted):
        per_s = group.offered_per_s * replications
        return message(
            "judged.few_requests",
            seen=seen,
            wanted=wanted,
            share=format_number(group.slo_quantile, 6),
            length=format_quantity(wanted / per_s + rack.warmup_s, "s", 3),
        )
    return None
