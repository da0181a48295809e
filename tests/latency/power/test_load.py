"""Burst and sustained: by hand, and only where a power limit bends a unit."""

from dataclasses import replace

import pytest

from planner import api
from planner.hardware.catalog import read_device
from planner.latency.load import under_load
from planner.latency.planning import planning_band
from planner.latency.power.law import sustained_clock
from planner.provenance import Provenance


def test_the_clock_by_hand():
    """60 W above idle are asked and 40 are there: two thirds of the power, at the square of the clock."""
    assert sustained_clock(10.0, 70.0, 50.0, 2.0) == pytest.approx((40 / 60) ** 0.5)
    assert sustained_clock(10.0, 50.0, 50.0, 2.0) == 1.0
    assert sustained_clock(10.0, 5.0, 2.0, 2.0) == 1.0


@pytest.fixture(scope="module")
def burst():
    return api.estimate("zoo:resnet50_v1.5", "t4", precision="fp16")


def test_a_card_bends_at_its_limit(burst):
    lasting = api.estimate("zoo:resnet50_v1.5", "t4", precision="fp16", load="sustained")
    assert (burst.load, lasting.load) == ("burst", "sustained")
    expected = burst.bound.memory + (1 - burst.bound.memory) / burst.limited_clock
    assert lasting.latency_s.mid / burst.latency_s.mid == pytest.approx(expected)
    assert expected > 1.05
    assert sum(layer.time.mid_s for layer in lasting.layers) + lasting.fixed_s == pytest.approx(
        lasting.latency_s.mid
    )
    assert under_load(lasting, "burst").latency_s.mid == pytest.approx(burst.latency_s.mid)


def test_a_plan_counts_on_what_lasts(burst):
    lasting = under_load(burst, "sustained")
    assert planning_band(burst, None).high == pytest.approx(lasting.latency_s.high)
    assert planning_band(lasting, None) == lasting.latency_s


def test_what_was_measured_is_not_bent_again(burst):
    assert replace(burst, provenance=Provenance.MEASURED).bend == 1.0
    assert replace(burst, calibration="a digest").bend == 1.0


@pytest.mark.parametrize("device", ["jetson-orin-nano-8", "raspberry-pi-5", "hailo-8"])
def test_modes_that_are_sets_of_clocks_do_not_bend(device):
    for mode in read_device(device).modes:
        assert api.estimate("zoo:resnet50_v1.5", device, mode=mode.id).bend == 1.0
