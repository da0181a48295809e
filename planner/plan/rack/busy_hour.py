"""When in the period of its profiles a scenario asks for most: where runs begin that a plan is judged by.

A rack that is sized for the mean of a day fails at noon. The load of all streams is weighed by the time that
their requests take (work), so that streams whose peaks do not coincide share the devices. Queues settle
within seconds, parts of a day last an hour: the worst hour is judged as if it lasted for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.rack.description.streams import DayProfile, StreamGroup

_SAME = 1e-6
"""Loads nearer to each other than this share are one load."""


@dataclass(frozen=True, slots=True)
class BusyStretch:
    """A time of the period with the greatest load, and how long that load lasts from there on."""

    start_s: float
    length_s: float


def busiest(
    groups: Sequence[StreamGroup], request_s: Mapping[str, float], span_s: float
) -> BusyStretch | None:
    """The stretch of `span_s` with most work; None where no stream has a profile.

    `request_s` is the time that a request of each network takes. Of equal stretches the first is taken. A
    stretch of a period or longer begins where the period does.
    """
    profiles = [group.profile for group in groups if group.profile is not None]
    if not profiles:
        return None
    period_s = max(profile.period_s for profile in profiles)
    if span_s >= period_s:
        return BusyStretch(0.0, period_s)
    starts_s = _starts(profiles, period_s, span_s)
    work = np.array([_work(groups, request_s, start_s, span_s) for start_s in starts_s])
    best = int(np.argmax(work >= work.max() * (1 - _SAME)))
    start_s = starts_s[best]
    lasts_s = _lasts(groups, request_s, start_s, period_s, float(work[best]))
    return BusyStretch(start_s, max(span_s, lasts_s))


def active_stretch(group: StreamGroup, span_s: float) -> BusyStretch | None:
    """The busiest stretch of one stream alone, for one that is silent where the others ask for most."""
    return busiest([group], {group.network: 1.0}, span_s)


def _starts(profiles: Sequence[DayProfile], period_s: float, span_s: float) -> list[float]:
    """Where the best stretch may begin: a step function's integral is greatest with an end at a step."""
    edges_s = {
        number * profile.period_s / len(profile.factors)
        for profile in profiles
        for number in range(len(profile.factors))
    }
    return sorted(edges_s | {(edge_s - span_s) % period_s for edge_s in edges_s})


def _work(
    groups: Sequence[StreamGroup], request_s: Mapping[str, float], start_s: float, span_s: float
) -> float:
    return sum(
        group.sources
        * group.rate_per_s
        * request_s[group.network]
        * (group.profile.mean_over(start_s, span_s) if group.profile else 1.0)
        for group in groups
    )


def _lasts(
    groups: Sequence[StreamGroup],
    request_s: Mapping[str, float],
    start_s: float,
    period_s: float,
    least: float,
) -> float:
    """How long the load stays at `least` or above from the start on, step by step of the profiles."""
    profiles = [group.profile for group in groups if group.profile is not None]
    edges_s = sorted((edge_s - start_s) % period_s for edge_s in _starts(profiles, period_s, 0.0))
    ends_s = [edge_s for edge_s in edges_s if edge_s > 0] + [period_s]
    length_s = 0.0
    for end_s in ends_s:
        # Between two steps the load is constant: any stretch inside shows it.
        if _work(groups, request_s, start_s + length_s, end_s - length_s) < least * (1 - _SAME):
            break
        length_s = end_s
    return length_s
