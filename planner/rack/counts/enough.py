"""Whether a run shows enough of a stream to judge its promise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

from planner.formulas import formula
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
from planner.units import format_number
from planner.wording.message import Message, message

_UNLUCKIEST = 2.0
_INSTALLATIONS, _SURE = 0.9, 0.95
"""What `INSTALLATIONS_LEAST` sets of phases show where none of them is bad: fewer than 3 / 32 are."""
_IN_HOURS_S = 10_000.0


def rests_on_phases(
    rack: Rack, group: StreamGroup, verdict: Verdict, quantiles_s: Sequence[float], resolution: float = 0.0
) -> bool:
    """Whether so few sets of phases were seen that others may give another verdict.

    None can where even all sources at once would keep the promise, where it is twice the worst that was seen,
    or where every set seen breaks it; nor where many devices have sources of their own and what scatters
    between runs leaves nine of ten installations below it. `resolution` is the share of a time that the
    engine's bins leave open.
    """
    few = group.keeps_phases and len(quantiles_s) < INSTALLATIONS_LEAST and rack.installations is None
    if not few or verdict is Verdict.UNDECIDED:
        return False
    if verdict is Verdict.FAIL:
        return min(quantiles_s) <= group.slo_s
    # Phases decide behind how many frames one waits: twice the worst of several sets is far beyond any.
    if group.slo_s >= _UNLUCKIEST * max(quantiles_s) or in_phase_s(rack, group) < group.slo_s:
        return False
    return _devices_with_phases(rack, group) < INSTALLATIONS_LEAST or (
        most_of_installations_s(quantiles_s, resolution) >= group.slo_s
    )


def _devices_with_phases(rack: Rack, group: StreamGroup) -> int:
    """Devices that each have sources of their own, and so phases that no other one shares."""
    alone = group.decoded_here or rack.dispatch == "pinned"
    return min(rack.count, group.sources) if alone else 1


@formula("phases_of_many")
def most_of_installations_s(quantiles_s: Sequence[float], resolution: float = 0.0) -> float:
    """What the quantile does not exceed in nine of ten installations, with 95 % confidence; never of fewer
    than two, nor where one is infinite.

    Of a quantile that pools many devices with phases of their own, and so is near normal: the one-sided
    tolerance limit mean + k s, k by the noncentral t distribution.
    """
    # Here and not above: SciPy takes longer to import than a short run takes.
    from scipy.special import nctdtrit

    runs = len(quantiles_s)
    if runs < 2 or not all(map(math.isfinite, quantiles_s)):
        return math.inf
    root, mean_s = math.sqrt(runs), fmean(quantiles_s)
    factor = float(nctdtrit(runs - 1, NormalDist().inv_cdf(_INSTALLATIONS) * root, _SURE)) / root
    # Quantiles in one bin look alike, though they may differ by as much as it is wide.
    return mean_s * (1.0 + resolution) + factor * math.hypot(stdev(quantiles_s), resolution * mean_s)


def missing_evidence(
    rack: Rack, group: StreamGroup, seen: int, replications: int, *, passed: bool
) -> Message | None:
    """Why the run is too short for a verdict, with the length that would decide; None where it is not.

    Many late requests break a promise however few there were, but few in time do not show that it is kept.
    """
    counted_s = rack.duration_s - rack.warmup_s
    changes_s = _slowest_change_s(rack, group)
    least_s = CHANGES_LEAST * changes_s / replications
    if counted_s < least_s:
        return message(
            "judged.few_changes",
            change=_length_text(changes_s),
            counted=_length_text(counted_s),
            wanted=_length_text(least_s + rack.warmup_s),
        )
    wanted = requests_wanted(group, TAIL_LEAST)
    if seen == 0 or (passed and seen < wanted):
        per_s = group.offered_per_s * replications
        return message(
            "judged.few_requests",
            seen=seen,
            wanted=wanted,
            share=format_number(group.slo_quantile, 6),
            length=_length_text(_surely(wanted) / per_s + rack.warmup_s),
        )
    return None


def runs_that_decide(rack: Rack, group: StreamGroup) -> int:
    """How many replications of this length show enough of a stream for a verdict."""
    counted_s = rack.duration_s - rack.warmup_s
    requests = _surely(requests_wanted(group, TAIL_LEAST)) / group.offered_per_s
    return math.ceil(max(requests, CHANGES_LEAST * _slowest_change_s(rack, group)) / counted_s)


def _slowest_change_s(rack: Rack, group: StreamGroup) -> float:
    return (change_s(group) or 0.0) if rack.horizon == "steady" else 0.0


def _surely(requests: int) -> float:
    """So many that chance does not leave fewer: three standard deviations of a Poisson count more."""
    return requests + 3.0 * math.sqrt(requests)


def _length_text(length_s: float) -> str:
    """Rounded up to three digits, in hours where these are read more easily."""
    unit, name = (3600.0, "h") if length_s >= _IN_HOURS_S else (1.0, "s")
    step = 10.0 ** (math.floor(math.log10(length_s / unit)) - 2)
    return f"{format_number(math.ceil(length_s / unit / step - 1e-9) * step, 3)} {name}"
