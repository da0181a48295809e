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

from planner.formulas import formula

Bound = Literal["compute", "memory", "overhead"]


@dataclass(frozen=True, slots=True)
class KernelTime:
    """Time of one kernel by cause; the ends and the middle of its band."""

    compute_s: float
    memory_s: float
    overhead_s: float
    low_s: float
    """Perfect overlap of arithmetic and traffic, or the low end of a fitted band."""
    mid_s: float
    """The middles of kernels sum to the middle of the network."""
    high_s: float
    """No overlap at all, or the high end of a fitted band."""

    @property
    def bound(self) -> Bound:
        """Which of the three is the longest; a tie of compute and memory (the ridge) counts as compute."""
        if self.overhead_s > max(self.compute_s, self.memory_s):
            return "overhead"
        return "compute" if self.compute_s >= self.memory_s else "memory"


@formula("roofline")
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
    compute_s = 2.0 * macs / peak_ops_per_s + other_ops / vector_ops_per_s
    memory_s = moved_bytes / bandwidth_bytes_per_s
    low_s = max(compute_s, memory_s) + launch_s
    high_s = compute_s + memory_s + launch_s
    return KernelTime(compute_s, memory_s, launch_s, low_s, (low_s + high_s) / 2, high_s)
