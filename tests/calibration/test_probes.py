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


@pytest.mark.parametrize("seed", [0, 3, 12])
def test_a_quantised_probe_has_the_products_of_the_float_one(seed):
    plain, quantised = (read_workload(network_of(seed, precision)) for precision in ("fp32", "int8"))
    assert quantised.macs == plain.macs
    assert quantised.weight_bytes < plain.weight_bytes
    assert any(kernel.precision == "int8" for kernel in kernels_of(quantised, "onnxruntime"))


def test_a_seed_gives_the_network_that_calibrations_of_earlier_versions_measured(workloads):
    """Regression only: journals of interrupted calibrations hold measured kernels by seed."""
    text = "".join(workloads[seed].digest for seed in SEEDS)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "0d6170bea94dab06"
