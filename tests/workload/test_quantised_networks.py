"""A quantised network has the work of the float one it came from, a quarter of its weight bytes, and says
per kernel which precision runs."""

import numpy as np
import pytest

from planner.workload.fusion import FusionRule, fuse
from planner.workload.graph import Initializer, Node, TensorSpec
from planner.workload.workload import at_precision, read_workload

SCALE = Initializer(TensorSpec("float", ()), np.array(0.1, dtype=np.float32))
ZERO = Initializer(TensorSpec("uint8", ()), np.array(3, dtype=np.uint8))
ZERO_SIGNED = Initializer(TensorSpec("int8", ()), np.array(0, dtype=np.int8))
SETTINGS = {"s": SCALE, "z": ZERO, "z0": ZERO_SIGNED}
ATTRIBUTES = {"pads": (1, 1, 1, 1)}
RULES = [FusionRule("conv", anchor=("Conv",), absorbs=("Relu",))]


def float_network(network):
    nodes = [
        Node("conv", "Conv", ("x", "w"), ("c",), ATTRIBUTES),
        Node("relu", "Relu", ("c",), ("r",)),
        Node("second", "Conv", ("r", "v"), ("y",), ATTRIBUTES),
    ]
    return network(nodes, {"x": (1, 3, 16, 16)}, ["y"], {"w": (8, 3, 3, 3), "v": (8, 8, 3, 3)})


def with_conversions(network, *, second_in_float):
    """As quantisation tools write it: a conversion around every value, the second convolution maybe left."""
    nodes = [
        Node("qx", "QuantizeLinear", ("x", "s", "z"), ("xq",)),
        Node("dx", "DequantizeLinear", ("xq", "s", "z"), ("xf",)),
        Node("dw", "DequantizeLinear", ("w", "s", "z0"), ("wf",)),
        Node("conv", "Conv", ("xf", "wf"), ("c",), ATTRIBUTES),
        Node("relu", "Relu", ("c",), ("r",)),
        Node("qr", "QuantizeLinear", ("r", "s", "z"), ("rq",)),
        Node("dr", "DequantizeLinear", ("rq", "s", "z"), ("rf",)),
    ]
    weights = {**SETTINGS, "w": Initializer(TensorSpec("int8", (8, 3, 3, 3)))}
    if second_in_float:
        nodes.append(Node("second", "Conv", ("r", "v"), ("y",), ATTRIBUTES))
        weights["v"] = Initializer(TensorSpec("float", (8, 8, 3, 3)))
        del nodes[5:7]
    else:
        nodes += [
            Node("dv", "DequantizeLinear", ("v", "s", "z0"), ("vf",)),
            Node("second", "Conv", ("rf", "vf"), ("y",), ATTRIBUTES),
        ]
        weights["v"] = Initializer(TensorSpec("int8", (8, 8, 3, 3)))
    return network(nodes, {"x": (1, 3, 16, 16)}, ["y"], weights)


def on_integers(network):
    """The same with operators on integers throughout."""
    nodes = [
        Node("qx", "QuantizeLinear", ("x", "s", "z"), ("xq",)),
        Node("conv", "QLinearConv", ("xq", "s", "z", "w", "s", "z0", "s", "z"), ("c",), ATTRIBUTES),
        Node("second", "QLinearConv", ("c", "s", "z", "v", "s", "z0", "s", "z"), ("q",), ATTRIBUTES),
        Node("dy", "DequantizeLinear", ("q", "s", "z"), ("y",)),
    ]
    weights = {
        **SETTINGS,
        "w": Initializer(TensorSpec("int8", (8, 3, 3, 3))),
        "v": Initializer(TensorSpec("int8", (8, 8, 3, 3))),
    }
    return network(nodes, {"x": (1, 3, 16, 16)}, ["y"], weights)


def in_dynamic_form(network):
    """Weights in integers, activations quantised on the way."""
    nodes = [
        Node("q", "DynamicQuantizeLinear", ("x",), ("xq", "xs", "xz")),
        Node("conv", "ConvInteger", ("xq", "w", "xz"), ("c",), ATTRIBUTES),
        Node("cast", "Cast", ("c",), ("f",), {"to": 1}),
        Node("scale", "Mul", ("f", "xs"), ("r",)),
        Node("q2", "DynamicQuantizeLinear", ("r",), ("rq", "rs", "rz")),
        Node("second", "ConvInteger", ("rq", "v", "rz"), ("d",), ATTRIBUTES),
        Node("cast2", "Cast", ("d",), ("g",), {"to": 1}),
        Node("scale2", "Mul", ("g", "rs"), ("y",)),
    ]
    weights = {
        "w": Initializer(TensorSpec("int8", (8, 3, 3, 3))),
        "v": Initializer(TensorSpec("int8", (8, 8, 3, 3))),
    }
    return network(nodes, {"x": (1, 3, 16, 16)}, ["y"], weights)


FORMS = {
    "conversions": lambda network: with_conversions(network, second_in_float=False),
    "integers": on_integers,
    "dynamic": in_dynamic_form,
}


@pytest.mark.parametrize("form", FORMS)
def test_work_of_the_float_network_with_a_quarter_of_its_weight_bytes(network, form):
    whole = read_workload(float_network(network))
    quantised = read_workload(FORMS[form](network))
    assert quantised.unresolved == ()
    assert quantised.macs == whole.macs
    assert quantised.parameters == whole.parameters
    assert quantised.weight_bytes * 4 == whole.weight_bytes


@pytest.mark.parametrize("form", ["conversions", "integers"])
def test_every_convolution_runs_in_integers(network, form):
    kernels = fuse(read_workload(FORMS[form](network)), RULES)
    assert {kernel.precision for kernel in kernels if kernel.macs} == {"int8"}


def test_mixed_precision_is_seen_per_kernel(network):
    kernels = fuse(read_workload(with_conversions(network, second_in_float=True)), RULES)
    assert {kernel.name: kernel.precision for kernel in kernels if kernel.macs} == {
        "conv": "int8",
        "second": "fp32",
    }


def test_mixed_precision_stays_where_floats_are_stored_smaller(network):
    workload = at_precision(read_workload(with_conversions(network, second_in_float=True)), "fp16")
    kernels = fuse(workload, RULES)
    assert {kernel.name: kernel.precision for kernel in kernels if kernel.macs} == {
        "conv": "int8",
        "second": "fp16",
    }
    assert workload.weight_bytes == 8 * 27 + 2 * 8 * 72
