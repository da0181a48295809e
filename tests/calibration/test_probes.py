"""Random probe networks: complete, the same for the same seed, and of every class that networks have."""

import hashlib
from collections import Counter

import pytest

from planner.calibration.probe_run import network_of
from planner.calibration.probes.network import probe_network
from planner.latency.kernels.prepared import kernels_of
from planner.workload.workload import read_workload

SEEDS = range(150)


@pytest.fixture(scope="module")
def workloads():
    return {seed: read_workload(probe_network(seed)) for seed in SEEDS}


def test_every_operator_of_every_probe_is_counted(workloads):
    assert {seed: w.unresolved for seed, w in workloads.items() if w.unresolved} == {}


def test_the_same_seed_is_the_same_network(workloads):
    for seed in (0, 7, 42):
        assert read_workload(probe_network(seed)).digest == workloads[seed].digest


def test_probes_hold_every_class_of_kernel_that_engines_run(workloads):
    found = Counter(
        kernel.op_class for workload in workloads.values() for kernel in kernels_of(workload, "onnxruntime")
    )
    wanted = {
        *("conv", "pointwise", "depthwise", "grouped_conv", "deconv", "gemm", "matmul", "recurrent"),
        *("pool", "norm", "softmax", "elementwise", "movement"),
    }
    assert {name for name in wanted if found[name] < 4} == set()


@pytest.mark.parametrize("seed", [1, 3, 12])
def test_a_quantised_probe_has_the_products_of_the_float_one(seed):
    plain, quantised = (read_workload(network_of(seed, precision)) for precision in ("fp32", "int8"))
    assert quantised.macs == plain.macs
    assert quantised.weight_bytes < plain.weight_bytes
    assert any(kernel.precision == "int8" for kernel in kernels_of(quantised, "onnxruntime"))


def _kernels(workloads):
    return [k for workload in workloads.values() for k in kernels_of(workload, "onnxruntime")]


def test_probes_reach_few_and_odd_channels(workloads):
    """Networks for phones have layers of 4 to 24 channels, and some of them fill no vector of 4 or 8."""
    widths = [
        workload.tensors[operator.writes[0].tensor].shape[1]
        for workload in workloads.values()
        for operator in workload.operators
        if operator.op_class in ("depthwise", "pointwise", "conv")
    ]
    assert sum(width <= 24 for width in widths) > 0.15 * len(widths)
    assert sum(width % 4 != 0 for width in widths) > 0.05 * len(widths)


def test_some_probes_are_long_chains_of_cheap_operators(workloads):
    long = [w for w in workloads.values() if len(w.operators) > 80 and w.macs / len(w.operators) < 1e6]
    assert len(long) >= 8


def test_probes_have_matrix_products_of_one_row_beyond_the_last_cache(workloads):
    """Weights of tens of megabytes stream from memory however often the network is repeated."""
    large = [
        kernel
        for kernel in _kernels(workloads)
        if kernel.op_class == "gemm" and kernel.weight_bytes > 3e7 and kernel.macs < 2 * kernel.weight_bytes
    ]
    assert len(large) >= 5


@pytest.mark.parametrize("op_type", ["InstanceNormalization", "Softmax", "BatchNormalization", "ReduceSum"])
def test_stages_of_attention_hold_what_exporters_write(workloads, op_type):
    staged = [
        w for w in workloads.values()
        if {"Softmax", "Conv"} <= {operator.op_type for operator in w.operators}
    ]  # fmt: skip
    assert any(operator.op_type == op_type for w in staged for operator in w.operators)


def test_a_seed_gives_the_network_that_calibrations_of_earlier_versions_measured(workloads):
    """Regression only: journals of interrupted calibrations hold measured kernels by seed."""
    text = "".join(workloads[seed].digest for seed in SEEDS)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "233d065f15be7d8b"
