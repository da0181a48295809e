"""Transforms and determinants.

A transform of n points costs 5 n log2 n operations (Cooley and Tukey, 1965, in the radix-2 form).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operators.counting_rule import Call, Count, CountingRule


def _transform(points: int, transforms: int) -> int:
    return transforms * 5 * points * max(1, math.ceil(math.log2(max(2, points))))


def _dft(call: Call) -> Count:
    axis = call.integer("axis", -2 if call.opset >= 20 else 1)
    values = call.values.get(2)
    if values is not None:
        axis = int(values.ravel()[0])
    shape = call.input(0)
    points = shape[axis]
    return Count("reduction", _transform(points, math.prod(shape[:-1]) // points))


def _short_time(call: Call) -> Count:
    """Frames of the window's length, each multiplied by the window and transformed."""
    batch, frames = call.output()[:2]
    length = call.input(2)[0] if call.has(2) else (call.output()[2] - 1) * 2
    return Count("reduction", batch * frames * length + _transform(length, batch * frames))


def _determinant(call: Call) -> Count:
    """LU decomposition: 2/3 n^3 operations."""
    shape = call.input(0)
    return Count("reduction", math.prod(shape[:-2]) * (2 * shape[-1] ** 3 // 3 + shape[-1]))


def _inverse(call: Call) -> Count:
    """com.microsoft `Inverse`: 2 n^3 operations (LU decomposition and two triangular inversions)."""
    shape = call.input(0)
    return Count("reduction", math.prod(shape[:-2]) * 2 * shape[-1] ** 3)


def _real_transform(call: Call) -> Count:
    """com.microsoft `Rfft`, `Irfft`: half the work of a complex transform, over the last signal_ndim axes."""
    axes = call.integer("signal_ndim", 1)
    shape = call.output() if call.node.op_type == "Irfft" else call.input(0)
    points = math.prod(shape[-axes:])
    return Count("reduction", _transform(points, math.prod(shape[:-axes])) // 2)


RULES: Mapping[str, CountingRule] = {
    "DFT": _dft,
    "STFT": _short_time,
    "Det": _determinant,
    "com.microsoft:Inverse": _inverse,
    **dict.fromkeys(("com.microsoft:Rfft", "com.microsoft:Irfft"), _real_transform),
}
