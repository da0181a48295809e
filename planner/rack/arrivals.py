"""When requests arrive: drawn before the run, camera by camera, so that every rack sees the same cameras.

Each camera has its own random stream for each purpose, keyed by (replication, group, camera, purpose).
Adding devices, batching, or a further group changes no arrival, and a longer run only adds to a shorter
one: two designs can be compared on common random numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from planner.rack.description import Rack, StreamGroup

_BLOCK = 256


class _Purpose(IntEnum):
    ARRIVAL = 0
    SERVICE = 1


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Every request of one replication in order of time.

    `stream` is the index of its group; `work` multiplies the service time of a batch that this request leads
    (ones where service is deterministic).
    """

    time_s: NDArray[np.float64]
    stream: NDArray[np.int32]
    work: NDArray[np.float64]


def draw_arrivals(rack: Rack, replication: int) -> Arrivals:
    """The requests of one replication, from time zero up to the duration."""
    times: list[NDArray[np.float64]] = []
    works: list[NDArray[np.float64]] = []
    streams: list[NDArray[np.int32]] = []
    for index, group in enumerate(rack.streams):
        exponential = rack.device.service(group.network).service_distribution == "exponential"
        for camera in range(group.sources):
            key = (replication, index, camera)
            time_s = _camera_times_s(group, rack.duration_s, _generator(rack.seed, key, _Purpose.ARRIVAL))
            times.append(time_s)
            streams.append(np.full(time_s.size, index, dtype=np.int32))
            if exponential:
                works.append(_generator(rack.seed, key, _Purpose.SERVICE).exponential(size=time_s.size))
            else:
                works.append(np.ones(time_s.size))
    time_s = np.concatenate(times)
    order = np.argsort(time_s, kind="stable")
    return Arrivals(time_s[order], np.concatenate(streams)[order], np.concatenate(works)[order])


def _generator(seed: int, key: tuple[int, int, int], purpose: _Purpose) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(*key, int(purpose))))


def _camera_times_s(
    group: StreamGroup, duration_s: float, generator: np.random.Generator
) -> NDArray[np.float64]:
    if group.arrivals == "poisson":
        return _poisson_times_s(group.rate_per_s, duration_s, generator)
    period_s = 1.0 / group.rate_per_s
    phase_s = generator.uniform(0.0, period_s)
    frames = np.arange(-1, math.ceil(duration_s / period_s) + 1)
    time_s = np.asarray(phase_s + frames * period_s, dtype=np.float64)
    if group.jitter_s > 0:
        time_s = time_s + generator.uniform(-group.jitter_s, group.jitter_s, size=frames.size)
    return time_s[(time_s >= 0) & (time_s < duration_s)]


def _poisson_times_s(
    rate_per_s: float, duration_s: float, generator: np.random.Generator
) -> NDArray[np.float64]:
    blocks: list[NDArray[np.float64]] = []
    last_s = 0.0
    while last_s < duration_s:
        blocks.append(last_s + np.cumsum(generator.exponential(1.0 / rate_per_s, size=_BLOCK)))
        last_s = float(blocks[-1][-1])
    time_s = np.concatenate(blocks)
    return time_s[time_s < duration_s]
