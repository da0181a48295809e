"""A float network in 8 bits: the work stays, and ONNX Runtime makes of it what it makes of its own tool's."""

from collections import Counter

import numpy as np
import pytest

from planner.latency.kernels.prepared import kernels_of
from planner.workload.file.onnx_file import write_graph
from planner.workload.quantise import in_8_bits, quantised
from planner.workload.workload import is_quantised, read_workload
from planner.zoo.builder import NetworkBuilder
from planner.zoo.source import read_model


def small_network():
    net = NetworkBuilder("small")
    x = net.input("image", (1, 3, 32, 32))
    x = net.relu(net.conv(x, 16, 3, stride=2, bias=True))
    y = net.relu6(net.conv(x, 16, 3, groups=16, bias=True))
    x = net.add(x, net.conv(y, 16, 1, bias=True))
    x = net.resize(net.max_pool(x, 2, stride=2), 16, 16)
    x = net.conv(net.concat((x, y), 1), 32, 1, bias=True)
    x = net.hard_swish(x)
    return net.finish(net.linear(net.flatten(net.global_average_pool(x)), 10, "head"))


@pytest.mark.parametrize("model", ["zoo:resnet18", "zoo:mobilenet_v3_large", "zoo:bert_base"])
def test_products_stay_and_weights_take_a_quarter(model):
    workload = read_model(model)
    found = in_8_bits(workload)
    assert found.macs == workload.macs
    assert found.unresolved == ()
    assert is_quantised(found)
    assert found.weight_bytes < 0.3 * workload.weight_bytes
    products = [kernel for kernel in kernels_of(found, "onnxruntime") if kernel.macs]
    assert {kernel.precision for kernel in products} == {"int8"}


def test_a_network_in_8_bits_stays_as_it_is():
    found = in_8_bits(read_workload(small_network()))
    assert in_8_bits(found) is found


def test_a_rectifier_behind_a_product_vanishes():
    graph = quantised(read_workload(small_network()))
    assert not {"Relu", "Clip"} & {node.op_type for node in graph.nodes}


def test_the_engine_makes_the_same_nodes_as_of_its_own_tools_file(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    quantization = pytest.importorskip("onnxruntime.quantization")
    workload = read_workload(small_network())
    plain, own, theirs = (tmp_path / name for name in ("plain.onnx", "own.onnx", "theirs.onnx"))
    write_graph(workload.graph, plain, weights="random")
    write_graph(quantised(workload), own, weights="random")
    image = np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)

    class Once(quantization.CalibrationDataReader):
        waiting = ({"image": image},)

        def get_next(self):
            found, self.waiting = (self.waiting[0], ()) if self.waiting else (None, ())
            return found

    quantization.quantize_static(
        plain, theirs, Once(), quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
    )  # fmt: skip
    assert kinds(runtime, own) == kinds(runtime, theirs)


def kinds(runtime, path):
    """Nodes of the optimised graph by type, conversions of layout left out."""
    import onnx

    options = runtime.SessionOptions()
    options.optimized_model_filepath = str(path.with_suffix(".optimised.onnx"))
    options.log_severity_level = 4
    runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    found = Counter(node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node)
    return {kind: count for kind, count in found.items() if kind != "Transpose"}
