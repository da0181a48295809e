"""What chance adds to service times: normal numbers by counting, the same in both engines whoever asks when.

Each batch of a server has 64 random bits of its own, from the server and the number of the batch. Three
times twelve of them choose one of 4,096 quantiles of the normal distribution, the rest say whether it is an
outlier: table and sums are the same floats in compiled code and in Python, where a logarithm or a cosine need
not be.
"""

from __future__ import annotations

import functools

import numpy as np

from planner.arrays import Floats
from planner.rack.arrivals.random_bits import mixed
from planner.rack.description.rack import Rack

NORMALS = 1 << 12
"""As many as a processor's nearest cache holds; one of 65,536 made the loop a tenth slower."""
OUTLIER_MASK = (1 << 28) - 1
BATCH_BITS = 40
"""Bits of a draw's number that count the batches of one server."""
FIRST = (1 << BATCH_BITS) - 1
"""The draw that a server begins with, which no batch reaches."""


SHARED = 1 << 22
"""Added to the number of a device for the draws of what its units share; no server has such a number."""


def service_key(seed: int, replication: int, draw: int) -> int:
    """The key of one replication's draws; another `draw` varies service and leaves arrivals as they are."""
    sequence = np.random.SeedSequence(seed, spawn_key=(replication, 0x5E2F, draw))
    return int(sequence.generate_state(1, np.uint64)[0])


def replay_start(rack: Rack, key: int, replication: int, length: int) -> int:
    """Where a replication begins in times that are replayed: the first one at their beginning."""
    return mixed(key, FIRST) % length if replication or rack.service_draw else 0


def outlier_below(share: float) -> int:
    """The number below which this share of all outlier bits lies."""
    return round(share * (OUTLIER_MASK + 1))


@functools.cache
def normal_table() -> Floats:
    """The quantiles of the standard normal distribution in the middle of equal shares, variance one.

    It ends at 3.7 standard deviations: one draw in 4,000 that would lie beyond does not.
    """
    from scipy.special import ndtri

    table = np.asarray(ndtri((np.arange(NORMALS) + 0.5) / NORMALS))
    table /= table.std()
    table.flags.writeable = False
    return table


def first_shared(key: int, device: int) -> float:
    """Where what the units of a device share begins."""
    return float(normal_table()[mixed(key, ((SHARED + device) << BATCH_BITS) + FIRST) >> 52])


def outlier_normal(bits: int, below: int) -> int:
    """Which normal number an outlier's size is drawn by: its bits are even over all below the bound."""
    return ((bits & OUTLIER_MASK) << 12) // below


def first_state(key: int, server: int) -> tuple[float, float]:
    """Where the slow and the fast process of a server begin: as if they had run for ever."""
    bits, table = mixed(key, (server << BATCH_BITS) + FIRST), normal_table()
    return float(table[bits >> 52]), float(table[(bits >> 40) & 0xFFF])
