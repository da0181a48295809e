"""Layouts as ONNX Runtime's optimised graphs show them: what is reordered, by whom, and what is padded."""

import pytest

from planner.latency.kernels.prepared import block_rule, kernels_of, prepare_run
from planner.latency.kernels.shape import shapes_of
from planner.schema.hardware.device import Precision
from planner.workload.workload import read_workload
from planner.zoo.builder import NetworkBuilder


def shapes_by_name(net, *outputs, precision=Precision.FP32):
    prepared = prepare_run(read_workload(net.finish(*outputs)), 1, precision, "onnxruntime")
    shapes = shapes_of(prepared.workload, prepared.kernels, block_rule("onnxruntime"))
    return {kernel.name: shape for kernel, shape in zip(prepared.kernels, shapes, strict=True)}


@pytest.fixture
def net():
    return NetworkBuilder("layouts")


def test_an_image_is_read_as_it_is_and_the_last_result_is_reordered(net):
    x = net.input("image", (1, 3, 32, 32))
    y = net.conv(net.conv(x, 32, 3, bias=True, name="first"), 16, 3, bias=True, name="second")
    shapes = shapes_by_name(net, y)
    assert (shapes["first"].reorder_in_bytes, shapes["first"].reorder_out_bytes) == (0, 0)
    assert shapes["second"].reorder_out_bytes == 16 * 32 * 32 * 4


def test_a_convolution_of_few_channels_reads_them_plain(net):
    x = net.input("image", (1, 3, 32, 32))
    narrow = net.conv(x, 8, 3, bias=True, name="narrow")
    shapes = shapes_by_name(net, net.conv(narrow, 32, 3, bias=True, name="wide"))
    assert shapes["narrow"].reorder_out_bytes == 8 * 32 * 32 * 4
    assert shapes["wide"].reorder_in_bytes == 0


def test_channels_that_do_not_fill_a_block_are_padded(net):
    x = net.input("image", (1, 3, 32, 32))
    y = net.conv(net.relu(net.conv(x, 20, 3, bias=True, name="conv")), 32, 1, bias=True, name="next")
    shapes = shapes_by_name(net, y)
    assert shapes["conv"].padding == pytest.approx(32 / 20)
    assert shapes["next"].padding == 1.0


def test_a_product_with_a_constant_leaves_the_blocks_but_a_product_of_two_maps_stays(net):
    x = net.input("image", (1, 3, 32, 32))
    left, right = (net.conv(x, 32, 3, bias=True, name=name) for name in ("left", "right"))
    both = net.mul(left, right, name="both")
    scaled = net.mul(both, net.constant(1.5), name="scaled")
    shapes = shapes_by_name(net, net.conv(scaled, 16, 3, bias=True, name="last"))
    assert shapes["both"].kind == "Mul in blocks"
    assert shapes["both"].reorder_out_bytes == 32 * 32 * 32 * 4
    assert shapes["scaled"].kind == "Mul scalar"
    assert shapes["last"].reorder_in_bytes == 32 * 32 * 32 * 4


def test_a_weight_of_each_channel_is_folded_into_the_convolution_before_it(net):
    x = net.input("image", (1, 3, 32, 32))
    y = net.mul(net.conv(x, 32, 3, bias=True), net.parameter("scale", (1, 32, 1, 1)))
    (kernel,) = kernels_of(read_workload(net.finish(y)), "onnxruntime")
    assert kernel.op_types == ("Conv", "Mul")


def test_kernels_on_integers_have_no_blocks_and_say_their_precision(net):
    x = net.input("image", (1, 3, 32, 32))
    y = net.conv(net.relu(net.conv(x, 32, 3, bias=True, name="first")), 32, 3, bias=True, name="second")
    shapes = shapes_by_name(net, y, precision=Precision.INT8)
    assert {shapes[name].kind for name in ("first", "second")} == {"Conv in 8 bits"}
    assert shapes["second"].input_bytes == 32 * 32 * 32
