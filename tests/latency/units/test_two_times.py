"""A frame's latency beside the interval between frames, and the delivered power mode beside the fastest."""

import pytest

from planner.hardware.catalog import read_device
from planner.hardware.operating_point import fastest_mode
from planner.latency.band import Band
from planner.latency.estimate import estimate
from planner.latency.point import point_for
from planner.latency.record import estimate_record
from planner.latency.transfer.pipeline import frame_of
from planner.zoo.source import read_model

HAILO = read_device("hailo-8")
POINT = point_for(HAILO)
INTERVAL = Band(1.0, 2.0, 4.0, 0.9)


def test_a_frame_of_a_network_on_the_chip_takes_several_intervals():
    """2.9 intervals of 2 s; of a batch of four 2 s the last frame comes 1.9 / 4 intervals later."""
    assert frame_of(INTERVAL, 1.0, 1, POINT).mid == pytest.approx(5.8)
    assert frame_of(INTERVAL, 1.0, 4, POINT).mid == pytest.approx(2.0 * (1 + 1.9 / 4))


def test_a_network_in_contexts_overlaps_nothing():
    found = frame_of(INTERVAL, 0.0, 1, POINT)
    assert (found.low, found.mid, found.high) == pytest.approx((1.0, 2.0, 4.0))


def test_units_that_take_batch_after_batch_have_one_time():
    gpu = point_for(read_device("t4"))
    assert frame_of(INTERVAL, 0.0, 1, gpu) is None
    record = estimate_record(estimate(read_model("zoo:resnet18"), read_device("t4")))
    assert record["latency_s"] == record["interval_s"]


def test_the_rate_is_one_over_the_interval_and_not_over_the_latency():
    record = estimate_record(estimate(read_model("zoo:resnet18"), HAILO))
    assert record["throughput_per_s"] == pytest.approx(1 / record["interval_s"]["mid"])
    assert 2.0 < record["latency_s"]["mid"] / record["interval_s"]["mid"] <= 2.9


def test_the_fastest_mode_is_named_beside_the_delivered_one():
    orin = read_device("jetson-agx-orin-64")
    network = read_model("zoo:resnet18")
    found = estimate(network, orin)
    asked = estimate(network, orin, mode="MAXN")
    assert found.fastest.mode == "MAXN"
    assert found.fastest.latency_s.mid == pytest.approx(asked.latency_s.mid)
    assert asked.fastest is None
    assert estimate_record(found)["fastest_mode"]["latency_s"]["mid"] < found.latency_s.mid


def test_of_modes_with_one_peak_the_one_without_caps_is_the_fastest():
    assert fastest_mode(read_device("jetson-orin-nano-8"), "gpu").id == "MAXN_SUPER"
    assert fastest_mode(read_device("t4"), "gpu").id == "default"
