"""Memory that a network needs, and what its unit has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes the network needs and what the unit has for it; the engine's own workspace is not known."""

    weights_bytes: float
    peak_activation_bytes: float
    capacity_bytes: float

    @property
    def total_bytes(self) -> float:
        """Weights and peak activations together."""
        return self.weights_bytes + self.peak_activation_bytes

    @property
    def fits(self) -> bool:
        """Whether the total is within the capacity."""
        return self.total_bytes <= self.capacity_bytes
