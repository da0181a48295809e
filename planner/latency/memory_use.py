"""Memory that a network needs, and what its unit has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from planner.hardware.operating_point import OperatingPoint
from planner.latency.kernels.prepared import prepare
from planner.schema.hardware.device import Device
from planner.units import format_quantity
from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes the network needs and what the unit has for it; the engine's own workspace is not known."""

    weights_bytes: float
    peak_activation_bytes: float
    capacity_bytes: float
    weights: str = ""
    """Digest of the weights, see `Prepared.weights`."""

    @property
    def total_bytes(self) -> float:
        """Weights and peak activations together."""
        return self.weights_bytes + self.peak_activation_bytes

    @property
    def fits(self) -> bool:
        """Whether the total is within the capacity."""
        return self.total_bytes <= self.capacity_bytes


def together_bytes(networks: Iterable[MemoryUse]) -> float:
    """Memory of networks that are all loaded: weights that several share are there once, activations each."""
    listed = list(networks)
    shared: dict[str, float] = {}
    for item in listed:
        if item.weights:
            shared[item.weights] = max(item.weights_bytes, shared.get(item.weights, 0.0))
    own = sum(item.weights_bytes for item in listed if not item.weights)
    return own + sum(shared.values()) + sum(item.peak_activation_bytes for item in listed)


def largest_batch(workload: Workload, point: OperatingPoint, below: int) -> int:
    """The largest batch under `below` whose weights and activations fit; zero where not even one does."""
    fits, fails = 0, below
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if _needs(workload, point, middle).fits:
            fits = middle
        else:
            fails = middle
    return fits


def _needs(workload: Workload, point: OperatingPoint, batch: int) -> MemoryUse:
    prepared = prepare(workload, batch, point.precision, point.engine)
    return MemoryUse(*prepared.memory_bytes, point.capacity_bytes)


def what_would_fit(workload: Workload, device: Device, point: OperatingPoint, batch: int) -> str:
    """One sentence of advice for a network that does not fit."""
    size = largest_batch(workload, point, batch) if batch > 1 else 0
    if size:
        return f"a batch of {size} fits, the largest that does"
    needed = format_quantity(_needs(workload, point, 1).total_bytes, "bytes", 3)
    return (
        f"not even a batch of one fits: a part with {needed} for a network would, or fewer bits "
        f"(`planner what-if --device {device.id}`), or a smaller input"
    )
