"""Devices that are dealt more cameras than they can carry, in closed form, before frames are moved."""

from __future__ import annotations

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.chain.description import Chains, ChainStream
from planner.chain.simulation.work import FEWEST, homes
from planner.latency.band import BandEnd

_ROUNDING = 1e-9


def cannot_keep_up(chains: Chains, devices: int, bound: BandEnd) -> bool:
    """Whether more frames of a stream than may be late are those of devices whose queues grow without end.

    A compressed camera belongs to the device that decodes it. Where the cameras do not divide evenly the
    fullest devices have one more, and that one may be too many for them while the rack as a whole keeps up.
    Not known, and so False, where queues are limited or some streams go first: others may be late then.
    """
    streams = chains.streams
    if any(stream.queue_limit is not None or stream.priority != streams[0].priority for stream in streams):
        return False
    sources = [stream.sources for stream in streams]
    home = homes(chains, sources, devices)
    stream_of = np.repeat(np.arange(len(streams)), sources)
    full = _overloaded(chains, devices, home, stream_of, bound)
    return any(
        _share_at(full, home[stream_of == place]) > 1.0 - stream.slo_quantile + _ROUNDING
        for place, stream in enumerate(streams)
    )


def _overloaded(chains: Chains, devices: int, home: Ints, stream_of: Ints, bound: BandEnd) -> Flags:
    """Of each device whether a unit on the way to an answer is asked for more than all its time.

    Asked for just all of it, regular frames still keep up.
    """
    of_source = np.array([_asked(chains, stream, bound) for stream in chains.streams])[stream_of]
    pinned = home != FEWEST
    asked: Floats = np.zeros((devices, len(chains.units)))
    np.add.at(asked, home[pinned], of_source[pinned])
    # What any device may serve goes to those that have room: at best none of it to the fullest.
    return np.asarray((asked > 1.0 + _ROUNDING).any(axis=1))


def _asked(chains: Chains, stream: ChainStream, bound: BandEnd) -> list[float]:
    """The share of each unit's servers that one source asks for, with batches as full as they get."""
    return [
        sum(
            stream.rate_per_s * visit.each_s(bound) / unit.servers
            for visit in stream.visits
            if visit.unit == unit.id and visit.answers and visit.in_turn
        )
        for unit in chains.units
    ]


def _share_at(full: Flags, home: Ints) -> float:
    """The share of sources that belong to such devices."""
    at = full[np.maximum(home, 0)] & (home != FEWEST)
    return float(at.mean())
