"""Shapes that depend on values: the largest possible one, said as a bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import TensorSpec
from planner.workload.output_rules.site import NodeContext, OutputRule, OutputTypes, Specs, axis_of


def _non_zero(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    count = math.prod(shape)
    spec = TensorSpec("int64", (max(1, len(shape)), count))
    return OutputTypes((spec,), f"all {count} elements are non-zero")


def _unique(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    if "axis" in site.node.attributes:
        axis = axis_of(site.number("axis", 0), len(shape))
        count, values = shape[axis], shape
    else:
        count = math.prod(shape)
        values = (count,)
    index = TensorSpec("int64", (count,))
    outputs = (TensorSpec(site.spec(0).dtype, values), index, index, index)
    return OutputTypes(outputs[: len(site.node.outputs)], f"all {count} elements are different")


def _compress(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    axis = site.node.attributes.get("axis")
    kept = shape if isinstance(axis, int) else (math.prod(shape),)
    return OutputTypes((TensorSpec(site.spec(0).dtype, kept),), f"keeps all of {list(shape)}")


def _non_max_suppression(site: NodeContext) -> OutputTypes:
    batch, classes, boxes = site.shape(1)
    limit = site.value(2)
    per_class = min(boxes, int(np.ravel(limit)[0])) if limit is not None else boxes
    count = batch * classes * max(0, per_class)
    return OutputTypes((TensorSpec("int64", (count, 3)),), f"{count} boxes are selected, the most possible")


RULES: Mapping[str, OutputRule] = {
    "NonZero": _non_zero,
    "Unique": _unique,
    "Compress": _compress,
    "NonMaxSuppression": _non_max_suppression,
}


def _takes_all(site: NodeContext, inferred: Specs) -> OutputTypes | None:
    """`Slice` and `TopK` with unknown limits keep at most what they are given."""
    whole = site.shape(0)
    first = inferred[0] if inferred else None
    if first is None or len(first.shape) != len(whole):
        return None
    dims = tuple(
        dim if isinstance(dim, int) else extent for dim, extent in zip(first.shape, whole, strict=True)
    )
    bounded = tuple(replace(spec, shape=dims) if spec is not None else None for spec in inferred)
    return OutputTypes(bounded, f"takes all of {list(whole)}, as its limits depend on data")


def _reduces_nothing(site: NodeContext, _inferred: Specs) -> OutputTypes | None:
    """With axes of unknown value all extents stay, or as many of the smallest go as there are axes."""
    spec = site.spec(0)
    if site.number("keepdims", 1):
        return OutputTypes((spec,), f"keeps all of {list(spec.shape)}, as its axes depend on data")
    dropped = sorted(range(len(spec.shape)), key=site.shape(0).__getitem__)[: math.prod(site.shape(1))]
    kept = tuple(extent for axis, extent in enumerate(spec.shape) if axis not in dropped)
    bound = f"keeps the largest extents {list(kept)} of {list(spec.shape)}, as its axes depend on data"
    return OutputTypes((replace(spec, shape=kept),), bound)


def _splits_evenly(site: NodeContext, _inferred: Specs) -> OutputTypes | None:
    shape = site.shape(0)
    axis = axis_of(site.number("axis", 0), len(shape))
    parts = len(site.node.outputs)
    if shape[axis] < parts:
        return None
    sizes = [shape[axis] // parts + (position < shape[axis] % parts) for position in range(parts)]
    specs = (TensorSpec(site.spec(0).dtype, (*shape[:axis], size, *shape[axis + 1 :])) for size in sizes)
    return OutputTypes(tuple(specs), "splits evenly, as its sizes depend on data")


BOUNDS: Mapping[str, Callable[[NodeContext, Specs], OutputTypes | None]] = {
    **dict.fromkeys(("Slice", "TopK"), _takes_all),
    **dict.fromkeys(("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd"), _reduces_nothing),
    **dict.fromkeys(("ReduceL1", "ReduceL2", "ReduceSumSquare"), _reduces_nothing),
    **dict.fromkeys(("ReduceLogSum", "ReduceLogSumExp"), _reduces_nothing),
    "Split": _splits_evenly,
}
"""Operators with a largest result where the standard's rule leaves an extent open."""


def declared(site: NodeContext, inferred: Specs) -> OutputTypes | None:
    """Extents that the rule leaves open, as the file notes them; None where it does not."""
    filled: list[TensorSpec | None] = []
    for position, name in enumerate(site.node.outputs):
        known = inferred[position] if position < len(inferred) else None
        filled.append(_filled(known, site.declared.get(name)) if name else None)
        if name and filled[-1] is None:
            return None
    return OutputTypes(
        tuple(filled), "has the shape that the file notes, as it does not follow from its inputs"
    )


def _filled(known: TensorSpec | None, noted: TensorSpec | None) -> TensorSpec | None:
    if known is not None and has_known_extents(known):
        return known
    if noted is None or not has_known_extents(noted):
        return None
    if known is None or len(known.shape) != len(noted.shape):
        return noted
    dims = tuple(
        dim if isinstance(dim, int) else other for dim, other in zip(known.shape, noted.shape, strict=True)
    )
    return TensorSpec(known.dtype, dims)


def has_known_extents(spec: TensorSpec) -> bool:
    """Whether every extent is a number."""
    return all(isinstance(dim, int) for dim in spec.shape)


def refuse_enormous(specs: Specs) -> None:
    """Extents that wrapped around or that nothing could hold: beyond 2^48 elements (256 TiB of bytes)."""
    for spec in specs:
        if spec is None:
            continue
        extents: tuple[int, ...] = spec.shape  # type: ignore[assignment] # all extents are known by now
        if min(extents, default=0) < 0 or math.prod(extents) > 2**48:
            raise RuleError(f"its output has the shape {list(extents)}, which nothing can hold")
