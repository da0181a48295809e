"""Outputs of attention operators: the result, and the keys and values of all tokens so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import TensorSpec
from planner.workload.output_rules.site import NodeContext, OutputRule, OutputTypes, Specs


def _present(site: NodeContext, outputs: Specs, bound: str | None = None) -> OutputTypes:
    names = site.node.outputs
    kept = tuple(outputs[place] if name else None for place, name in enumerate(names) if place < len(outputs))
    return OutputTypes(kept, bound)


def _packed(site: NodeContext) -> OutputTypes:
    """Attention over one input with packed weights (hidden, q + k + v)."""
    batch, tokens, _ = site.shape(0)
    packed = site.shape(1)[-1]
    sizes = site.integers("qkv_hidden_sizes")
    hidden = sizes[2] if sizes is not None and len(sizes) == 3 else packed // 3
    dtype = "float" if site.spec(0).dtype in ("int8", "uint8") else site.spec(0).dtype
    heads = site.number("num_heads", 1)
    past = 8 if site.node.op_type == "QAttention" else 4
    shared = site.number("past_present_share_buffer", 0)
    known = site.shape(past)[3] if site.has(past) else 0
    total = known if known and shared else known + tokens
    cache = TensorSpec(dtype, (2, batch, heads, total, (packed - hidden) // 2 // heads))
    return _present(site, (TensorSpec(dtype, (batch, tokens, hidden)), cache))


def _ordered(site: NodeContext) -> OutputTypes:
    """`QOrderedAttention`: as the packed form, weights apart and all of it in 8 bits."""
    batch, tokens, _ = site.shape(0)
    return OutputTypes((TensorSpec("int8", (batch, tokens, site.shape(7)[-1])),))


def _multi_head(site: NodeContext) -> OutputTypes:
    """Query (batch, tokens, hidden), or packed with key and value (batch, tokens, heads, 3, width)."""
    query = site.shape(0)
    dtype = site.spec(0).dtype
    heads = site.number("num_heads", 1)
    if len(query) == 5:
        width = query[4]
        return _present(
            site, _with_cache(site, (query[0], query[1], query[2] * width), query[1], heads, width, width)
        )
    if len(query) != 3:
        raise RuleError(f"MultiHeadAttention with a query of rank {len(query)} is not supported")
    batch, tokens, hidden = query
    value_width = hidden // heads
    keys = tokens
    if site.has(1):
        key = site.shape(1)
        keys = key[2] if len(key) == 4 else key[1]
    if site.has(2):
        value = site.shape(2)
        value_width = value[3] if len(value) == 4 else value[2] // heads
    outputs = _with_cache(
        site, (batch, tokens, value_width * heads), keys, heads, hidden // heads, value_width
    )
    return _present(site, tuple(replace(spec, dtype=dtype) if spec else None for spec in outputs))


def _with_cache(
    site: NodeContext, result: tuple[int, int, int], keys: int, heads: int, width: int, value_width: int
) -> Specs:
    past = 6 if site.node.op_type == "MultiHeadAttention" else 5
    known = site.shape(past)[2] if site.has(past) else 0
    shared = site.number("past_present_share_buffer", 0) or site.has(past + 2)
    total = known if known and shared else known + keys
    dtype = site.spec(0).dtype
    batch, tokens, _ = result
    return (
        TensorSpec(dtype, result),
        TensorSpec(dtype, (batch, heads, total, width)),
        TensorSpec(dtype, (batch, heads, total, value_width)),
        TensorSpec(dtype, (batch, heads, tokens, total)),
    )


def _grouped_query(site: NodeContext) -> OutputTypes:
    """`GroupQueryAttention` and `SparseAttention`: (batch, tokens, hidden), key and value maybe packed in."""
    batch, tokens, hidden = site.shape(0)
    heads = site.number("num_heads", 1)
    key_heads = site.number("kv_num_heads", heads)
    width = hidden // heads if site.has(1) else hidden // (heads + 2 * key_heads)
    dtype = site.spec(0).dtype
    cached = site.spec(3).dtype if site.has(3) else dtype
    total, bound = cached_tokens(site, tokens)
    cache = TensorSpec(cached, (batch, key_heads, total, width))
    weights = TensorSpec(dtype, (batch, heads, tokens, total))
    return _present(site, (TensorSpec(dtype, (batch, tokens, heads * width)), cache, cache, weights), bound)


def cached_tokens(site: NodeContext, tokens: int) -> tuple[int, str | None]:
    """Tokens of the cache afterwards: the length given as an input, else all cached ones and the new."""
    length = site.whole(7 if site.node.op_type == "SparseAttention" else 6)
    known = site.shape(3)[2] if site.has(3) else 0
    if length is not None:
        return max(length, known), None
    total = known + tokens
    return total, f"attends to {total} tokens, all that the cache holds and the new ones"


def _paged(site: NodeContext) -> OutputTypes:
    """`PagedAttention`: (tokens, hidden), and the stores of keys and values as they came."""
    tokens, hidden = site.shape(0)
    heads = site.number("num_heads", 1)
    key_heads = site.number("kv_num_heads", heads)
    width = hidden // heads if site.has(1) else hidden // (heads + 2 * key_heads)
    dtype = site.spec(0).dtype
    keys = site.shape(7)[1] * site.shape(3)[1]
    found = (TensorSpec(dtype, (tokens, heads * width)), site.spec(3), site.spec(4))
    bound = f"attends to {keys} tokens a request, all that the blocks of its table hold"
    return _present(site, found, bound)


def _linear(site: NodeContext) -> OutputTypes:
    batch, tokens, hidden = site.shape(0)
    key_heads = site.number("kv_num_heads", 1)
    heads = site.number("q_num_heads", key_heads)
    value_width = site.shape(2)[2] // key_heads
    state = TensorSpec(site.spec(0).dtype, (batch, key_heads, hidden // heads, value_width))
    return _present(site, (TensorSpec(site.spec(0).dtype, (batch, tokens, heads * value_width)), state))


RULES: Mapping[str, OutputRule] = {
    **dict.fromkeys(("Attention", "QAttention"), _packed),
    "QOrderedAttention": _ordered,
    **dict.fromkeys(("MultiHeadAttention", "DecoderMaskedMultiHeadAttention"), _multi_head),
    **dict.fromkeys(("GroupQueryAttention", "SparseAttention"), _grouped_query),
    "PagedAttention": _paged,
    "LinearAttention": _linear,
}
