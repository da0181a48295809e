"""Peaks against the figures that vendors print: labels taken apart into dense peaks of single units."""

import pytest

from planner.hardware.catalog import read_device
from planner.hardware.operating_point import default_precision
from planner.schema.hardware.device import Precision

TERA = 1e12


def peak(device: str, unit: str, precision: str, mode: str, *, sparse: bool = False) -> float:
    """Tera-operations per second of one instance of a unit."""
    description = read_device(device).units[unit]
    table = description.sparse_peaks_ops_per_s if sparse else description.peaks_ops_per_s
    return table[Precision(precision)][mode].value / TERA


@pytest.mark.parametrize(
    ("device", "unit", "precision", "mode", "published", "tolerance"),
    [
        # AGX Orin 64: data sheet DS-10662-001 gives 170 sparse TOPS and 5.3 FP32 TFLOPS at 1.3 GHz.
        ("jetson-agx-orin-64", "gpu", "int8", "MAXN", 85.2, 0.01),
        ("jetson-agx-orin-64", "gpu", "fp16", "MAXN", 42.6, 0.01),
        ("jetson-agx-orin-64", "gpu", "fp32", "MAXN", 5.3, 0.01),
        # NVIDIA's DLA repository: sparse GPU figures by mode, here halved.
        ("jetson-agx-orin-64", "gpu", "int8", "50W", 109 / 2, 0.03),
        ("jetson-agx-orin-64", "gpu", "int8", "30W", 41 / 2, 0.03),
        # The same table for both DLA: a quarter is one DLA, dense.
        ("jetson-agx-orin-64", "dla", "int8", "MAXN", 105 / 4, 0.01),
        ("jetson-agx-orin-64", "dla", "int8", "30W", 90 / 4, 0.01),
        ("jetson-agx-orin-64", "dla", "int8", "15W", 40 / 4, 0.01),
        # Module table: 22 INT8 TOPS and 11 FP16 TFLOPS, rounded down by the vendor; 10 and 5 for two DLA.
        ("jetson-agx-xavier-32", "gpu", "int8", "MAXN", 22, 0.03),
        ("jetson-agx-xavier-32", "gpu", "fp16", "MAXN", 11, 0.03),
        ("jetson-agx-xavier-32", "gpu", "fp32", "MAXN", 1.41, 0.01),
        ("jetson-agx-xavier-32", "dla", "int8", "MAXN", 5, 1e-9),
        ("jetson-agx-xavier-32", "dla", "fp16", "MAXN", 2.5, 1e-9),
        # Orin Nano data sheet: 20 dense TOPS at 625 MHz, 1.28 FP32 TFLOPS; Super 33 dense.
        ("jetson-orin-nano-8", "gpu", "int8", "15W", 20, 0.03),
        ("jetson-orin-nano-8", "gpu", "fp32", "15W", 1.28, 0.01),
        ("jetson-orin-nano-8", "gpu", "int8", "MAXN_SUPER", 33, 0.02),
        # Nano: 472 FP16 GFLOPS, twice FP32.
        ("jetson-nano-4", "gpu", "fp16", "MAXN", 0.472, 0.01),
        ("jetson-nano-4", "gpu", "fp32", "MAXN", 0.236, 0.01),
        # Huawei: grades of the Ascend 310; the one 310P of an Atlas 300I Pro.
        ("atlas-200-dk", "npu", "int8", "22TOPS", 22, 1e-9),
        ("atlas-200-dk", "npu", "fp16", "8TOPS", 4, 1e-9),
        ("atlas-300i-pro", "npu", "int8", "default", 140, 1e-9),
        ("atlas-300i-pro", "npu", "fp16", "default", 70, 1e-9),
        ("raspberry-pi-5", "cpu", "fp32", "default", 0.1536, 1e-6),
        ("xeon-8380", "cpu", "int8", "default", 23.6, 0.01),
    ],
)
def test_dense_peak_of_one_unit(
    device: str, unit: str, precision: str, mode: str, published: float, tolerance: float
) -> None:
    assert peak(device, unit, precision, mode) == pytest.approx(published, rel=tolerance)


def test_the_label_of_agx_orin_is_sparse_gpu_and_two_sparse_dla() -> None:
    part = "jetson-agx-orin-64"
    dense = peak(part, "gpu", "int8", "MAXN") + 2 * peak(part, "dla", "int8", "MAXN")
    sparse = peak(part, "gpu", "int8", "MAXN", sparse=True) + 2 * peak(
        part, "dla", "int8", "MAXN", sparse=True
    )

    assert 2 * dense == pytest.approx(275, rel=0.01)
    assert sparse == pytest.approx(275, rel=0.01)


def test_thirty_watts_gate_half_of_the_gpu_of_agx_orin() -> None:
    part = "jetson-agx-orin-64"

    gpu = peak(part, "gpu", "int8", "MAXN") / peak(part, "gpu", "int8", "30W")
    dla = peak(part, "dla", "int8", "MAXN") / peak(part, "dla", "int8", "30W")

    assert gpu == pytest.approx(4.25, abs=0.01)
    assert dla == pytest.approx(1 / (1 - 0.144), rel=0.01)


def test_the_label_of_agx_xavier_is_dense() -> None:
    part = "jetson-agx-xavier-32"
    label = peak(part, "gpu", "int8", "MAXN") + 2 * peak(part, "dla", "int8", "MAXN")

    assert label == pytest.approx(32, rel=0.03)
    assert not read_device(part).units["gpu"].sparse_peaks_ops_per_s


