"""NVIDIA and x86 parts against the figures that their makers print; labels taken apart into dense peaks."""

import pytest

from planner.hardware.catalog import read_device
from planner.provenance import Status
from planner.schema.hardware.device import Precision

TERA = 1e12


def peak(device: str, unit: str, precision: str, mode: str = "default", *, sparse: bool = False) -> float:
    """Tera-operations per second of one instance of a unit."""
    description = read_device(device).units[unit]
    table = description.sparse_peaks_ops_per_s if sparse else description.peaks_ops_per_s
    return table[Precision(precision)][mode].value / TERA


@pytest.mark.parametrize(
    ("device", "precision", "mode", "published", "tolerance"),
    [
        # TechPowerUp: 1.33 FP16 and 0.67 FP32 TFLOPS at 1300 MHz.
        ("jetson-tx2", "fp16", "MAXN", 1.33, 1e-9),
        ("jetson-tx2", "fp32", "MAXN", 0.67, 0.01),
        # 48 tensor cores at 1109.25 MHz.
        ("jetson-xavier-nx-8", "int8", "15W_6CORE", 13.6, 0.01),
        ("jetson-xavier-nx-16", "fp16", "20W_6CORE", 6.82, 0.01),
        ("jetson-xavier-nx-8", "fp32", "20W_2CORE", 0.852, 0.01),
        # AGX Xavier module table, rounded down by the vendor.
        ("jetson-agx-xavier-16", "int8", "MAXN", 22, 0.03),
        ("jetson-agx-xavier-64", "fp16", "MAXN", 11, 0.03),
        # Orin data sheets: 10 dense TOPS and 0.64 FP32 TFLOPS; 34 sparse for Super.
        ("jetson-orin-nano-4", "int8", "10W", 10, 0.03),
        ("jetson-orin-nano-4", "fp32", "10W", 0.64, 1e-9),
        ("jetson-orin-nano-4", "int8", "25W", 34 / 2, 0.02),
        ("jetson-orin-nx-8", "int8", "MAXN", (70 - 20) / 2, 0.01),
        ("jetson-orin-nx-8", "fp32", "MAXN", 1.57, 0.01),
        ("jetson-orin-nx-16", "int8", "MAXN", (100 - 40) / 2, 0.01),
        ("jetson-orin-nx-16", "fp32", "MAXN", 1.88, 0.01),
        ("jetson-orin-nx-16", "int8", "40W", 38.4, 0.01),
        ("jetson-agx-orin-32", "int8", "MAXN", 108 / 2, 0.01),
        ("jetson-agx-orin-32", "fp16", "MAXN", 26.9, 0.01),
        ("jetson-agx-orin-32", "fp32", "MAXN", 3.37, 0.01),
        # Thor: 2070 sparse FP4, 517 dense FP8, 517 sparse FP16; T4000 1200 sparse FP4.
        ("jetson-t5000", "fp4", "MAXN", 2070 / 2, 1e-9),
        ("jetson-t5000", "fp8", "MAXN", 517, 1e-9),
        ("jetson-t5000", "fp16", "MAXN", 517 / 2, 1e-9),
        ("jetson-t5000", "fp32", "MAXN", 8.04, 0.01),
        ("jetson-t4000", "fp4", "MAXN", 1200 / 2, 1e-9),
    ],
)
def test_gpu_of_a_module(device: str, precision: str, mode: str, published: float, tolerance: float) -> None:
    assert peak(device, "gpu", precision, mode) == pytest.approx(published, rel=tolerance)


