"""Attention as one operator: the two products of scores and values, a softmax between, projections if packed.

Vaswani et al., arXiv:1706.03762, eq. 1. The count is that of the form spelt out in products and a softmax: a
mask that is an input adds one operation a score; scaling is part of the product, and neither a causal mask
nor a window reduces the nominal count. Cached keys and values count as attended to; reading them is part of
the operator's bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from planner.workload.operation import Contraction
from planner.workload.operators.counting_rule import TRANSCENDENTAL, Call, Count, CountingRule, UncountedError
from planner.workload.operators.reduction import SOFTMAX

_ROTATION = 3  # two multiplies and an add per element of a rotary embedding


def _scores(
    sizes: tuple[int, int, int, int], width: int, value_width: int, *, masked: bool = False
) -> tuple[tuple[Contraction, ...], int]:
    """Both products and the operations of the softmax; sizes are batch, queries, keys and heads.

    Widths are of one head.
    """
    batch, queries, keys, heads = sizes
    groups = batch * heads
    products = (
        Contraction(groups, queries, keys, width),
        Contraction(groups, queries, value_width, keys),
    )
    return products, (SOFTMAX + masked) * groups * queries * keys


def _packed(call: Call) -> Count:
    """com.microsoft `Attention`: input (batch, tokens, hidden) times packed weights (hidden, q + k + v)."""
    batch, tokens, hidden = call.input(0)
    packed = call.input(1)[-1]
    sizes = call.integers("qkv_hidden_sizes") or (packed // 3, packed // 3, packed // 3)
    heads = call.integer("num_heads", 1)
    past = 8 if call.node.op_type == "QAttention" else 4
    keys = tokens + (call.input(past)[3] if call.has(past) else 0)
    products, operations = _scores(
        (batch, tokens, keys, heads), sizes[0] // heads, sizes[2] // heads, masked=call.has(3)
    )
    operations += batch * tokens * packed * call.has(2)
    projection = Contraction(1, batch * tokens, packed, hidden)
    return Count("attention", operations, products=(projection, *products))


def _ordered(call: Call) -> Count:
    """com.microsoft `QOrderedAttention`: three weights apart (inputs 5 to 7), all of it in 8 bits."""
    batch, tokens, hidden = call.input(0)
    widths = [call.input(place)[-1] for place in (5, 6, 7)]
    heads = call.integer("num_heads", 1)
    products, operations = _scores((batch, tokens, tokens, heads), widths[0] // heads, widths[2] // heads)
    operations += batch * tokens * sum(widths)
    projection = Contraction(1, batch * tokens, sum(widths), hidden)
    return Count("attention", operations, products=(projection, *products))


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
    masked = call.has(4) or (not decoding and call.has(5))
    products, operations = _scores(
        (batch, queries, keys, heads), width // heads, call.output()[-1] // heads, masked=masked
    )
    operations += batch * queries * 3 * width * call.has(10 if decoding else 3)
    return Count("attention", operations, products=products, writes=_new_tokens(call, past, queries))


def _new_tokens(call: Call, past: int, new: int) -> dict[int, int]:
    """Elements written to the cache: where an older one comes in at `past`, the new tokens alone."""
    if not call.has(past):
        return {}
    found = {}
    for place in (1, 2):
        if place < len(call.outputs) and call.outputs[place] is not None:
            batch, heads, _, width = call.output(place)
            found[place] = batch * heads * new * width
    return found


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
    products, operations = _scores((batch, queries, keys, heads), width, width)
    if call.integer("do_rotary", 0):
        operations += _ROTATION * batch * queries * (heads + key_heads) * width
    new = batch * key_heads * queries * width
    window = call.integer("local_window_size", -1)
    # Of a window the last tokens alone are read: those before the first query that its window still holds.
    reach = keys - queries if window <= 0 else min(keys - queries, window - 1)
    cached = batch * key_heads * max(0, reach) * width
    return Count(
        "attention",
        operations,
        products=products,
        reads={place: cached for place in (3, 4) if call.has(place)},
        writes={place: new for place in (1, 2) if place < len(call.outputs) and call.outputs[place]},
    )


def _standard(call: Call) -> Count:
    """ai.onnx `Attention` on (batch, heads, tokens, width) or (batch, tokens, width); past keys count."""
    query, key, value = call.input(0), call.input(1), call.input(2)
    if len(query) == 4:
        batch, heads, queries, width = query
        value_width, keys = value[-1], key[2]
    elif len(query) == 3:
        batch, queries, hidden = query
        heads = call.integer("q_num_heads", 1)
        key_heads = call.integer("kv_num_heads", heads)
        width, value_width, keys = hidden // heads, value[-1] // key_heads, key[1]
    else:
        raise UncountedError(f"query of rank {len(query)}")
    new = keys
    if call.has(4):
        keys += call.input(4)[2]
    products, operations = _scores((batch, queries, keys, heads), width, value_width, masked=call.has(3))
    if call.number("softcap", 0.0):
        operations += (TRANSCENDENTAL + 2) * batch * queries * keys * heads
    return Count("attention", operations, products=products, writes=_new_tokens(call, 4, new))


def _paged(call: Call) -> Count:
    """com.microsoft `PagedAttention`: tokens of several requests, keys and values in blocks of a common
    store.

    How long each request is so far is data; all the blocks that its row of the table names count as full.
    """
    tokens, hidden = call.input(0)
    heads = call.integer("num_heads", 1)
    key_heads = call.integer("kv_num_heads", heads)
    width = hidden // heads if call.has(1) else hidden // (heads + 2 * key_heads)
    requests, blocks = call.input(7)
    keys = blocks * call.input(3)[1]
    products, operations = _scores((1, tokens, keys, heads), width, width)
    if call.integer("do_rotary", 0):
        operations += _ROTATION * tokens * (heads + key_heads) * width
    cached = requests * keys * key_heads * width
    new = tokens * key_heads * width
    return Count(
        "attention",
        operations,
        products=products,
        reads=dict.fromkeys((3, 4), cached),
        writes={place: new for place in (1, 2) if place < len(call.outputs) and call.outputs[place]},
    )


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
    products = (
        Contraction(batch * heads, tokens, value_width, width),
        *(Contraction(batch * key_heads, tokens, value_width, width) for _ in range(passes - 1)),
    )
    gate = batch * tokens * key_heads * state * (rule.startswith("gated"))
    corrections = 2 * batch * tokens * key_heads * value_width * (passes - 2)
    return Count("attention", gate + corrections, products=products)


def _flexible(call: Call) -> Count:
    """`FlexAttention` without its subgraphs, which are counted apart."""
    batch, heads, queries, width = call.input(0)
    keys = call.input(1)[2]
    products, operations = _scores((batch, queries, keys, heads), width, call.input(2)[3])
    return Count("attention", operations, products=products)


RULES: Mapping[str, CountingRule] = {
    "Attention": _standard,
    "ai.onnx.preview:FlexAttention": _flexible,
    **dict.fromkeys(("LinearAttention", "com.microsoft:LinearAttention"), _linear),
    **dict.fromkeys(("com.microsoft:Attention", "com.microsoft:QAttention"), _packed),
    "com.microsoft:QOrderedAttention": _ordered,
    "com.microsoft:MultiHeadAttention": _multi_head,
    "com.microsoft:DecoderMaskedMultiHeadAttention": _multi_head,
    "com.microsoft:PagedAttention": _paged,
    **dict.fromkeys(("com.microsoft:GroupQueryAttention", "com.microsoft:SparseAttention"), _grouped_query),
}
