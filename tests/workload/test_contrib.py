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
    # query, key and value packed: (batch, tokens, heads, 3, width)
    ("MultiHeadAttention", [(2, 5, 2, 3, 4)], [], {"num_heads": 2}, (2, 5, 8), "float", 2 * 5 * 5 * 16),
    ("NhwcFusedConv", [(1, 8, 8, 3)], [(4, 3, 3, 3), (4,)], {}, (1, 6, 6, 4), "float", 144 * 27),
    ("NhwcMaxPool", [bytes_of(1, 8, 8, 4)], [], {"kernel_shape": (2, 2), "strides": (2, 2)}, (1, 4, 4, 4),
     "uint8", 0),
    ("MatMulBnb4", [(2, 64)], [weights_of(512), (16,)],
     {"K": 64, "N": 16, "block_size": 64, "quant_type": 1}, (2, 16), "float", 2 * 64 * 16),
    ("QLinearSoftmax", [bytes_of(2, 8)], [SCALE, ZERO, SCALE, ZERO], {"axis": -1, "opset": 13}, (2, 8),
     "uint8", 0),
    ("QLinearReduceMean", [bytes_of(2, 4, 6)], [SCALE, ZERO, SCALE, ZERO], {"axes": (1,), "keepdims": 0},
     (2, 6), "uint8", 0),
    ("QLinearConv", [bytes_of(1, 6, 6, 4)], [SCALE, ZERO, weights_of(8, 4, 3, 3), SCALE, ZERO, SCALE, ZERO],
     {"channels_last": 1}, (1, 4, 4, 8), "uint8", 8 * 16 * 36),
    ("DynamicQuantizeMatMul", [(2, 8)], [weights_of(8, 4), (4,)], {}, (2, 4), "float", 64),
    ("RotaryEmbedding", [(2, 5, 16), TensorSpec("int64", (1,))], [(10, 4), (10, 4)], {"num_heads": 2},
     (2, 5, 16), "float", 0),
    ("BiasSoftmax", [(2, 4, 8), (2, 1, 8)], [], {"axis": 2}, (2, 4, 8), "float", 0),
    ("GemmFastGelu", [(2, 8)], [(8, 4), (4,)], {}, (2, 4), "float", 64),
    # every of 3 tokens through 2 of 4 experts, two layers of 8 x 16
    ("MoE", [(3, 8), (3, 4)], [(4, 16, 8), (4, 16), (4, 8, 16)], {"k": 2}, (3, 8), "float",
     3 * 2 * 2 * 8 * 16),
    ("CDist", [(3, 8), (5, 8)], [], {"metric": "sqeuclidean"}, (3, 5), "float", 0),
    ("Rfft", [(2, 8)], [], {"signal_ndim": 1}, (2, 5, 2), "float", 0),
    ("LinearAttention", [(1, 4, 16), (1, 4, 16), (1, 4, 16)], [],
     {"q_num_heads": 2, "kv_num_heads": 2, "update_rule": "linear"}, (1, 4, 16), "float", 2 * 4 * 2 * 64),
]  # fmt: skip


NOTHING_BESIDE_MACS = {"FusedMatMul", "LinearAttention"}


@pytest.mark.parametrize(("op_type", "activations", "weights", "attributes", "shape", "dtype", "macs"), CASES)
def test_shape_type_and_work(count_one, op_type, activations, weights, attributes, shape, dtype, macs):
    workload = count_one(f"com.microsoft:{op_type}", activations, weights, **attributes)
    assert workload.unresolved == ()
    assert workload.tensors["y0"].shape == shape
    assert workload.tensors["y0"].dtype == dtype
    assert workload.macs == macs
    assert workload.flops > 2 * macs or op_type in NOTHING_BESIDE_MACS


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


@pytest.mark.parametrize(
    ("op_type", "data", "attributes", "shape"),
    [
        ("ReorderInput", (1, 16, 8, 8), {}, (1, 16, 8, 8)),
        ("ReorderInput", (1, 8, 8, 16), {"channels_last": 1}, (1, 16, 8, 8)),
        ("ReorderOutput", (1, 16, 8, 8), {"channels": 12}, (1, 12, 8, 8)),
        ("ReorderOutput", (1, 16, 8, 8), {"channels": 12, "channels_last": 1}, (1, 8, 8, 12)),
        ("Upsample", (1, 16, 4, 4), {"scales": (1, 1, 2, 2)}, (1, 16, 8, 8)),
        ("MaxPool", (1, 16, 8, 8), {"kernel_shape": (2, 2), "strides": (2, 2)}, (1, 16, 4, 4)),
    ],
)
def test_blocked_layout(count_one, op_type, data, attributes, shape):
    workload = count_one(f"com.microsoft.nchwc:{op_type}", [data], **attributes)
    assert workload.tensors["y0"].shape == shape


def test_blocked_convolution_counts_the_channels_it_computes(count_one):
    workload = count_one("com.microsoft.nchwc:Conv", [(1, 16, 8, 8)], [(16, 16, 3, 3)])
    assert workload.macs == 16 * 36 * 144


