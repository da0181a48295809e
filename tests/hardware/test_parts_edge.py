"""Ascend, Arm and accelerator parts against the figures that their makers and others print."""

import pytest

from planner.hardware.catalog import read_device
from planner.schema.hardware.device import Precision

TERA, GIGA = 1e12, 1e9


def peak(device: str, unit: str, precision: str, mode: str = "default") -> float:
    """Tera-operations per second of one instance of a unit."""
    return read_device(device).units[unit].peaks_ops_per_s[Precision(precision)][mode].value / TERA


@pytest.mark.parametrize(
    ("device", "unit", "precision", "mode", "published", "tolerance"),
    [
        # Huawei: grades of the Ascend 310, levels of the 310B (npu-smi reference), chips of the cards.
        ("ascend-310", "npu", "int8", "22TOPS", 22, 1e-9),
        ("ascend-310", "npu", "fp16", "16TOPS", 8, 1e-9),
        ("ascend-310p", "npu", "int8", "default", 140, 1e-9),
        ("atlas-300v-pro", "npu", "fp16", "default", 70, 1e-9),
        ("atlas-200i-a2-20t", "npu", "int8", "16T_1.6GHz", 16, 1e-9),
        ("atlas-200i-a2-20t", "npu", "fp16", "20T_1.6GHz", 10, 1e-9),
        ("atlas-200i-a2-8t", "npu", "int8", "4T_1.0GHz", 4, 1e-9),
        ("atlas-200i-dk-a2", "npu", "int8", "default", 8, 1e-9),
        ("atlas-200i-dk-a2", "npu", "fp16", "default", 4, 1e-9),
        ("orangepi-aipro-8t", "npu", "fp16", "default", 4, 1e-9),
        ("ascend-910b", "npu", "fp16", "default", 320, 1e-9),
        # Cores x clock x textbook rate: 48 GFLOPS, 153.6 GFLOPS, 3.84 and 5.32 TFLOPS.
        ("raspberry-pi-4b", "cpu", "fp32", "default", 0.048, 1e-6),
        ("rk3588", "cpu", "fp32", "default", 0.1536, 1e-6),
        ("rk3588", "cpu_little", "int8", "default", 4 * 1.8e-3 * 32, 1e-6),
        ("altra-q80-30", "cpu", "fp32", "default", 3.84, 1e-6),
        ("graviton3", "cpu", "fp32", "default", 5.32, 0.002),
        ("jh7110", "cpu", "fp32", "default", 0.012, 1e-6),
        # NPUs and accelerators.
        ("rk3568", "npu", "int8", "default", 1, 1e-9),
        ("imx8mp", "npu", "int8", "default", 2.3, 1e-9),
        ("hailo-8", "npu", "int8", "default", 26, 1e-9),
        ("hailo-10h", "npu", "int4", "default", 40, 1e-9),
        ("hailo-10h", "npu", "int8", "default", 20, 1e-9),
        ("hailo-15h", "npu", "int8", "default", 20, 1e-9),
        ("coral-edgetpu-usb", "npu", "int8", "default", 4, 1e-9),
        ("ncs2", "npu", "fp16", "default", 1.4, 1e-9),
        ("kria-kv260", "npu", "int8", "B3136", 3136 * 300e6 / TERA, 0.03),
        ("kria-kv260", "npu", "int8", "B4096", 4096 * 300e6 / TERA, 1e-6),
        ("qualcomm-aic100-pcie-standard", "npu", "int8", "default", 325, 1e-9),
        ("qualcomm-aic100-pcie-pro", "npu", "fp16", "default", 125, 1e-9),
        ("snapdragon-x-elite", "npu", "int8", "default", 45, 1e-9),
        ("qualcomm-qcs6490", "npu", "int8", "default", 12, 1e-9),
    ],
)
def test_dense_peak_of_one_unit(
    device: str, unit: str, precision: str, mode: str, published: float, tolerance: float
) -> None:
    assert peak(device, unit, precision, mode) == pytest.approx(published, rel=tolerance)


@pytest.mark.parametrize(
    ("device", "precision", "label"),
    [
        ("atlas-300i-3000", "int8", 88),
        ("atlas-300i-3000", "fp16", 44),
        ("atlas-300i-duo", "int8", 280),
        ("atlas-300i-duo", "fp16", 140),
        ("rk3588", "int8", 6),
    ],
)
def test_the_label_is_the_sum_over_chips_or_cores(device: str, precision: str, label: float) -> None:
    npu = read_device(device).units["npu"]

    assert npu.count.value * peak(device, "npu", precision) == pytest.approx(label)


@pytest.mark.parametrize(
    ("device", "mode", "gigabytes_per_s"),
    [
        ("ascend-310", "22TOPS", 51.2),
        ("atlas-200i-dk-a2", "default", 25.6),
        ("ascend-910b", "default", 1600),
        ("raspberry-pi-4b", "default", 12.8),
        ("rk3588", "default", 34.1),
        ("apple-m2", "default", 100),
        ("graviton3", "default", 307.2),
        ("altra-m128-30", "default", 204.8),
        ("qrb5165", "default", 44),
        ("kria-kv260", "B3136", 19.2),
        ("qualcomm-aic100-pcie-standard", "default", 137),
        ("snapdragon-x-elite", "default", 136),
    ],
)
def test_memory_bandwidth(device: str, mode: str, gigabytes_per_s: float) -> None:
    bandwidth = read_device(device).memory.bandwidth_bytes_per_s[mode].value

    assert bandwidth / GIGA == pytest.approx(gigabytes_per_s, rel=0.005)


