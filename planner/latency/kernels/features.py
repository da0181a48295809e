"""Numbers that a fit works with, made from the shape of a kernel: logarithms of sizes, remainders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planner.latency.kernels.shape import KernelShape

VECTOR = 16
"""Values in the widest vector register of current processors (AVX-512, float32)."""

LARGEST_FOOTPRINT_BYTES = 128e6
"""Beyond this no cache of a processor core keeps anything from one inference to the next."""

FEATURES = (
    "rows", "columns", "depth", "taps", "groups", "stride", "inside", "input", "output", "weight", "work",
    "intensity", "extent", "steps", "clipped", "leaky", "hard_swish", "smooth", "branches", "views",
    "reorder_in", "reorder_out", "row_padding", "depth_padding", "extent_padding",
    "block_padding", "footprint", "row_pack", "depth_pack", "axes",
)  # fmt: skip


def features_of(shapes: Sequence[KernelShape]) -> NDArray[np.float64]:
    """One row a kernel, one column a feature (see `FEATURES`)."""
    return np.array([_row(shape) for shape in shapes], dtype=np.float64).reshape(len(shapes), len(FEATURES))


_FOLDED = (
    frozenset({"Clip"}),
    frozenset({"LeakyRelu", "PRelu", "Elu"}),
    frozenset({"HardSwish"}),
    frozenset({"Sigmoid", "HardSigmoid", "Tanh", "Gelu", "Mish"}),
)
"""Activations that engines fold in alike; none and a rectifier are the cheapest."""


def _row(shape: KernelShape) -> tuple[float, ...]:
    other = max(0, shape.flops - 2 * shape.macs)
    moved = shape.input_bytes + shape.output_bytes + shape.weight_bytes
    channels = shape.depth / shape.taps
    return (
        _log(shape.rows),
        _log(shape.columns),
        _log(channels),
        _log(shape.taps),
        _log(shape.groups),
        _log(shape.stride),
        _log(shape.inside),
        _log(1 + shape.input_bytes),
        _log(1 + shape.output_bytes),
        _log(1 + shape.weight_bytes),
        _log(1 + 4 * other / max(1, shape.output_bytes)),
        _log((1 + 2 * shape.macs) / max(1, moved)),
        _log(max(1, shape.extent)),
        _log(max(1, shape.steps)),
        *(float(shape.activation in group) for group in _FOLDED),
        float(min(shape.extra_reads, 3)),
        float(min(shape.views, 4)),
        _log(1 + shape.reorder_in_bytes),
        _log(1 + shape.reorder_out_bytes),
        _padding(shape.rows * (shape.groups if shape.rows == 1 else 1)),
        _padding(channels),
        _padding(shape.extent),
        _log(shape.padding),
        _log(1 + min(shape.footprint_bytes, LARGEST_FOOTPRINT_BYTES) / 1e6),
        _pack(shape.rows * (shape.groups if shape.rows == 1 else 1)),
        _pack(channels),
        _log(shape.axes),
    )


def _pack(size: float) -> float:
    """Logarithm of the largest part of a vector of 16 that divides a size: engines pack channels by it."""
    return math.log2(math.gcd(VECTOR, int(size)))


def _log(value: float) -> float:
    return math.log2(value)


def _padding(size: float) -> float:
    """How much larger a size gets when it is filled up to whole vectors, as a logarithm."""
    return math.log2(math.ceil(max(1.0, size) / VECTOR) * VECTOR / max(1.0, size))
