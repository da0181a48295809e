"""Role of each initialiser (trained weight, buffer or constant), inferred from the operators that read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from planner.workload.borrowed import LOANS
from planner.workload.dtypes import BITS
from planner.workload.graph import Graph, Initializer, Node, TensorSpec
from planner.workload.operation import TensorRole

_SETTINGS: Mapping[str, frozenset[int]] = {
    "Resize": frozenset({1, 2, 3}),
    "Upsample": frozenset({1}),
    "Clip": frozenset({1, 2}),
    "Pad": frozenset({1, 2, 3}),
    "Pow": frozenset({1}),
    "QuantizeLinear": frozenset({1, 2}),
    "DequantizeLinear": frozenset({1, 2}),
    "Dropout": frozenset({1, 2}),
    "OneHot": frozenset({1, 2}),
    "NonMaxSuppression": frozenset({2, 3, 4}),
    "STFT": frozenset({1, 2, 3}),
    "RoiAlign": frozenset({1, 2}),
    "QAttention": frozenset({3, 4, 6, 7}),
    "QOrderedMatMul": frozenset({1, 3, 4, 7}),
    "QOrderedAttention": frozenset({1, 2, 3, 4, 8, 9, 10, 14, 15, 16}),
    "QEmbedLayerNormalization": frozenset(range(8, 18)),
    "DynamicQuantizeLSTM": frozenset(range(8, 12)),
}
"""Inputs that set an operator up and are not trained."""

_BUFFERS: Mapping[str, frozenset[int]] = {
    "BatchNormalization": frozenset({3, 4}),
    "MatMulNBits": frozenset({2, 3, 4}),
    "MatMulBnb4": frozenset({2}),
    "GatherBlockQuantized": frozenset({2, 3}),
    "QMoE": frozenset({3, 6, 9, *range(11, 20)}),
    "GroupQueryAttention": frozenset({7, 8}),
    "RotaryEmbedding": frozenset({1, 2, 3}),
}
"""Inputs that are stored with the weights and are not trained: running statistics, scales and zero points of
blocks, tables of rotations."""

_PARAMETRIC = frozenset(
    {
        *("Conv", "ConvTranspose", "DeformConv", "Gemm", "MatMul", "LSTM", "GRU", "RNN", "Gather"),
        *("BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization"),
        *("RMSNormalization", "PRelu", "FusedMatMul", "MatMulNBits", "MatMulBnb4", "GatherBlockQuantized"),
        *("Attention", "QAttention", "QOrderedAttention", "QOrderedMatMul", "MoE", "QMoE", "GemmFastGelu"),
        *("EmbedLayerNormalization", "QEmbedLayerNormalization", "DynamicQuantizeLSTM"),
        *(name for _domain, name in LOANS),
    }
)
"""Operators whose operands are weights even where the file writes them as literals."""

_PASSING = frozenset({"Identity", "Reshape", "Transpose", "Cast", "Unsqueeze", "Squeeze", "Flatten"})
_SMALL_INTEGERS = frozenset({"int8", "uint8", "int4", "uint4", "int16", "uint16", "int32"})
_NEVER = frozenset({"int64", "uint64", "uint32", "bool", "string", "undefined"})

Readers = Mapping[str, Sequence[tuple[Node, int]]]


def readers_of(nodes: Iterable[Node]) -> Readers:
    """Tensor -> the nodes and input positions that read it, those in subgraphs included."""
    found: dict[str, list[tuple[Node, int]]] = {}
    for node in _all_nodes(nodes):
        for position, name in enumerate(node.inputs):
            if not name:
                continue
            places = found.get(name)
            if places is None:
                found[name] = [(node, position)]
            else:
                places.append((node, position))
    return found


def _all_nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        if node.attributes:
            for attribute in node.attributes.values():
                if isinstance(attribute, Graph):
                    yield from _all_nodes(attribute.nodes)


def role(name: str, weight: Initializer, readers: Readers) -> TensorRole:
    """What an initialiser is for.

    A scalar, a literal that no layer multiplies with, a setting (a limit, a scale, a zero point) and an
    index are constants. Quantised integers are weights where an operator on quantised values reads them.
    """
    if weight.spec.dtype in _NEVER or not weight.spec.shape:
        return "constant"
    votes = set(_votes(name, weight, readers))
    if "weight" in votes:
        return "weight"
    return "buffer" if "buffer" in votes else "constant"


_PACKED: Mapping[str, tuple[frozenset[int], str, int]] = {
    "MatMulNBits": (frozenset({1}), "bits", 4),
    "MatMulBnb4": (frozenset({1}), "", 4),
    "GatherBlockQuantized": (frozenset({0}), "bits", 4),
    "QMoE": (frozenset({2, 5, 8}), "expert_weight_bits", 4),
}
"""Operators whose weights hold several numbers in an element: positions, attribute with the bits, default."""


def holds_packed(nodes: Iterable[Node]) -> bool:
    """Whether any operator has weights that hold several numbers in an element."""
    return any(node.op_type in _PACKED for node in _all_nodes(nodes))


def unpacked(name: str, spec: TensorSpec, readers: Readers) -> TensorSpec:
    """The type of a weight by the numbers it holds: bytes with two numbers of 4 bits count as `uint4`."""
    for node, position in readers.get(name, ()):
        positions, attribute, default = _PACKED.get(node.op_type, _NOT_PACKED)
        bits = node.attributes.get(attribute, default)
        if position not in positions or not isinstance(bits, int) or f"uint{bits}" not in BITS:
            continue
        per_element = BITS[spec.dtype] // bits
        if per_element > 1 and spec.shape and spec.dtype in _SMALL_INTEGERS:
            return TensorSpec(f"uint{bits}", (*spec.shape[:-1], int(spec.shape[-1]) * per_element))
    return spec


_NOT_PACKED: tuple[frozenset[int], str, int] = (frozenset(), "", 0)


def _votes(name: str, weight: Initializer, readers: Readers) -> Iterator[TensorRole]:
    waiting, seen = [name], {name}
    while waiting:
        for node, position in readers.get(waiting.pop(), ()):
            if node.op_type in _PASSING and position == 0 and node.outputs:
                if node.outputs[0] not in seen:
                    seen.add(node.outputs[0])
                    waiting.append(node.outputs[0])
            else:
                yield _vote(node, position, weight)


def _vote(node: Node, position: int, weight: Initializer) -> TensorRole:
    """What one reader takes an initialiser for."""
    if position in _settings(node):
        return "constant"
    if position in _BUFFERS.get(node.op_type, frozenset()):
        return "buffer"
    if node.op_type == "DequantizeLinear":
        return "weight"
    if weight.literal or weight.spec.dtype in _SMALL_INTEGERS:
        return "weight" if node.op_type in _PARAMETRIC else "constant"
    return "weight"


def _settings(node: Node) -> frozenset[int]:
    loan = LOANS.get((node.domain, node.op_type))
    if loan is not None:
        return frozenset(range(len(node.inputs))) - frozenset(loan.operands)
    return _SETTINGS.get(node.op_type, frozenset())
