"""Pipelines in a rack: a unit takes a frame every interval, and each is under way for longer than that.

The unit's queue sees the interval alone. What a frame still takes then is a step after inference in a pool
with a place for every frame that can be under way, so that nobody waits for one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from planner.rack.description.device import Host, Service
from planner.rack.description.streams import HostStep, StreamGroup

SPARE = 10
"""Places for each frame that is under way at full rate: waiting for one is impossible and use is no limit."""


def with_tails(groups: Sequence[StreamGroup], services: Sequence[Service]) -> tuple[StreamGroup, ...]:
    """The groups with the rest of their frames' way as the first step after inference."""
    tails = {service.network: service.tail_s for service in services if service.tail_s > 0}
    return tuple(
        replace(group, after=(HostStep("pipeline", tails[group.network]), *_others(group)))
        if group.network in tails
        else group
        for group in groups
    )


def _others(group: StreamGroup) -> tuple[HostStep, ...]:
    return tuple(step for step in group.after if step.where != "pipeline")


def host_with_pipeline(host: Host | None, services: Sequence[Service], instances: int) -> Host | None:
    """The pools around a device with places for the frames that its units have under way."""
    deep = max((service.tail_s / min(service.batch_s) for service in services), default=0.0)
    if deep <= 0:
        return host
    places = SPARE * instances * math.ceil(deep + 1.0) * max(len(service.batch_s) for service in services)
    return replace(host or Host(1), pipeline=places)
