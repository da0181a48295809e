"""The number format in which a kernel of a file runs on a unit."""

from __future__ import annotations

from planner.hardware.operating_point import OperatingPoint
from planner.schema.hardware.device import Precision
from planner.workload.fusion import Kernel


def kernel_precision(kernel: Kernel, point: OperatingPoint) -> Precision:
    """The file's own 8-bit kernels run in 8 bits where unit and engine can; the rest as the point says.

    An engine may compute an operator on whole numbers no faster than on floats: there the rate is that.
    """
    if kernel.precision != "int8" or Precision.INT8 not in point.peaks_ops_per_s:
        return point.precision
    return point.precision if point.at_float_rate.intersection(kernel.op_types) else Precision.INT8