class TestFewBits:
    """Weights packed several to a byte: counted as the numbers they are, moved as the bytes they take."""

    @pytest.mark.parametrize(("bits", "blob"), [(4, 16), (8, 32), (2, 8)])
    def test_product(self, count_one, bits, blob):
        weights = [weights_of(16, 2, blob), (32,)]
        attributes = {"K": 64, "N": 16, "bits": bits, "block_size": 32}
        workload = count_one("com.microsoft:MatMulNBits", [(2, 64)], weights, **attributes)
        assert workload.parameters == 64 * 16
        assert workload.weight_bytes == 64 * 16 * bits // 8 + 32 * 4, "packed weights and a scale a block"
        assert workload.operators[0].weight_bytes == 64 * 16 * bits // 8 + 32 * 4
        assert workload.constant_bytes == 0

    @pytest.mark.parametrize(("level", "precision"), [(0, "fp32"), (1, "fp32"), (2, "fp16"), (4, "int8")])
    def test_what_it_computes_in(self, count_one, level, precision):
        attributes = {"K": 64, "N": 16, "bits": 4, "block_size": 32, "accuracy_level": level}
        weights = [weights_of(16, 2, 16), (32,)]
        workload = count_one("com.microsoft:MatMulNBits", [(2, 64)], weights, **attributes)
        assert workload.operators[0].precision == precision

    def test_embedding_reads_only_its_rows(self, count_one):
        ids = TensorSpec("int64", (1, 3))
        attributes = {"bits": 4, "block_size": 16, "gather_axis": 0, "quantize_axis": 1}
        table = [weights_of(10, 32), (10, 4)]
        workload = count_one(
            "com.microsoft:GatherBlockQuantized", [ids], table, inputs=["w0", "a", "w1"], **attributes
        )
        assert workload.tensors["y0"].shape == (1, 3, 64)
        assert workload.parameters == 640
        assert workload.operators[0].weight_bytes == 3 * 32 + 3 * 4 * 4

    def test_int4_of_the_standard(self, network):
        """Block quantisation since operator set 21: `DequantizeLinear` of a weight of 4 bits."""
        nodes = [
            Node("d", "DequantizeLinear", ("w", "s"), ("wf",), {"axis": 0, "block_size": 32}),
            Node("m", "MatMul", ("x", "wf"), ("y",)),
        ]
        weights = {"w": Initializer(TensorSpec("int4", (64, 16))), "s": (2, 16)}
        workload = read_workload(network(nodes, {"x": (2, 64)}, ["y"], weights, 21))
        assert workload.folded == ("d",)
        assert workload.macs == 2 * 64 * 16
        assert workload.operators[0].weight_bytes == workload.weight_bytes == 64 * 16 // 2


CACHED_INPUTS = ("q", "k", "v", "pk", "pv", "lengths", "total")
CACHED = {
    "q": (1, 4, 64), "k": (1, 4, 32), "v": (1, 4, 32), "pk": (1, 2, 6, 16), "pv": (1, 2, 6, 16),
    "lengths": TensorSpec("int32", (1,)),
}  # fmt: skip


class TestGroupedQueryAttention:
    """4 query heads over 2 key heads of width 16; a cache of 6 tokens; 4 new ones."""

    def count(self, network, activations, total=None, inputs=CACHED_INPUTS, **attributes):
        node = Node(
            "n", "GroupQueryAttention", inputs, ("y", "nk", "nv"),
            {"num_heads": 4, "kv_num_heads": 2, **attributes}, "com.microsoft",
        )  # fmt: skip
        known = {} if total is None else {"total": Initializer(TensorSpec("int32", ()), np.array(total))}
        open_total = {} if known else {"total": TensorSpec("int32", ())}
        return read_workload(network([node], {**activations, **open_total}, ["y", "nk", "nv"], known))

    def test_attends_to_the_cache_and_the_new_tokens(self, network):
        workload = self.count(network, CACHED)
        assert workload.macs == 4 * 10 * 2 * 64
        assert workload.tensors["nk"].shape == (1, 2, 10, 16)
        assert any("attends to 10 tokens" in text for text in workload.assumptions)
        (operator,) = workload.operators
        cached, new = 2 * (2 * 6 * 16) * 4, 2 * (2 * 4 * 16) * 4
        assert operator.input_bytes == (4 * 64 + 2 * 4 * 32) * 4 + cached + 4 + 4
        assert operator.output_bytes == 4 * 64 * 4 + new

    def test_known_length(self, network):
        workload = self.count(network, CACHED, total=10)
        assert workload.macs == 4 * 10 * 2 * 64
        assert workload.assumptions == ()

    def test_only_what_is_attended_to_of_the_cache_is_read(self, network):
        """Of 8 tokens 4 are new: 4 of the cache's 6, of keys and of values, 2 heads of 16 floats."""
        (operator,) = self.count(network, CACHED, total=8).operators
        cached, new = 2 * (2 * 4 * 16) * 4, 2 * (2 * 4 * 16) * 4
        assert operator.input_bytes == (4 * 64 + 2 * 4 * 32) * 4 + cached + 4
        assert operator.output_bytes == 4 * 64 * 4 + new

    def test_one_step_with_packed_inputs_and_rotation(self, network):
        inputs = ("q", "", "", "pk", "pv", "lengths", "total", "cos", "sin")
        activations = {
            **{name: CACHED[name] for name in ("pk", "pv", "lengths")},
            "q": (1, 1, 128), "cos": (16, 8), "sin": (16, 8),
        }  # fmt: skip
        workload = self.count(network, activations, inputs=inputs, do_rotary=1)
        assert workload.tensors["y"].shape == (1, 1, 64)
        assert workload.macs == 7 * 2 * 64
        assert workload.flops == 2 * workload.macs + 15 * 7 * 4 + 3 * 6 * 16
