"""Open extents of a decoder with a cache, each set once by name: new and cached tokens, width of a head.

Exporters name them alike in every layer's cache (`past_sequence_length`), so that one name says all. What is
not asked for is taken from what is, or from a usual step, and noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from planner.workload.graph import Dim, Graph, TensorSpec

Known = Callable[[Dim | None], int | None]

CACHED_TOKENS, PROMPT_TOKENS = 512, 512
"""Of a step that nobody described, and of a first prompt."""
_CACHE = re.compile(r"past.*?(key|value|\d)")
_PACKED_PRODUCTS = ("MatMulNBits", "MatMulBnb4")


def decoder_extents(graph: Graph, given: Mapping[str, int]) -> tuple[dict[str, int], list[str]]:
    """Extents of the open names, and what was assumed; nothing for a network without caches of tokens."""
    caches = [spec for name, spec in graph.inputs.items() if _CACHE.match(name) and len(spec.shape) == 4]
    if not caches:
        return {}, []
    found: dict[str, int] = {}

    def known(dim: Dim | None) -> int | None:
        if isinstance(dim, int) or dim is None:
            return dim
        return given.get(dim, found.get(dim))

    def take(dim: Dim | None, value: int | None) -> None:
        if isinstance(dim, str) and value is not None and known(dim) is None:
            found[dim] = value

    batch, _, past, width = caches[0].shape
    ids = next((graph.inputs[name] for name in ("input_ids", "inputs_embeds") if name in graph.inputs), None)
    new = _second(ids)
    both = _second(graph.inputs.get("attention_mask"))
    total, tokens = known(both), known(new)
    if known(past) is None and total is not None:
        take(past, max(0, total - (tokens or 1)))
    take(past, CACHED_TOKENS)
    take(new, PROMPT_TOKENS if known(past) == 0 else 1)
    for dim in {dim for spec in graph.inputs.values() for dim in spec.shape if isinstance(dim, str)}:
        take(dim, _sum(dim, known))
    cached, tokens = known(past), known(new)
    if cached is not None and tokens is not None:
        take(both, cached + tokens)
    take(width, _head_width(graph))
    found.pop(str(batch), None)
    return found, [_said(found)] if found else []


def _said(found: Mapping[str, int]) -> str:
    listed = ", ".join(f"{name} {extent}" for name, extent in found.items())
    options = " ".join(f"--dim {name}={extent}" for name, extent in found.items())
    return f"{listed}, as the file leaves them open (set them with {options})"


def _second(spec: TensorSpec | None) -> Dim | None:
    return spec.shape[1] if spec is not None and len(spec.shape) > 1 else None


def _sum(text: str, known: Known) -> int | None:
    """The value of a name such as `past_sequence_length + 1`."""
    parts = [part.strip() for part in text.split("+")]
    if len(parts) < 2:
        return None
    values = [int(part) if part.isdecimal() and len(part) < 20 else known(part) for part in parts]
    return None if None in values else sum(value for value in values if value is not None)


def _head_width(graph: Graph) -> int | None:
    """Channels of a head, from the product that reads what attention wrote."""
    for node in graph.nodes:
        heads = node.attributes.get("num_heads")
        if "Attention" not in node.op_type or not isinstance(heads, int) or not node.outputs:
            continue
        for reader in graph.nodes:
            if node.outputs[0] not in reader.inputs:
                continue
            depth = reader.attributes.get("K")
            if reader.op_type in _PACKED_PRODUCTS and isinstance(depth, int):
                return depth // heads
            weight = graph.initializers.get(reader.inputs[1]) if len(reader.inputs) > 1 else None
            if reader.op_type in ("MatMul", "Gemm") and weight is not None:
                return int(weight.spec.shape[0]) // heads
    return None
