"""Settings of an engine at the end of each epoch: clocks, who is open, how long batches may fill.

Both engines hand the epoch's measures to `Steering`, which moves heat on, asks each policy of the rack in
turn, and holds the settings for the next epoch. A policy is any value with the one method of `Policy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.errors import InputError, Problem

if TYPE_CHECKING:
    from planner.rack.description.rack import Rack


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
        clock=np.ones(rack.installed),
        open=np.ones(rack.installed, dtype=np.bool_),
        admitted=np.ones(len(rack.streams), dtype=np.bool_),
        max_wait_s=np.full(networks, rack.batching.max_wait_s),
        max_batch=np.full(networks, rack.batching.max_size),
    )


_KINDS = {
    "clock": ("fiu", "numbers"),
    "open": ("b", "booleans"),
    "admitted": ("b", "booleans"),
    "max_wait_s": ("fiu", "numbers"),
    "max_batch": ("iu", "whole numbers"),
}
"""Of each setting the kinds of NumPy types that it may have, and what they are."""


def checked(policy: object, answer: object, like: Controls) -> tuple[Controls, object]:
    """The settings that a policy returned and what it remembers, once they make sense; else it is named."""
    if not (isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[0], Controls)):
        advice = "end `steer` with `return controls, memory`"
        problem = Problem("steer", "Controls and what to remember, as a pair", repr(answer)[:80], advice)
        raise InputError(f"policy {policy!r}", [problem])
    controls: Controls = answer[0]
    problems = []
    for name, (kinds, what) in _KINDS.items():
        found, shape = getattr(controls, name), getattr(like, name).shape
        expected = f"an array of {what} of shape {shape}"
        if not isinstance(found, np.ndarray):
            problems.append(Problem(name, expected, type(found).__name__))
        elif found.shape != shape or found.dtype.kind not in kinds:
            problems.append(Problem(name, expected, f"{found.dtype} of shape {found.shape}"))
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
    return controls, answer[1]
