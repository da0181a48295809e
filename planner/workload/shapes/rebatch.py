"""Constant target shapes of a file exported for batch 1, rewritten for a larger batch."""

from __future__ import annotations

import math
from collections.abc import Sequence


def rebatch(target: Sequence[int], data: Sequence[int], factor: int) -> list[int] | None:
    """The `Reshape` target that carries `factor` times the batch; None where the given one does.

    The batch goes to an extent of 1 that faces the batch extent of the data, else to a leading extent (which
    may hold the batch folded with another axis, as the windows of a windowed transformer do). Extents of
    0 (copied from the data) and -1 (the rest) keep their meaning.
    """
    if factor == 1:
        return None
    copied = [
        data[axis] if extent == 0 and axis < len(data) else extent for axis, extent in enumerate(target)
    ]
    facing = [
        axis
        for axis, (extent, given) in enumerate(zip(target, data, strict=False))
        if extent == 1 and given == factor
    ]
    if -1 in target:
        return _with(target, facing[0], factor) if facing else None
    # Only a target that is too small by just the batch was written for batch 1.
    if math.prod(copied) * factor != math.prod(data) or not target:
        return None
    axis = 0 if target[0] == 1 or not facing else facing[0]
    return _with(target, axis, target[axis] * factor)


def _with(target: Sequence[int], axis: int, extent: int) -> list[int]:
    return [*target[:axis], extent, *target[axis + 1 :]]
