"""What an engine is told at the end of each epoch: clocks, who is open, how long batches may fill.

Both engines hand the epoch's measures to `Steering`, which moves heat on, asks each policy of the rack in
turn, and holds the settings for the next epoch. A policy is any value with the one method of `Policy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError, Problem

if TYPE_CHECKING:
    from planner.rack.description import Rack

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Controls:
    """The settings that policies make.

    Per device its `clock` ratio (a hot one may be slower still) and whether it is `open` to new requests
    (where none is, all are); per stream group whether its requests are `admitted`; per network how long a
    batch may wait to fill and how many requests it may hold.
    """

    clock: Floats
    open: Flags
    admitted: Flags
    max_wait_s: Floats
    max_batch: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What policies see of the epoch that has just ended; arrays have one element a device.

    `power_w`, `busy_share` and `clock` held during the epoch, `temperature_c` and `on` at its end; `waiting`
    is the mean number of requests that waited in the rack; `arrived` counts the epoch's requests.
    `slowest_s` is, for each network, the longest latency of those answered in it; zero where none was.
    """

    end_s: float
    power_w: Floats
    temperature_c: Floats
    busy_share: Floats
    clock: Floats
    on: Flags
    waiting: float
    arrived: int
    slowest_s: Floats


class Policy(Protocol):
    """Something that changes settings once an epoch."""

    def steer(self, rack: Rack, seen: Seen, controls: Controls, memory: object) -> tuple[Controls, object]:
        """The settings for the next epoch, and what to remember; `memory` is None the first time.

        `controls` are what the policies before it have left of `free`.
        """
        ...


def free(rack: Rack) -> Controls:
    """Everything open at full clock."""
    networks = len({group.network for group in rack.streams})
    return Controls(
        clock=np.ones(rack.count),
        open=np.ones(rack.count, dtype=np.bool_),
        admitted=np.ones(len(rack.streams), dtype=np.bool_),
        max_wait_s=np.full(networks, rack.batching.max_wait_s),
        max_batch=np.full(networks, rack.batching.max_size),
    )


def checked(policy: object, controls: Controls, like: Controls) -> Controls:
    """The settings, once they make sense; a policy that returns nonsense is named."""
    problems = []
    for name in ("clock", "open", "admitted", "max_wait_s", "max_batch"):
        found, shape = getattr(controls, name), getattr(like, name).shape
        if np.shape(found) != shape:
            problems.append(Problem(name, f"an array of shape {shape}", f"shape {np.shape(found)}"))
    if not problems:
        if not bool(np.all((controls.clock > 0) & (controls.clock <= 1))):
            problems.append(Problem("clock", "ratios above 0 and at most 1", str(controls.clock)))
        if not bool(np.all(controls.max_wait_s >= 0)):
            problems.append(Problem("max_wait_s", "times of zero or more", str(controls.max_wait_s)))
        if not bool(np.all((controls.max_batch >= 1) & (controls.max_batch <= like.max_batch))):
            expected = f"whole numbers from 1 to {like.max_batch.max()}"
            problems.append(Problem("max_batch", expected, str(controls.max_batch)))
    if problems:
        raise InputError(f"policy {policy!r}", problems)
    return controls
