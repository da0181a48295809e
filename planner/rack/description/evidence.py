"""How long a stream is watched before its promised quantile is known: its tail, and its slowest change.

A quantile rests on the requests beyond it, and requests of one burst are not independent: what counts then is
how many bursts were seen. A run that is shorter than the stream's slowest change shows one phase of it and
says nothing of the others, however narrow its interval is.
"""

from __future__ import annotations

import math

from planner.rack.description.streams import StreamGroup

TAIL_WANTED = 100
"""Requests wanted beyond a quantile in all replications: 10,000 in all for the 99 % quantile."""
TAIL_ENOUGH = 30
"""With so many a run need not be hours long: the quantile's own standard error is then 1 / sqrt(30) = 18 % of
the share beyond it, which the interval over replications shows."""
USUAL_RUN_S = 600.0
"""A run is made this long for all requests that are wanted; longer only for those that are enough."""
TAIL_LEAST = 3
"""With fewer the promise is not judged. Where none of n requests is late, fewer than 3 / n of all are, with
95 % confidence (rule of three; Hanley and Lippman-Hand 1983): 300 in all for the 99 % quantile."""
CHANGES_WANTED = 30
"""Changes of a stream's slowest process (cycles of calm and burst, of up and down) wanted in each run."""
CHANGES_LEAST = 20
"""In all replications; with fewer the promise is not judged."""


INSTALLATIONS_LEAST = 32
"""Replications of sources that keep their phases, before a promise near the worst of them counts as kept.
Where none of n installations is bad, fewer than 3 / n of all are: one in ten."""


def requests_wanted(group: StreamGroup, tail: int = TAIL_WANTED) -> int:
    """Requests that leave so many beyond the promised quantile.

    Gaps that scatter more than those of a Poisson process make clumps: a renewal process of coefficient of
    variation cv says as much as (1 + cv^2) / 2 times fewer requests (variance of its counts over the mean,
    Cox 1962, section 4.5: cv^2; the mean with that of a Poisson process where cv is small).
    """
    clumps = max(1.0, (1.0 + (group.gap_cv or 1.0) ** 2) / 2.0)
    return math.ceil(tail * clumps / (1.0 - group.slo_quantile) * (1 - 1e-9))


def change_s(group: StreamGroup) -> float | None:
    """Time in which the stream changes once; None for one that is always alike.

    Sources change each for itself, so that a change is seen that many times sooner; but never sooner than
    the phases last (the relaxation time of a process of two states, 1 / (1 / a + 1 / b)).
    """
    phases = []
    if group.bursts is not None:
        phases.append((group.bursts.calm_s, group.bursts.burst_s))
    if group.drop_outs is not None:
        phases.append((group.drop_outs.up_s, group.drop_outs.down_s))
    slowest = [max((a + b) / group.sources, a * b / (a + b)) for a, b in phases]
    return max(slowest, default=None)


def seconds_wanted(group: StreamGroup, replications: int) -> float:
    """How long each of these runs should be, its warm-up not counted."""
    # All requests that are wanted where that takes no longer than usual, else those that are enough.
    each_s = 1.0 / (group.offered_per_s * replications)
    enough_s = requests_wanted(group, TAIL_ENOUGH) * each_s
    tail_s = max(enough_s, min(USUAL_RUN_S, requests_wanted(group) * each_s))
    return max(tail_s, CHANGES_WANTED * (change_s(group) or 0.0))


def seconds_least(group: StreamGroup, replications: int) -> float:
    """How long each of these runs has to be at least for a verdict, its warm-up not counted."""
    tail_s = requests_wanted(group, TAIL_LEAST) / (group.offered_per_s * replications)
    return max(tail_s, CHANGES_LEAST * (change_s(group) or 0.0) / replications)


def peak_ratio(group: StreamGroup) -> float:
    """The highest rate of the stream over its mean, where that is known: in a burst, with every source up."""
    ratio = 1.0
    if group.bursts is not None:
        calm_s, burst_s, factor = group.bursts.calm_s, group.bursts.burst_s, group.bursts.ratio
        ratio = factor * (calm_s + burst_s) / (calm_s + factor * burst_s)
    return ratio / (group.drop_outs.availability if group.drop_outs is not None else 1.0)
