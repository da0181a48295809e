"""A float network as an 8-bit one in the usual form: integers between operators, conversions around them.

Each convolution and product with a weight reads its input through QuantizeLinear and DequantizeLinear and its
weight through DequantizeLinear, one scale a tensor, as static quantisation writes it (ONNX Runtime
documentation, "Quantize ONNX models"). Scales are made up: they decide values, not times.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from planner.workload.graph import Graph, Initializer, Node, TensorSpec

_QUANTISED = frozenset({"Conv", "Gemm", "MatMul"})
_SCALE = 0.05


class _Writer:
    """The nodes and weights of the quantised network as far as they are written."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: list[Node] = []
        self.weights = dict(graph.initializers)
        self._converted: dict[str, str] = {}

    def activation(self, name: str) -> str:
        """The tensor through integers and back, written once."""
        if name not in self._converted:
            scale, zero = self._setting(f"{name}.scale", _SCALE), self._zero(f"{name}.zero", "uint8", 128)
            quantised, back = f"{name}.quantised", f"{name}.dequantised"
            self.nodes.append(Node(quantised, "QuantizeLinear", (name, scale, zero), (quantised,)))
            self.nodes.append(Node(back, "DequantizeLinear", (quantised, scale, zero), (back,)))
            self._converted[name] = back
        return self._converted[name]

    def weight(self, name: str) -> str:
        """The weight as integers, read through a conversion."""
        if name not in self._converted:
            spec = self.weights.pop(name).spec
            stored, back = f"{name}.int8", f"{name}.dequantised"
            self.weights[stored] = Initializer(TensorSpec("int8", spec.shape))
            scale, zero = self._setting(f"{name}.scale", 0.01), self._zero(f"{name}.zero", "int8", 0)
            self.nodes.append(Node(back, "DequantizeLinear", (stored, scale, zero), (back,)))
            self._converted[name] = back
        return self._converted[name]

    def _setting(self, name: str, value: float) -> str:
        self.weights[name] = Initializer(TensorSpec("float", ()), np.array(value, dtype=np.float32))
        return name

    def _zero(self, name: str, dtype: str, value: int) -> str:
        self.weights[name] = Initializer(TensorSpec(dtype, ()), np.array(value, dtype=dtype))
        return name


def quantised(graph: Graph) -> Graph:
    """The network with its products in 8 bits; biases and everything else stay in float32."""
    writer = _Writer(graph)
    for node in graph.nodes:
        weight = node.inputs[1] if len(node.inputs) > 1 else ""
        if node.op_type in _QUANTISED and _is_float_matrix(graph, weight):
            inputs = (writer.activation(node.inputs[0]), writer.weight(weight), *node.inputs[2:])
            writer.nodes.append(replace(node, inputs=inputs))
        else:
            writer.nodes.append(node)
    return replace(
        graph,
        name=f"{graph.name}-int8",
        nodes=tuple(writer.nodes),
        initializers=MappingProxyType(writer.weights),
    )


def _is_float_matrix(graph: Graph, name: str) -> bool:
    weight = graph.initializers.get(name)
    return weight is not None and weight.spec.dtype == "float" and len(weight.spec.shape) >= 2
