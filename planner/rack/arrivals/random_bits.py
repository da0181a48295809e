"""A number drawn for each request from its own number alone, the same whoever asks and in whatever order."""

from __future__ import annotations

import numpy as np

_MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB


def dispatch_key(seed: int, replication: int) -> int:
    """The key of one replication's draws."""
    # The last number of the key tells dispatch from errors and from arrivals, which draw with longer keys.
    sequence = np.random.SeedSequence(seed, spawn_key=(replication, 0x0D15))
    return int(sequence.generate_state(1, np.uint64)[0])


def error_key(seed: int, replication: int) -> int:
    """The key of the draws for which requests a new model fails at."""
    sequence = np.random.SeedSequence(seed, spawn_key=(replication, 0xE440))
    return int(sequence.generate_state(1, np.uint64)[0])


def bits_below(share: float) -> int:
    """The number below which this share of all 64 random bits lies."""
    return min(int(share * 2.0**64), _MASK)


def mixed(key: int, number: int) -> int:
    """64 random bits for a number: the output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    # Steps of the golden ratio keep neighbouring numbers far apart; one more, so that number 0 is not the
    # key.
    bits = (key + (number + 1) * GOLDEN) & _MASK
    bits = ((bits ^ (bits >> 30)) * MIX_1) & _MASK
    bits = ((bits ^ (bits >> 27)) * MIX_2) & _MASK
    return bits ^ (bits >> 31)