@pytest.mark.parametrize(
    ("device", "precision", "published", "tolerance"),
    [
        ("t4", "int4", 260, 1e-9),
        ("t4", "int8", 130, 1e-9),
        ("t4", "fp16", 65, 1e-9),
        ("t4", "fp32", 8.1, 0.01),
        ("a2", "int8", 72 / 2, 0.01),
        ("a2", "fp16", 36 / 2, 0.01),
        ("a2", "fp32", 4.5, 0.01),
        ("nvidia-l4", "int8", 485 / 2, 0.01),
        ("nvidia-l4", "fp16", 242 / 2, 0.01),
        ("nvidia-l4", "fp32", 30.3, 0.01),
        ("nvidia-a10", "int8", 250, 0.01),
        ("nvidia-a10", "fp16", 125, 0.01),
        ("nvidia-a10", "fp32", 31.2, 0.01),
        ("nvidia-a30", "int8", 330, 0.01),
        ("nvidia-a30", "fp16", 165, 0.01),
        ("nvidia-a30", "tf32", 82, 0.01),
        ("v100-pcie-32", "fp16", 112, 0.01),
        ("v100-pcie-32", "fp32", 14, 0.01),
        ("rtx-4090", "int8", 660.6, 0.001),
        ("rtx-4090", "fp16", 330.3, 0.001),
        ("rtx-4090", "bf16", 165.2, 0.001),
        ("rtx-4090", "fp32", 82.6, 0.001),
        ("nvidia-h200-sxm", "fp16", 1979 / 2, 0.001),
        ("nvidia-h200-sxm", "int8", 3958 / 2, 0.001),
        ("nvidia-h200-sxm", "fp32", 67, 0.01),
        ("nvidia-h200-nvl", "fp16", 1671 / 2, 0.001),
        ("nvidia-h200-nvl", "int8", 3341 / 2, 0.001),
        # The announced petaflop of FP4 counts sparsity and is rounded.
        ("nvidia-gb10-dgx-spark", "fp4", 1000 / 2, 0.06),
    ],
)
def test_dense_peak_of_a_card(device: str, precision: str, published: float, tolerance: float) -> None:
    assert peak(device, "gpu", precision) == pytest.approx(published, rel=tolerance)


@pytest.mark.parametrize(
    ("device", "precision", "published", "tolerance"),
    [
        ("xeon-6338", "fp32", 4.10, 0.01),
        ("xeon-6338", "int8", 16.4, 0.01),
        ("xeon-8480p", "fp32", 7.17, 0.01),
        ("xeon-8480p", "bf16", 115, 0.01),
        ("xeon-8480p", "int8", 229, 0.01),
        ("xeon-d-2796te", "fp32", 1.28, 1e-6),
        ("xeon-d-2775te", "fp32", 1.024, 1e-6),
        ("epyc-7763", "fp32", 5.02, 0.01),
        ("epyc-9654", "fp32", 7.37, 0.01),
        ("epyc-9654", "int8", 29.5, 0.01),
        ("i7-12700", "fp32", 1.456, 0.01),
        ("i7-12700", "int8", 5.8, 0.01),
        ("intel-n100", "fp32", 0.218, 0.01),
        # One AVX-512 unit at 3.4 GHz; one 128-bit multiplication every second clock at 1.92 GHz.
        ("intel-core-i3-1005g1", "int8", 2 * 3.4e-3 * 128, 1e-6),
        ("intel-atom-x5-z8350", "fp32", 4 * 1.92e-3 * 4, 1e-6),
        ("xeon-e5-2650-v3", "fp32", 0.736, 1e-6),
    ],
)
def test_peak_of_a_processor(device: str, precision: str, published: float, tolerance: float) -> None:
    assert peak(device, "cpu", precision) == pytest.approx(published, rel=tolerance)


@pytest.mark.parametrize(
    ("device", "mode", "label", "sparse", "tolerance"),
    [
        ("jetson-xavier-nx-8", "15W_6CORE", 21, False, 0.01),
        ("jetson-agx-xavier-64", "MAXN", 32, False, 0.03),
        ("jetson-orin-nano-4", "10W", 20, True, 1e-9),
        ("jetson-orin-nx-8", "MAXN", 70, True, 0.01),
        ("jetson-orin-nx-8", "40W", 117, True, 0.01),
        ("jetson-orin-nx-16", "MAXN", 100, True, 0.01),
        ("jetson-orin-nx-16", "MAXN_SUPER", 157, True, 0.01),
        ("jetson-agx-orin-32", "MAXN", 200, True, 0.01),
    ],
)
def test_the_label_of_a_jetson_sums_its_units(
    device: str, mode: str, label: float, *, sparse: bool, tolerance: float
) -> None:
    units = read_device(device).units
    total = peak(device, "gpu", "int8", mode, sparse=sparse)
    if "dla" in units:
        total += units["dla"].count.value * peak(device, "dla", "int8", mode, sparse=sparse)

    assert total == pytest.approx(label, rel=tolerance)


