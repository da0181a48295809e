"""Memory of a model that serves: weights once, a cache for each session, room to work; and what fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planner.language.formats.weights import WeightBytes, cache_bytes
from planner.language.sizes.decoder import Decoder
from planner.schema.hardware.device import Device

Fits = Callable[[int], bool]

CHUNK_TOKENS = 512
"""Tokens of a prompt that engines work on at once (`n_ubatch` of llama.cpp; vLLM takes up to 2,048)."""
RUNTIME_BYTES = {"gpu": 0.4e9, "npu": 0.15e9, "cpu": 0.1e9}
"""The runtime's own libraries and buffers: a CUDA context and its libraries take 0.3 to 0.5 GB."""


@dataclass(frozen=True, slots=True)
class ServingMemory:
    """Bytes by what they are for; `capacity` is what the unit has for them."""

    weights: float
    kv: float
    workspace: float
    capacity: float

    @property
    def total(self) -> float:
        """All together."""
        return self.weights + self.kv + self.workspace

    @property
    def fits(self) -> bool:
        """Whether the total is within the capacity."""
        return self.total <= self.capacity


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What decides how many sessions of which length fit."""

    decoder: Decoder
    weights: WeightBytes
    cache: str
    unit_kind: str
    capacity: float
    most_users: int

    def needs(self, users: int, context: int) -> ServingMemory:
        """Memory of so many sessions of this length; weights are there once."""
        own = self.decoder
        wide = max(own.feed_forward, own.heads * own.head_width)
        # Hidden vectors twice and the widest inner vector, in 4 bytes, and the scores of words of each
        # session.
        working = 4.0 * (CHUNK_TOKENS * (2 * own.hidden + 2 * wide) + users * own.vocabulary)
        return ServingMemory(
            weights=self.weights.total,
            kv=users * cache_bytes(own, context, self.cache),
            workspace=working + RUNTIME_BYTES.get(self.unit_kind, 0.0),
            capacity=self.capacity,
        )

    def longest_context(self, users: int) -> int:
        """Most tokens a session can have; zero where not even one fits."""
        return _largest(lambda tokens: self.needs(users, tokens).fits, self.decoder.context)

    def users_that_fit(self, context: int) -> int:
        """Most sessions of this length, no more than the engine serves."""
        return _largest(lambda users: self.needs(users, context).fits, self.most_users)


def _largest(fits: Fits, most: int) -> int:
    """The largest whole number up to `most` that fits, of a need that grows; zero where one does not."""
    low, high = 0, most + 1
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def capacity_of(device: Device) -> float:
    """Bytes for a model: the part's memory less what its system keeps."""
    reserved = device.memory.reserved_bytes
    return device.memory.capacity_bytes.value - (reserved.value if reserved is not None else 0.0)
