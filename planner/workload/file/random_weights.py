"""Random values for weights of which only the shape is known, so that an engine can run the network.

Matrices and kernels are normal with variance 2 / fan-in, which keeps the scale of activations through
rectified layers (He et al., "Delving Deep into Rectifiers", ICCV 2015, eq. 10). The results mean nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from planner.errors import OutputError
from planner.workload.graph import Graph, Initializer, Node

_POSITIVE = frozenset(
    {
        *((op, 1) for op in ("BatchNormalization", "LayerNormalization", "InstanceNormalization")),
        *((op, 1) for op in ("GroupNormalization", "RMSNormalization", "SimplifiedLayerNormalization")),
        ("BatchNormalization", 4),
        ("Mul", 0),
        ("Mul", 1),
        ("Div", 1),
    }
)
_SCALES = frozenset(
    {
        *((op, 1) for op in ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul")),
        *((op, position) for op in ("QLinearConv", "QLinearMatMul") for position in (4, 6)),
    }
)
_QUANTISED = {"int8": (-127, 128), "uint8": (0, 256)}
_NUMPY_FLOATS = {"float": np.float32, "double": np.float64, "float16": np.float16}


class RandomWeights:
    """Gives each weight of a graph the same values for the same seed, whatever the order of asking."""

    def __init__(self, graph: Graph, seed: int) -> None:
        self._seed = seed
        self._reader: dict[str, tuple[Node, int]] = {}
        self._index = {name: index for index, name in enumerate(graph.initializers)}
        for node in graph.nodes:
            for position, name in enumerate(node.inputs):
                self._reader.setdefault(name, (node, position))

    def __call__(self, name: str, weight: Initializer) -> NDArray[np.generic]:
        """Values for one weight. Raises `OutputError` for a type that has none (floats of 4 and 8 bits)."""
        shape = tuple(int(dim) for dim in weight.spec.shape)
        dtype = weight.spec.dtype
        random = np.random.default_rng((self._seed, self._index.get(name, len(self._index))))
        if dtype in _NUMPY_FLOATS:
            values = _normal(random, shape)
            return self._scaled(name, values).astype(_NUMPY_FLOATS[dtype])
        if dtype in _QUANTISED:
            low, high = _QUANTISED[dtype]
            return random.integers(low, high, shape).astype(dtype)
        if dtype == "bfloat16":
            values = self._scaled(name, random.standard_normal(shape, dtype=np.float32))
            return (values.view(np.uint32) >> 16).astype(np.uint16)  # the upper half of a float
        if dtype in ("int64", "int32", "bool"):
            return np.zeros(shape, dtype)  # an index that is valid in any table
        raise OutputError(f"{name}: expected a weight of a type with random values, got {dtype}")

    def _scaled(self, name: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
        node, position = self._reader.get(name, (None, 0))
        if node is not None and (node.op_type, position) in _POSITIVE:
            return 1 + np.float32(0.1) * np.abs(values)
        if node is not None and (node.op_type, position) in _SCALES:
            return np.float32(0.01) + np.float32(0.001) * np.abs(values)
        if values.ndim < 2 or node is None:
            return np.float32(0.01) * values
        return values * np.float32(math.sqrt(2 / max(1, _fan_in(node, position, values.shape))))


def _normal(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normal values; a weight beyond the longest draw repeats it, for drawing takes longer than writing."""
    elements = math.prod(shape)
    drawn = random.standard_normal(min(elements, _LONGEST_DRAW), dtype=np.float32)
    return np.resize(drawn, shape)


_LONGEST_DRAW = 1_000_003
"""A prime, so that no row of a matrix repeats the one before."""


def _fan_in(node: Node, position: int, shape: tuple[int, ...]) -> int:
    """Terms summed into one output element of the layer that reads this weight."""
    if node.op_type == "ConvTranspose":
        return shape[0] * math.prod(shape[2:])
    if node.op_type in ("MatMul", "MatMulInteger") and position == 1:
        return shape[-2]
    if node.op_type == "Gemm" and position == 1 and not node.attributes.get("transB", 0):
        return shape[0]
    return math.prod(shape[1:])
