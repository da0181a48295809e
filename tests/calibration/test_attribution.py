"""Nodes that an engine renamed, took apart or drew past each other go to the kernels whose work they do."""

import pytest

from planner.calibration.attribution import seconds_of_kernels
from planner.calibration.calibrate import _whole_over_sum
from planner.engines.session import EngineNode
from planner.latency.kernels.prepared import block_rule, prepare_run
from planner.latency.kernels.shape import shapes_of
from planner.schema.hardware.device import Precision
from planner.workload.workload import read_workload
from planner.zoo.builder import NetworkBuilder


def prepared(build, engine="openvino"):
    net = NetworkBuilder("small")
    workload = read_workload(net.finish(build(net)))
    return prepare_run(workload, workload.batch, Precision.FP32, engine)


def by_operator(run, nodes):
    found = seconds_of_kernels(run.workload, run.kernels, nodes)
    seconds = {}
    for kernel, spent in zip(run.kernels, found.seconds, strict=True):
        seconds |= dict.fromkeys(kernel.op_types, spent)
    return seconds, found.lost_s


def normalised_map(net):
    x = net.conv(net.input("image", (1, 3, 16, 16)), 8, 3, bias=True, name="before")
    x = net.transpose(net.layer_norm(net.transpose(x, (0, 2, 3, 1))), (0, 3, 1, 2))
    return net.gelu(net.conv(x, 16, 1, bias=True, name="behind"))


def test_a_normalisation_taken_apart_keeps_its_time():
    """OpenVINO writes it as a difference, a reorder and a root of squares, none of them named in the file."""
    run = prepared(normalised_map)
    first = next(o.name for o in run.workload.operators if o.op_type == "Transpose")
    last = run.workload.operators[-1].name
    nodes = (
        EngineNode("before", "Convolution", 1.0, ("image",), ("before",), ("before/WithoutBiases",)),
        EngineNode(first, "Transpose", 2.0, ("before",), (first,), (first,)),
        EngineNode("Subtract_7_acdb_abcd_MVN_8", "Reorder", 4.0, (first,), ("moved",)),
        EngineNode("MVN_8", "RMS", 8.0, ("moved",), ("MVN_8",), ("MVN_8",)),
        EngineNode("behind", "Convolution", 16.0, ("MVN_8",), ("behind",), ("behind/WithoutBiases", last)),
    )
    found = seconds_of_kernels(run.workload, run.kernels, nodes)
    seconds = {kernel.name: spent for kernel, spent in zip(run.kernels, found.seconds, strict=True)}
    norm = next(kernel.name for kernel in run.kernels if "LayerNormalization" in kernel.op_types)
    assert (seconds["before"], seconds[norm], seconds["behind"]) == (1.0, 12.0, 16.0)
    assert found.lost_s == 0


def test_a_fused_product_named_after_its_last_operator_is_the_product_s():
    def build(net):
        x = net.linear(net.input("rows", (1, 9, 8)), 8, "fc", bias=False)
        return net.mul(net.transpose(x, (0, 2, 1)), net.parameter("scale", (8, 1)), name="scaled")

    run = prepared(build)
    last = next(o.name for o in run.workload.operators if o.op_type == "Mul")
    seconds, lost = by_operator(run, (EngineNode(last, "FullyConnected", 3.0, ("rows",), (last,), (last,)),))
    assert seconds["MatMul"] == 3.0
    assert lost == 0


def test_a_transposition_drawn_past_a_split_is_its_own():
    def build(net):
        moved = net.transpose(net.input("rows", (1, 6, 4, 2)), (0, 2, 3, 1), name="moved")
        left, right = net.split(moved, (2, 2), 1)
        return net.add(net.relu(left), net.sigmoid(right))

    run = prepared(build, "onnxruntime")
    split = next(o for o in run.workload.operators if o.op_type == "Split")
    halves = [access.tensor for access in split.writes]
    nodes = tuple(EngineNode(f"t{i}", "Transpose", 1.0, (f"part{i}",), (h,)) for i, h in enumerate(halves))
    seconds, _ = by_operator(run, nodes)
    assert (seconds["Transpose"], seconds["Split"]) == (2.0, 0.0)


@pytest.mark.parametrize(("window", "kind"), [(True, "Pad in front of a window"), (False, "Pad")])
def test_zeros_in_front_of_a_window_are_a_kind_of_their_own(window, kind):
    def build(net):
        x = net.pad_end(net.input("image", (1, 8, 15, 15)), (0, 0, 1, 1))
        return net.conv(x, 8, 3, stride=2, padding=0) if window else net.softmax(x)

    run = prepared(build, "onnxruntime")
    shapes = shapes_of(run.workload, run.kernels, block_rule("onnxruntime"))
    assert kind in {shape.kind for shape in shapes}


@pytest.mark.parametrize(
    ("total_s", "found"),
    [(1.2, 1.1), (None, 1.0), (9.0, 1.0)],
    ids=["as it took", "not measured", "disturbed"],
)
def test_kernels_together_take_what_the_inference_took(total_s, found):
    assert _whole_over_sum(total_s, 1.0, 0.1) == pytest.approx(found)