@pytest.mark.parametrize(
    ("device", "units", "label", "tolerance"),
    [
        ("intel-core-ultra-7-258v", ("cpu", "gpu", "npu"), 115, 0.01),
        ("ryzen-ai-hx370", ("cpu", "gpu", "npu"), 80, 0.01),
        ("core-ultra-155h", ("gpu",), 18, 0.03),
        ("core-ultra-155h", ("npu",), 11.5, 1e-9),
        ("intel-core-ultra-7-265k", ("gpu",), 8, 0.03),
        ("intel-core-ultra-7-265k", ("npu",), 13, 1e-9),
    ],
)
def test_the_label_of_a_client_processor(
    device: str, units: tuple[str, ...], label: float, tolerance: float
) -> None:
    assert sum(peak(device, unit, "int8") for unit in units) == pytest.approx(label, rel=tolerance)


@pytest.mark.parametrize(
    ("device", "mode", "gigabytes_per_s"),
    [
        ("jetson-tx2", "MAXQ", 42.6),
        ("jetson-tx2", "MAXP_CORE_ALL", 51.2),
        ("jetson-tx2", "MAXN", 59.7),
        ("jetson-xavier-nx-8", "15W_6CORE", 51.2),
        ("jetson-xavier-nx-8", "20W_6CORE", 59.7),
        ("jetson-agx-xavier-16", "MAXN", 136.5),
        ("jetson-orin-nano-4", "10W", 34),
        ("jetson-orin-nx-16", "15W", 102.4),
        ("jetson-agx-orin-32", "30W", 204.8),
        ("jetson-t5000", "MAXN", 273),
        ("t4", "default", 320),
        ("a2", "default", 200),
        ("nvidia-l4", "default", 300),
        ("nvidia-a10", "default", 600),
        ("nvidia-h200-sxm", "default", 4800),
        ("xeon-6338", "default", 204.8),
        ("xeon-8480p", "default", 307.2),
        ("xeon-d-2796te", "default", 93.9),
        ("epyc-9654", "default", 460.8),
        ("i7-12700", "default", 76.8),
        ("intel-n100", "default", 38.4),
        ("core-ultra-155h", "default", 119.5),
        ("intel-core-ultra-7-258v", "default", 136.5),
    ],
)
def test_memory_bandwidth(device: str, mode: str, gigabytes_per_s: float) -> None:
    bandwidth = read_device(device).memory.bandwidth_bytes_per_s[mode].value

    assert bandwidth / 1e9 == pytest.approx(gigabytes_per_s, rel=0.005)


@pytest.mark.parametrize(
    ("device", "unit", "asked", "used"),
    [
        ("jetson-tx2", "gpu", "int8", "fp16"),
        ("jetson-xavier-nx-8", "cpu", "int8", "fp32"),
        ("t4", "gpu", "bf16", "fp32"),
        ("a2", "gpu", "fp8", "fp16"),
        ("v100-pcie-32", "gpu", "int8", "fp16"),
        ("xeon-6338", "cpu", "fp16", "fp32"),
        ("epyc-7763", "cpu", "int8", "fp32"),
        ("epyc-9654", "cpu", "fp16", "fp32"),
        ("amd-ryzen-7-5700g", "cpu", "int8", "fp32"),
        ("core-ultra-155h", "npu", "fp32", "fp16"),
    ],
)
def test_a_precision_that_the_unit_lacks_falls_back(device: str, unit: str, asked: str, used: str) -> None:
    description = read_device(device).units[unit]

    assert Precision(asked) not in description.peaks_ops_per_s
    assert description.fallback[Precision(asked)] == used


