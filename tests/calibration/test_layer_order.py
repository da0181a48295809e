"""Layers without names of the file, laid beside its operators by order, kind and size of result."""

import importlib.util

import pytest

from planner.calibration.attribution import seconds_of_kernels
from planner.calibration.layer_order import operators_of_layers
from planner.engines.session import EngineNode
from planner.hardware.catalog import read_engine
from planner.latency.kernels.prepared import kernels_of
from planner.workload.workload import read_workload
from planner.zoo.builder import NetworkBuilder
from planner.zoo.source import read_model

STANDS_FOR = read_engine("ncnn").layers


def layer(number, kind, values, seconds=1e-3):
    return EngineNode(f"{kind}_{number}", kind, seconds, (str(number),), (str(number + 1),), values=values)


def residual_network():
    net = NetworkBuilder("residual")
    x = net.input("image", (1, 16, 8, 8))
    y = net.relu(net.conv(x, 16, 3))
    y = net.conv(y, 16, 1)
    return read_workload(net.finish(net.relu(net.add(x, y))))


def test_each_layer_finds_its_operator_though_the_names_are_foreign():
    workload = residual_network()
    layers = [
        layer(0, "Convolution", 1024), layer(1, "Convolution", 1024), layer(2, "BinaryOp", 1024),
        layer(3, "ReLU", 1024),
    ]  # fmt: skip
    found = operators_of_layers(workload, kernels_of(workload, "ncnn"), layers, STANDS_FOR)
    kinds = {operator.name: operator.op_type for operator in workload.operators}
    assert [kinds[names[-1]] for names in found] == ["Conv", "Conv", "Add", "Relu"]


def test_all_time_reaches_a_kernel_and_copies_go_to_their_reader():
    workload = residual_network()
    kernels = kernels_of(workload, "ncnn")
    layers = [
        layer(0, "Convolution", 1024, 4e-3), layer(1, "Packing", 1024, 1e-3),
        layer(2, "Convolution", 1024, 2e-3), layer(3, "BinaryOp", 1024, 5e-4), layer(4, "ReLU", 1024, 5e-4),
    ]  # fmt: skip
    found = seconds_of_kernels(workload, kernels, layers, STANDS_FOR)
    assert found.lost_s == 0
    assert sum(found.seconds) == pytest.approx(8e-3)
    by_type = {kernel.op_types[0]: seconds for kernel, seconds in zip(kernels, found.seconds, strict=True)}
    assert by_type["Add"] == pytest.approx(5e-4)
    convolutions = [s for k, s in zip(kernels, found.seconds, strict=True) if k.op_types[0] == "Conv"]
    assert convolutions == pytest.approx([4e-3, 3e-3])


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("ncnn", "pnnx")), reason="ncnn and pnnx are extras"
)
def test_the_layers_that_ncnn_runs_add_up_to_its_inference():
    from planner.engines.measure import measure

    workload = read_model("zoo:squeezenet_v1.1")
    found = measure(workload, "ncnn", seconds=0.3, profile_s=0.3)
    assert found.timing is not None
    kernels = kernels_of(workload, "ncnn")
    shared = seconds_of_kernels(workload, kernels, found.nodes, STANDS_FOR)
    assert shared.lost_s == 0
    assert all(s > 0 for s, kernel in zip(shared.seconds, kernels, strict=True) if kernel.macs)
    assert 0.5 < sum(shared.seconds) / found.timing.median_s < 2.0, "a loaded machine is not exact"
