"""The roofline against its own theory: limits by name, and properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.latency.roofline import KernelTime, kernel_time

POSITIVE = st.floats(1e-3, 1e15)
WORK = st.floats(0, 1e15)


def time(**changes: float) -> KernelTime:
    values = {
        "macs": 1e9,
        "other_ops": 0.0,
        "moved_bytes": 1e6,
        "peak_ops_per_s": 1e12,
        "vector_ops_per_s": 1e11,
        "bandwidth_bytes_per_s": 1e11,
        "launch_s": 0.0,
    }
    return kernel_time(**{**values, **changes})


def test_all_compute():
    kernel = time(moved_bytes=0)
    assert kernel.low_s == kernel.high_s == pytest.approx(2e9 / 1e12)
    assert kernel.bound == "compute"


def test_all_memory():
    kernel = time(macs=0)
    assert kernel.low_s == kernel.high_s == pytest.approx(1e6 / 1e11)
    assert kernel.bound == "memory"


def test_ridge_point_takes_twice_as_long_without_overlap():
    kernel = time(macs=0.5e9, moved_bytes=1e8)
    assert kernel.compute_s == pytest.approx(kernel.memory_s)
    assert kernel.high_s == pytest.approx(2 * kernel.low_s)
    assert kernel.bound == "compute"


def test_empty_kernel_costs_its_launch():
    kernel = time(macs=0, moved_bytes=0, launch_s=5e-6)
    assert kernel.low_s == kernel.mid_s == kernel.high_s == 5e-6
    assert kernel.bound == "overhead"


def test_a_mac_is_two_operations():
    assert time(macs=1e9).compute_s == pytest.approx(2 * 1e9 / 1e12)


@given(WORK, WORK, WORK, POSITIVE, POSITIVE)
def test_time_is_at_least_each_roof(macs, other, moved, peak, bandwidth):
    kernel = time(
        macs=macs, other_ops=other, moved_bytes=moved, peak_ops_per_s=peak, bandwidth_bytes_per_s=bandwidth
    )
    assert kernel.low_s >= 2 * macs / peak
    assert kernel.low_s >= moved / bandwidth
    assert kernel.low_s <= kernel.mid_s <= kernel.high_s <= 2 * kernel.low_s * (1 + 1e-12)


@given(POSITIVE, POSITIVE, st.floats(1, 1e3))
def test_more_bandwidth_or_compute_never_slower(macs, moved, factor):
    plain = time(macs=macs, moved_bytes=moved)
    for faster in (
        time(macs=macs, moved_bytes=moved, bandwidth_bytes_per_s=1e11 * factor),
        time(macs=macs, moved_bytes=moved, peak_ops_per_s=1e12 * factor),
    ):
        assert faster.low_s <= plain.low_s
        assert faster.high_s <= plain.high_s


@given(POSITIVE, POSITIVE, st.floats(1e-3, 1e3))
def test_scaling_work_and_peaks_together_changes_nothing(macs, moved, factor):
    plain = time(macs=macs, moved_bytes=moved)
    scaled = time(
        macs=macs * factor,
        moved_bytes=moved * factor,
        peak_ops_per_s=1e12 * factor,
        bandwidth_bytes_per_s=1e11 * factor,
    )
    assert scaled.low_s == pytest.approx(plain.low_s)
    assert scaled.high_s == pytest.approx(plain.high_s)
