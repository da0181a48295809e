"""A float network as an 8-bit one, in the form that static quantisation writes.

Every float tensor that a quantised operator reads or writes passes QuantizeLinear and DequantizeLinear, every
weight a DequantizeLinear; operators that only move values stay in integers where their input is in integers;
a rectifier behind a quantised operator vanishes in the range of its integers. The set of operators is that of
ONNX Runtime's `quantize_static` (its documentation, "Quantize ONNX models", and operator registries). Scales
are synthetic: they decide values, not times. Dynamic quantisation and weights of 4 bits are other forms.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from planner.workload.dtypes import FLOATS
from planner.workload.graph import Graph, Initializer, Node, TensorSpec
from planner.workload.workload import Workload, is_quantised, read_workload

_QUANTISED = frozenset(
    {
        *(
            "Conv",
            "ConvTranspose",
            "Gemm",
            "MatMul",
            "Add",
            "Mul",
            "LeakyRelu",
            "Sigmoid",
            "Softmax",
            "Concat",
        ),
        *("GlobalAveragePool", "Resize", "Where", "Gather"),
        *("LayerNormalization", "InstanceNormalization", "BatchNormalization"),
    }
)
_MOVING = frozenset(
    {
        *("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Slice", "Split", "Pad"),
        *("MaxPool", "AveragePool", "Relu", "Clip"),
    }
)
"""Stay in integers where their input is; what else reads the result reads it as floats."""
_WITH_BIAS = frozenset({"Conv", "ConvTranspose", "Gemm"})
_SCALE, _WEIGHT_SCALE = 0.05, 0.01


def in_8_bits(workload: Workload) -> Workload:
    """The network as `quantised` writes it, or as it is where its file computes in 8 bits already."""
    return workload if is_quantised(workload) else read_workload(quantised(workload))


def quantised(workload: Workload) -> Graph:
    """The network with everything that can be in 8 bits: activations uint8, weights int8, biases int32."""
    marked = _marked(workload)
    writer = _QuantisedWriter(workload.graph, marked)
    for name in workload.graph.inputs:
        if name in marked:
            writer.convert(name, name, f"{name}.dequantised")
    vanishing = _vanishing(workload, marked)
    for node in workload.graph.nodes:
        if node.outputs[0] in vanishing.values():
            continue
        outputs = tuple(vanishing.get(name, name) for name in node.outputs)
        writer.add(replace(node, outputs=outputs))
    return replace(
        workload.graph,
        name=f"{workload.graph.name}-int8",
        nodes=tuple(writer.nodes),
        initializers=MappingProxyType(writer.left()),
        declared=MappingProxyType({}),
    )


def _marked(workload: Workload) -> frozenset[str]:
    """Float tensors made while the network runs, or given to it, that quantised operators touch."""

    def is_float(name: str) -> bool:
        tensor = workload.tensors.get(name)
        return tensor is not None and tensor.kind == "activation" and tensor.dtype in FLOATS

    found: set[str] = set()
    for node in workload.graph.nodes:
        if node.op_type in _QUANTISED:
            found.update(name for name in (*node.inputs, *node.outputs[:1]) if is_float(name))
        elif node.op_type in _MOVING and node.inputs[0] in found:
            found.update(name for name in node.outputs if is_float(name))
    return frozenset(found)


def _vanishing(workload: Workload, marked: frozenset[str]) -> dict[str, str]:
    """Result of a quantised operator -> that of the rectifier which alone reads it."""
    graph = workload.graph
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    makers = {name: node for node in graph.nodes for name in node.outputs}
    found: dict[str, str] = {}
    for node in graph.nodes:
        if node.op_type not in ("Relu", "Clip") or node.outputs[0] not in marked:
            continue
        source = node.inputs[0]
        maker = makers.get(source)
        if maker and maker.op_type in _QUANTISED and readers[source] == 1 and source not in graph.outputs:
            found[source] = node.outputs[0]
    return found


class _QuantisedWriter:
    """The nodes and weights of the quantised network as far as they are written."""

    def __init__(self, graph: Graph, marked: frozenset[str]) -> None:
        self.nodes: list[Node] = []
        self.weights = dict(graph.initializers)
        self._marked = marked
        self._renamed: dict[str, str] = {}
        self._integers: dict[str, str] = {}

    def add(self, node: Node) -> None:
        """One node between conversions: what it writes takes the name behind them."""
        inputs = [self._renamed.get(name, name) for name in node.inputs]
        if node.op_type in _QUANTISED:
            inputs = [self._input(node, place, name) for place, name in enumerate(inputs)]
        converted = [name for name in node.outputs if name in self._marked]
        outputs = tuple(f"{name}.float" if name in self._marked else name for name in node.outputs)
        self.nodes.append(replace(node, inputs=tuple(inputs), outputs=outputs))
        for name in converted:
            self.convert(name, f"{name}.float", name)

    def convert(self, name: str, source: str, result: str) -> None:
        """`source` through integers to `result`; readers of `name` read the result."""
        settings = self._settings(name, _SCALE, "uint8")
        integers = f"{name}.quantised"
        self.nodes.append(Node(f"{name}.quantise", "QuantizeLinear", (source, *settings), (integers,)))
        self.nodes.append(Node(f"{name}.dequantise", "DequantizeLinear", (integers, *settings), (result,)))
        if result != name:
            self._renamed[name] = result

    def _input(self, node: Node, place: int, name: str) -> str:
        """A float weight as integers behind a conversion; anything else as it is."""
        weight = self.weights.get(name)
        if weight is None or weight.spec.dtype != "float" or (place > 1 and node.op_type not in _WITH_BIAS):
            return name
        if node.op_type.endswith("Normalization") or node.op_type == "Resize":
            return name
        if name not in self._integers:
            dtype = "int32" if place > 1 else "int8"
            stored = f"{name}.{dtype}"
            self.weights[stored] = Initializer(TensorSpec(dtype, weight.spec.shape))
            scale = _WEIGHT_SCALE * (_SCALE if dtype == "int32" else 1.0)
            settings = self._settings(name, scale, dtype)
            back = self._integers[name] = f"{name}.dequantised"
            self.nodes.append(Node(f"{name}.dequantise", "DequantizeLinear", (stored, *settings), (back,)))
        return self._integers[name]

    def left(self) -> dict[str, Initializer]:
        """The weights, without those of which only the integers are read."""
        read = {name for node in self.nodes for name in node.inputs}
        return {n: weight for n, weight in self.weights.items() if n in read or n not in self._integers}

    def _settings(self, name: str, scale: float, dtype: str) -> tuple[str, str]:
        names = (f"{name}.scale", f"{name}.zero")
        self.weights[names[0]] = Initializer(TensorSpec("float", ()), np.array(scale, dtype=np.float32))
        self.weights[names[1]] = Initializer(TensorSpec(dtype, ()), np.array(0, dtype=dtype))
        return names
