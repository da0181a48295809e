"""Forms of quantisation on ONNX Runtime: uint8 by int8 is quick, the others take what was measured."""

import numpy as np
import pytest

from planner.data_files import database_dir
from planner.errors import InputError
from planner.hardware.catalog import read_device, read_engine_file
from planner.latency.estimate import estimate
from planner.latency.kernels.precision import form_name, integer_form, kernel_peak
from planner.latency.kernels.prepared import kernels_of
from planner.latency.point import point_for
from planner.schema.hardware.device import Precision
from planner.wording.message import key_of
from planner.workload.graph import Graph, Initializer, Node, TensorSpec
from planner.workload.workload import read_workload

XEON, PI = read_device("xeon-gold-6240r"), read_device("raspberry-pi-5")
SHAPE, WEIGHT = (1, 64, 56, 56), (64, 64, 3, 3)


def setting(dtype, value):
    return Initializer(
        TensorSpec(dtype, ()), np.array(value, dtype=np.dtype(dtype.replace("float", "float32")))
    )


def network(nodes, data, weight):
    """A graph of these nodes on an image, with a weight, a scale and a zero point of each type."""
    weights = {
        "w": Initializer(TensorSpec(weight, WEIGHT)), "s": setting("float", 0.1), "zx": setting(data, 0),
        "zw": setting(weight, 0),
    }  # fmt: skip
    used = {name for node in nodes for name in node.inputs}
    return read_workload(
        Graph(
            name="form", opset=17, inputs={"x": TensorSpec(data, SHAPE)}, outputs=("y",), nodes=tuple(nodes),
            initializers={name: held for name, held in weights.items() if name in used},
        )
    )  # fmt: skip


def floats():
    return network([Node("c", "Conv", ("x", "w"), ("y",))], "float", "float")


def in_integers(data, weight):
    inputs = ("x", "s", "zx", "w", "s", "zw", "s", "zx")
    return network([Node("c", "QLinearConv", inputs, ("y",))], data, weight)


def dynamic(data, weight):
    return network([Node("c", "ConvInteger", ("x", "w"), ("y",))], data, weight)


def with_conversions(data, weight):
    nodes = [
        Node("dx", "DequantizeLinear", ("x", "s", "zx"), ("xf",)),
        Node("dw", "DequantizeLinear", ("w", "s", "zw"), ("wf",)),
        Node("c", "Conv", ("xf", "wf"), ("f",)),
        Node("q", "QuantizeLinear", ("f", "s", "zx"), ("y",)),
    ]
    return network(nodes, data, weight)


def point(part):
    return point_for(part, engine="onnxruntime", precision="fp32")


def rate(workload, part):
    """Of the product, over the rate of floats."""
    kernel = next(kernel for kernel in kernels_of(workload, "onnxruntime") if kernel.macs)
    return kernel_peak(kernel, point(part)).ops_per_s / point(part).peaks_ops_per_s[Precision.FP32]


@pytest.mark.parametrize(
    ("form", "least", "most"),
    [
        (in_integers("uint8", "int8"), 2, 4.01),
        (with_conversions("uint8", "int8"), 2, 4.01),
        (with_conversions("int8", "int8"), 2, 4.01),
        (in_integers("uint8", "uint8"), 1 / 1.1, 1 / 0.6),
        (in_integers("int8", "int8"), 1 / 12.3, 1 / 4.2),
        (dynamic("uint8", "uint8"), 1 / 3.1, 1 / 0.5),
        (dynamic("uint8", "int8"), 1 / 12.3, 1 / 3.7),
    ],
)
def test_each_form_runs_at_a_rate_that_was_measured(form, least, most):
    """ONNX Runtime 1.32 on servers with AVX-512 VNNI: dense convolutions of ResNets, over the same in floats.

    QuantizeLinear around a float convolution becomes uint8 by int8 when the file is loaded.
    """
    assert least <= rate(form, XEON) <= most


def test_signed_operators_on_integers_are_slower_than_floats_and_say_so():
    asked = {"engine": "onnxruntime", "precision": "fp32", "threads": 1}
    slow, plain = (estimate(found, XEON, **asked) for found in (in_integers("int8", "int8"), floats()))
    quick = estimate(with_conversions("uint8", "int8"), XEON, **asked)
    assert quick.latency_s.mid < plain.latency_s.mid < slow.latency_s.mid / 4
    # Two servers took 6 and 12 times as long as in floats; the band holds both.
    assert slow.latency_s.low < 6 * plain.latency_s.mid
    assert slow.latency_s.high > 12 * plain.latency_s.mid
    assert slow.latency_s.level is None
    said = [note for note in slow.warnings if key_of(note) == "estimated.integer_forms"]
    assert "QLinearConv (int8 x int8)" in said[0]
    assert not [note for note in quick.warnings if key_of(note) == "estimated.integer_forms"]


def test_a_roofline_has_the_ends_of_the_form():
    asked = {"engine": "onnxruntime", "precision": "fp32", "threads": 1, "transfer": False}
    whole, plain = (
        estimate(found, XEON, **asked).layers[0].time for found in (dynamic("uint8", "uint8"), floats())
    )
    assert whole.compute_s == pytest.approx(plain.compute_s / 0.55, rel=0.02)
    assert whole.low_s < plain.low_s
    assert whole.high_s > plain.compute_s / 0.3


def test_other_processors_have_their_own_code():
    """Arm's instructions multiply int8 by int8: only the dynamic form has no fast code there."""
    assert rate(in_integers("int8", "int8"), PI) > 1
    assert rate(dynamic("uint8", "uint8"), PI) == 1


def test_a_kernel_in_floats_has_no_form():
    kernel = kernels_of(floats(), "onnxruntime")[0]
    assert integer_form(kernel, point(XEON)) is None
    assert kernel.operands == ("float", "float")
    quantised = kernels_of(in_integers("int8", "int8"), "onnxruntime")[0]
    assert form_name(quantised) == "QLinearConv (int8 x int8)"


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            "{operators: [ConvInteger], of_float_rate: 2, least: 0.4, most: 1.9, source: judgement}",
            "`least` up to",
        ),
        ("{operators: [], of_float_rate: 1, least: 1, most: 1, source: judgement}", "operators"),
        ("{operators: [Conv], of_float_rate: 0, least: 0, most: 1, source: judgement}", "of_float_rate"),
        ("{operators: [Conv], of_float_rate: 1, least: 1, most: 1, source: nobody}", "nobody"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(tmp_path, wrong, expected):
    text = (database_dir() / "engines" / "onnxruntime.yaml").read_text()
    path = tmp_path / "onnxruntime.yaml"
    path.write_text(text.replace("    integer_forms:\n", f"    integer_forms:\n      - {wrong}\n"))
    with pytest.raises(InputError, match=expected):
        read_engine_file(path)
