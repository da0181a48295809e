"""The likelihood's gradient, and attribution of an engine's nodes."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from planner.calibration.attribution import seconds_of_kernels
from planner.calibration.fit import MeasuredKernel, _cost, fit_class
from planner.engines.session import EngineNode
from planner.latency.kernels.prepared import kernels_of
from planner.latency.kernels.shape import KernelShape
from planner.zoo.source import read_model


def test_the_gradient_of_the_likelihood_is_that_of_differences():
    random = np.random.default_rng(3)
    points = random.standard_normal((25, 3))
    squares = np.stack([(column[:, None] - column[None, :]) ** 2 for column in points.T])
    kinds = random.integers(0, 2, 25)
    same = kinds[:, None] == kinds[None, :]
    arguments = (squares, random.standard_normal(25), same, np.ones(25), np.full(25, 1e-3))
    start = np.array([0.3, -0.2, 0.8, -0.1, -1.2, 0.4])
    error = check_grad(lambda x: _cost(x, *arguments)[0], lambda x: _cost(x, *arguments)[1], start)
    assert error < 1e-3


def test_a_kernel_seen_again_is_predicted_as_measured():
    random = np.random.default_rng(0)
    kernels = []
    for _ in range(60):
        rows, columns, depth = (int(2 ** random.uniform(3, 9)) for _ in range(3))
        macs = rows * columns * depth
        moved = 4 * (rows * depth + columns * depth + rows * columns)
        shape = KernelShape("gemm", "MatMul", macs, 2 * macs, moved // 3, moved // 3, moved // 3,
                            rows=rows, columns=columns, depth=depth)  # fmt: skip
        kernels.append(MeasuredKernel(shape, 2e-6 + macs / 50e9))
    model = fit_class("gemm", kernels)
    seconds, spread = model.predict([kernel.shape for kernel in kernels])
    assert seconds == pytest.approx([kernel.seconds for kernel in kernels], rel=0.08)
    assert max(spread) < 0.3


def test_what_an_engine_does_away_with_is_predicted_as_often():
    shapes = [
        KernelShape("movement", "Transpose", 0, 0, 1000 * n, 1000 * n, 0, extent=n) for n in range(10, 50)
    ]
    kernels = [MeasuredKernel(shape, 0.0 if n % 2 else 1e-5) for n, shape in enumerate(shapes)]
    model = fit_class("movement", kernels)
    assert model.absent == {"Transpose": 0.5}
    seconds, _ = model.predict(shapes[:1])
    assert seconds[0] == pytest.approx(0.5e-5, rel=0.2)


@pytest.fixture(scope="module")
def network():
    workload = read_model("zoo:resnet18")
    return workload, kernels_of(workload, "onnxruntime")


def test_an_engines_node_goes_to_the_kernel_it_is_named_after(network):
    workload, kernels = network
    relu = next(name for name in kernels[0].operators if name != kernels[0].name)
    found = seconds_of_kernels(workload, kernels, [EngineNode(f"{relu}_nchwc", "Conv", 2e-3)])
    assert found.seconds[0] == 2e-3
    assert found.lost_s == 0


def test_a_reorder_in_front_belongs_to_what_reads_it(network):
    workload, kernels = network
    target = kernels[4].name
    nodes = [
        EngineNode("ReorderInput_7", "ReorderInput", 1e-4, ("somewhere",), ("blocked",)),
        EngineNode(f"{target}_nchwc", "Conv", 1e-3, ("blocked",), ("unknown",)),
    ]
    found = seconds_of_kernels(workload, kernels, nodes)
    assert found.seconds[4] == pytest.approx(1.1e-3)
    assert found.nodes[4] == 2


def test_what_cannot_be_found_is_lost_and_said(network):
    workload, kernels = network
    found = seconds_of_kernels(workload, kernels, [EngineNode("mystery", "Custom", 5e-4)])
    assert found.lost_s == 5e-4
    assert sum(found.seconds) == 0
