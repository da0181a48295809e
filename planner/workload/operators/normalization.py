"""Normalisations at inference, per element of the input plus a little per normalised row."""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operators.counting_rule import (
    DIVISION,
    ROOT,
    SIGMOID,
    TRANSCENDENTAL,
    Call,
    Count,
    CountingRule,
)

_MOMENTS = 4  # sum; subtract the mean; square and sum
_PER_ROW = ROOT + 2 * DIVISION + 1  # mean, variance, add epsilon, reciprocal root


def _batch(call: Call) -> Count:
    """At inference the four vectors fold into one scale and one shift per channel."""
    return Count("norm", 2 * call.read)


def _standardise(call: Call, rows: int, affine: int) -> Count:
    return Count("norm", (_MOMENTS + 1 + affine) * call.read + _PER_ROW * rows)


def _layer(call: Call) -> Count:
    shape = call.input(0)
    axis = call.integer("axis", -1) % len(shape)
    return _standardise(call, math.prod(shape[:axis]), 1 + call.has(2))


def _instance(call: Call) -> Count:
    return _standardise(call, math.prod(call.input(0)[:2]), 2)


def _group(call: Call) -> Count:
    return _standardise(call, call.input(0)[0] * call.integer("num_groups", 1), 2)


def _mean_variance(call: Call) -> Count:
    axes = call.integers("axes") or (0, 2, 3)
    kept = [extent for axis, extent in enumerate(call.input(0)) if axis not in axes]
    return _standardise(call, math.prod(kept), 0)


def _rms(call: Call) -> Count:
    """Square and sum, then two multiplications per element."""
    shape = call.input(0)
    axis = call.integer("axis", -1) % len(shape)
    return Count("norm", 4 * call.read + _PER_ROW * math.prod(shape[:axis]))


def _lp(call: Call) -> Count:
    shape = call.input(0)
    rows = call.read // shape[call.integer("axis", -1)]
    return Count("norm", (2 + DIVISION) * call.read + ROOT * rows)


def _local_response(call: Call) -> Count:
    """x / (k + alpha / n * sum of n squares) ** beta; the power is exp(beta log)."""
    size = call.integer("size", 5)
    return Count("norm", (2 * size + 2 + 2 * TRANSCENDENTAL + 1 + DIVISION) * call.read)


def _skip_layer(call: Call) -> Count:
    """A layer normalisation of input + skip (+ bias)."""
    added = (1 + call.has(4)) * call.read
    base = _standardise(call, math.prod(call.input(0)[:-1]), 1 + call.has(3))
    return Count("norm", base.operations + added)


def _skip_rms(call: Call) -> Count:
    added = (1 + call.has(3)) * call.read
    return Count("norm", added + 4 * call.read + _PER_ROW * math.prod(call.input(0)[:-1]))


def _contrib_group(call: Call) -> Count:
    """com.microsoft `GroupNorm`, `SkipGroupNorm`: by default channels last; a swish where it is asked for."""
    rows = call.input(0)[0] * call.integer("groups", 1)
    skipped = call.node.op_type == "SkipGroupNorm"
    added = (1 + call.has(4)) * skipped + (SIGMOID + 1) * bool(call.integer("activation", 0))
    base = _standardise(call, rows, 2)
    return Count("norm", base.operations + added * call.read)


def _embedding(call: Call) -> Count:
    """com.microsoft `EmbedLayerNormalization`: rows of two or three tables summed and normalised."""
    rows = math.prod(call.input(0))
    tables = [place for place in (2, 3, 4) if call.has(place)]
    written = call.written
    operations = (len(tables) - 1 + _MOMENTS + 3) * written + _PER_ROW * rows
    reads = {place: min(math.prod(call.input(place)), written) for place in tables}
    return Count("norm", operations, reads=reads)


def _gated_rms(call: Call) -> Count:
    return Count("norm", (5 + SIGMOID) * call.read + _PER_ROW * math.prod(call.input(0)[:-1]))


RULES: Mapping[str, CountingRule] = {
    "BatchNormalization": _batch,
    "LayerNormalization": _layer,
    "InstanceNormalization": _instance,
    "GroupNormalization": _group,
    "MeanVarianceNormalization": _mean_variance,
    "RMSNormalization": _rms,
    "SimplifiedLayerNormalization": _rms,
    "LpNormalization": _lp,
    "LRN": _local_response,
    **dict.fromkeys(("com.microsoft:GroupNorm", "com.microsoft:SkipGroupNorm"), _contrib_group),
    "com.microsoft:EmbedLayerNormalization": _embedding,
    "com.microsoft:QEmbedLayerNormalization": _embedding,
    "com.microsoft:QOrderedLayerNormalization": _layer,
    "com.microsoft:GatedRMSNorm": _gated_rms,
    "com.microsoft:SkipLayerNormalization": _skip_layer,
    "com.microsoft:SkipSimplifiedLayerNormalization": _skip_rms,
}
