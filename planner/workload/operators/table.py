"""The table of all counting rules; contrib operators carry their domain before a colon."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from planner.workload.operators import (
    attention,
    borrowing,
    convolution,
    elementwise,
    matmul,
    movement,
    normalization,
    pooling,
    quantisation,
    recurrent,
    reduction,
    resampling,
)
from planner.workload.operators.beyond_tensors import classical, signal, text
from planner.workload.operators.counting_rule import Call, Count, CountingRule, UncountedError
from planner.workload.uncountable import uncountable

RULES: Mapping[str, CountingRule] = MappingProxyType(
    {
        **attention.RULES,
        **borrowing.RULES,
        **classical.RULES,
        **convolution.RULES,
        **elementwise.RULES,
        **matmul.RULES,
        **movement.RULES,
        **normalization.RULES,
        **pooling.RULES,
        **quantisation.RULES,
        **recurrent.RULES,
        **reduction.RULES,
        **resampling.RULES,
        **signal.RULES,
        **text.RULES,
    }
)
"""Operator -> counting rule."""


def count(call: Call) -> Count:
    """Work of one operator.

    Raises `UncountedError` for an operator without a rule, and where its shapes and attributes contradict.
    """
    node = call.node
    key = f"{node.domain}:{node.op_type}" if node.domain else node.op_type
    rule = RULES.get(key)
    if rule is None:
        raise UncountedError(uncountable(node.domain, node.op_type) or f"no counting rule for operator {key}")
    try:
        return rule(call)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise UncountedError(f"shapes and attributes of {key} contradict each other ({error})") from error
