"""Chains as the rack that is simulated has them: steps around the first network of each frame.

A frame is decoded, converted and tracked in queues of their own (`planner.rack.description`). The objects
that a further network works on are served on the unit within their frame's batch, which takes that much
longer: as many as there are on average, and none waits for those of other frames. A frame that is skipped
asks for its share of decoding with the one that is looked at. What runs beside the answer (recording, traffic
through a memory) and on compute units beside the main one is in the limits of the chain alone. This rack says
what heats the devices and how many of them carry the load; frames wait in `planner.chain.simulation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from planner.chain.description import ChainStream, PartChains, Role, Visit
from planner.latency.band import BandEnd
from planner.rack.description.device import Host
from planner.rack.description.streams import HostStep, StepPlace, StreamGroup

_PLACES: dict[Role, StepPlace] = {
    "decoder": "decoder",
    "host_decoder": "decoder",
    "scaler": "scaler",
    "cores": "host",
    "link": "copy",
    "accelerator": "unit",
}


@dataclass(frozen=True, slots=True)
class StepsAround:
    """What a stream's frames go through before and after their first network."""

    frames: float
    """Of the stream's frames, those that reach the network."""
    before: tuple[HostStep, ...]
    after: tuple[HostStep, ...]


def steps_around(part: PartChains, stream: ChainStream, bound: BandEnd) -> StepsAround:
    """The steps of a stream at one end of their bands."""
    # Branches of a chain one after another: a frame with two branches waits for both, and asks for both.
    visits = [visit for visit in stream.visits if visit.answers and visit.in_turn]
    first = next(place for place, visit in enumerate(visits) if visit.kind == "network")
    frames = visits[first].frames
    before = tuple(_steps(part, visits[:first], frames, bound))
    after = tuple(_steps(part, visits[first + 1 :], frames, bound))
    return StepsAround(frames, before, after)


def _steps(part: PartChains, visits: list[Visit], frames: float, bound: BandEnd) -> Iterator[HostStep]:
    for visit in visits:
        unit = part.chains.unit(visit.unit)
        if unit.role == "accelerator" and unit.id != part.main:
            continue
        time_s = visit.each_s(bound) / frames
        if time_s > 0:
            yield HostStep(_PLACES[unit.role], time_s)


def host_of_chain(part: PartChains, stated: Host | None) -> Host:
    """The pools of a device: its cores as stated or known, its decoders and scalers."""
    units = part.chains.units

    def servers(*roles: Role) -> int:
        return max((unit.servers for unit in units if unit.role in roles), default=0)

    host = stated or Host(max(1, servers("cores")))
    return replace(host, decoders=servers("decoder", "host_decoder"), scalers=servers("scaler"))


def with_chains(
    groups: tuple[StreamGroup, ...], part: PartChains | None, bound: BandEnd
) -> tuple[StreamGroup, ...]:
    """The groups of the rack with the steps of their chains, at the rate that reaches their network."""
    if part is None:
        return groups
    found = []
    for group, stream in zip(groups, part.chains.streams, strict=True):
        around = steps_around(part, stream, bound)
        before, after = (*group.before, *around.before), (*around.after, *group.after)
        rate_per_s = group.rate_per_s * around.frames
        found.append(replace(group, rate_per_s=rate_per_s, before=before, after=after))
    return tuple(found)


def with_steps_at(
    groups: tuple[StreamGroup, ...], stated: tuple[StreamGroup, ...], part: PartChains, bound: BandEnd
) -> tuple[StreamGroup, ...]:
    """The groups of a rack with the steps of their chains at another end of their bands.

    `stated` are the groups without their chains.
    """
    found = []
    for group, plain, stream in zip(groups, stated, part.chains.streams, strict=True):
        around = steps_around(part, stream, bound)
        before, after = (*plain.before, *around.before), (*around.after, *plain.after)
        found.append(replace(group, before=before, after=after))
    return tuple(found)
