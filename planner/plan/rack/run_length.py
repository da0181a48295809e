"""Which stretch of time a scenario's rack is run for: the busiest one, and long enough to judge its promises.

A stated duration is kept where it is long enough. Where it is not (bursts once in five minutes and runs of
40 s) the run is made longer, as far as a limit on its requests and its length allows; beyond that the verdict
stays open and says how long a run would decide.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from planner.plan.rack.busy_hour import BusyStretch, active_stretch, busiest
from planner.rack.description.evidence import seconds_least, seconds_wanted
from planner.rack.description.rack import Rack
from planner.rack.description.streams import StreamGroup
from planner.schema.scenario.scenario import Scenario
from planner.units import format_quantity
from planner.wording.message import Message, message

MOST_REQUESTS = 2_000_000
"""Of one run, where it is made longer than stated: about two seconds on one core."""
MOST_S = 21_600.0
"""A run is made no longer than six hours: each second closes an epoch of every device."""
_SAME_RATE = 0.01
"""Rates of a stream nearer to each other than this share are one rate."""
ROUND_S = 20.0
"""Lengthened runs are whole numbers of the longest epoch (`planner.plan.sizing.runner`)."""


@dataclass(frozen=True, slots=True)
class RunWindow:
    """The streams as they are in the run, and how long it is, warm-up included."""

    streams: tuple[StreamGroup, ...]
    duration_s: float


def run_window(
    scenario: Scenario, groups: Sequence[StreamGroup], request_s: Mapping[str, float]
) -> RunWindow:
    """The run that the scenario's promises are judged by; `request_s` is a request's time by network.

    A run with events, whose times are stated, and a terminating one are as long as the scenario says.
    """
    run = scenario.simulation
    stretch = busiest(groups, request_s, run.duration_s)
    streams = _placed(scenario, groups, stretch, run.duration_s)
    if run.events is not None or run.horizon == "terminating":
        return RunWindow(streams, run.duration_s)
    duration_s = _duration_s(scenario, streams, stretch)
    return RunWindow(_placed(scenario, groups, stretch, duration_s), duration_s)


def _duration_s(scenario: Scenario, streams: Sequence[StreamGroup], stretch: BusyStretch | None) -> float:
    run = scenario.simulation
    rate_per_s = sum(group.offered_per_s for group in streams)
    most_s = min(MOST_S, MOST_REQUESTS / rate_per_s)
    if stretch is not None:
        # Longer than the load lasts, a run would see the hours beside the busy one as well.
        most_s = min(most_s, stretch.length_s)
    wanted_s = 0.0
    for group in streams:
        if group.silent or group.arrivals == "trace":
            continue
        least_s, own_s = seconds_least(group, run.replications), seconds_wanted(group, run.replications)
        # Where even the limit would leave the promise open, a longer run is time spent for nothing.
        if least_s <= most_s:
            wanted_s = max(wanted_s, min(own_s, most_s))
    needed_s = run.warmup_s + wanted_s
    if needed_s <= run.duration_s:
        return run.duration_s
    return float(min(math.ceil(needed_s / ROUND_S) * ROUND_S, max(math.ceil(needed_s), math.floor(most_s))))


def _placed(
    scenario: Scenario, groups: Sequence[StreamGroup], stretch: BusyStretch | None, span_s: float
) -> tuple[StreamGroup, ...]:
    """The streams with their profiles begun at the busy stretch, and averaged over it."""
    if stretch is None:
        return tuple(groups)
    stated = {stream.name: stream.profile for stream in scenario.streams}
    placed = []
    for group in groups:
        given, profile = stated[group.name], group.profile
        if profile is not None:
            # A given rack is looked at where its scenario says, a rack that is searched for at its worst.
            chosen = scenario.deployment is not None and given is not None and given.start_s is not None
            start_s = profile.start_s if chosen else stretch.start_s
            profile = replace(profile, start_s=start_s, span_s=span_s)
        placed.append(replace(group, profile=profile))
    return tuple(placed)


def elsewhere(scenario: Scenario, rack: Rack) -> tuple[tuple[Rack, tuple[int, ...]], ...]:
    """Racks at other times of the period, with the numbers of the streams that send then.

    The stretch with most work is not the worst one for everybody: a stream that comes in bursts in the
    afternoon fills queues that the steady load of a busier morning does not. So each stream is looked at
    where it sends most itself, and one that is silent in this rack where it sends at all. A rack that its
    scenario has put at a time of day is looked at there alone, but for streams that are silent then.
    """
    put = _put_at_a_time(scenario)
    highest_per_s = [0.0 if group.silent else group.offered_per_s for group in rack.streams]
    found: list[tuple[Rack, tuple[int, ...]]] = []
    for number, group in enumerate(rack.streams):
        stretch = active_stretch(group, rack.duration_s)
        if stretch is None or (put and not group.silent):
            continue
        streams = tuple(_begun(other, stretch.start_s) for other in rack.streams)
        if streams[number].offered_per_s <= highest_per_s[number] * (1.0 + _SAME_RATE):
            continue
        seen = tuple(n for n, other in enumerate(streams) if not other.silent)
        for n in seen:
            highest_per_s[n] = max(highest_per_s[n], streams[n].offered_per_s)
        found.append((replace(rack, streams=streams), seen))
    return tuple(found)


def _begun(group: StreamGroup, start_s: float) -> StreamGroup:
    if group.profile is None:
        return group
    return replace(group, profile=replace(group.profile, start_s=start_s))


def _put_at_a_time(scenario: Scenario) -> bool:
    """Whether the scenario gives its rack and says at which time of the period it is looked at."""
    stated = (stream.profile for stream in scenario.streams)
    return scenario.deployment is not None and any(
        profile is not None and profile.start_s is not None for profile in stated
    )


def window_notes(scenario: Scenario, rack: Rack) -> tuple[Message, ...]:
    """What differs between the run and the scenario's own: its length, and the time of day."""
    notes = []
    stated_s = scenario.simulation.duration_s
    if rack.duration_s > stated_s:
        needing = max(rack.streams, key=lambda group: seconds_wanted(group, rack.replications))
        notes.append(
            message(
                "window.longer",
                duration=format_quantity(rack.duration_s, "s"),
                stated=format_quantity(stated_s, "s"),
                stream=repr(needing.name),
            )
        )
    starts_s = {group.profile.start_s for group in rack.streams if group.profile is not None}
    if starts_s and rack.duration_s < max(g.profile.period_s for g in rack.streams if g.profile is not None):
        hours, seconds = divmod(min(starts_s), 3600)
        notes.append(message("window.busy", start=f"{int(hours):02d}:{int(seconds // 60):02d}"))
    return tuple(notes)
