"""`Resize`, `Upsample` by factors, as engines do: in 32-bit floating point, rounded down; `MaxUnpool`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from planner.workload.file.onnx_rules import RuleError
from planner.workload.output_rules.site import (
    NOT_COVERED,
    NodeContext,
    OutputRule,
    OutputTypes,
    axis_of,
    one,
)

_SCALES_SECOND = 10  # `Resize` of operator set 10 has its factors where later ones have the region


def _scaled(site: NodeContext, factors: Sequence[float], axes: Sequence[int]) -> OutputTypes:
    shape = list(site.shape(0))
    if len(factors) != len(axes):
        raise RuleError(f"{len(factors)} factors for {len(axes)} of the axes of {shape}")
    for axis, factor in zip(axes, factors, strict=True):
        # A factor such as 48/41 is no number of 32 bits, so 41 times it is 48 there and 47.9999985 with more
        # digits: the package's own rule says 47 where engines give 48 (ONNX Runtime, upsamplebase.h).
        shape[axis] = int(np.float32(shape[axis]) * np.float32(factor))
    return one(site.spec(0).dtype, tuple(shape))


def _resize(site: NodeContext) -> OutputTypes:
    place = 1 if site.opsets.default <= _SCALES_SECOND else 2
    factors = site.value(place)
    crops = site.text("coordinate_transformation_mode") == "tf_crop_and_resize"
    if factors is None or not factors.size or site.has(place + 1) or crops:
        return NOT_COVERED
    rank = len(site.shape(0))
    axes = [axis_of(axis, rank) for axis in site.integers("axes") or range(rank)]
    return _scaled(site, [float(factor) for factor in factors.ravel()], axes)


def _upsample(site: NodeContext) -> OutputTypes:
    """Two factors as attributes (operator set 1), one for each axis as an attribute (7) or an input (9)."""
    shape = site.shape(0)
    attributes = site.node.attributes
    sides = [attributes.get(name) for name in ("height_scale", "width_scale")]
    numbers = [side for side in sides if isinstance(side, int | float)]
    if len(shape) == 4 and len(numbers) == 2:
        return _scaled(site, numbers, (2, 3))
    listed, value = attributes.get("scales"), site.value(1)
    factors = (
        [factor for factor in listed if isinstance(factor, int | float)]
        if isinstance(listed, tuple)
        else value.ravel().tolist()
        if value is not None
        else []
    )
    return _scaled(site, factors, range(len(shape))) if factors else NOT_COVERED


def _unpool(site: NodeContext) -> OutputTypes:
    """`MaxUnpool` to a shape that is given; without one the standard's rule follows the kernel."""
    wanted = site.value(2)
    return NOT_COVERED if wanted is None else one(site.spec(0).dtype, tuple(int(side) for side in wanted))


RULES: Mapping[str, OutputRule] = {"Resize": _resize, "Upsample": _upsample, "MaxUnpool": _unpool}