@pytest.mark.parametrize("device", ["t4", "v100-pcie-32", "jetson-xavier-nx-8", "jetson-tx2"])
def test_no_sparsity_before_ampere(device: str) -> None:
    assert not any(unit.sparse_peaks_ops_per_s for unit in read_device(device).units.values())


def test_more_watts_need_not_mean_more_clock() -> None:
    """Orin NX: 25W runs four TPCs at 408 MHz, 15W two at 612 MHz."""
    gpu = read_device("jetson-orin-nx-16").units["gpu"]

    assert gpu.clocks_hz["25W"].value < gpu.clocks_hz["15W"].value
    ratio = peak("jetson-orin-nx-16", "gpu", "fp16", "25W") / peak("jetson-orin-nx-16", "gpu", "fp16", "15W")
    assert ratio == pytest.approx(4 / 3, rel=0.001)


def test_the_sizes_of_agx_xavier_differ_in_memory_alone() -> None:
    small, usual, large = (read_device(f"jetson-agx-xavier-{size}") for size in (16, 32, 64))

    assert small.units == usual.units == large.units
    assert small.modes == usual.modes == large.modes
    capacities = [part.memory.capacity_bytes.value / 1e9 for part in (small, usual, large)]
    assert capacities == [16, 32, 64]


def test_matrix_tiles_do_eight_times_the_dot_products_of_the_generation_before() -> None:
    tiles = read_device("xeon-8480p").units["cpu"].ops_per_clock[Precision.INT8].value
    dot_products = read_device("xeon-6338").units["cpu"].ops_per_clock[Precision.INT8].value

    assert tiles == 8 * dot_products


@pytest.mark.parametrize(
    ("device", "mode", "idle_w", "limit_w"),
    [
        ("intel-n100", "default", 5.5, 25),
        ("intel-core-ultra-7-265k", "default", 34.5, 273),
        ("nvidia-gb10-dgx-spark", "default", 31.5, 155),
    ],
)
def test_power_measured_at_the_wall_says_so(device: str, mode: str, idle_w: float, limit_w: float) -> None:
    (found,) = [item for item in read_device(device).modes if item.id == mode]

    assert (found.idle_w.value, found.power_limit_w.value) == (idle_w, limit_w)
    assert found.idle_w.status == found.power_limit_w.status == Status.MEASURED


@pytest.mark.parametrize(
    ("device", "mode"),
    [
        ("jetson-tx2", "MAXP_CORE_ALL"),
        ("jetson-orin-nano-4", "10W"),
        ("jetson-orin-nx-8", "15W"),
        ("jetson-orin-nx-16", "15W"),
        ("jetson-agx-orin-32", "30W"),
    ],
)
def test_the_default_is_that_of_the_first_configuration(device: str, mode: str) -> None:
    assert [item.id for item in read_device(device).modes if item.default] == [mode]


@pytest.mark.parametrize(
    ("device", "about"),
    [
        ("jetson-xavier-nx-8", "memory bandwidth"),
        ("jetson-xavier-nx-8", "INT8 peak of one DLA"),
        ("jetson-orin-nx-16", "Super total"),
        ("jetson-orin-nx-16", "draw in 25W and 40W"),
        ("jetson-orin-nx-8", "temperature"),
        ("jetson-agx-orin-32", "DLA"),
        ("jetson-agx-orin-32", "GPU clock"),
        ("jetson-t5000", "FP8 peak"),
        ("jetson-t5000", "GPU clock"),
        ("jetson-t5000", "multiprocessors"),
        ("nvidia-l4", "tensor cores"),
        ("nvidia-h200-sxm", "memory bandwidth"),
        ("rtx-4090", "FP16 peak"),
        ("intel-core-ultra-7-258v", "NPU"),
        ("intel-n100", "power limit"),
    ],
)
def test_known_contradictions_are_recorded(device: str, about: str) -> None:
    assert any(about in item.about for item in read_device(device).contradictions)
