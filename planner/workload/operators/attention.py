"""Attention as one operator: the two products of scores and values, a softmax between, projections if packed.

Vaswani et al., arXiv:1706.03762, eq. 1. A causal mask or a window does not reduce the nominal count. Cached
keys and values count as attended to; reading them is part of the operator's bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from planner.workload.operators.counting_rule import TRANSCENDENTAL, Call, Count, CountingRule, UncountedError
from planner.workload.operators.reduction import SOFTMAX

_SCALE_AND_MASK = 2
_ROTATION = 3  # two multiplies and an add per element of a rotary embedding


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
    past = 8 if call.node.op_type == "QAttention" else 4
    keys = tokens + (call.input(past)[3] if call.has(past) else 0)
    macs, operations = _scores(batch, tokens, keys, heads, sizes[0], sizes[2])
    operations += batch * tokens * packed * call.has(2)
    return Count("attention", operations, extra_macs=macs + batch * tokens * hidden * packed)


def _ordered(call: Call) -> Count:
    """com.microsoft `QOrderedAttention`: three weights apart (inputs 5 to 7), all of it in 8 bits."""
    batch, tokens, hidden = call.input(0)
    widths = [call.input(place)[-1] for place in (5, 6, 7)]
    macs, operations = _scores(batch, tokens, tokens, call.integer("num_heads", 1), widths[0], widths[2])
    operations += batch * tokens * sum(widths)
    return Count("attention", operations, extra_macs=macs + batch * tokens * hidden * sum(widths))


def _multi_head(call: Call) -> Count:
    """com.microsoft `MultiHeadAttention`, on separate or packed query, key and value."""
    query = call.input(0)
    batch, queries = query[:2]
    heads = call.integer("num_heads", 1)
    packed = len(query) == 5
    width = query[2] * query[4] if packed else query[2]
    keys = queries
    if call.has(1):
        key = call.input(1)
        keys = key[2] if len(key) == 4 else key[1]
    decoding = call.node.op_type == "DecoderMaskedMultiHeadAttention"
    past = 5 if decoding else 6
    keys += call.input(past)[2] if call.has(past) else 0
    macs, operations = _scores(batch, queries, keys, heads, width, call.output()[-1])
    operations += batch * queries * 3 * width * call.has(10 if decoding else 3)
    return Count("attention", operations, extra_macs=macs)


def _grouped_query(call: Call) -> Count:
    """com.microsoft `GroupQueryAttention`: few key heads serve many query heads; rotary embedding if asked.

    Only the cache that is attended to is read, and only the new tokens are written to it.
    """
    batch, queries, hidden = call.input(0)
    heads = call.integer("num_heads", 1)
    key_heads = call.integer("kv_num_heads", heads)
    width = hidden // heads if call.has(1) else hidden // (heads + 2 * key_heads)
    past = call.input(3)[2] if call.has(3) else 0
    keys = past + queries
    length = call.values.get(7 if call.node.op_type == "SparseAttention" else 6)
    if length is not None and length.size:
        keys = max(queries, int(length.ravel()[0]))
    macs, operations = _scores(batch, queries, keys, heads, heads * width, heads * width)
    if call.integer("do_rotary", 0):
        operations += _ROTATION * batch * queries * (heads + key_heads) * width
    new = batch * key_heads * queries * width
    cached = batch * key_heads * max(0, keys - queries) * width
    return Count(
        "attention",
        operations,
        extra_macs=macs,
        reads={place: cached for place in (3, 4) if call.has(place)},
        writes={place: new for place in (1, 2) if place < len(call.outputs) and call.outputs[place]},
    )


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
    if call.number("softcap", 0.0):
        operations += (TRANSCENDENTAL + 2) * batch * queries * keys * heads
    return Count("attention", operations, extra_macs=macs)


_STATE_PASSES = {"linear": 2, "gated": 2, "delta": 3, "gated_delta": 3}


def _linear(call: Call) -> Count:
    """`LinearAttention`: per token the state is written to and read from, for a delta rule read once more.

    One pass over a state costs key width x value width MACs. Queries of a group share a state but each reads
    it. A gate scales the whole state.
    """
    batch, tokens, hidden = call.input(0)
    key_heads = call.integer("kv_num_heads", 1)
    heads = call.integer("q_num_heads", key_heads)
    width, value_width = hidden // heads, call.input(2)[2] // key_heads
    rule = call.text("update_rule", "gated_delta")
    passes = _STATE_PASSES.get(rule)
    if passes is None:
        raise UncountedError(f"the update rule {rule!r}")
    state = width * value_width
    macs = batch * tokens * state * (heads + key_heads * (passes - 1))
    gate = batch * tokens * key_heads * state * (rule.startswith("gated"))
    corrections = 2 * batch * tokens * key_heads * value_width * (passes - 2)
    return Count("attention", gate + corrections, extra_macs=macs)


def _flexible(call: Call) -> Count:
    """`FlexAttention` without its subgraphs, which are counted apart."""
    batch, heads, queries, width = call.input(0)
    keys = call.input(1)[2]
    macs, operations = _scores(batch, queries, keys, heads, heads * width, heads * call.input(2)[3])
    return Count("attention", operations, extra_macs=macs)


RULES: Mapping[str, CountingRule] = {
    "Attention": _standard,
    "ai.onnx.preview:FlexAttention": _flexible,
    **dict.fromkeys(("LinearAttention", "com.microsoft:LinearAttention"), _linear),
    **dict.fromkeys(("com.microsoft:Attention", "com.microsoft:QAttention"), _packed),
    "com.microsoft:QOrderedAttention": _ordered,
    "com.microsoft:MultiHeadAttention": _multi_head,
    "com.microsoft:DecoderMaskedMultiHeadAttention": _multi_head,
    **dict.fromkeys(("com.microsoft:GroupQueryAttention", "com.microsoft:SparseAttention"), _grouped_query),
}
