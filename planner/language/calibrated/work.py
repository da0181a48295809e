"""What a token costs a processor, by the types of blocks that its weights are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from planner.language.formats.ggml_types import BY_NAME
from planner.language.formats.gguf_recipes import table_types, type_of
from planner.language.sizes.decoder import Decoder
from planner.language.sources.gguf_header import GgufHeader

_MATRIX = 2
_NODES, _NODES_OF_NORM, _NODES_OF_HEADS, _NODES_OF_BIASES = 16, 1, 2, 3
"""Small kernels of a layer: products, rotation, sums, copies into the cache, the gate; and of what some
architectures have beside them."""


@dataclass(frozen=True, slots=True)
class TokenWork:
    """Numbers of the weights that a token goes through, by type, and what else it needs of each layer."""

    layer_numbers: Mapping[str, float]
    """Type -> numbers of the matrices of all layers together; of experts the active ones."""
    last_type: str
    last_numbers: float
    layers: int
    layer_nodes: int
    layer_elements: float
    """Numbers that small kernels pass through in a layer."""
    heads: int
    head_macs: float
    """Multiply-accumulates of one head with one cached token."""
    cache_bytes: float
    """Of one cached token in one layer, in 16 bits."""
    window: int
    windowed_layers: int

    @property
    def types(self) -> frozenset[str]:
        """Types of blocks that a step reads."""
        return frozenset({*self.layer_numbers, self.last_type})

    @property
    def step_bytes(self) -> float:
        """Bytes of weights that a step reads."""
        layers = sum(BY_NAME[kind].bits * count / 8 for kind, count in self.layer_numbers.items())
        return layers + BY_NAME[self.last_type].bits * self.last_numbers / 8

    def attended(self, context: float) -> float:
        """Cached tokens that a step attends to, summed over the layers."""
        full = self.layers - self.windowed_layers
        return full * context + self.windowed_layers * min(context, self.window or context)


def work_by_recipe(decoder: Decoder, form: str) -> TokenWork:
    """Work of a decoder whose matrices have the types that llama.cpp's recipe of the format gives."""
    numbers: Counter[str] = Counter()
    for layer in range(decoder.layers):
        for matrix in decoder.matrices(layer):
            numbers[type_of(decoder, matrix, layer, form).name] += matrix.rows * matrix.columns * matrix.read
    return _work(decoder, numbers, table_types(decoder, form)[0].name)


def work_of_file(decoder: Decoder, header: GgufHeader) -> TokenWork:
    """Work of a file by its table of tensors."""
    numbers: Counter[str] = Counter()
    last, table = "", ""
    experts = decoder.experts
    for tensor in header.tensors:
        if len(tensor.extents) < _MATRIX:
            continue
        if tensor.name == "output.weight":
            last = tensor.kind.name
        elif tensor.name == "token_embd.weight":
            table = tensor.kind.name
        elif tensor.name.startswith("blk."):
            count = 1
            for extent in tensor.extents:
                count *= extent
            if experts is not None and "_exps." in tensor.name:
                count = count * experts.active // experts.count
            numbers[tensor.kind.name] += count
    return _work(decoder, numbers, last or table)


def _work(decoder: Decoder, numbers: Mapping[str, float], last_type: str) -> TokenWork:
    own = decoder
    nodes = _NODES + _NODES_OF_NORM * (own.norms - 2) + _NODES_OF_HEADS * own.head_norm
    attention = own.head_width * (2 * own.heads + 2 * own.key_heads)
    wide = own.feed_forward if own.experts is None else own.experts.feed_forward * own.experts.active
    return TokenWork(
        layer_numbers=dict(numbers),
        last_type=last_type,
        last_numbers=own.embedding_parameters,
        layers=own.layers,
        layer_nodes=nodes + _NODES_OF_BIASES * own.biases.query,
        layer_elements=(2 + own.norms) * own.hidden + attention + 3 * wide,
        heads=own.heads,
        head_macs=own.pair_macs / own.layers / own.heads,
        cache_bytes=2.0 * own.cache_row,
        window=own.window,
        windowed_layers=own.windowed_layers,
    )
