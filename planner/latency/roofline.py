"""The roofline of one kernel: time from operations, time from bytes, and the launch.

Williams, Waterman and Patterson, "Roofline: an insightful visual performance model", CACM 52(4), 2009:
attainable rate = min(peak, bandwidth x intensity); in time, max(operations / peak, bytes / bandwidth). It
holds where arithmetic and traffic overlap perfectly; their sum is the time without any overlap. Neither
knows of occupancy, tile sizes or caches: small kernels and depthwise convolutions run slower than both, and
tensors that stay in a cache run faster than DRAM traffic allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Bound = Literal["compute", "memory", "overhead"]


@dataclass(frozen=True, slots=True)
class KernelTime:
    """Time of one kernel by cause; the ends and the middle of its band."""

    compute_s: float
    memory_s: float
    overhead_s: float

    @property
    def low_s(self) -> float:
        """Perfect overlap of arithmetic and traffic."""
        return max(self.compute_s, self.memory_s) + self.overhead_s

    @property
    def high_s(self) -> float:
        """No overlap at all."""
        return self.compute_s + self.memory_s + self.overhead_s

    @property
    def mid_s(self) -> float:
        """Half way between, so that the middles of kernels sum to the middle of the network."""
        return (self.low_s + self.high_s) / 2

    @property
    def bound(self) -> Bound:
        """Which of the three is the longest; a tie of compute and memory (the ridge) counts as compute."""
        if self.overhead_s > max(self.compute_s, self.memory_s):
            return "overhead"
        return "compute" if self.compute_s >= self.memory_s else "memory"


def kernel_time(
    *,
    macs: float,
    other_ops: float,
    moved_bytes: float,
    peak_ops_per_s: float,
    vector_ops_per_s: float,
    bandwidth_bytes_per_s: float,
    launch_s: float,
) -> KernelTime:
    """Time of one kernel: multiply-accumulates at the matrix peak, other operations at the vector peak."""
    return KernelTime(
        compute_s=2.0 * macs / peak_ops_per_s + other_ops / vector_ops_per_s,
        memory_s=moved_bytes / bandwidth_bytes_per_s,
        overhead_s=launch_s,
    )
