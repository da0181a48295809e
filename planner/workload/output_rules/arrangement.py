"""Operators that rearrange, join, cut or pick elements of tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import TensorSpec
from planner.workload.output_rules.site import (
    NOT_COVERED,
    NodeContext,
    OutputRule,
    OutputTypes,
    axes_of,
    axis_of,
    one,
)


def _transpose(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    order = site.integers("perm") or tuple(reversed(range(len(shape))))
    if sorted(order) != list(range(len(shape))):
        raise RuleError(f"the order {list(order)} for a tensor of rank {len(shape)}")
    return one(site.spec(0).dtype, tuple(shape[axis] for axis in order))


def _concat(site: NodeContext) -> OutputTypes:
    first = site.shape(0)
    axis = axis_of(site.number("axis", 1), len(first))
    total = 0
    for position in range(len(site.inputs)):
        shape = site.shape(position)
        if len(shape) != len(first) or shape[:axis] != first[:axis] or shape[axis + 1 :] != first[axis + 1 :]:
            raise RuleError(f"shapes {list(first)} and {list(shape)} do not join along axis {axis}")
        total += shape[axis]
    return one(site.spec(0).dtype, (*first[:axis], total, *first[axis + 1 :]))


def _reshape(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    wanted = site.integers("shape")  # an attribute before operator set 5
    if wanted is None:
        value = site.value(1)
        if value is None:
            return NOT_COVERED
        wanted = tuple(int(extent) for extent in np.ravel(value))
    keeps_zero = site.number("allowzero", 0)
    extents = [
        shape[axis] if not extent and not keeps_zero and axis < len(shape) else extent
        for axis, extent in enumerate(wanted)
    ]
    total = math.prod(shape)
    known = math.prod(extent for extent in extents if extent != -1)
    if extents.count(-1) == 1 and known and total % known == 0:
        extents[extents.index(-1)] = total // known
    if min(extents, default=1) < 0 or math.prod(extents) != total:
        raise RuleError(f"{list(shape)} cannot be reshaped to {list(wanted)}")
    return one(site.spec(0).dtype, tuple(extents))


def _flatten(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    axis = site.number("axis", 1)
    if not -len(shape) <= axis <= len(shape):
        raise RuleError(f"axis {axis} of a tensor of rank {len(shape)}")
    axis = axis % len(shape) if axis < 0 else axis
    return one(site.spec(0).dtype, (math.prod(shape[:axis]), math.prod(shape[axis:])))


def _unsqueeze(site: NodeContext) -> OutputTypes:
    shape = list(site.shape(0))
    try:
        given = axes_of(site) or ()
    except LookupError:
        return NOT_COVERED
    rank = len(shape) + len(given)
    axes = sorted(axis_of(axis, rank) for axis in given)
    if len(set(axes)) < len(axes):
        raise RuleError(f"axes {list(given)}, one of them twice")
    for axis in axes:
        shape.insert(axis, 1)
    return one(site.spec(0).dtype, tuple(shape))


def _squeeze(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    try:
        given = axes_of(site)
    except LookupError:
        return NOT_COVERED
    if given is None:
        return one(site.spec(0).dtype, tuple(extent for extent in shape if extent != 1))
    axes = {axis_of(axis, len(shape)) for axis in given}
    if any(shape[axis] != 1 for axis in axes):
        raise RuleError(f"axes {list(given)} of {list(shape)} are not all of extent 1")
    return one(site.spec(0).dtype, tuple(extent for axis, extent in enumerate(shape) if axis not in axes))


def _gather(site: NodeContext) -> OutputTypes:
    shape, indices = site.shape(0), site.shape(1)
    axis = axis_of(site.number("axis", 0), len(shape))
    return one(site.spec(0).dtype, (*shape[:axis], *indices, *shape[axis + 1 :]))


def _gather_nd(site: NodeContext) -> OutputTypes:
    shape, indices = site.shape(0), site.shape(1)
    batch, depth = site.number("batch_dims", 0), indices[-1]
    if not 0 <= batch < min(len(shape), len(indices)) or not 1 <= depth <= len(shape) - batch:
        raise RuleError(f"indices {list(indices)} into {list(shape)} with {batch} axes of batch")
    return one(site.spec(0).dtype, (*indices[:-1], *shape[batch + depth :]))


def _split(site: NodeContext) -> OutputTypes:
    """Equal parts where no sizes are given; the last may be smaller (operator set 18)."""
    shape, parts = site.shape(0), len(site.node.outputs)
    axis = axis_of(site.number("axis", 0), len(shape))
    if site.number("num_outputs", parts) != parts:
        raise RuleError(f"{parts} outputs where num_outputs says {site.number('num_outputs', parts)}")
    if site.has(1):
        value = site.value(1)
        if value is None:
            return NOT_COVERED
        sizes = [int(size) for size in np.ravel(value)]
    else:
        part = -(-shape[axis] // parts)
        sizes = list(site.integers("split") or (part,) * (parts - 1) + (shape[axis] - part * (parts - 1),))
    if len(sizes) != parts or sum(sizes) != shape[axis] or min(sizes) < 0:
        raise RuleError(f"{shape[axis]} split into {sizes} for {parts} outputs")
    dtype = site.spec(0).dtype
    return OutputTypes(tuple(TensorSpec(dtype, (*shape[:axis], size, *shape[axis + 1 :])) for size in sizes))


def _range(site: NodeContext) -> OutputTypes:
    """As engines do, limits of one element each, whatever their rank."""
    limits = [site.value(place) for place in range(3)]
    if any(limit is None or limit.size != 1 for limit in limits):
        return NOT_COVERED
    start, stop, step = (limit.item() for limit in limits if limit is not None)
    if not step or not all(map(math.isfinite, (start, stop, step))):
        raise RuleError(f"a range from {start} to {stop} in steps of {step}")
    return one(site.spec(0).dtype, (max(0, math.ceil((stop - start) / step)),))


RULES: Mapping[str, OutputRule] = {
    "Transpose": _transpose,
    "Concat": _concat,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Gather": _gather,
    "GatherND": _gather_nd,
    "Split": _split,
    "Range": _range,
}
