"""Attention as one operator: the two products of scores and values, a softmax between, projections if packed.

Vaswani et al., arXiv:1706.03762, eq. 1. A causal mask does not reduce the nominal count.
"""

from __future__ import annotations

from collections.abc import Mapping

from planner.workload.operators.counting_rule import Call, Count, Rule, UncountedError
from planner.workload.operators.reduction import SOFTMAX

_SCALE_AND_MASK = 2


def _scores(batch: int, queries: int, keys: int, heads: int, width: int, value_width: int) -> tuple[int, int]:
    """MACs and operations; widths are over all heads."""
    cells = batch * queries * keys
    return cells * (width + value_width), (SOFTMAX + _SCALE_AND_MASK) * cells * heads


def _packed(call: Call) -> Count:
    """com.microsoft `Attention`: input (batch, tokens, hidden) times packed weights (hidden, q + k + v)."""
    batch, tokens, hidden = call.input(0)
    packed = call.input(1)[-1]
    sizes = call.integers("qkv_hidden_sizes") or (packed // 3, packed // 3, packed // 3)
    heads = call.integer("num_heads", 1)
    macs, operations = _scores(batch, tokens, tokens, heads, sizes[0], sizes[2])
    operations += batch * tokens * packed * call.has(2)
    return Count("attention", operations, extra_macs=macs + batch * tokens * hidden * packed)


def _multi_head(call: Call) -> Count:
    """com.microsoft `MultiHeadAttention` on separate query, key and value of rank 3."""
    batch, queries, width = call.input(0)
    key = call.input(1)
    keys = key[2] if len(key) == 4 else key[1]
    heads = call.integer("num_heads", 1)
    macs, operations = _scores(batch, queries, keys, heads, width, call.output()[-1])
    return Count("attention", operations, extra_macs=macs)


def _standard(call: Call) -> Count:
    """ai.onnx `Attention` on (batch, heads, tokens, width) or (batch, tokens, width); past keys count."""
    query, key, value = call.input(0), call.input(1), call.input(2)
    if len(query) == 4:
        batch, heads, queries, head_width = query
        width, value_width = heads * head_width, heads * value[-1]
        keys = key[2]
    elif len(query) == 3:
        batch, queries, width = query
        heads = call.integer("q_num_heads", 1)
        key_heads = call.integer("kv_num_heads", heads)
        keys, value_width = key[1], value[-1] // key_heads * heads
    else:
        raise UncountedError(f"query of rank {len(query)}")
    if call.has(4):
        keys += call.input(4)[2]
    macs, operations = _scores(batch, queries, keys, heads, width, value_width)
    return Count("attention", operations, extra_macs=macs)


RULES: Mapping[str, Rule] = {
    "Attention": _standard,
    "com.microsoft:Attention": _packed,
    "com.microsoft:QAttention": _packed,
    "com.microsoft:MultiHeadAttention": _multi_head,
}
