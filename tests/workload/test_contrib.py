"""Operators of the com.microsoft domain: shapes by rules of our own, work by the operator they stand for."""

import numpy as np
import pytest

from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.workload import read_workload

SCALE = Initializer(TensorSpec("float", ()), np.array(0.1, dtype=np.float32))
ZERO = Initializer(TensorSpec("uint8", ()), np.array(3, dtype=np.uint8))


def bytes_of(*shape):
    return TensorSpec("uint8", shape)


def weights_of(*shape):
    return Initializer(bytes_of(*shape))


# operator, activations, weights, attributes, output shape, output type, MACs
CASES = [
    ("Gelu", [(2, 8)], [], {}, (2, 8), "float", 0),
    ("BiasGelu", [(2, 8)], [(8,)], {}, (2, 8), "float", 0),
    ("SkipLayerNormalization", [(2, 5, 8), (2, 5, 8)], [(8,), (8,)], {}, (2, 5, 8), "float", 0),
    ("FusedConv", [(1, 3, 8, 8)], [(4, 3, 3, 3)], {"activation": "Relu"}, (1, 4, 6, 6), "float", 144 * 27),
    ("FusedGemm", [(2, 8)], [(4, 8)], {"transB": 1, "activation": "Relu"}, (2, 4), "float", 64),
    ("FusedMatMul", [(3, 8, 2)], [(8, 4)], {"transA": 1}, (3, 2, 4), "float", 3 * 64),
    ("MatMulNBits", [(2, 64)], [weights_of(16, 2, 16), (32,)],
     {"K": 64, "N": 16, "bits": 4, "block_size": 32}, (2, 16), "float", 2 * 64 * 16),
    ("QGemm", [bytes_of(2, 8)], [SCALE, ZERO, weights_of(4, 8), SCALE, ZERO], {"transB": 1}, (2, 4),
     "uint8", 64),
    ("QLinearAdd", [bytes_of(2, 8)], [SCALE, ZERO, weights_of(1, 8), SCALE, ZERO, SCALE, ZERO], {}, (2, 8),
     "uint8", 0),
    ("QLinearGlobalAveragePool", [bytes_of(1, 4, 6, 6)], [SCALE, ZERO, SCALE, ZERO], {"channels_last": 0},
     (1, 4, 1, 1), "uint8", 0),
    ("MatMulIntegerToFloat", [bytes_of(2, 8)], [weights_of(8, 4), SCALE, SCALE], {}, (2, 4), "float", 64),
    ("Attention", [(2, 5, 8)], [(8, 24), (24,)], {"num_heads": 2}, (2, 5, 8), "float", 2 * 5 * (192 + 80)),
    ("MultiHeadAttention", [(2, 5, 8), (2, 7, 8), (2, 7, 8)], [], {"num_heads": 2}, (2, 5, 8), "float",
     2 * 5 * 7 * 16),
]  # fmt: skip


@pytest.mark.parametrize(("op_type", "activations", "weights", "attributes", "shape", "dtype", "macs"), CASES)
def test_shape_type_and_work(count_one, op_type, activations, weights, attributes, shape, dtype, macs):
    workload = count_one(f"com.microsoft:{op_type}", activations, weights, **attributes)
    assert workload.unresolved == ()
    assert workload.tensors["y0"].shape == shape
    assert workload.tensors["y0"].dtype == dtype
    assert workload.macs == macs
    assert workload.flops > 2 * macs or op_type == "FusedMatMul"


def test_scales_and_zero_points_are_no_parameters(count_one):
    weights = [SCALE, ZERO, weights_of(4, 8), SCALE, ZERO]
    workload = count_one("com.microsoft:QGemm", [bytes_of(2, 8)], weights, transB=1)
    assert workload.parameters == workload.weight_bytes == 32


def test_quantised_concatenation_moves_bytes(network):
    inputs = ("s", "z", "a", "s", "z", "b", "s", "z")
    node = Node("cat", "QLinearConcat", inputs, ("y",), {"axis": 1}, "com.microsoft")
    graph = network([node], {"a": bytes_of(1, 4), "b": bytes_of(1, 6)}, ["y"], {"s": SCALE, "z": ZERO})
    workload = read_workload(graph)
    assert workload.tensors["y"].shape == (1, 10)
    assert workload.operators[0].output_bytes == 10


def test_channels_last_pooling(network):
    inputs = ("x", "s", "z", "s", "z")
    node = Node("p", "QLinearGlobalAveragePool", inputs, ("y",), {"channels_last": 1}, "com.microsoft")
    graph = network([node], {"x": bytes_of(1, 6, 6, 4)}, ["y"], {"s": SCALE, "z": ZERO})
    workload = read_workload(graph)
    assert workload.tensors["y"].shape == (1, 1, 1, 4)
    assert workload.flops == 6 * 6 * 4 + 5 * 4
