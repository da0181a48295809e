"""Reductions, softmax, running sums and sorting, per element of the input."""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operators.counting_rule import (
    DIVISION,
    ROOT,
    TRANSCENDENTAL,
    Call,
    Count,
    CountingRule,
)

_OVERLAP = 12 + DIVISION  # intersection over union of two boxes
SOFTMAX = 3 + TRANSCENDENTAL + DIVISION
"""Operations of a softmax per element: running maximum, subtract, exp, sum, divide."""


def _reduce(per_input: int, per_output: int = 0) -> CountingRule:
    return lambda call: Count("reduction", per_input * call.read + per_output * call.written)


def _softmax(per_element: int) -> CountingRule:
    return lambda call: Count("softmax", per_element * call.read)


def _hardmax(call: Call) -> Count:
    return Count("reduction", 2 * call.read)


def _top_k(call: Call) -> Count:
    """A heap of the k largest: log2(k) + 1 comparisons per element."""
    axis = call.integer("axis", -1)
    kept = call.output()[axis]
    return Count("sort", call.read * (1 + math.ceil(math.log2(max(1, kept)))))


def _unique(call: Call) -> Count:
    """Sorting: log2(n) comparisons per element."""
    return Count("sort", call.read * max(1, math.ceil(math.log2(max(1, call.read)))))


def _non_max_suppression(call: Call) -> Count:
    """Sorting the scores, and every selected box compared with all boxes of its class."""
    batch, classes, boxes = call.input(1)
    selected = call.output()[0]
    sorting = batch * classes * boxes * max(1, math.ceil(math.log2(max(1, boxes))))
    return Count("sort", sorting + selected * boxes * _OVERLAP)


def _masked_softmax(call: Call) -> Count:
    """`BiasSoftmax`: one addition before."""
    return Count("softmax", (1 + SOFTMAX) * call.read)


def _distances(call: Call) -> Count:
    """`CDist`: a difference, a square and a sum per pair of rows and feature; a root per pair."""
    root = ROOT if call.text("metric", "sqeuclidean") == "euclidean" else 0
    return Count("reduction", (3 * call.input(0)[1] + root) * call.written)


RULES: Mapping[str, CountingRule] = {
    "ReduceSum": _reduce(1),
    "ReduceMean": _reduce(1, 1),
    "ReduceMax": _reduce(1),
    "ReduceMin": _reduce(1),
    "ReduceProd": _reduce(1),
    "ReduceL1": _reduce(2),
    "ReduceL2": _reduce(2, ROOT),
    "ReduceSumSquare": _reduce(2),
    "ReduceLogSum": _reduce(1, TRANSCENDENTAL),
    "ReduceLogSumExp": _reduce(3 + TRANSCENDENTAL, TRANSCENDENTAL + 1),
    "ArgMax": _reduce(1),
    "ArgMin": _reduce(1),
    "CumSum": _reduce(1),
    "CumProd": _reduce(1),
    "NonZero": _reduce(1),
    "Hardmax": _hardmax,
    "Softmax": _softmax(SOFTMAX),
    "LogSoftmax": _softmax(SOFTMAX + 1 - DIVISION),
    "com.microsoft:BiasSoftmax": _masked_softmax,
    "com.microsoft:CDist": _distances,
    "com.microsoft:ReduceSumInteger": _reduce(1),
    "com.microsoft:IsAllFinite": _reduce(1),
    "com.microsoft:Unique": _unique,
    "TopK": _top_k,
    "Unique": _unique,
    "NonMaxSuppression": _non_max_suppression,
}
