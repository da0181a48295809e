"""The number format in which a kernel of a file runs on a unit, and the peak that it has there."""

from __future__ import annotations

from dataclasses import dataclass

from planner.hardware.operating_point import OperatingPoint
from planner.schema.hardware.device import Precision
from planner.schema.hardware.engine import IntegerForm
from planner.workload.fusion import Kernel


@dataclass(frozen=True, slots=True)
class Peak:
    """Dense operations per second of a kernel; `slow` and `fast` multiply its time at the ends of a band."""

    ops_per_s: float
    fast: float = 1.0
    slow: float = 1.0


def kernel_precision(kernel: Kernel, point: OperatingPoint) -> Precision:
    """The file's own 8-bit kernels run in 8 bits where the unit can; the rest as the point says.

    What an engine keeps in floats runs in these where the unit has a peak in them.
    """
    if kernel.kept and (kept := Precision(kernel.kept)) in point.peaks_ops_per_s:
        return kept
    if kernel.precision != "int8" or Precision.INT8 not in point.peaks_ops_per_s:
        return point.precision
    return Precision.INT8


def integer_form(kernel: Kernel, point: OperatingPoint) -> IntegerForm | None:
    """The form in which a kernel multiplies whole numbers, where the engine has no fast code for it."""
    if kernel.precision != "int8" or not kernel.macs:
        return None
    return next((form for form in point.integer_forms if _matches(form, kernel)), None)


def kernel_peak(kernel: Kernel, point: OperatingPoint) -> Peak:
    """The peak at the kernel's number format; that of floats times the form's share where it has one."""
    form = integer_form(kernel, point)
    if form is None:
        return Peak(point.peaks_ops_per_s[kernel_precision(kernel, point)])
    floats = point.peaks_ops_per_s.get(Precision.FP32, point.vector_ops_per_s)
    share = form.of_float_rate
    return Peak(floats * share, share / form.most, share / form.least)


def _matches(form: IntegerForm, kernel: Kernel) -> bool:
    activation, weight = kernel.operands
    return (
        bool(set(form.operators).intersection(kernel.op_types))
        and kernel.op_class in (form.classes or (kernel.op_class,))
        and activation in (form.activations or (activation,))
        and weight in (form.weights or (weight,))
    )


def form_name(kernel: Kernel) -> str:
    """What is multiplied by which operator: `QLinearConv (int8 x int8)`."""
    activation, weight = kernel.operands
    carrier = next((name for name in kernel.op_types if name.startswith(_CARRIERS)), kernel.op_types[0])
    return f"{carrier} ({activation} x {weight})"


_CARRIERS = ("QLinear", "ConvInteger", "MatMulInteger", "QGemm", "Conv", "MatMul", "Gemm")
