"""Power between idle and the limit of the mode, and beside published watts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.hardware.catalog import read_device
from planner.latency.band import Band
from planner.latency.estimate import estimate
from planner.latency.point import point_for
from planner.latency.power.activity import Activity
from planner.latency.power.draw import PART_ALONE, average_power_w, energy_band, power_draw, serving_power_w
from planner.zoo.source import read_model

WATTS = st.floats(0, 1e3)


@given(WATTS, WATTS, st.floats(0, 1), st.floats(0, 1e6))
def test_energy_is_at_least_idle_power_times_time(idle_w, span_w, utilisation, time_s):
    band = serving_power_w(idle_w, idle_w + span_w)
    for serving_w in (band.low, band.mid, band.high):
        assert average_power_w(idle_w, serving_w, utilisation) * time_s >= idle_w * time_s * (1 - 1e-12)


@given(WATTS, WATTS)
def test_band_lies_between_idle_and_limit(idle_w, span_w):
    band = serving_power_w(idle_w, idle_w + span_w)
    assert idle_w <= band.low <= band.mid <= band.high <= idle_w + span_w + 1e-9


def test_no_load_draws_idle_and_full_load_draws_serving_power():
    assert average_power_w(8.0, 50.0, 0.0) == 8.0
    assert average_power_w(8.0, 50.0, 1.0) == 50.0


ORIN = read_device("jetson-agx-orin-64")
RESNET = read_model("zoo:resnet50_v1.5")


@pytest.mark.parametrize(
    ("device", "mode", "precision", "batch", "measured_w", "row"),
    [
        ("jetson-agx-orin-64", "MAXN", "int8", 1, 41.533, "MLPerf v3.0, default configuration"),
        ("jetson-agx-orin-64", "MAXN", "int8", 8, 53.082, "MLPerf v3.0, default configuration"),
    ],
)
def test_published_watts_at_the_plug_lie_in_the_band(device, mode, precision, batch, measured_w, row):
    result = estimate(RESNET, read_device(device), mode=mode, precision=precision, batch=batch)
    assert result.power_w.low < measured_w < result.power_w.high, row
    assert result.power_w.level == 0.9
    assert "plug" in result.power_boundary


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_use_never_draws_less_and_no_more_than_the_limit(one, other):
    point = point_for(ORIN, precision="int8", mode="MAXN")
    low, high = sorted((one, other))
    less, more = (power_draw(point, Activity(share, share)) for share in (low, high))
    assert less.system_w.mid <= more.system_w.mid
    assert point.idle_w <= more.part_w.low <= more.part_w.mid <= more.part_w.high <= point.power_limit_w


def test_a_mode_is_told_by_its_clocks_and_not_by_its_label():
    """A Jetson's "30W" at the plug on ResNet-50 single stream: MLPerf's own caps of 625 MHz drew 14.8 W."""
    fast = estimate(RESNET, ORIN, precision="int8", mode="MAXN")
    slow = estimate(RESNET, ORIN, precision="int8", mode="30W")
    assert slow.power_w.mid < 0.5 * fast.power_w.mid
    assert slow.power_w.low < 14.8 < slow.power_w.high


def test_a_card_is_told_alone_and_by_judgement():
    result = estimate(RESNET, read_device("t4"), precision="int8")
    assert result.power_rests_on is None
    assert result.power_boundary == PART_ALONE
    assert result.power_w == result.part_power_w
    assert result.power_w.level is None


def test_energy_bands_add_as_squares_or_multiply():
    power, latency = Band(5.0, 10.0, 20.0, 0.9), Band(1.0, 2.0, 4.0, 0.9)
    joint = energy_band(power, latency, 2)
    assert joint.mid == 10.0
    assert joint.high == pytest.approx(10.0 * 2 ** math.sqrt(2))
    assert joint.level == 0.9
    ends = energy_band(power, Band(1.0, 2.0, 4.0), 2)
    assert (ends.low, ends.high, ends.level) == (2.5, 40.0, None)


def test_a_unit_of_a_module_draws_less_than_its_gpu():
    """A network on the CPU or one DLA of a module leaves the GPU that its limit is set by alone."""
    gpu, dla = (estimate(RESNET, ORIN, unit=unit, precision="int8", mode="MAXN") for unit in ("gpu", "dla"))
    cpu = estimate(RESNET, ORIN, unit="cpu", precision="fp32", mode="MAXN")
    assert dla.power_w.mid < cpu.power_w.mid < gpu.power_w.mid