@pytest.mark.parametrize(("mode", "label"), [("15W", 40), ("MAXN_SUPER", 67)])
def test_the_labels_of_orin_nano_are_sparse(mode: str, label: float) -> None:
    assert peak("jetson-orin-nano-8", "gpu", "int8", mode, sparse=True) == label
    assert 2 * peak("jetson-orin-nano-8", "gpu", "int8", mode) == pytest.approx(label, rel=0.03)


@pytest.mark.parametrize(
    ("device", "unit", "asked", "used"),
    [
        ("jetson-nano-4", "gpu", "int8", "fp16"),
        ("jetson-nano-4", "cpu", "fp16", "fp32"),
        ("jetson-agx-xavier-32", "cpu", "int8", "fp32"),
        ("xeon-8380", "cpu", "fp16", "fp32"),
        ("atlas-300i-pro", "npu", "fp32", "fp16"),
        ("atlas-200-dk", "npu", "fp32", "fp16"),
    ],
)
def test_a_precision_that_the_unit_lacks_falls_back(device: str, unit: str, asked: str, used: str) -> None:
    description = read_device(device).units[unit]

    assert Precision(asked) not in description.peaks_ops_per_s
    assert description.fallback[Precision(asked)] == used


def test_the_dla_of_orin_keeps_a_small_array_for_half_precision() -> None:
    """ResNet-50 (8.2 GOP) on one DLA of an AGX Orin in FP16 takes 17.7 ms (orinlab-00003), 0.46 TOPS."""
    dla = read_device("jetson-agx-orin-64").units["dla"]

    assert set(dla.peaks_ops_per_s) == {Precision.INT8, Precision.FP16}
    assert 1 < peak("jetson-agx-orin-64", "dla", "fp16", "MAXN") / 0.46 < 2
    assert default_precision(dla, "MAXN") is Precision.INT8
    assert not dla.fallback


def test_no_dla_on_orin_nano_and_two_on_the_big_ones() -> None:
    assert "dla" not in read_device("jetson-orin-nano-8").units
    assert read_device("jetson-agx-orin-64").units["dla"].count.value == 2
    assert read_device("jetson-agx-xavier-32").units["dla"].count.value == 2


@pytest.mark.parametrize(
    ("device", "mode", "gigabytes_per_s"),
    [
        ("jetson-nano-4", "MAXN", 25.6),
        ("jetson-agx-xavier-32", "MAXN", 136.5),
        ("jetson-agx-xavier-32", "10W", 68.2),
        ("jetson-orin-nano-8", "15W", 68),
        ("jetson-orin-nano-8", "MAXN_SUPER", 102),
        ("jetson-agx-orin-64", "MAXN", 204.8),
        ("jetson-agx-orin-64", "15W", 136.5),
        ("atlas-200-dk", "22TOPS", 51.2),
        ("atlas-300i-pro", "default", 204.8),
        ("raspberry-pi-5", "default", 17.1),
        ("xeon-8380", "default", 204.8),
    ],
)
def test_memory_bandwidth(device: str, mode: str, gigabytes_per_s: float) -> None:
    bandwidth = read_device(device).memory.bandwidth_bytes_per_s[mode].value

    assert bandwidth / 1e9 == pytest.approx(gigabytes_per_s, rel=0.005)


@pytest.mark.parametrize(
    ("device", "about"),
    [
        ("jetson-nano-4", "CPU clock"),
        ("jetson-agx-orin-64", "15W"),
        ("jetson-agx-orin-64", "temperature"),
        ("jetson-orin-nano-8", "temperature"),
        ("atlas-200-dk", "INT8 peak of Ascend 310"),
        ("atlas-300i-pro", "power limit"),
        ("atlas-300i-pro", "FP16 peak"),
    ],
)
def test_known_contradictions_are_recorded(device: str, about: str) -> None:
    assert any(about in item.about for item in read_device(device).contradictions)


@pytest.mark.parametrize(
    ("precision", "mode", "published"),
    [
        # branes-ai/graphs, data/calibrations@b6c5e82: best PyTorch matrix product of each run; in 15W the
        # product of 4096 in its tensor_core_performance.md is better still.
        ("fp16", "7W", 2.0233),
        ("fp16", "15W", 7.63),
        ("fp16", "25W", 5.5424),
        ("fp16", "MAXN_SUPER", 4.5423),
        ("bf16", "7W", 1.9112),
        ("bf16", "15W", 4.4292),
        ("bf16", "25W", 6.6019),
        ("bf16", "MAXN_SUPER", 5.6786),
        ("tf32", "7W", 1.0021),
        ("tf32", "15W", 2.0624),
        ("tf32", "25W", 3.0631),
        ("tf32", "MAXN_SUPER", 2.3074),
        ("fp32", "7W", 0.2300),
        ("fp32", "15W", 1.20),
        ("fp32", "25W", 1.0172),
        ("fp32", "MAXN_SUPER", 1.0958),
    ],
)
def test_the_ceilings_of_orin_nano_are_the_best_published_kernels(
    precision: str, mode: str, published: float
) -> None:
    unit = read_device("jetson-orin-nano-8").units["gpu"]

    assert unit.ceilings_ops_per_s[Precision(precision)][mode].value / TERA == pytest.approx(published)


def test_streams_of_orin_nano_are_the_best_published() -> None:
    """branes-ai/graphs, data/calibrations@b6c5e82: best of copy, scale, add and triad over sizes, GB/s."""
    ceilings = read_device("jetson-orin-nano-8").memory.ceilings_bytes_per_s

    published = {"7W": 39.7, "15W": 62.5, "25W": 95.7, "MAXN_SUPER": 94.0}
    assert {mode: number.value / 1e9 for mode, number in ceilings.items()} == pytest.approx(published)
