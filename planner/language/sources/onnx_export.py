"""A language model from an ONNX export: sizes from its caches and products, bytes from its initialisers.

Exports of Optimum and of ONNX Runtime GenAI name a cache for each layer (`past_key_values.0.key`). What the
graph leaves open, such as the heads of attention that is spelt out, is taken from `genai_config.json` or
`config.json` beside the file; without either it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from planner.errors import InputError, Problem
from planner.language.sizes.decoder import Decoder
from planner.language.sizes.model import LanguageModel, StoredWeights
from planner.language.sources.sense import require_sense
from planner.read_files import read_bounded_json
from planner.workload.file.onnx_file import read_graph
from planner.workload.graph import Graph, Node

_CACHE = re.compile(r"past(?:_key_values|_key_self|_key|_value_self|_value)?[._](\d+)(?:[._](key|value))?")
_ATTENTION = frozenset({"GroupQueryAttention", "MultiHeadAttention", "Attention", "PagedAttention"})
_PRODUCTS = frozenset({"MatMul", "Gemm", "MatMulNBits", "MatMulBnb4", "FusedMatMul"})
_PASSING = frozenset({"Reshape", "Transpose", "Cast", "Identity", "DequantizeLinear"})


@dataclass(frozen=True, slots=True)
class _Product:
    depth: int
    columns: int
    weight: str
    layer: int | None


def names_a_cache(inputs: Iterable[str]) -> bool:
    """Whether a network with these inputs reads a cache of keys and values, as a decoder of text does."""
    return any(_CACHE.match(name) for name in inputs)


def read_export(path: Path) -> LanguageModel:
    """A model; `InputError` for a graph that is no decoder with a cache, or that leaves its heads open."""
    graph = _with_cache_branch(read_graph(path))
    caches = {name: spec.shape for name, spec in graph.inputs.items() if _CACHE.match(name)}
    layers = len({int(match[1]) for name in caches if (match := _CACHE.match(name))})
    if not layers:
        advice = "give a decoder exported with its cache (`past_key_values.*`), or `planner estimate` it"
        expected, got = "a cache of keys and values for each layer", ", ".join(graph.inputs)
        problem = Problem("inputs", expected, got, advice)
        raise InputError(str(path), [problem])
    reader = _ExportReader(graph, path, _beside(path))
    decoder = reader.decoder(layers, next(iter(caches.values())))
    require_sense(decoder, str(path))
    return LanguageModel(path.stem, decoder, stored=reader.stored(decoder), source=str(path))


def _with_cache_branch(graph: Graph) -> Graph:
    """A merged decoder as its branch that reads the cache: Optimum puts it first in an `If`."""
    branches = [
        branch
        for node in graph.nodes
        if node.op_type == "If" and isinstance(branch := node.attributes.get("then_branch"), Graph)
    ]
    if not branches:
        return graph
    nodes = [node for node in graph.nodes if node.op_type != "If"]
    weights = dict(graph.initializers)
    for branch in branches:
        nodes += branch.nodes
        weights |= branch.initializers
    return replace(graph, nodes=tuple(nodes), initializers=weights)


def _beside(path: Path) -> Mapping[str, object]:
    """The values of the configuration beside the file, under the names of Hugging Face."""
    for name in ("genai_config.json", "config.json"):
        file = path.parent / name
        if file.is_file():
            values = read_bounded_json(file)
            inner = values.get("model", values) if isinstance(values, dict) else {}
            if isinstance(inner, dict) and isinstance(inner.get("decoder"), dict):
                own = inner["decoder"]
                return {**inner, **own, "head_dim": own.get("head_size"),
                        "max_position_embeddings": inner.get("context_length")}  # fmt: skip
            return inner if isinstance(inner, dict) else {}
    return {}


class _ExportReader:
    def __init__(self, graph: Graph, path: Path, config: Mapping[str, object]) -> None:
        self._graph = graph
        self._path = path
        self._config = config
        self._maker = {name: node for node in graph.nodes for name in node.outputs if name}
        self._products = tuple(self._found_products())
        self._attention = [node for node in graph.nodes if node.op_type in _ATTENTION]

    def _config_count(self, name: str) -> int | None:
        value = self._config.get(name)
        return value if isinstance(value, int) and value > 0 else None

    def _weight(self, name: str) -> str | None:
        """The initialiser behind a name, through copies and views."""
        while name not in self._graph.initializers:
            maker = self._maker.get(name)
            if maker is None or maker.op_type not in _PASSING or not maker.inputs:
                return None
            name = maker.inputs[0]
        return name

    def _found_products(self) -> Iterator[_Product]:
        for node in self._graph.nodes:
            if node.op_type not in _PRODUCTS or len(node.inputs) < 2:
                continue
            weight = self._weight(node.inputs[1])
            if weight is None:
                continue
            depth, columns = node.attributes.get("K"), node.attributes.get("N")
            if not isinstance(depth, int) or not isinstance(columns, int):
                shape = self._graph.initializers[weight].spec.shape
                if len(shape) != 2:
                    continue
                depth, columns = int(shape[0]), int(shape[1])
            found = re.search(r"layers?[._/](\d+)", node.name + " " + weight)
            yield _Product(depth, columns, weight, int(found[1]) if found else None)

    def decoder(self, layers: int, cache: tuple[int | str, ...]) -> Decoder:
        """The dimensions, from the graph first and the configuration for what it leaves open."""
        scores = max(
            (product for product in self._products if product.layer is None),
            key=lambda product: product.columns,
            default=None,
        )
        if scores is None:
            raise self._refused("graph", "a last layer that gives the scores of words", "none")
        hidden, words = scores.depth, scores.columns
        if hidden > words:  # a weight that is stored transposed
            hidden, words = words, hidden
        heads = self._attribute("num_heads") or self._config_count("num_attention_heads")
        key_heads = self._attribute("kv_num_heads")
        if key_heads is None and len(cache) == 4 and isinstance(cache[1], int):
            key_heads = cache[1]
        if heads is None:
            advice = "put config.json or genai_config.json beside the file"
            problem = Problem("graph", "the number of attention heads", "attention that is spelt out", advice)
            raise InputError(str(self._path), [problem])
        key_heads = key_heads or self._config_count("num_key_value_heads") or heads
        width = cache[-1] if isinstance(cache[-1], int) else self._config_count("head_dim")
        width = width or self._width_of_output(heads) or hidden // heads
        context = self._config_count("max_position_embeddings") or self._rotations() or 4096
        wide, gated = self._feed_forward(layers, hidden, (2 * heads + 2 * key_heads) * width * hidden)
        return Decoder(
            name=self._path.stem, layers=layers, hidden=hidden, heads=heads, key_heads=key_heads,
            head_width=width, feed_forward=wide, vocabulary=words, tied=self._table() == scores.weight,
            context=context, gated=gated,
        )  # fmt: skip

    def _refused(self, where: str, expected: str, got: str) -> InputError:
        return InputError(str(self._path), [Problem(where, expected, got)])

    def _attribute(self, name: str) -> int | None:
        for node in self._attention:
            value = node.attributes.get(name)
            if isinstance(value, int) and value > 0:
                return value
        return None

    def _width_of_output(self, heads: int) -> int | None:
        """Width of a head, from the product that reads what attention wrote."""
        written = {name for node in self._attention for name in node.outputs[:1]}
        for node in self._graph.nodes:
            depth = node.attributes.get("K")
            if node.op_type in _PRODUCTS and written.intersection(node.inputs) and isinstance(depth, int):
                return depth // heads
        return None

    def _rotations(self) -> int | None:
        """Positions that the table of rotations holds."""
        table = self._graph.initializers.get("cos_cache")
        return int(table.spec.shape[0]) if table is not None and table.spec.shape else None

    def _feed_forward(self, layers: int, hidden: int, attention: int) -> tuple[int, bool]:
        """Width of the hidden layer, and whether it is gated, by the weights that attention leaves."""
        inner = sum(
            product.depth * product.columns for product in self._products if product.layer is not None
        )
        rest = inner // layers - attention
        for parts in (3, 2):
            if rest > 0 and rest % (parts * hidden) == 0:
                return rest // (parts * hidden), parts == 3
        expected = "products of attention and of a layer of two or three matrices"
        raise self._refused("graph", expected, f"{inner // max(layers, 1)} weights a layer")

    def _table(self) -> str | None:
        """The initialiser that words are looked up in."""
        for node in self._graph.nodes:
            if node.op_type in ("Gather", "GatherBlockQuantized") and "input_ids" in node.inputs:
                return self._weight(node.inputs[0])
        return None

    def stored(self, decoder: Decoder) -> StoredWeights:
        """Bytes of the initialisers: all of them, and those that one token reads."""
        sizes = {name: weight.size_bytes for name, weight in self._graph.initializers.items()}
        total = sum(sizes.values())
        table = self._table()
        rows = set(self._looked_up())
        if table is not None and not decoder.tied:
            rows.add(table)
        read = total - sum(sizes[name] for name in rows)
        packed = any(node.op_type == "MatMulNBits" for node in self._graph.nodes)
        return StoredWeights("int4" if packed else self._float_format(), total, read)

    def _looked_up(self) -> Iterator[str]:
        """Tables of rotations, of which a token reads a row."""
        for node in self._graph.nodes:
            if node.op_type in ("RotaryEmbedding", "GroupQueryAttention"):
                yield from (name for name in _tables(node) if name in self._graph.initializers)

    def _float_format(self) -> str:
        largest = max(self._graph.initializers.values(), key=lambda weight: weight.size_bytes)
        names = {"float": "fp32", "float16": "fp16", "bfloat16": "bf16"}
        return names.get(largest.spec.dtype, "int8")


def _tables(node: Node) -> tuple[str, ...]:
    return tuple(node.inputs[7:9] if node.op_type == "GroupQueryAttention" else node.inputs[1:4])