def test_a_network_on_one_chip_of_the_duo_sees_half_of_the_card() -> None:
    """3DNews: 408 GB/s and 96 GB on the card."""
    duo = read_device("atlas-300i-duo")
    chips = duo.units["npu"].count.value

    assert chips * duo.memory.bandwidth_bytes_per_s["default"].value == pytest.approx(408e9)
    assert chips * duo.memory.capacity_bytes.value == pytest.approx(96e9)
    assert duo.modes[0].power_limit_w.value == 150


def test_half_precision_is_half_of_int8_on_every_small_ascend() -> None:
    for device in ("ascend-310", "ascend-310p", "atlas-300i-3000", "atlas-200i-a2-20t", "orangepi-aipro-20t"):
        peaks = read_device(device).units["npu"].peaks_ops_per_s
        for mode, int8 in peaks[Precision.INT8].items():
            assert peaks[Precision.FP16][mode].value == pytest.approx(int8.value / 2), (device, mode)


@pytest.mark.parametrize(
    ("device", "unit", "asked", "used"),
    [
        ("atlas-300i-duo", "npu", "fp32", "fp16"),
        ("ascend-910b", "npu", "int8", "fp16"),
        ("raspberry-pi-4b", "cpu", "fp16", "fp32"),
        ("jh7110", "cpu", "int8", "fp32"),
        ("ncs2", "npu", "int8", "fp16"),
        ("rk3588", "npu", "fp32", "fp16"),
    ],
)
def test_a_precision_that_the_unit_lacks_falls_back(device: str, unit: str, asked: str, used: str) -> None:
    description = read_device(device).units[unit]

    assert Precision(asked) not in description.peaks_ops_per_s
    assert description.fallback[Precision(asked)] == used


@pytest.mark.parametrize(
    "device", ["hailo-8", "hailo-8l", "hailo-10h", "hailo-15h", "coral-edgetpu-usb", "kria-kv260", "imx8mp"]
)
def test_integer_parts_have_no_way_around_quantising(device: str) -> None:
    npu = read_device(device).units["npu"]

    assert {precision.value for precision in npu.peaks_ops_per_s} <= {"int8", "int4"}
    assert not npu.fallback
    assert "quantised" in (npu.remarks or "") or "INT8 TensorFlow Lite" in (npu.remarks or "")


@pytest.mark.parametrize(
    ("device", "unit", "precision", "per_second", "gigamacs"),
    [
        # A peak is an upper bound of what was measured. Ascend ModelZoo: VGG16 (15.5 GMAC) at the best batch.
        ("ascend-310p", "npu", "fp16", 1430, 15.47),
        # Hailo model zoo: YOLOv8s (28.6 GOP), ResNet-50 at batch 8, UNet-MobileNet v2 (28.88 GOP).
        ("hailo-8", "npu", "int8", 491, 14.3),
        ("hailo-15h", "npu", "int8", 1022, 4.09),
        ("hailo-15l", "npu", "int8", 230, 14.44),
        # MLPerf Inference: ResNet-50 offline.
        ("qualcomm-aic100-pcie-pro", "npu", "int8", 24892.9, 4.09),
        ("qualcomm-aic100-dm2", "npu", "int8", 9853.79, 4.09),
        ("qualcomm-aic100-dm2e", "npu", "int8", 7309.24, 4.09),
        # MLPerf v3.0 on Khadas VIM4: MobileNet v1 in INT8, no fast convolution possible for most of it.
        ("amlogic-a311d2", "cpu", "int8", 1000 / 15.7, 0.569),
    ],
)
def test_no_measured_rate_lies_above_the_peak(
    device: str, unit: str, precision: str, per_second: float, gigamacs: float
) -> None:
    reached = per_second * 2 * gigamacs / 1e3

    assert 0.3 < reached / peak(device, unit, precision) < 1


@pytest.mark.parametrize(
    ("device", "throttle_c", "shutdown_c"),
    [
        # Trips in Linux device trees and, for Raspberry Pi, in the maker's documentation.
        ("rk3588", 85, 115),
        ("rk3566", 70, 95),
        ("rk3568", 70, 95),
        ("imx8mp", 85, 95),
        ("raspberry-pi-4b", 80, 110),
    ],
)
def test_thermal_trips(device: str, throttle_c: float, shutdown_c: float) -> None:
    thermal = read_device(device).thermal

    assert (thermal.throttle_c.value, thermal.shutdown_c.value) == (throttle_c, shutdown_c)


@pytest.mark.parametrize(
    ("device", "about"),
    [
        ("ascend-310", "INT8 peak of Ascend 310"),
        ("atlas-300i-3000", "INT8 peak of the card"),
        ("atlas-300i-duo", "chips on the card"),
        ("atlas-200i-dk-a2", "code name of the chip"),
        ("orangepi-aipro-20t", "the chip on the board"),
        ("graviton3", "FP32 peak"),
        ("apple-m2", "15.8 TOPS"),
        ("ncs2", "peak"),
        ("hailo-15l", "INT8 peak"),
        ("raspberry-pi-4b", "processor clock"),
        ("qualcomm-aic100-pcie-standard", "INT8 peak"),
    ],
)
def test_known_contradictions_are_kept(device: str, about: str) -> None:
    assert about in {contradiction.about for contradiction in read_device(device).contradictions}
